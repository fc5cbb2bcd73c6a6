// An event to a record: one pass, with a guard for each member.

import {
  ATTRIBUTES, CONTEXT, ENTRY, E_ATTRIBUTES, E_BYTES, E_COMBINED, E_DESTINATION, E_DESTINATION_ANSWER, E_DESTINATION_DIGITS,
  E_DESTINATION_LENGTH, E_DESTINATION_PORT, E_DESTINATION_PORT_TEXT, E_DESTINATION_SERVICE, E_END, E_FLOW, E_FLOW_LENGTH, E_IPV6, E_PACKETS,
  E_PROTOCOL, E_RECORD, E_REJECTED, E_SOURCE, E_SOURCE_ANSWER, E_SOURCE_DIGITS, E_SOURCE_LENGTH, E_SOURCE_PORT, E_SOURCE_PORT_TEXT,
  E_SOURCE_SERVICE, E_START, E_SUBNET_NAME, INSIDE, IPV6, LONGEST_ADDRESS, LONGEST_FLOW, LONGEST_PROTOCOL, LONGEST_RECORD, MOST_TAKEN, NAMELESS,
  OUTPUT, OUTPUT_END, PROTOCOLS, RANKS, SUBNET, SUBNET_NAME, TAKEN, T_CONTEXT, T_END, T_RECORD, T_SIZE, T_TIME, ZONE,
} from "./memory";
import { closing, first, is16, is8, number, plain, same } from "./text";
import { answerTo, askProtocol, combinedOf, descriptionOf, marksOf, ofDestination, ofSource, serviceOf } from "./answers";
import { putRecord } from "./records";

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

/** How many records wait to be fetched, and where the next one goes. */
let taken: u32 = 0;
let output: usize = OUTPUT;
/** The block that was not known, if that was why the event was left. */
let missedFrom: usize = 0;
let missedTo: usize = 0;
let acceptTail: usize = 0;
let rejectTail: usize = 0;

export function getTaken(): u32 {
  return taken;
}
export function getMissedFrom(): usize {
  return missedFrom;
}
export function getMissedTo(): usize {
  return missedTo;
}
/** The blocks of what ends an accepted record and a rejected one. */
export function setTails(accept: usize, reject: usize): void {
  acceptTail = accept;
  rejectTail = reject;
}
/** The records that waited were fetched. */
export function fetched(): void {
  taken = 0;
  output = OUTPUT;
}

const LEFT: usize = 0;
const FULL: usize = 1;
/** The last second that OTLP can say, in nanoseconds. */
const LAST_SECOND: u64 = 18446744073;

/** Takes the event that begins at `from` as the record of this number; returns where it ends, LEFT where it does not, FULL where others wait. */
export function take(from: usize, end: usize, record: u32): usize {
  if (taken == MOST_TAKEN || output > OUTPUT_END - LONGEST_RECORD - 64) return FULL;
  // No text and no number goes on behind it.
  const behind = load<u8>(end);
  store<u8>(end, 0);
  const at = event(from, end);
  store<u8>(end, behind);
  if (at == LEFT) return LEFT;
  store<u32>(ENTRY, record, E_RECORD);
  output = putRecord(output, acceptTail, rejectTail);
  const place = TAKEN + <usize>taken * T_SIZE;
  store<u32>(place, <u32>(output - OUTPUT), T_END);
  store<u32>(place, context, T_CONTEXT);
  store<u32>(place, record, T_RECORD);
  store<u64>(place, load<u64>(ENTRY, E_START), T_TIME);
  taken++;
  return at;
}

let context: u32 = 0;

/** Reads the event into the entry; returns where it ends, LEFT for one in another form. */
function event(from: usize, end: usize): usize {
  missedTo = 0;
  if (!is16(from, L_OPEN, 19)) return LEFT;
  let at = from + 19;
  const action = load<u64>(at);
  const isRejected = action == REJECT;
  if (!isRejected && action != ACCEPT) return LEFT;
  at += 8;

  if (!is8(at, L_BYTES, 11)) return LEFT;
  at = number(at + 11, ENTRY + E_BYTES);
  if (at == 0 || !is16(at, L_DESTINATION, 23)) return LEFT;
  at += 23;
  let stop = plain(at);
  const destinationLength = stop - at;
  if (stop == 0 || destinationLength - 1 >= LONGEST_ADDRESS) return LEFT;
  putPadded(ENTRY + E_DESTINATION, at, destinationLength);
  if (!is16(stop, L_DESTINATION_PORT, 20)) return LEFT;
  at = stop + 20;
  stop = number(at, ENTRY + E_DESTINATION_PORT);
  store<u64>(ENTRY, load<u64>(at), E_DESTINATION_PORT_TEXT);
  const destinationDigits = stop - at;
  if (stop == 0 || !is8(stop, L_END, 11)) return LEFT;
  at = number(stop + 11, ENTRY + E_END);
  if (at == 0 || !is8(at, L_FLOW, 11)) return LEFT;
  at += 11;
  stop = plain(at);
  const flowLength = stop - at;
  if (stop == 0 || flowLength - 1 >= LONGEST_FLOW) return LEFT;
  v128.store(ENTRY, v128.load(at), E_FLOW);
  v128.store(ENTRY, v128.load(at, 16), E_FLOW + 16);
  if (!is8(stop, L_PACKETS, 12)) return LEFT;
  at = number(stop + 12, ENTRY + E_PACKETS);
  if (at == 0 || !is8(at, L_PROTOCOL, 12)) return LEFT;
  // Its place is taken by the start, which follows.
  at = number(at + 12, ENTRY + E_START);
  if (at == 0 || !is16(at, L_PROTOCOL_NAME, 17)) return LEFT;
  const protocolNumber = load<u64>(ENTRY, E_START);
  if (protocolNumber > 255) return LEFT;
  at += 17;
  stop = plain(at);
  const nameLength = stop - at;
  if (stop == 0 || nameLength - 1 >= LONGEST_PROTOCOL) return LEFT;
  const protocol = PROTOCOLS + <usize>protocolNumber * 64;
  if (load<u32>(protocol, 16) == 0 && askProtocol(<u32>protocolNumber, at, nameLength) == 0) return LEFT;
  if (v128.any_true(v128.xor(first(v128.load(at), nameLength), v128.load(protocol)))) return LEFT;
  if (!is16(stop, L_SOURCE, 19)) return LEFT;
  at = stop + 19;
  stop = plain(at);
  const sourceLength = stop - at;
  if (stop == 0 || sourceLength - 1 >= LONGEST_ADDRESS) return LEFT;
  putPadded(ENTRY + E_SOURCE, at, sourceLength);
  if (!is8(stop, L_SOURCE_PORT, 15)) return LEFT;
  at = stop + 15;
  stop = number(at, ENTRY + E_SOURCE_PORT);
  store<u64>(ENTRY, load<u64>(at), E_SOURCE_PORT_TEXT);
  const sourceDigits = stop - at;
  if (stop == 0 || !is8(stop, L_START, 13)) return LEFT;
  at = number(stop + 13, ENTRY + E_START);
  if (at == 0 || !is16(at, L_STATUS, 26)) return LEFT;
  at = plain(at + 26);
  if (at == 0 || !is8(at, L_ID, 9)) return LEFT;
  at = plain(at + 9);
  if (at == 0 || !is8(at, L_BLOCK, 11)) return LEFT;
  at += 11;
  const blockEnd = closing(at, end);
  if (blockEnd == 0 || load<u8>(at) != 0x7b || !is8(blockEnd, L_FROM, 11)) return LEFT;
  const block = at;
  at = plain(blockEnd + 11);
  if (at == 0 || !is16(at, L_VERSION, 17)) return LEFT;
  at = plain(at + 17);
  if (at == 0 || !is8(at, L_TIME, 10)) return LEFT;
  at = plain(at + 10);
  if (at == 0 || !same(at, L_TYPE, 50)) return LEFT;
  at += 50;
  if (at > end) return LEFT;

  if (load<u64>(ENTRY, E_START) > LAST_SECOND || load<u64>(ENTRY, E_END) > LAST_SECOND) return LEFT;
  if ((load<u64>(ENTRY, E_SOURCE_PORT) | load<u64>(ENTRY, E_DESTINATION_PORT)) > 65535) return LEFT;
  const sourcePort = <u32>load<u64>(ENTRY, E_SOURCE_PORT);
  const destinationPort = <u32>load<u64>(ENTRY, E_DESTINATION_PORT);
  const hasPorts = load<u32>(protocol, 32) != 0;
  if (!hasPorts && (sourcePort | destinationPort) != 0) return LEFT;

  const description = descriptionOf(block, blockEnd);
  if (description == 0) {
    missedFrom = block;
    missedTo = blockEnd;
    return LEFT;
  }
  const subnet = load<u32>(description, SUBNET);
  const sourceAnswer = answerTo(ENTRY + E_SOURCE, sourceLength, subnet);
  if (sourceAnswer == 0) return LEFT;
  const source = marksOf(sourceAnswer);
  store<u32>(ENTRY, <u32>ofSource(sourceAnswer), E_SOURCE_ANSWER);
  const destinationAnswer = answerTo(ENTRY + E_DESTINATION, destinationLength, subnet);
  if (destinationAnswer == 0) return LEFT;
  const destination = marksOf(destinationAnswer);
  store<u32>(ENTRY, <u32>ofDestination(destinationAnswer), E_DESTINATION_ANSWER);
  if (((source ^ destination) & IPV6) != 0) return LEFT;

  let initiator = UNKNOWN;
  let sourceService = NAMELESS;
  let destinationService = NAMELESS;
  if (hasPorts) {
    const isUdp: u32 = protocolNumber == 17 ? 1 : 0;
    sourceService = serviceOf(sourcePort, isUdp);
    destinationService = serviceOf(destinationPort, isUdp);
    if (sourceService == 0 || destinationService == 0) return LEFT;
    initiator = initiatorOf(isRejected, sourcePort, destinationPort, sourceService != NAMELESS, destinationService != NAMELESS);
  }
  const direction: u32 = (source & INSIDE) != 0 ? 1 : (destination & INSIDE) != 0 ? 2 : 0;
  const transport: u32 = hasPorts ? (protocolNumber == 17 ? 2 : 1) : 0;
  const combined = combinedOf(
    (isRejected ? 1 : 0) |
      ((source & IPV6) != 0 ? 2 : 0) |
      (transport << 2) |
      (initiator << 4) |
      ((source & ZONE) << 6) |
      ((destination & ZONE) << 9) |
      (direction << 12),
  );
  if (combined == 0) return LEFT;
  context = load<u32>(description, CONTEXT);
  store<u32>(ENTRY, load<u32>(description, ATTRIBUTES), E_ATTRIBUTES);
  store<u32>(ENTRY, load<u32>(description, SUBNET_NAME), E_SUBNET_NAME);
  store<u32>(ENTRY, isRejected ? 1 : 0, E_REJECTED);
  store<u32>(ENTRY, source & IPV6, E_IPV6);
  store<u32>(ENTRY, <u32>combined, E_COMBINED);
  store<u32>(ENTRY, <u32>protocol, E_PROTOCOL);
  store<u32>(ENTRY, <u32>sourceService, E_SOURCE_SERVICE);
  store<u32>(ENTRY, <u32>destinationService, E_DESTINATION_SERVICE);
  store<u32>(ENTRY, <u32>sourceLength, E_SOURCE_LENGTH);
  store<u32>(ENTRY, <u32>destinationLength, E_DESTINATION_LENGTH);
  store<u32>(ENTRY, <u32>sourceDigits, E_SOURCE_DIGITS);
  store<u32>(ENTRY, <u32>destinationDigits, E_DESTINATION_DIGITS);
  store<u32>(ENTRY, <u32>flowLength, E_FLOW_LENGTH);
  return at;
}

/** Copies an address of 1 to 39 bytes, and zeros behind it up to 48. */
@inline
function putPadded(into: usize, at: usize, length: usize): void {
  v128.store(into, first(v128.load(at), min<usize>(length, 16)));
  v128.store(into, length > 16 ? first(v128.load(at, 16), min<usize>(length - 16, 16)) : i64x2.splat(0), 16);
  v128.store(into, length > 32 ? first(v128.load(at, 32), length - 32) : i64x2.splat(0), 32);
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
