// Lines to entries: one pass, with a guard for each member.

import {
  COMBINED, ENTRIES, ENTRY, E_BYTES, E_COMBINED, E_DESTINATION, E_DESTINATION_DIGITS, E_DESTINATION_INFO,
  E_DESTINATION_LENGTH, E_DESTINATION_PORT, E_DESTINATION_PORT_TEXT, E_DESTINATION_SERVICE, E_END, E_FLOW, E_FLOW_LENGTH,
  E_KIND, E_PACKETS, E_PROTOCOL, E_RECORD, E_SOURCE, E_SOURCE_DIGITS, E_SOURCE_INFO, E_SOURCE_LENGTH, E_SOURCE_PORT,
  E_SOURCE_PORT_TEXT, E_SOURCE_SERVICE, E_START, E_UID, IPV6, LONGEST_ADDRESS, LONGEST_FLOW, LONGEST_PROTOCOL, NAMELESS,
  PROTOCOLS, RANKS, ZONE,
} from "./memory";
import { closing, first, is16, is8, number, plain, same } from "./text";
import { address, askCombined, askProtocol, contextOf, serviceOf } from "./answers";
import { Batch, FULL, OTHER, READ, gather } from "./batch";

const ACCEPT: u64 = 0x2c22545045434341; // ACCEPT",
const REJECT: u64 = 0x2c225443454a4552; // REJECT",

function literal(at: usize, text: string): void {
  for (let index = 0; index < text.length; index++) store<u8>(at + index, <u8>text.charCodeAt(index));
}
const L_OPEN = memory.data(32, 16);
const L_BYTES = memory.data(16, 16);
const L_DESTINATION = memory.data(32, 16);
const L_DESTINATION_PORT = memory.data(32, 16);
const L_END = memory.data(16, 16);
const L_FLOW = memory.data(16, 16);
const L_PACKETS = memory.data(16, 16);
const L_PROTOCOL = memory.data(16, 16);
const L_PROTOCOL_NAME = memory.data(32, 16);
const L_SOURCE = memory.data(32, 16);
const L_SOURCE_PORT = memory.data(16, 16);
const L_START = memory.data(16, 16);
const L_STATUS = memory.data(32, 16);
const L_ID = memory.data(16, 16);
const L_BLOCK = memory.data(16, 16);
const L_FROM = memory.data(16, 16);
const L_VERSION = memory.data(32, 16);
const L_TIME = memory.data(16, 16);
const L_TYPE = memory.data(64, 16);
literal(L_OPEN, '{"data":{"action":"');
literal(L_BYTES, '"bytesOut":');
literal(L_DESTINATION, ',"destinationAddress":"');
literal(L_DESTINATION_PORT, '","destinationPort":');
literal(L_END, ',"endTime":');
literal(L_FLOW, ',"flowid":"');
literal(L_PACKETS, '","packets":');
literal(L_PROTOCOL, ',"protocol":');
literal(L_PROTOCOL_NAME, ',"protocolName":"');
literal(L_SOURCE, '","sourceAddress":"');
literal(L_SOURCE_PORT, '","sourcePort":');
literal(L_START, ',"startTime":');
literal(L_STATUS, ',"status":"OK","version":"');
literal(L_ID, '"},"id":"');
literal(L_BLOCK, '","oracle":');
literal(L_FROM, ',"source":"');
literal(L_VERSION, '","specversion":"');
literal(L_TIME, '","time":"');
literal(L_TYPE, '","type":"com.oraclecloud.vcn.flowlogs.DataEvent"}');

/** Reads lines from `at` to `end`; returns where it has stopped. */
export function scan(at: usize, end: usize): usize {
  // No text and no number goes on behind it.
  store<u8>(end, 0);
  while (true) {
    let byte = load<u8>(at);
    while (at < end && (byte == 0x0a || byte == 0x0d || byte == 0x20)) byte = load<u8>(++at);
    if (at >= end) {
      Batch.stopped = READ;
      return at;
    }
    if (Batch.count == Batch.most) {
      Batch.stopped = FULL;
      return at;
    }
    const next = line(at, end);
    if (next == 0) {
      Batch.stopped = OTHER;
      return at;
    }
    at = next;
  }
}

/** The last second that OTLP can say, in nanoseconds. */
const LAST_SECOND: u64 = 18446744073;

/** Reads the line that begins at `from`; returns where it ends, 0 for one in another form. */
export function line(from: usize, end: usize): usize {
  const entry = ENTRIES + <usize>Batch.count * ENTRY;
  if (!is16(from, L_OPEN, 19)) return 0;
  let at = from + 19;
  const action = load<u64>(at);
  const isRejected = action == REJECT;
  if (!isRejected && action != ACCEPT) return 0;
  at += 8;

  if (!is8(at, L_BYTES, 11)) return 0;
  at = number(at + 11, entry + E_BYTES);
  if (at == 0 || !is16(at, L_DESTINATION, 23)) return 0;
  at += 23;
  let stop = plain(at);
  const destinationLength = stop - at;
  if (stop == 0 || destinationLength - 1 >= LONGEST_ADDRESS) return 0;
  const destination = address(at, destinationLength, entry + E_DESTINATION);
  if (destination == 0 || !is16(stop, L_DESTINATION_PORT, 20)) return 0;
  at = stop + 20;
  stop = number(at, entry + E_DESTINATION_PORT);
  store<u64>(entry, load<u64>(at), E_DESTINATION_PORT_TEXT);
  store<u32>(entry, <u32>(stop - at), E_DESTINATION_DIGITS);
  if (stop == 0 || !is8(stop, L_END, 11)) return 0;
  at = number(stop + 11, entry + E_END);
  if (at == 0 || !is8(at, L_FLOW, 11)) return 0;
  at += 11;
  stop = plain(at);
  const flowLength = stop - at;
  if (stop == 0 || flowLength - 1 >= LONGEST_FLOW) return 0;
  v128.store(entry, v128.load(at), E_FLOW);
  v128.store(entry, v128.load(at, 16), E_FLOW + 16);
  if (!is8(stop, L_PACKETS, 12)) return 0;
  at = number(stop + 12, entry + E_PACKETS);
  if (at == 0 || !is8(at, L_PROTOCOL, 12)) return 0;
  // Its place is taken by the start, which follows.
  at = number(at + 12, entry + E_START);
  if (at == 0 || !is16(at, L_PROTOCOL_NAME, 17)) return 0;
  const protocolNumber = load<u64>(entry, E_START);
  if (protocolNumber > 255) return 0;
  at += 17;
  stop = plain(at);
  const nameLength = stop - at;
  if (stop == 0 || nameLength - 1 >= LONGEST_PROTOCOL) return 0;
  const protocol = PROTOCOLS + <usize>protocolNumber * 64;
  if (load<u32>(protocol, 16) == 0 && askProtocol(<u32>protocolNumber, at, nameLength) == 0) return 0;
  if (v128.any_true(v128.xor(first(v128.load(at), nameLength), v128.load(protocol)))) return 0;
  if (!is16(stop, L_SOURCE, 19)) return 0;
  at = stop + 19;
  stop = plain(at);
  const sourceLength = stop - at;
  if (stop == 0 || sourceLength - 1 >= LONGEST_ADDRESS) return 0;
  const source = address(at, sourceLength, entry + E_SOURCE);
  if (source == 0 || !is8(stop, L_SOURCE_PORT, 15)) return 0;
  at = stop + 15;
  stop = number(at, entry + E_SOURCE_PORT);
  store<u64>(entry, load<u64>(at), E_SOURCE_PORT_TEXT);
  store<u32>(entry, <u32>(stop - at), E_SOURCE_DIGITS);
  if (stop == 0 || !is8(stop, L_START, 13)) return 0;
  at = number(stop + 13, entry + E_START);
  if (at == 0 || !is16(at, L_STATUS, 26)) return 0;
  at = plain(at + 26);
  if (at == 0 || !is8(at, L_ID, 9)) return 0;
  at = plain(at + 9);
  if (at == 0 || !is8(at, L_BLOCK, 11)) return 0;
  at += 11;
  stop = closing(at, end);
  if (stop == 0 || load<u8>(at) != 0x7b) return 0;
  const context = contextOf(from, at, stop);
  if (context == 0 || !is8(stop, L_FROM, 11)) return 0;
  at = plain(stop + 11);
  if (at == 0 || !is16(at, L_VERSION, 17)) return 0;
  at = plain(at + 17);
  if (at == 0 || !is8(at, L_TIME, 10)) return 0;
  at = plain(at + 10);
  if (at == 0 || !same(at, L_TYPE, 50)) return 0;

  if (load<u64>(entry, E_START) > LAST_SECOND || load<u64>(entry, E_END) > LAST_SECOND) return 0;
  const sourcePort = <u32>load<u64>(entry, E_SOURCE_PORT);
  const destinationPort = <u32>load<u64>(entry, E_DESTINATION_PORT);
  if ((load<u64>(entry, E_SOURCE_PORT) | load<u64>(entry, E_DESTINATION_PORT)) > 65535) return 0;
  let initiator: u32 = 0;
  let sourceService = NAMELESS;
  let destinationService = NAMELESS;
  const hasPorts = load<u32>(protocol, 32) != 0;
  if (hasPorts) {
    const isUdp: u32 = protocolNumber == 17 ? 1 : 0;
    sourceService = serviceOf(sourcePort, isUdp);
    destinationService = serviceOf(destinationPort, isUdp);
    initiator = initiatorOf(isRejected, sourcePort, destinationPort, sourceService != NAMELESS, destinationService != NAMELESS);
  } else if ((sourcePort | destinationPort) != 0) return 0;

  const transport: u32 = hasPorts ? (protocolNumber == 17 ? 2 : 1) : 0;
  const key =
    (isRejected ? 1 : 0) |
    ((source & IPV6) != 0 ? 2 : 0) |
    (transport << 2) |
    (initiator << 4) |
    ((source & ZONE) << 6) |
    ((destination & ZONE) << 9);
  let combined: usize = load<u32>(COMBINED + <usize>key * 4);
  if (combined == 0) {
    combined = askCombined(key);
    store<u32>(COMBINED + <usize>key * 4, <u32>combined);
  }
  store<u32>(entry, isRejected ? 1 : 0, E_KIND);
  store<u32>(entry, ++Batch.lastRecord, E_RECORD);
  store<u32>(entry, <u32>Batch.uid, E_UID);
  store<u32>(entry, <u32>combined, E_COMBINED);
  store<u32>(entry, <u32>protocol, E_PROTOCOL);
  store<u32>(entry, <u32>sourceService, E_SOURCE_SERVICE);
  store<u32>(entry, <u32>destinationService, E_DESTINATION_SERVICE);
  store<u32>(entry, <u32>sourceLength, E_SOURCE_LENGTH);
  store<u32>(entry, <u32>destinationLength, E_DESTINATION_LENGTH);
  store<u32>(entry, <u32>flowLength, E_FLOW_LENGTH);
  store<u32>(entry, source, E_SOURCE_INFO);
  store<u32>(entry, destination, E_DESTINATION_INFO);
  gather(entry, context);
  return at + 50;
}

const UNKNOWN: u32 = 0;
const OF_SOURCE: u32 = 1;
const OF_DESTINATION: u32 = 2;

@inline
function initiatorOf(isRejected: bool, sourcePort: u32, destinationPort: u32, sourceNamed: bool, destinationNamed: bool): u32 {
  const source = load<u8>(RANKS + sourcePort);
  const destination = load<u8>(RANKS + destinationPort);
  if (isRejected) return destination == 0 && source >= 2 ? OF_DESTINATION : OF_SOURCE;
  if (source != destination) return source < destination ? OF_SOURCE : OF_DESTINATION;
  return destinationNamed == sourceNamed ? UNKNOWN : destinationNamed ? OF_SOURCE : OF_DESTINATION;
}
