import type { FlowContext } from "../flow/flow.ts";
import { NotJson, parseJson } from "./json.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSE_OBJECT = 0x7d;
/** To guess which block it is, one byte of so many is looked at, at its beginning and at its end, up to so far. */
const STRIDE = 16;
const REACH_BYTES = 512;
/** Blocks that look alike so far. */
const MOST_ALIKE = 8;
/** Blocks that are remembered at once; past it they are forgotten together. */
const MOST = 2_048;

interface Block {
  /** Its bytes up to the text of the changing member, or all of them. */
  readonly before: Buffer;
  /** Its bytes after that text; undefined where it has no such member. */
  readonly after: Buffer | undefined;
  readonly context: FlowContext;
  metadata: Record<string, unknown>;
}

/**
 * Remembers blocks of metadata, which are JSON objects, by their bytes, so that one that was seen is not parsed again. One
 * member may have another text each time. A block counts as known only if all its other bytes are the same.
 */
export class BlockCache {
  readonly #changing: string;
  readonly #marker: Buffer;
  readonly #blocks = new Map<number, Block[]>();
  #size = 0;
  /** How many bytes at the beginning and at the end no block changes. */
  #head = REACH_BYTES;
  #tail = REACH_BYTES;
  #found: Block | undefined;

  constructor(changing: string) {
    this.#changing = changing;
    this.#marker = Buffer.from(`"${changing}":"`);
  }

  /** Of the block found last. */
  get context(): FlowContext | undefined {
    return this.#found?.context;
  }

  /** The value of the block found last; blocks with the same bytes share it. */
  get metadata(): unknown {
    return this.#found?.metadata;
  }

  /** Where the block that begins at `start` ends, -1 if it is not known. */
  find(buffer: Buffer, start: number, limit: number): number {
    const end = buffer.indexOf(CLOSE_OBJECT, start) + 1;
    if (end === 0 || end > limit) return -1;
    const alike = this.#blocks.get(this.#hash(buffer, start, end));
    if (alike === undefined) return -1;
    for (let index = 0; index < alike.length; index++) {
      const block = alike[index] as Block;
      if (!this.#matches(block, buffer, start, end)) continue;
      this.#found = block;
      return end;
    }
    return -1;
  }

  #matches(block: Block, buffer: Buffer, start: number, end: number): boolean {
    const { before, after } = block;
    const textStart = start + before.length;
    if (after === undefined) return textStart === end && buffer.compare(before, 0, before.length, start, end) === 0;
    const textEnd = end - after.length;
    if (textEnd < textStart || buffer.compare(after, 0, after.length, textEnd, end) !== 0) return false;
    if (buffer.compare(before, 0, before.length, start, textStart) !== 0 || !isPlain(buffer, textStart, textEnd)) return false;
    const last = block.metadata[this.#changing] as string;
    if (!isSame(last, buffer, textStart, textEnd)) {
      block.metadata = { ...block.metadata };
      block.metadata[this.#changing] = buffer.toString("latin1", textStart, textEnd);
    }
    return true;
  }

  /** Remembers what the block that begins at `start` stands for. Does nothing with a block that is not simple. */
  add(buffer: Buffer, start: number, limit: number, context: FlowContext, metadata: Record<string, unknown>): void {
    const end = buffer.indexOf(CLOSE_OBJECT, start) + 1;
    if (end === 0 || end > limit) return;
    const bytes = Buffer.from(buffer.subarray(start, end));
    const marker = bytes.indexOf(this.#marker);
    if (bytes.includes(BACKSLASH) || bytes.lastIndexOf(this.#marker) !== marker) return;
    // A bracket that closes may stand in a text, or close an object inside.
    if (parseJson(bytes.toString("utf8")) instanceof NotJson) return;
    const textStart = marker === -1 ? bytes.length : marker + this.#marker.length;
    const before = bytes.subarray(0, textStart);
    const after = marker === -1 ? undefined : bytes.subarray(bytes.indexOf(QUOTE, textStart));
    const head = Math.min(this.#head, before.length);
    const tail = Math.min(this.#tail, after?.length ?? before.length);
    if (head < this.#head || tail < this.#tail || this.#size === MOST) {
      this.#blocks.clear();
      this.#size = 0;
      this.#head = head;
      this.#tail = tail;
    }
    const hash = this.#hash(buffer, start, end);
    const alike = this.#blocks.get(hash) ?? [];
    this.#blocks.set(hash, [{ before, after, context, metadata }, ...alike.slice(0, MOST_ALIKE - 1)]);
    this.#size++;
  }

  #hash(buffer: Buffer, start: number, end: number): number {
    let hash = 0;
    const headEnd = Math.min(end, start + this.#head);
    for (let at = start; at < headEnd; at += STRIDE) hash = (Math.imul(hash, 31) + (buffer[at] as number)) | 0;
    const tailEnd = Math.max(start, end - this.#tail);
    for (let at = end - 1; at >= tailEnd; at -= STRIDE) hash = (Math.imul(hash, 31) + (buffer[at] as number)) | 0;
    return hash;
  }
}

/** Whether the bytes are ASCII text between quotes that stands for itself. */
function isPlain(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = buffer[at] as number;
    if (byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH) return false;
  }
  return true;
}

function isSame(text: string, buffer: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== buffer[start + at]) return false;
  return true;
}
