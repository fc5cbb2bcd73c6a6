import { createHash } from "node:crypto";

/** 4,096 quantiles of the standard normal distribution, shuffled by a fixed stride, so that one table look-up draws from it. */
const NORMAL = normalTable(4096);
/** Four hexadecimal digits of every 16-bit number. */
const HEX4 = Array.from({ length: 0x1_0000 }, (_, value) => value.toString(16).padStart(4, "0"));

/**
 * The "small fast counter" generator (sfc32 of Chris Doty-Humphrey's PractRand, public domain). The labels name a stream:
 * equal labels give equal numbers, and streams of different labels have nothing to do with each other.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(...labels: readonly (string | number)[]) {
    const digest = createHash("sha256").update(labels.join("\0")).digest();
    this.#a = digest.readInt32LE(0);
    this.#b = digest.readInt32LE(4);
    this.#c = digest.readInt32LE(8);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  /** A whole number from `low` to `high`, both inclusive. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.uint32() < probability * 0x1_0000_0000;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** A size around `median`, log-normal with the given spread (sigma), from 1 to `most`. */
  size(median: number, spread: number, most: number): number {
    const quantile = NORMAL[this.uint32() & 4095] ?? 0;
    return Math.max(1, Math.min(most, Math.round(median * Math.exp(spread * quantile))));
  }

  /** Eight lower-case hexadecimal digits. */
  hex8(): string {
    return hex8(this.uint32());
  }

  /** Lower-case base 32 (RFC 4648), as in the unique part of an OCID. */
  base32(length: number): string {
    return Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyz234567"[this.below(32)]).join("");
  }

  /** A version 4 UUID. */
  uuid(): string {
    const digits = this.hex8() + this.hex8() + this.hex8() + this.hex8();
    const variant = "89ab"[this.below(4)];
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
  }
}

/** Eight lower-case hexadecimal digits of an unsigned 32-bit number. */
export function hex8(value: number): string {
  return (HEX4[value >>> 16] as string) + (HEX4[value & 0xffff] as string);
}

function normalTable(length: number): Float64Array {
  const table = new Float64Array(length);
  for (let i = 0; i < length; i++) table[(i * 1597) % length] = quantile((i + 0.5) / length);
  return table;
}

/** Inverse of the normal distribution: Abramowitz and Stegun, 26.2.23 (absolute error below 4.5e-4). */
function quantile(probability: number): number {
  const tail = Math.min(probability, 1 - probability);
  const t = Math.sqrt(-2 * Math.log(tail));
  const z = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  return probability < 0.5 ? -z : z;
}
