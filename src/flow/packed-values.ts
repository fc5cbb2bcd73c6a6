import type { Counter } from "./types.ts";

/** Things in the order in which they came first, each once. Index 0 stands for undefined. */
export class Indexed {
  readonly all: unknown[] = [undefined];
  readonly #indices = new Map<unknown, number>();

  /** Objects are the same if they are one; other values if they are equal. */
  of(value: unknown): number {
    if (value === undefined) return 0;
    const known = this.#indices.get(value);
    // To a map 0 and -0 are one.
    if (known !== undefined && value !== 0) return known;
    this.#indices.set(value, this.all.length);
    return this.all.push(value) - 1;
  }
}

/** An absent number; no number of a flow is NaN. */
export function orNaN(value: number | undefined): number {
  return value === undefined ? Number.NaN : value;
}

export function orUndefined(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

/** No counter is negative: a bigint stands as its index, negated. */
export function counterIn(values: Indexed, value: Counter | undefined): number {
  return typeof value === "bigint" ? -values.of(value) : orNaN(value);
}

export function counterOf(values: readonly unknown[], value: number): Counter | undefined {
  return value < 0 ? (values[-value] as bigint) : orUndefined(value);
}
