/** Compares two keys in the byte order of their UTF-8 forms, which is the order of every listing; negative when `a` comes first. */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates (code points from U+10000) before U+E000 to U+FFFF, UTF-8 after them. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** A key that comes after every key which begins with `prefix` and before whatever follows them. */
export function endOf(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}
