import { Inbox } from "./inbox.ts";

/** Smaller chunks are joined up to this size: each message has its price. */
const CHUNK_BYTES = 64 * 1024;
/** So many chunks may be on their way to a thread, or wait there. */
const WINDOW = 12;

/** Brings the bytes of an object to a thread, no faster than that takes them. */
export class Pump {
  readonly #send: (chunk: Uint8Array<ArrayBuffer>) => void;
  readonly #took = new Inbox<number>();
  #free = WINDOW;
  #stopped = false;
  /** Why the bytes broke off. */
  error: unknown;

  constructor(send: (chunk: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  took(chunks: number): void {
    this.#took.add(chunks);
  }

  stop(): void {
    this.#stopped = true;
    this.#took.add(0);
  }

  /** Resolves when all bytes were sent, or it was stopped, to whether they broke off; `error` says why. */
  async run(bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
    let parts: Uint8Array[] = [];
    let length = 0;
    const flush = async () => {
      if (length === 0) return;
      while (this.#free <= 0 && !this.#stopped) this.#free += await this.#took.next();
      this.#free -= 1;
      const chunk = new Uint8Array(length);
      let at = 0;
      for (const part of parts) {
        chunk.set(part, at);
        at += part.length;
      }
      [parts, length] = [[], 0];
      if (!this.#stopped) this.#send(chunk);
    };
    try {
      for await (const part of bytes) {
        if (this.#stopped) return false;
        parts.push(part);
        length += part.length;
        if (length >= CHUNK_BYTES) await flush();
      }
      await flush();
      return false;
    } catch (error) {
      this.error = error;
      await flush();
      return true;
    }
  }
}
