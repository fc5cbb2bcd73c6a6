import type { ObjectVersion } from "../../contracts/store.ts";
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

  put(run: ObjectVersion, messages: readonly Message[], bytes: number): void {
    this.drop(run);
    this.#runs.set(nameOf(run), { messages, bytes });
    this.#bytes += bytes;
  }

  /** The messages of the run, which are not kept any more; `release` is to be called when they are not needed. Undefined for one that is not there. */
  take(run: ObjectVersion): { readonly messages: readonly Message[]; release(): void } | undefined {
    const name = nameOf(run);
    const found = this.#runs.get(name);
    if (found === undefined) return undefined;
    this.#runs.delete(name);
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#free(found.bytes);
      isHeld = false;
    };
    return { messages: found.messages, release };
  }

  drop(run: ObjectVersion): void {
    this.take(run)?.release();
  }

  #free(bytes: number): void {
    this.#bytes -= bytes;
    const { resolve } = this.#freed;
    this.#freed = Promise.withResolvers();
    resolve();
  }
}

function nameOf({ key, etag }: ObjectVersion): string {
  return `${etag} ${key}`;
}
