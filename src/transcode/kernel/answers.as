// What the host is asked about once, and what it has answered. It answers 0 where it leaves the line to the program.

import {
  A_DESTINATION, A_MARKS, A_SOURCE, ADDRESSES, AFTER, AFTER_LENGTH, BEFORE, BEFORE_LENGTH, BLOCKS, COMBINED, SERVICES,
} from "./memory";
import { plain, same } from "./text";

/** Fills the answer's place behind the text; 0 for one of which no record is taken. */
@external("host", "address")
export declare function askAddress(place: usize, length: usize, subnet: u32): u32;
/** Fills the protocol's place in PROTOCOLS. */
@external("host", "protocol")
export declare function askProtocol(number: u32, at: usize, length: usize): u32;
/** Where two addresses of blocks stand: the attribute of the source's service and the destination's; NAMELESS for a port without a name. */
@external("host", "service")
declare function askService(port: u32, isUdp: u32): usize;
/** Where the block of attributes with few values stands. */
@external("host", "combined")
declare function askCombined(key: u32): usize;

/** The place of what is known of the address of 1 to 39 bytes, padded to 48 with zeros, as seen from a subnet; 0 where nothing is. */
export function answerTo(text: usize, length: usize, subnet: u32): usize {
  const a = v128.load(text);
  const b = v128.load(text, 16);
  const c = i32x4.replace_lane(v128.load(text, 32), 3, subnet);
  let mixed = i64x2.extract_lane(a, 0) * 0x9e3779b97f4a7c15 + i64x2.extract_lane(a, 1) * 0xc2b2ae3d27d4eb4f;
  mixed += i64x2.extract_lane(b, 0) * 0x165667b19e3779f9 + i64x2.extract_lane(b, 1) * 0x27d4eb2f165667c5;
  mixed += i64x2.extract_lane(c, 0) * 0x85ebca77c2b2ae63 + i64x2.extract_lane(c, 1) * 0x2545f4914f6cdd1d;
  const place = ADDRESSES + ((<usize>((mixed ^ (mixed >> 32)) * 0x9e3779b1) >> 16) & 65535) * 64;
  const difference = v128.or(
    v128.xor(v128.load(place), a),
    v128.or(v128.xor(v128.load(place, 16), b), v128.xor(v128.load(place, 32), c)),
  );
  if (!v128.any_true(difference)) return place;
  v128.store(place, a);
  v128.store(place, b, 16);
  v128.store(place, c, 32);
  if (askAddress(place, length, subnet) != 0) return place;
  // Nothing is known by an empty text.
  v128.store(place, i64x2.splat(0));
  return 0;
}

const STRIDE: usize = 32;
const REACH: usize = 256;
const PROBES: usize = 16;
const LEAST: usize = REACH + 16;

@inline
function hashOf(from: usize, to: usize): u32 {
  let mixed: u64 = to - from;
  for (let at = to - 8; at > to - REACH; at -= STRIDE) mixed = (mixed ^ load<u64>(at)) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 32) | 1;
}

/** The description of the block; 0 for one that nobody has described. */
export function descriptionOf(from: usize, to: usize): usize {
  const length = to - from;
  if (length < LEAST) return 0;
  const hash = hashOf(from, to);
  for (let probe: usize = 0; probe < PROBES; probe++) {
    const place = BLOCKS + (((<usize>hash >> 4) + probe) & 4095) * 8;
    const known = load<u32>(place);
    if (known == 0) return 0;
    if (known != hash) continue;
    const block: usize = load<u32>(place, 4);
    const before: usize = load<u32>(block, BEFORE_LENGTH);
    const after: usize = load<u32>(block, AFTER_LENGTH);
    if (before + after > length) continue;
    if (!same(from, load<u32>(block, BEFORE), before) || !same(to - after, load<u32>(block, AFTER), after)) continue;
    if (plain(from + before) != to - after) continue;
    return block;
  }
  return 0;
}

/** From now on the block is known by this description. Where all places are taken the last one is given up. */
export function describe(from: usize, to: usize, description: usize): void {
  if (to - from < LEAST) return;
  const hash = hashOf(from, to);
  let place: usize = 0;
  for (let probe: usize = 0; probe < PROBES; probe++) {
    place = BLOCKS + (((<usize>hash >> 4) + probe) & 4095) * 8;
    if (load<u32>(place) == 0) break;
  }
  store<u32>(place, hash);
  store<u32>(place, <u32>description, 4);
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

@inline
export function combinedOf(key: u32): usize {
  const place = COMBINED + <usize>key * 4;
  let combined: usize = load<u32>(place);
  if (combined == 0) {
    combined = askCombined(key);
    store<u32>(place, <u32>combined);
  }
  return combined;
}

@inline
export function marksOf(answer: usize): u32 {
  return load<u32>(answer, A_MARKS);
}
@inline
export function ofSource(answer: usize): usize {
  return load<u32>(answer, A_SOURCE);
}
@inline
export function ofDestination(answer: usize): usize {
  return load<u32>(answer, A_DESTINATION);
}
