import { NEWLINE } from "./bytes.ts";

/** Tells where bytes stand in their lines, and in the whole of what they come from piece by piece. */
export class Columns {
  /** Bytes that came before those at hand. */
  passed = 0;
  /** Where the line began that the bytes at hand begin in, at most 0. */
  #lineStart = 0;

  /** Bytes before this one in its line. */
  of(buffer: Buffer, at: number): number {
    const newline = at > 0 ? buffer.lastIndexOf(NEWLINE, at - 1) : -1;
    return newline === -1 ? at - this.#lineStart : at - newline - 1;
  }

  /** To be called before the first bytes at hand are let go. */
  pass(buffer: Buffer, count: number): void {
    this.#lineStart = -this.of(buffer, count);
    this.passed += count;
  }
}
