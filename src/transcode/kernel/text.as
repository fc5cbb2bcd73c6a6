// Bytes of JSON text, 16 at a time.

/** Whether the 8 to 16 bytes are these. */
@inline
export function is8(at: usize, text: usize, length: usize): bool {
  return ((load<u64>(at) ^ load<u64>(text)) | (load<u64>(at + length - 8) ^ load<u64>(text + length - 8))) == 0;
}

/** Whether the 16 to 32 bytes are these. */
@inline
export function is16(at: usize, text: usize, length: usize): bool {
  const head = v128.xor(v128.load(at), v128.load(text));
  return !v128.any_true(v128.or(head, v128.xor(v128.load(at + length - 16), v128.load(text + length - 16))));
}

/** Whether the 16 bytes or more are these. */
export function same(at: usize, text: usize, length: usize): bool {
  let difference = v128.xor(v128.load(at + length - 16), v128.load(text + length - 16));
  for (let index: usize = 0; index + 16 < length; index += 16) {
    difference = v128.or(difference, v128.xor(v128.load(at + index), v128.load(text + index)));
  }
  return !v128.any_true(difference);
}

/** Where the text's closing quote stands; 0 for text that does not stand for itself. */
@inline
export function plain(at: usize): usize {
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
@inline
export function number(at: usize, into: usize): usize {
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
@inline
export function first(bytes: v128, length: usize): v128 {
  return v128.and(bytes, i8x16.lt_u(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>length)));
}

/** Where the block of metadata ends, 0 for one without an end. */
@inline
export function closing(at: usize, end: usize): usize {
  for (; at < end; at += 16) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x7d)));
    if (mask != 0) {
      at += ctz(mask) + 1;
      return at > end ? 0 : at;
    }
  }
  return 0;
}
