import type { Message } from "../../lib/kafka/topic-reader.ts";

/** Messages that were fetched and wait to be read, within bounds. What is not there any more can be fetched again. */
export class Memory {
  readonly #most: number;
  readonly #runs = new Map<string, { readonly messages: readonly Message[]; readonly bytes: number }>();
  #bytes = 0;
  #freed = Promise.withResolvers<void>();

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#most;
  }

  /** Resolves when there is less than there was. */
  get freed(): Promise<void> {
    return this.#freed.promise;
  }

  put(key: string, messages: readonly Message[], bytes: number): void {
    this.drop(key);
    this.#runs.set(key, { messages, bytes });
    this.#bytes += bytes;
  }

  /** The messages of the run, which are not kept any more; `release` is to be called when they are not needed. Undefined for one that is not there. */
  take(key: string): { readonly messages: readonly Message[]; release(): void } | undefined {
    const found = this.#runs.get(key);
    if (found === undefined) return undefined;
    this.#runs.delete(key);
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#free(found.bytes);
      isHeld = false;
    };
    return { messages: found.messages, release };
  }

  drop(key: string): void {
    this.take(key)?.release();
  }

  #free(bytes: number): void {
    this.#bytes -= bytes;
    const { resolve } = this.#freed;
    this.#freed = Promise.withResolvers();
    resolve();
  }
}
