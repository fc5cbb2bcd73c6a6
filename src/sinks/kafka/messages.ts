import type { Payload } from "../../contracts/sink.ts";

/** Key and value of a message. */
export interface KeyedValue {
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array;
}

/** What a message costs beside its key and value, at most. */
const FRAME = 64;
const NO_KEY = 0xffffffff;

/** How many bytes the messages have in a request, before compression. */
export function sizeOf(messages: readonly KeyedValue[]): number {
  return messages.reduce((sum, { key, value }) => sum + FRAME + (key?.length ?? 0) + value.length, 0);
}

/** Messages as three runs of bytes: lengths of keys and values, keys, values. */
export function pack(records: number, messages: readonly KeyedValue[]): Payload {
  const lengths = new Uint32Array(2 * messages.length);
  for (const [index, { key, value }] of messages.entries()) {
    lengths[2 * index] = key?.length ?? NO_KEY;
    lengths[2 * index + 1] = value.length;
  }
  const keys = joined(messages.flatMap(({ key }) => (key === undefined ? [] : [key])));
  const values = joined(messages.map(({ value }) => value));
  return { records, parts: [new Uint8Array(lengths.buffer), keys, values] };
}

/** The messages of a payload; their bytes are parts of it. */
export function unpack({ parts }: Payload): KeyedValue[] {
  const [head = new Uint8Array(), keys = new Uint8Array(), values = new Uint8Array()] = parts;
  const lengths = new Uint32Array(head.buffer, head.byteOffset, head.byteLength / 4);
  const messages: KeyedValue[] = [];
  let [keyAt, valueAt] = [0, 0];
  for (let index = 0; index < lengths.length; index += 2) {
    const [keyLength = NO_KEY, valueLength = 0] = [lengths[index], lengths[index + 1]];
    const key = keyLength === NO_KEY ? undefined : keys.subarray(keyAt, keyAt + keyLength);
    messages.push({ key, value: values.subarray(valueAt, valueAt + valueLength) });
    keyAt += key?.length ?? 0;
    valueAt += valueLength;
  }
  return messages;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
