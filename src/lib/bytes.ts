const UTF8 = new TextEncoder();

/** A text as UTF-8, in memory of its own: Node keeps short buffers together in one. Lone surrogates become U+FFFD. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return UTF8.encode(text);
}

/** The same bytes, not a copy. */
export function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer<ArrayBuffer> {
  return Buffer.from(buffer, byteOffset, byteLength);
}
