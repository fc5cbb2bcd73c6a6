import type { Keeper } from "../../../src/contracts/keeper.ts";
import type { Flow } from "../../../src/flow/flow.ts";

interface OpenFile {
  readonly uids: string[];
  readonly waiting: Part[];
}

/** What one hand-over still waits for. */
interface Part {
  files: number;
  readonly durable: () => void;
}

/**
 * Files in memory, several of them open at a time: the flows of one hand-over go to all of them, each is rolled by itself when it holds
 * enough, and the largest is rolled when all hold too much. `kept` is what is durable, with repetitions.
 */
export class RolledFiles implements Keeper {
  readonly name = "files";
  readonly kept: string[] = [];
  readonly failing = false;
  /** While it is set nothing becomes durable by itself. */
  stuck = false;
  most = 0;
  flushes = 0;
  #held = 0;
  #change = Promise.withResolvers<void>();
  readonly #files = new Map<number, OpenFile>();
  readonly #rollAt: number;
  readonly #room: number;

  constructor({ rollAt, room }: { rollAt: number; room: number }) {
    this.#rollAt = rollAt;
    this.#room = room;
  }

  get held(): number {
    return this.#held;
  }

  get hasRoom(): boolean {
    return this.#held < this.#room;
  }

  changed(): Promise<void> {
    return this.#change.promise;
  }

  take(flows: readonly Flow[], durable: () => void): void {
    const part: Part = { files: 0, durable };
    for (const flow of flows) {
      const file = this.#fileOf(flow.record % 3);
      if (file.waiting.at(-1) !== part) {
        file.waiting.push(part);
        part.files += 1;
      }
      file.uids.push(flow.uid);
    }
    this.#held += flows.length;
    this.most = Math.max(this.most, this.#held);
    if (!this.stuck) setImmediate(() => this.#rollFull());
  }

  async flush(signal: AbortSignal): Promise<void> {
    this.flushes += 1;
    await new Promise(setImmediate);
    if (signal.aborted) return;
    for (const number of [...this.#files.keys()]) this.#roll(number);
  }

  #fileOf(number: number): OpenFile {
    const file = this.#files.get(number) ?? { uids: [], waiting: [] };
    this.#files.set(number, file);
    return file;
  }

  #rollFull(): void {
    if (this.stuck) return;
    for (const [number, { uids }] of this.#files) if (uids.length >= this.#rollAt) this.#roll(number);
    const [largest] = [...this.#files].sort(([, one], [, other]) => other.uids.length - one.uids.length);
    if (!this.hasRoom && largest !== undefined) this.#roll(largest[0]);
  }

  #roll(number: number): void {
    const { uids, waiting } = this.#fileOf(number);
    this.#files.delete(number);
    this.kept.push(...uids);
    this.#held -= uids.length;
    for (const part of waiting) {
      part.files -= 1;
      if (part.files === 0) part.durable();
    }
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}
