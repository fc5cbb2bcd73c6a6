import { hash } from "node:crypto";
import { z } from "zod";
import type { ObjectRef } from "../../contracts/store.ts";
import { compareKeys } from "../keys.ts";

/** As a mark holds it: where it begins, and of each group its name and its numbers in base64. */
export const behindSchema = z.object({ begin: z.string(), groups: z.array(z.tuple([z.string(), z.string()])) });

type Stored = z.output<typeof behindSchema>;

const NUMBER_BYTES = 4;
/** What is left after a trim, of the most. */
const KEPT = 7 / 8;
const SOON = 1 / 4;

/**
 * What lies behind a window and is accounted for: the ledger forgets those objects, and this remembers the last of them by a number each,
 * so that one that comes late can be told from one that is known. Groups are dropped whole, the lowest first, when there are more than
 * `most` numbers: the size is bounded whatever the bucket holds. A late object is taken for a known one once in 2^32 / `most` cases.
 */
export class Behind {
  readonly #most: number;
  readonly #groups = new Map<string, number[]>();
  readonly #numbers = new Set<number>();
  /** What is stored, as long as nobody asked for a number. */
  #stored: Stored | undefined;
  #begin: string;

  /** `begin` is where this begins if nothing is stored; "" for everything. */
  constructor(stored: Stored | undefined, begin: string, most: number) {
    this.#most = most;
    this.#stored = stored;
    this.#begin = stored?.begin ?? begin;
  }

  /** What sorts before this was dropped, or was never known: of it nothing can be told. */
  get begin(): string {
    return this.#begin;
  }

  /** Where this may begin when a quarter of the most is added. */
  get beginSoon(): string {
    const sizes = this.#sizes();
    const size = sizes.reduce((sum, [, count]) => sum + count, 0);
    if (size <= this.#most * (1 - SOON)) return this.#begin;
    let leaving = size - this.#most * (KEPT - SOON);
    const stays = sizes.find(([, count]) => {
      if (leaving <= 0) return true;
      leaving -= count;
      return false;
    });
    return stays?.[0] ?? `${sizes.at(-1)?.[0]}~`;
  }

  has(number: number): boolean {
    this.#load();
    return this.#numbers.has(number);
  }

  /** What is known now, whatever is added later. */
  asOfNow(): Pick<Behind, "begin" | "has"> {
    this.#load();
    const numbers = new Set(this.#numbers);
    return { begin: this.#begin, has: (number) => numbers.has(number) };
  }

  /** The name of a group is the beginning of the places of all its objects, or sorts just before them. */
  add(group: string, number: number): void {
    if (compareKeys(group, this.#begin) < 0 && !this.#begin.startsWith(group)) return;
    this.#load();
    if (this.#numbers.has(number)) return;
    this.#numbers.add(number);
    const numbers = this.#groups.get(group);
    if (numbers === undefined) this.#groups.set(group, [number]);
    else numbers.push(number);
    if (this.#numbers.size > this.#most) this.#trim();
  }

  state(): Stored {
    if (this.#stored !== undefined) return this.#stored;
    const groups = [...this.#groups].sort(([a], [b]) => compareKeys(a, b));
    return { begin: this.#begin, groups: groups.map(([group, numbers]) => [group, encode(numbers)]) };
  }

  /** The groups, the lowest first, and how many numbers each has. */
  #sizes(): [group: string, count: number][] {
    const { groups } = this.#stored ?? {};
    if (groups !== undefined) return groups.map(([group, text]) => [group, Buffer.byteLength(text, "base64") / NUMBER_BYTES]);
    const ascending = [...this.#groups].sort(([a], [b]) => compareKeys(a, b));
    return ascending.map(([group, numbers]) => [group, numbers.length]);
  }

  #load(): void {
    for (const [group, text] of this.#stored?.groups ?? []) {
      const numbers = decode(text);
      this.#groups.set(group, numbers);
      for (const number of numbers) this.#numbers.add(number);
    }
    this.#stored = undefined;
  }

  #trim(): void {
    const ascending = [...this.#groups.keys()].sort(compareKeys);
    for (const [index, group] of ascending.entries()) {
      if (this.#numbers.size <= this.#most * KEPT) return;
      for (const number of this.#groups.get(group) ?? []) this.#numbers.delete(number);
      this.#groups.delete(group);
      // "~" sorts after whatever the place of a known object goes on with.
      this.#begin = ascending[index + 1] ?? `${group}~`;
    }
  }
}

/** The number of one version of an object. */
export function numberOf({ key, etag }: ObjectRef): number {
  return hash("sha256", `${key}\0${etag}`, "buffer").readUInt32LE(0);
}

function encode(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(numbers.length * NUMBER_BYTES);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number, index * NUMBER_BYTES);
  return bytes.toString("base64");
}

function decode(text: string): number[] {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: bytes.length / NUMBER_BYTES }, (_, index) => bytes.readUInt32LE(index * NUMBER_BYTES));
}
