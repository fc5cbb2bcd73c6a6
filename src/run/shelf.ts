import { inspect } from "node:util";

interface Kept {
  readonly part: unknown;
  readonly close: () => void | Promise<void>;
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
  #before: Shelf | undefined;
  readonly #parts = new Map<string, Kept>();

  constructor(before?: Shelf) {
    this.#before = before;
  }

  /** The part that is made of these options under that name. */
  async take<Part>(kind: string, made: unknown, make: () => Promise<Made<Part>>): Promise<Part> {
    const key = `${kind} ${inspect(made, { depth: null, maxArrayLength: null, maxStringLength: null, sorted: true })}`;
    const kept = this.#parts.get(key) ?? this.#before?.#parts.get(key) ?? (await make());
    this.#parts.set(key, kept);
    return kept.part as Part;
  }

  /** Releases what the one before does not have: this one is given up. */
  giveUp(): Promise<void> {
    return this.#release(this.#before);
  }

  /** Releases what the next one has not taken over. */
  handOver(next: Shelf): Promise<void> {
    next.#before = undefined;
    return this.#release(next);
  }

  /** Releases everything. */
  close(): Promise<void> {
    return this.#release(undefined);
  }

  /** What was made last goes first. Throws the first failure when all were tried. */
  async #release(other: Shelf | undefined): Promise<void> {
    const failures: unknown[] = [];
    for (const [key, { close }] of [...this.#parts].reverse()) {
      this.#parts.delete(key);
      if (other?.#parts.has(key)) continue;
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
