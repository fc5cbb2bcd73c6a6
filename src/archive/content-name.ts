import { createHash } from "node:crypto";
import type { Flow } from "../flow/flow.ts";

/** Which flows a file holds: records of objects, as runs of neighbouring numbers. The same flows in any order make the same name. */
export class ContentName {
  /** By the object's digest: first and last record of each run, alternating. */
  readonly #runs = new Map<string, number[]>();
  #count = 0;

  /** How many runs there are: what it takes of memory. */
  get size(): number {
    return this.#count;
  }

  add({ origin: { digest }, record }: Flow): void {
    const runs = this.#runs.get(digest);
    if (runs === undefined) this.#runs.set(digest, [record, record]);
    else if (runs.at(-1) === record - 1) {
      runs[runs.length - 1] = record;
      return;
    } else runs.push(record, record);
    this.#count += 1;
  }

  /** 32 hexadecimal digits, of SHA-256 over the sorted runs. */
  toString(): string {
    const hash = createHash("sha256");
    for (const digest of [...this.#runs.keys()].sort()) {
      hash.update(`${digest}:`);
      for (const [from, to] of merged(this.#runs.get(digest) ?? [])) hash.update(`${from}-${to},`);
    }
    return hash.digest("hex").slice(0, 32);
  }
}

function merged(runs: readonly number[]): [number, number][] {
  const pairs = Array.from({ length: runs.length / 2 }, (_, index): [number, number] => [
    runs[index * 2] as number,
    runs[index * 2 + 1] as number,
  ]);
  pairs.sort(([one], [other]) => one - other);
  const all: [number, number][] = [];
  for (const [from, to] of pairs) {
    const last = all.at(-1);
    if (last !== undefined && last[1] === from - 1) last[1] = to;
    else all.push([from, to]);
  }
  return all;
}
