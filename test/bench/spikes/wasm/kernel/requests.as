// Entries to a request.

import {
  ATTRIBUTES, E_AT, E_BYTES, E_COMBINED, E_DESTINATION, E_DESTINATION_DIGITS, E_DESTINATION_INFO, E_DESTINATION_LENGTH,
  E_DESTINATION_PORT, E_DESTINATION_PORT_TEXT, E_DESTINATION_SERVICE, E_END, E_FLOW, E_FLOW_LENGTH, E_KIND, E_LENGTH, E_NEXT,
  E_PACKETS, E_PROTOCOL, E_RECORD, E_SOURCE, E_SOURCE_DIGITS, E_SOURCE_INFO, E_SOURCE_LENGTH, E_SOURCE_PORT,
  E_SOURCE_PORT_TEXT, E_SOURCE_SERVICE, E_START, E_UID, FIRST, FRAME, IPV6, LAST, NAMELESS, NEXT, OUTPUT, OUTPUT_END,
  TEMPLATES,
} from "./memory";
import { Batch } from "./batch";

@inline
export function putVarint(at: usize, value: u64): usize {
  while (value > 0x7f) {
    store<u8>(at++, <u8>value | 0x80);
    value >>= 7;
  }
  store<u8>(at, <u8>value);
  return at + 1;
}

@inline
export function varintLength(value: u64): usize {
  let length: usize = 1;
  while (value > 0x7f) {
    value >>= 7;
    length++;
  }
  return length;
}

@inline
export function putBlock(at: usize, block: usize): usize {
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
export function headOf(name: usize): usize {
  return 2 + 2 + name + 2;
}

@inline
export function putHead(at: usize, template: usize, head: usize): void {
  v128.store(at, v128.load(TEMPLATES + template * 64));
  if (head > 16) v128.store(at, v128.load(TEMPLATES + template * 64, 16), 16);
}

@inline
export function putInteger(at: usize, template: usize, name: usize, value: u64): usize {
  const head = headOf(name);
  putHead(at, template, head);
  store<u8>(at + head, 0x18);
  const end = putVarint(at + head + 1, value);
  store<u8>(at, <u8>(end - at - 2), 1);
  store<u8>(at + head - 1, <u8>(end - at - head));
  return end;
}

@inline
export function putAddress(at: usize, text: usize, length: usize): usize {
  v128.store(at, v128.load(text));
  if (length > 16) {
    v128.store(at, v128.load(text, 16), 16);
    v128.store(at, v128.load(text, 32), 32);
  }
  return at + length;
}

/** The lengths in front of a text of so many bytes. */
@inline
export function putTextHead(at: usize, template: usize, name: usize, length: usize): usize {
  const head = headOf(name);
  putHead(at, template, head);
  store<u8>(at, <u8>(head + length), 1);
  store<u8>(at + head - 1, <u8>(2 + length));
  store<u8>(at + head, 0x0a);
  store<u8>(at + head + 1, <u8>length);
  return at + head + 2;
}

@inline
export function putEndpoint(at: usize, text: usize, length: usize, info: u32, hasPorts: bool, digits: usize, portText: usize): usize {
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
@inline
export function putHex(at: usize, value: u32): void {
  let digits: u64 = bswap<u32>(value);
  digits = (digits | (digits << 16)) & 0x0000ffff0000ffff;
  digits = (digits | (digits << 8)) & 0x00ff00ff00ff00ff;
  digits = ((digits >> 4) & 0x000f000f000f000f) | ((digits & 0x000f000f000f000f) << 8);
  const letters: u64 = ((digits + 0x0606060606060606) >> 4) & 0x0101010101010101;
  store<u64>(at, digits + 0x3030303030303030 + letters * 0x27);
}

/** Writes one record; returns where it ends. `tail` are the blocks of what ends an accepted and a rejected one. */
export function putRecord(start: usize, entry: usize, attributes: usize, acceptTail: usize, rejectTail: usize): usize {
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

@inline
function putLength(at: usize, field: u32, length: usize): usize {
  store<u8>(at, <u8>((field << 3) | 2));
  return putVarint(at + 1, length);
}

/** Writes the request, and begins the next one; returns where it ends, 0 where there is no room for it. */
export function write(acceptTail: usize, rejectTail: usize, scope: usize): usize {
  let out = OUTPUT;
  written = OUTPUT;
  const scopeLength: usize = load<u32>(scope);
  for (let resource = Batch.firstResource; resource != 0; resource = load<u32>(resource, NEXT)) {
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
  Batch.firstResource = 0;
  Batch.lastResource = 0;
  Batch.count = 0;
  return out;
}
