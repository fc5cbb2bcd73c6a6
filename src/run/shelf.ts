import { inspect } from "node:util";

interface Kept {
  readonly part: unknown;
  close(): void | Promise<void>;
}

/** A part, and what releases it. */
export interface Made<Part> {
  readonly part: Part;
  close(): void | Promise<void>;
}

/**
 * Parts of a worker, by what they were made of. The shelf of a changed configuration takes over from the one before what is made of the
 * same, and makes the rest: of each part there is one, whoever uses it.
 */
export class Shelf {
  /** Of the shelf before. */
  #before: ReadonlyMap<string, Kept> | undefined;
  readonly #parts = new Map<string, Kept>();

  constructor(before?: Shelf) {
    if (before !== undefined) this.#before = before.#parts;
  }

  /** The part that is made of these options under that name. */
  async take<Part>(kind: string, made: unknown, make: () => Promise<Made<Part>>): Promise<Part> {
    const key = keyOf(kind, made);
    const kept = this.#parts.get(key) ?? this.#before?.get(key) ?? (await make());
    this.#parts.set(key, kept);
    return kept.part as Part;
  }

  /** Takes such a part over, if the one before has it. */
  keep(kind: string, made: unknown): void {
    const key = keyOf(kind, made);
    const kept = this.#before?.get(key);
    if (kept !== undefined) this.#parts.set(key, kept);
  }

  /** Releases what the one before does not have: this one is given up. */
  giveUp(): Promise<void> {
    return this.#release(this.#before);
  }

  /** Releases what the next one has not taken over; of one kind, or of all. */
  async handOver(next: Shelf, kind = ""): Promise<void> {
    await this.#release(next.#parts, kind);
    if (kind === "") next.#before = undefined;
  }

  /** Releases everything. */
  close(): Promise<void> {
    return this.#release(undefined);
  }

  /** What was made last goes first. Throws the first failure when all were tried. */
  async #release(other: ReadonlyMap<string, Kept> | undefined, kind = ""): Promise<void> {
    const failures: unknown[] = [];
    for (const [key, { close }] of [...this.#parts].reverse()) {
      if (!key.startsWith(kind)) continue;
      this.#parts.delete(key);
      if (other?.has(key) === true) continue;
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** What is the same text is made of the same. */
function keyOf(kind: string, made: unknown): string {
  return `${kind} ${inspect(made, { depth: null, maxArrayLength: null, maxStringLength: null, sorted: true })}`;
}
