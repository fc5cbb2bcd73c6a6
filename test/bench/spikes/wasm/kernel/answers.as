// What the host is asked about once, and what it has answered.

import { ADDRESSES, AFTER, AFTER_LENGTH, BEFORE, BEFORE_LENGTH, BLOCKS, CONTEXT, SERVICES } from "./memory";
import { first, plain, same } from "./text";

/** Of the block that stands from `from` to `to` in the line: where its description stands, 0 for one that only the host can read. */
@external("host", "block")
export declare function askBlock(line: usize, from: usize, to: usize): usize;
/** VALID, IPV6 and the number of its zone; 0 for none. */
@external("host", "address")
export declare function askAddress(at: usize, length: usize): u32;
/** Fills the protocol's place in PROTOCOLS; 0 for one that only the host can write. */
@external("host", "protocol")
export declare function askProtocol(number: u32, at: usize, length: usize): u32;
/** Where two blocks stand: the attribute of the source's service and the destination's; NAMELESS for a port without a name. */
@external("host", "service")
export declare function askService(port: u32, isUdp: u32): usize;
/** Where the block of attributes with few values stands. */
@external("host", "combined")
export declare function askCombined(key: u32): usize;

/** Copies an address of 1 to 39 bytes into the entry, and tells what the host said of it. */
export function address(at: usize, length: usize, into: usize): u32 {
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

const STRIDE: usize = 32;
const REACH: usize = 256;
const PROBES: usize = 16;

/** The context of a block; 0 for one that only the host can read. */
export function contextOf(line: usize, from: usize, to: usize): usize {
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

@inline
export function serviceOf(port: u32, isUdp: u32): usize {
  const place = SERVICES + (<usize>isUdp * 65536 + port) * 4;
  let service: usize = load<u32>(place);
  if (service == 0) {
    service = askService(port, isUdp);
    store<u32>(place, <u32>service);
  }
  return service;
}
