// AssemblyScript. Events of OCI's VCN flow logs, a line each in the order of members that Connector Hub writes, to the OTLP request that
// the sink `otlp` makes of them (protobuf, schema otel, no tables). What repeats (blocks of metadata, addresses, ports, protocols,
// combinations of words) the host is asked about once; it answers with what the program's own code makes of it. Texts and numbers that
// change are read and written here. A line in any other form is left to the host.

/** Of the block that stands from `from` to `to` in the line: where its description stands, 0 for one that only the host can read. */
@external("host", "block") declare function askBlock(line: usize, from: usize, to: usize): usize;
/** VALID, IPV6 and the number of its zone; 0 for none. */
@external("host", "address") declare function askAddress(at: usize, length: usize): u32;
/** Fills the protocol's place in PROTOCOLS; 0 for one that only the host can write. */
@external("host", "protocol") declare function askProtocol(number: u32, at: usize, length: usize): u32;
/** Where two blocks stand: the attribute of the source's service and the destination's; NAMELESS for a port without a name. */
@external("host", "service") declare function askService(port: u32, isUdp: u32): usize;
/** Where the block of attributes with few values stands. */
@external("host", "combined") declare function askCombined(key: u32): usize;

// The memory. A block is its length, 32 bits, and its bytes; whoever copies one reads and writes up to 15 bytes more.
export const PROTOCOLS: usize = 0x10000; // 256 of 64 bytes: name (16), its length, attributes, text if accepted, if rejected, has ports
export const TEMPLATES: usize = 0x14000; // 9 of 64 bytes, see below
export const COMBINED: usize = 0x18000; // 8192 addresses of blocks
export const UIDS: usize = 0x20000; // 2048 of 64 bytes, by turns: what stands before the record's number, with its length at the end
export const RANKS: usize = 0x40000; // 65536 bytes: how likely a service listens on the port
export const SERVICES: usize = 0x50000; // 65536 addresses for TCP, as many for UDP
export const BLOCKS: usize = 0xd0000; // 4096 of 8 bytes: hash, address of the description
export const ADDRESSES: usize = 0x100000; // 16384 of 64 bytes: text (48), answer
export const ENTRIES: usize = 0x200000; // 4096 of 256 bytes
export const FOREIGN: usize = 0x300000; // 5 MiB of records that the host has written
export const INPUT: usize = 0x800000; // 1535 KiB of lines
export const INPUT_END: usize = 0x97ff00;
export const ARENA: usize = 0x980000; // 22 MiB of what the host answers
export const ARENA_END: usize = 0x2000000;
export const OUTPUT: usize = 0x2000000; // 16 MiB
export const OUTPUT_END: usize = 0x2fff000;

export const VALID: u32 = 0x100;
export const IPV6: u32 = 0x80;
const ZONE: u32 = 0x7;
export const NAMELESS: usize = 1;

/** Most bytes of a record without its context. */
const FRAME: usize = 2048;

// Of a description of a block: what is before the changing text, what is after it, and its context.
const BEFORE: usize = 0;
const BEFORE_LENGTH: usize = 4;
const AFTER: usize = 8;
const AFTER_LENGTH: usize = 12;
const CONTEXT: usize = 16;

// Of a context: the block of its attributes, its resource; in the request at hand the first and last entry, and the next context.
const ATTRIBUTES: usize = 0;
const RESOURCE: usize = 4;
const FIRST: usize = 8;
const LAST: usize = 12;
const NEXT: usize = 16;
// Of a resource: its block; in the request at hand its first and last context, and the next resource.

// Of an entry.
const ENTRY: usize = 256;
const E_NEXT: usize = 0;
const E_KIND: usize = 4; // 0 accepted, 1 rejected, 2 written by the host
const E_RECORD: usize = 8;
const E_UID: usize = 12;
const E_COMBINED: usize = 16;
const E_PROTOCOL: usize = 20;
const E_SOURCE_SERVICE: usize = 24;
const E_DESTINATION_SERVICE: usize = 28;
const E_START: usize = 32;
const E_END: usize = 40;
const E_BYTES: usize = 48;
const E_PACKETS: usize = 56;
const E_SOURCE_PORT: usize = 64;
const E_DESTINATION_PORT: usize = 72;
const E_SOURCE_LENGTH: usize = 80;
const E_DESTINATION_LENGTH: usize = 84;
const E_FLOW_LENGTH: usize = 88;
const E_SOURCE_INFO: usize = 92;
const E_DESTINATION_INFO: usize = 96;
const E_SOURCE_DIGITS: usize = 100;
const E_DESTINATION_DIGITS: usize = 104;
const E_SOURCE_PORT_TEXT: usize = 112;
const E_DESTINATION_PORT_TEXT: usize = 120;
const E_FLOW: usize = 128;
const E_SOURCE: usize = 160;
const E_DESTINATION: usize = 208;
// Of an entry that the host has written.
const E_AT: usize = 8;
const E_LENGTH: usize = 12;

const LONGEST_ADDRESS: usize = 39;
const LONGEST_FLOW: usize = 32;
const LONGEST_PROTOCOL: usize = 16;
/** The last second that OTLP can say, in nanoseconds. */
const LAST_SECOND: u64 = 18446744073;

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

/** Whether the 8 to 16 bytes are these. */
@inline function is8(at: usize, text: usize, length: usize): bool {
  return ((load<u64>(at) ^ load<u64>(text)) | (load<u64>(at + length - 8) ^ load<u64>(text + length - 8))) == 0;
}

/** Whether the 16 to 32 bytes are these. */
@inline function is16(at: usize, text: usize, length: usize): bool {
  const head = v128.xor(v128.load(at), v128.load(text));
  return !v128.any_true(v128.or(head, v128.xor(v128.load(at + length - 16), v128.load(text + length - 16))));
}

/** Whether the 16 bytes or more are these. */
function same(at: usize, text: usize, length: usize): bool {
  let difference = v128.xor(v128.load(at + length - 16), v128.load(text + length - 16));
  for (let index: usize = 0; index + 16 < length; index += 16) {
    difference = v128.or(difference, v128.xor(v128.load(at + index), v128.load(text + index)));
  }
  return !v128.any_true(difference);
}

/** Where the text's closing quote stands; 0 for text that does not stand for itself. */
@inline function plain(at: usize): usize {
  let mask: i32;
  while (true) {
    const bytes = v128.load(at);
    const stops = v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)));
    const odd = v128.or(i8x16.lt_s(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x7f)));
    mask = i8x16.bitmask(v128.or(stops, odd));
    if (mask != 0) break;
    at += 16;
  }
  at += ctz(mask);
  return load<u8>(at) == 0x22 ? at : 0;
}

/** Reads an integer as JSON writes it; returns where it ends, 0 for one that has to be read in another way. */
@inline function number(at: usize, into: usize): usize {
  let value: u64 = 0;
  let stop = at;
  while (true) {
    const digit = <u32>load<u8>(stop) - 0x30;
    if (digit > 9) break;
    value = value * 10 + digit;
    stop++;
  }
  store<u64>(into, value);
  const digits = stop - at;
  return digits == 0 || digits > 15 || (digits > 1 && load<u8>(at) == 0x30) ? 0 : stop;
}

/** The first `length` bytes, with zeros for the others. */
@inline function first(bytes: v128, length: usize): v128 {
  return v128.and(bytes, i8x16.lt_u(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>length)));
}

/** Copies an address of 1 to 39 bytes into the entry, and tells what the host said of it. */
function address(at: usize, length: usize, into: usize): u32 {
  const a = first(v128.load(at), length);
  v128.store(into, a);
  let mixed = i64x2.extract_lane(a, 0) * 0x9e3779b97f4a7c15 + i64x2.extract_lane(a, 1) * 0xc2b2ae3d27d4eb4f;
  if (length <= 15) {
    const place = ADDRESSES + ((<usize>((mixed ^ (mixed >> 32)) * 0x9e3779b1) >> 18) & 16383) * 64;
    if (!v128.any_true(v128.xor(v128.load(place), a))) return load<u32>(place + 48);
    const info = askAddress(at, length);
    v128.store(place, a);
    store<u32>(place + 48, info);
    return info;
  }
  const b = first(v128.load(at + 16), length - 16);
  const c = length > 32 ? first(v128.load(at + 32), length - 32) : i64x2.splat(0);
  v128.store(into + 16, b);
  v128.store(into + 32, c);
  mixed += i64x2.extract_lane(b, 0) * 0x165667b19e3779f9 + i64x2.extract_lane(b, 1) * 0x27d4eb2f165667c5;
  mixed += i64x2.extract_lane(c, 0) * 0x85ebca77c2b2ae63;
  const place = ADDRESSES + ((<usize>((mixed ^ (mixed >> 32)) * 0x9e3779b1) >> 18) & 16383) * 64;
  const difference = v128.or(
    v128.xor(v128.load(place), a),
    v128.or(v128.xor(v128.load(place + 16), b), v128.xor(v128.load(place + 32), c)),
  );
  if (!v128.any_true(difference)) return load<u32>(place + 48);
  const info = askAddress(at, length);
  v128.store(place, a);
  v128.store(place + 16, b);
  v128.store(place + 32, c);
  store<u32>(place + 48, info);
  return info;
}

/** Where the block of metadata ends, 0 for one without an end. */
@inline function closing(at: usize, end: usize): usize {
  for (; at < end; at += 16) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x7d)));
    if (mask != 0) {
      at += ctz(mask) + 1;
      return at > end ? 0 : at;
    }
  }
  return 0;
}

const STRIDE: usize = 32;
const REACH: usize = 256;
const PROBES: usize = 16;

/** The context of a block; 0 for one that only the host can read. */
function contextOf(line: usize, from: usize, to: usize): usize {
  const length = to - from;
  if (length < REACH + 16) return 0;
  let mixed: u64 = length;
  for (let at = to - 8; at > to - REACH; at -= STRIDE) mixed = (mixed ^ load<u64>(at)) * 0x9e3779b97f4a7c15;
  const hash = <u32>(mixed >> 32) | 1;
  let place: usize = 0;
  for (let probe: usize = 0; probe < PROBES; probe++) {
    place = BLOCKS + (((<usize>hash >> 4) + probe) & 4095) * 8;
    const known = load<u32>(place);
    if (known == 0) break;
    if (known != hash) continue;
    const block: usize = load<u32>(place, 4);
    const before: usize = load<u32>(block, BEFORE_LENGTH);
    const after: usize = load<u32>(block, AFTER_LENGTH);
    if (before + after > length) continue;
    if (!same(from, load<u32>(block, BEFORE), before) || !same(to - after, load<u32>(block, AFTER), after)) continue;
    if (plain(from + before) != to - after) continue;
    return load<u32>(block, CONTEXT);
  }
  const block = askBlock(line, from, to);
  if (block == 0) return 0;
  // Where all places are taken the last one is given up.
  store<u32>(place, hash);
  store<u32>(place, <u32>block, 4);
  return load<u32>(block, CONTEXT);
}

/** Flows of the request at hand, and the first and last of its resources. */
let count: u32 = 0;
let firstResource: usize = 0;
let lastResource: usize = 0;
/** Most flows of a request. */
let most: u32 = 0;
/** The number of the last record of the object. */
let lastRecord: u32 = 0;
/** What stands before the record's number in the uid. */
let uid: usize = 0;
/** Why `scan` has stopped: all is read, the request is full, or what follows is none of the lines that it reads, or not all of one. */
let stopped: u32 = 0;
export const READ: u32 = 0;
export const FULL: u32 = 1;
export const OTHER: u32 = 2;

export function setMost(records: u32): void {
  most = records;
}
export function setObject(record: u32, at: usize): void {
  lastRecord = record;
  uid = at;
}
export function setRecord(record: u32): void {
  lastRecord = record;
}
export function getRecord(): u32 {
  return lastRecord;
}
export function getStopped(): u32 {
  return stopped;
}
export function getCount(): u32 {
  return count;
}

/** Reads lines from `at` to `end`; returns where it has stopped. */
export function scan(at: usize, end: usize): usize {
  // No text and no number goes on behind it.
  store<u8>(end, 0);
  while (true) {
    let byte = load<u8>(at);
    while (at < end && (byte == 0x0a || byte == 0x0d || byte == 0x20)) byte = load<u8>(++at);
    if (at >= end) {
      stopped = READ;
      return at;
    }
    if (count == most) {
      stopped = FULL;
      return at;
    }
    const next = line(at, end);
    if (next == 0) {
      stopped = OTHER;
      return at;
    }
    at = next;
  }
}

/** Reads the line that begins at `from`; returns where it ends, 0 for one in another form. */
function line(from: usize, end: usize): usize {
  const entry = ENTRIES + <usize>count * ENTRY;
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
  store<u32>(entry, ++lastRecord, E_RECORD);
  store<u32>(entry, <u32>uid, E_UID);
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

@inline function serviceOf(port: u32, isUdp: u32): usize {
  const place = SERVICES + (<usize>isUdp * 65536 + port) * 4;
  let service: usize = load<u32>(place);
  if (service == 0) {
    service = askService(port, isUdp);
    store<u32>(place, <u32>service);
  }
  return service;
}

const UNKNOWN: u32 = 0;
const OF_SOURCE: u32 = 1;
const OF_DESTINATION: u32 = 2;

@inline function initiatorOf(isRejected: bool, sourcePort: u32, destinationPort: u32, sourceNamed: bool, destinationNamed: bool): u32 {
  const source = load<u8>(RANKS + sourcePort);
  const destination = load<u8>(RANKS + destinationPort);
  if (isRejected) return destination == 0 && source >= 2 ? OF_DESTINATION : OF_SOURCE;
  if (source != destination) return source < destination ? OF_SOURCE : OF_DESTINATION;
  return destinationNamed == sourceNamed ? UNKNOWN : destinationNamed ? OF_SOURCE : OF_DESTINATION;
}

/** Hands an entry to its context. */
@inline function gather(entry: usize, context: usize): void {
  store<u32>(entry, 0, E_NEXT);
  count++;
  const last: usize = load<u32>(context, LAST);
  store<u32>(context, <u32>entry, LAST);
  if (last != 0) {
    store<u32>(last, <u32>entry, E_NEXT);
    return;
  }
  store<u32>(context, <u32>entry, FIRST);
  store<u32>(context, 0, NEXT);
  const resource: usize = load<u32>(context, RESOURCE);
  const lastContext: usize = load<u32>(resource, LAST);
  store<u32>(resource, <u32>context, LAST);
  if (lastContext != 0) {
    store<u32>(lastContext, <u32>context, NEXT);
    return;
  }
  store<u32>(resource, <u32>context, FIRST);
  store<u32>(resource, 0, NEXT);
  if (lastResource != 0) store<u32>(lastResource, <u32>resource, NEXT);
  else firstResource = resource;
  lastResource = resource;
}

/** Takes a record that the host has written. */
export function add(context: usize, at: usize, length: usize): void {
  const entry = ENTRIES + <usize>count * ENTRY;
  store<u32>(entry, 2, E_KIND);
  store<u32>(entry, <u32>at, E_AT);
  store<u32>(entry, <u32>length, E_LENGTH);
  gather(entry, context);
}

@inline function putVarint(at: usize, value: u64): usize {
  while (value > 0x7f) {
    store<u8>(at++, <u8>value | 0x80);
    value >>= 7;
  }
  store<u8>(at, <u8>value);
  return at + 1;
}

@inline function varintLength(value: u64): usize {
  let length: usize = 1;
  while (value > 0x7f) {
    value >>= 7;
    length++;
  }
  return length;
}

@inline function putBlock(at: usize, block: usize): usize {
  const length: usize = load<u32>(block);
  let index: usize = 0;
  do {
    v128.store(at + index, v128.load(block + index, 4));
    index += 16;
  } while (index < length);
  return at + length;
}

// Templates: what stands in front of an attribute's value, with the lengths to be filled in. `head` is how many bytes that is.
@inline function headOf(name: usize): usize {
  return 2 + 2 + name + 2;
}

@inline function putHead(at: usize, template: usize, head: usize): void {
  v128.store(at, v128.load(TEMPLATES + template * 64));
  if (head > 16) v128.store(at, v128.load(TEMPLATES + template * 64, 16), 16);
}

@inline function putInteger(at: usize, template: usize, name: usize, value: u64): usize {
  const head = headOf(name);
  putHead(at, template, head);
  store<u8>(at + head, 0x18);
  const end = putVarint(at + head + 1, value);
  store<u8>(at, <u8>(end - at - 2), 1);
  store<u8>(at + head - 1, <u8>(end - at - head));
  return end;
}

@inline function putAddress(at: usize, text: usize, length: usize): usize {
  v128.store(at, v128.load(text));
  if (length > 16) {
    v128.store(at, v128.load(text, 16), 16);
    v128.store(at, v128.load(text, 32), 32);
  }
  return at + length;
}

/** The lengths in front of a text of so many bytes. */
@inline function putTextHead(at: usize, template: usize, name: usize, length: usize): usize {
  const head = headOf(name);
  putHead(at, template, head);
  store<u8>(at, <u8>(head + length), 1);
  store<u8>(at + head - 1, <u8>(2 + length));
  store<u8>(at + head, 0x0a);
  store<u8>(at + head + 1, <u8>length);
  return at + head + 2;
}

@inline function putEndpoint(at: usize, text: usize, length: usize, info: u32, hasPorts: bool, digits: usize, portText: usize): usize {
  if (!hasPorts) return putAddress(at, text, length);
  if ((info & IPV6) != 0) {
    store<u8>(at, 0x5b);
    at = putAddress(at + 1, text, length);
    store<u8>(at++, 0x5d);
  } else at = putAddress(at, text, length);
  store<u8>(at, 0x3a);
  store<u64>(at, load<u64>(portText), 1);
  return at + 1 + digits;
}

/** Eight hexadecimal digits. */
@inline function putHex(at: usize, value: u32): void {
  let digits: u64 = bswap<u32>(value);
  digits = (digits | (digits << 16)) & 0x0000ffff0000ffff;
  digits = (digits | (digits << 8)) & 0x00ff00ff00ff00ff;
  digits = ((digits >> 4) & 0x000f000f000f000f) | ((digits & 0x000f000f000f000f) << 8);
  const letters: u64 = ((digits + 0x0606060606060606) >> 4) & 0x0101010101010101;
  store<u64>(at, digits + 0x3030303030303030 + letters * 0x27);
}

/** Writes one record; returns where it ends. `tail` are the blocks of what ends an accepted and a rejected one. */
function putRecord(start: usize, entry: usize, attributes: usize, acceptTail: usize, rejectTail: usize): usize {
  const kind = load<u32>(entry, E_KIND);
  if (kind == 2) {
    const length: usize = load<u32>(entry, E_LENGTH);
    memory.copy(start, load<u32>(entry, E_AT), length);
    return start + length;
  }
  const protocol: usize = load<u32>(entry, E_PROTOCOL);
  const hasPorts = load<u32>(protocol, 32) != 0;
  const startTime = load<u64>(entry, E_START);
  const source = entry + E_SOURCE;
  const destination = entry + E_DESTINATION;
  const sourceLength: usize = load<u32>(entry, E_SOURCE_LENGTH);
  const destinationLength: usize = load<u32>(entry, E_DESTINATION_LENGTH);
  // The length of a record has two bytes: it has more than 127, and the host takes care that it has less than 16384.
  store<u8>(start, 0x12);
  store<u8>(start, 0x09, 3);
  store<u64>(start, startTime * 1000000000, 4);
  store<u64>(start, kind == 0 ? 0x4f464e49041a0910 : 0x4e524157041a0d10, 12);
  const body = start + 20;
  store<u8>(body, 0x2a);
  store<u8>(body, 0x0a, 2);
  let at = putBlock(body + 4, kind == 0 ? load<u32>(protocol, 24) : load<u32>(protocol, 28));
  at = putEndpoint(
    at,
    source,
    sourceLength,
    load<u32>(entry, E_SOURCE_INFO),
    hasPorts,
    load<u32>(entry, E_SOURCE_DIGITS),
    entry + E_SOURCE_PORT_TEXT,
  );
  store<u32>(at, 0x203e2d20);
  at = putEndpoint(
    at + 4,
    destination,
    destinationLength,
    load<u32>(entry, E_DESTINATION_INFO),
    hasPorts,
    load<u32>(entry, E_DESTINATION_DIGITS),
    entry + E_DESTINATION_PORT_TEXT,
  );
  store<u8>(body, <u8>(at - body - 2), 1);
  store<u8>(body, <u8>(at - body - 4), 3);
  at = putBlock(at, attributes);
  at = putBlock(at, load<u32>(entry, E_COMBINED));
  const prefix: usize = load<u32>(entry, E_UID);
  v128.store(at, v128.load(prefix));
  v128.store(at, v128.load(prefix, 16), 16);
  v128.store(at, v128.load(prefix, 32), 32);
  putHex(at + 46, load<u32>(entry, E_RECORD));
  at += 54;
  at = putAddress(putTextHead(at, 0, 14, sourceLength), source, sourceLength);
  at = putInteger(at, 1, 11, load<u64>(entry, E_SOURCE_PORT));
  at = putAddress(putTextHead(at, 2, 19, destinationLength), destination, destinationLength);
  at = putInteger(at, 3, 16, load<u64>(entry, E_DESTINATION_PORT));
  at = putInteger(at, 4, 10, load<u64>(entry, E_BYTES));
  at = putInteger(at, 5, 12, load<u64>(entry, E_PACKETS));
  at = putInteger(at, 6, 10, startTime * 1000);
  at = putInteger(at, 7, 8, load<u64>(entry, E_END) * 1000);
  at = putBlock(at, load<u32>(protocol, 20));
  const sourceService: usize = load<u32>(entry, E_SOURCE_SERVICE);
  if (sourceService != NAMELESS) at = putBlock(at, load<u32>(sourceService));
  const destinationService: usize = load<u32>(entry, E_DESTINATION_SERVICE);
  if (destinationService != NAMELESS) at = putBlock(at, load<u32>(destinationService, 4));
  const flowLength: usize = load<u32>(entry, E_FLOW_LENGTH);
  at = putTextHead(at, 8, 7, flowLength);
  v128.store(at, v128.load(entry, E_FLOW));
  v128.store(at, v128.load(entry, E_FLOW + 16), 16);
  at = putBlock(at + flowLength, kind == 0 ? acceptTail : rejectTail);
  const length = <u32>(at - start - 3);
  store<u8>(start, <u8>length | 0x80, 1);
  store<u8>(start, <u8>(length >> 7), 2);
  return at;
}

const MAX_HEAD: usize = 6;
let written: usize = 0;

/** Where the request that was written last begins. */
export function getWritten(): usize {
  return written;
}

@inline function putLength(at: usize, field: u32, length: usize): usize {
  store<u8>(at, <u8>((field << 3) | 2));
  return putVarint(at + 1, length);
}

/** Writes the request, and begins the next one; returns where it ends, 0 where there is no room for it. */
export function write(acceptTail: usize, rejectTail: usize, scope: usize): usize {
  let out = OUTPUT;
  written = OUTPUT;
  const scopeLength: usize = load<u32>(scope);
  for (let resource = firstResource; resource != 0; resource = load<u32>(resource, NEXT)) {
    const start = out;
    const encoded: usize = load<u32>(resource);
    const resourceLength: usize = load<u32>(encoded);
    out += resourceLength + scopeLength + 2 * MAX_HEAD;
    const records = out;
    for (let context: usize = load<u32>(resource, FIRST); context != 0; context = load<u32>(context, NEXT)) {
      const attributes: usize = load<u32>(context, ATTRIBUTES);
      const room = FRAME + <usize>load<u32>(attributes);
      for (let entry: usize = load<u32>(context, FIRST); entry != 0; entry = load<u32>(entry, E_NEXT)) {
        const needed = load<u32>(entry, E_KIND) == 2 ? <usize>load<u32>(entry, E_LENGTH) : room;
        if (out + needed > OUTPUT_END) return 0;
        out = putRecord(out, entry, attributes, acceptTail, rejectTail);
      }
      store<u32>(context, 0, LAST);
    }
    store<u32>(resource, 0, LAST);
    const inScope = scopeLength + (out - records);
    const inResource = resourceLength + 1 + varintLength(inScope) + inScope;
    const end = start + 1 + varintLength(inResource) + inResource;
    const spare = out - end;
    let at = start;
    if (start == OUTPUT) {
      written = OUTPUT + spare;
      at = written;
    } else {
      memory.copy(records - spare, records, out - records);
      out = end;
    }
    // Exactly, for the records follow.
    at = putLength(at, 1, inResource);
    memory.copy(at, encoded + 4, resourceLength);
    at = putLength(at + resourceLength, 2, inScope);
    memory.copy(at, scope + 4, scopeLength);
  }
  firstResource = 0;
  lastResource = 0;
  count = 0;
  return out;
}
