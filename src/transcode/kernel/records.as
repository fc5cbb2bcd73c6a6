// What was read of an event, as a record.

import {
  ENTRY, E_ATTRIBUTES, E_BYTES, E_COMBINED, E_DESTINATION, E_DESTINATION_ANSWER, E_DESTINATION_DIGITS, E_DESTINATION_LENGTH,
  E_DESTINATION_PORT, E_DESTINATION_PORT_TEXT, E_DESTINATION_SERVICE, E_END, E_FLOW, E_FLOW_LENGTH, E_IPV6, E_PACKETS, E_PROTOCOL, E_RECORD,
  E_REJECTED, E_SOURCE, E_SOURCE_ANSWER, E_SOURCE_DIGITS, E_SOURCE_LENGTH, E_SOURCE_PORT, E_SOURCE_PORT_TEXT, E_SOURCE_SERVICE, E_START,
  E_SUBNET_NAME, NAMELESS, TEMPLATES, UID,
} from "./memory";

@inline
function putVarint(at: usize, value: u64): usize {
  while (value > 0x7f) {
    store<u8>(at++, <u8>value | 0x80);
    value >>= 7;
  }
  store<u8>(at, <u8>value);
  return at + 1;
}

@inline
function putBlock(at: usize, block: usize): usize {
  const length: usize = load<u32>(block);
  let index: usize = 0;
  do {
    v128.store(at + index, v128.load(block + index, 4));
    index += 16;
  } while (index < length);
  return at + length;
}

// Templates: what stands in front of an attribute's value, with the lengths to be filled in. `head` is how many bytes that is.
@inline
function headOf(name: usize): usize {
  return 2 + 2 + name + 2;
}

@inline
function putHead(at: usize, template: usize, head: usize): void {
  v128.store(at, v128.load(TEMPLATES + template * 64));
  if (head > 16) v128.store(at, v128.load(TEMPLATES + template * 64, 16), 16);
}

@inline
function putInteger(at: usize, template: usize, name: usize, value: u64): usize {
  const head = headOf(name);
  putHead(at, template, head);
  store<u8>(at + head, 0x18);
  const end = putVarint(at + head + 1, value);
  store<u8>(at, <u8>(end - at - 2), 1);
  store<u8>(at + head - 1, <u8>(end - at - head));
  return end;
}

@inline
function putAddress(at: usize, text: usize, length: usize): usize {
  v128.store(at, v128.load(text));
  if (length > 16) {
    v128.store(at, v128.load(text, 16), 16);
    v128.store(at, v128.load(text, 32), 32);
  }
  return at + length;
}

/** The lengths in front of a text of so many bytes. */
@inline
function putTextHead(at: usize, template: usize, name: usize, length: usize): usize {
  const head = headOf(name);
  putHead(at, template, head);
  store<u8>(at, <u8>(head + length), 1);
  store<u8>(at + head - 1, <u8>(2 + length));
  store<u8>(at + head, 0x0a);
  store<u8>(at + head + 1, <u8>length);
  return at + head + 2;
}

@inline
function putEndpoint(at: usize, text: usize, length: usize, isIpv6: bool, hasPorts: bool, digits: usize, portText: usize): usize {
  if (!hasPorts) return putAddress(at, text, length);
  if (isIpv6) {
    store<u8>(at, 0x5b);
    at = putAddress(at + 1, text, length);
    store<u8>(at++, 0x5d);
  } else at = putAddress(at, text, length);
  store<u8>(at, 0x3a);
  store<u64>(at, load<u64>(portText), 1);
  return at + 1 + digits;
}

/** Eight hexadecimal digits. */
@inline
function putHex(at: usize, value: u32): void {
  let digits: u64 = bswap<u32>(value);
  digits = (digits | (digits << 16)) & 0x0000ffff0000ffff;
  digits = (digits | (digits << 8)) & 0x00ff00ff00ff00ff;
  digits = ((digits >> 4) & 0x000f000f000f000f) | ((digits & 0x000f000f000f000f) << 8);
  const letters: u64 = ((digits + 0x0606060606060606) >> 4) & 0x0101010101010101;
  store<u64>(at, digits + 0x3030303030303030 + letters * 0x27);
}

/** `LogRecord` of 09 (time), 10 (severity number) and 1a (severity text), as the classes of records have them. */
const SEVERITY_OF_ACCEPTED: u64 = 0x4f464e49041a0910; // 9, INFO
const SEVERITY_OF_REJECTED: u64 = 0x4e524157041a0d10; // 13, WARN

/** Writes the record of the entry; returns where it ends. `tail` are the blocks of what ends an accepted and a rejected one. */
export function putRecord(start: usize, acceptTail: usize, rejectTail: usize): usize {
  const isRejected = load<u32>(ENTRY, E_REJECTED) != 0;
  const protocol: usize = load<u32>(ENTRY, E_PROTOCOL);
  const hasPorts = load<u32>(protocol, 32) != 0;
  const isIpv6 = load<u32>(ENTRY, E_IPV6) != 0;
  const startTime = load<u64>(ENTRY, E_START);
  const source = ENTRY + E_SOURCE;
  const destination = ENTRY + E_DESTINATION;
  const sourceLength: usize = load<u32>(ENTRY, E_SOURCE_LENGTH);
  const destinationLength: usize = load<u32>(ENTRY, E_DESTINATION_LENGTH);
  // The length of a record has two bytes: it has more than 127, and the host takes care that it has less than LONGEST_RECORD.
  store<u8>(start, 0x12);
  store<u8>(start, 0x09, 3);
  store<u64>(start, startTime * 1000000000, 4);
  store<u64>(start, isRejected ? SEVERITY_OF_REJECTED : SEVERITY_OF_ACCEPTED, 12);
  const body = start + 20;
  store<u8>(body, 0x2a);
  store<u8>(body, 0x0a, 2);
  let at = putBlock(body + 4, isRejected ? load<u32>(protocol, 28) : load<u32>(protocol, 24));
  const sourceDigits: usize = load<u32>(ENTRY, E_SOURCE_DIGITS);
  at = putEndpoint(at, source, sourceLength, isIpv6, hasPorts, sourceDigits, ENTRY + E_SOURCE_PORT_TEXT);
  store<u32>(at, 0x203e2d20);
  const destinationDigits: usize = load<u32>(ENTRY, E_DESTINATION_DIGITS);
  at = putEndpoint(at + 4, destination, destinationLength, isIpv6, hasPorts, destinationDigits, ENTRY + E_DESTINATION_PORT_TEXT);
  store<u8>(body, <u8>(at - body - 2), 1);
  store<u8>(body, <u8>(at - body - 4), 3);
  at = putBlock(at, load<u32>(ENTRY, E_ATTRIBUTES));
  at = putBlock(at, load<u32>(ENTRY, E_COMBINED));
  v128.store(at, v128.load(UID));
  v128.store(at, v128.load(UID, 16), 16);
  v128.store(at, v128.load(UID, 32), 32);
  putHex(at + 46, load<u32>(ENTRY, E_RECORD));
  at += 54;
  at = putAddress(putTextHead(at, 0, 14, sourceLength), source, sourceLength);
  at = putInteger(at, 1, 11, load<u64>(ENTRY, E_SOURCE_PORT));
  at = putAddress(putTextHead(at, 2, 19, destinationLength), destination, destinationLength);
  at = putInteger(at, 3, 16, load<u64>(ENTRY, E_DESTINATION_PORT));
  at = putInteger(at, 4, 10, load<u64>(ENTRY, E_BYTES));
  at = putInteger(at, 5, 12, load<u64>(ENTRY, E_PACKETS));
  at = putInteger(at, 6, 10, startTime * 1000);
  at = putInteger(at, 7, 8, load<u64>(ENTRY, E_END) * 1000);
  at = putBlock(at, load<u32>(protocol, 20));
  const sourceService: usize = load<u32>(ENTRY, E_SOURCE_SERVICE);
  if (sourceService != NAMELESS) at = putBlock(at, load<u32>(sourceService));
  const destinationService: usize = load<u32>(ENTRY, E_DESTINATION_SERVICE);
  if (destinationService != NAMELESS) at = putBlock(at, load<u32>(destinationService, 4));
  at = putBlock(at, load<u32>(ENTRY, E_SOURCE_ANSWER));
  at = putBlock(at, load<u32>(ENTRY, E_DESTINATION_ANSWER));
  const flowLength: usize = load<u32>(ENTRY, E_FLOW_LENGTH);
  at = putTextHead(at, 8, 7, flowLength);
  v128.store(at, v128.load(ENTRY, E_FLOW));
  v128.store(at, v128.load(ENTRY, E_FLOW + 16), 16);
  at = putBlock(at + flowLength, load<u32>(ENTRY, E_SUBNET_NAME));
  at = putBlock(at, isRejected ? rejectTail : acceptTail);
  const length = <u32>(at - start - 3);
  store<u8>(start, <u8>length | 0x80, 1);
  store<u8>(start, <u8>(length >> 7), 2);
  return at;
}
