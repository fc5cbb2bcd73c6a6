import type { IpBits } from "../../lib/ip/address.ts";

/** Addresses of one set stand side by side; a new one takes the first place, and the oldest is forgotten. */
const WAYS = 4;

/** 2^32 divided by the golden ratio, made odd: spreads neighbouring addresses over the sets. */
const SPREAD = 0x9e3779b1;

/** Numbers by the bits of addresses of one family, in a table of fixed size. */
export class AddressMemory {
  readonly #words: 1 | 4;
  readonly #mask: number;
  /** For each place the words of an address and its number. */
  readonly #places: Int32Array;

  constructor(words: 1 | 4, capacity: number) {
    this.#words = words;
    this.#mask = Math.max(1, capacity / WAYS) - 1;
    this.#places = new Int32Array((this.#mask + 1) * WAYS * (words + 1));
  }

  /** The number of the address, 0 for one that is not remembered. */
  recall(ip: IpBits): number {
    const places = this.#places;
    const stride = this.#words + 1;
    const from = this.#setOf(ip);
    for (let place = from; place < from + WAYS * stride; place += stride) {
      if (places[place] !== ip.w0) continue;
      if (stride === 2) {
        if (places[place + 1] !== 0) return places[place + 1] as number;
      } else if (places[place + 1] === ip.w1 && places[place + 2] === ip.w2 && places[place + 3] === ip.w3) {
        return places[place + 4] as number;
      }
    }
    return 0;
  }

  remember(ip: IpBits, number: number): void {
    const stride = this.#words + 1;
    const from = this.#setOf(ip);
    this.#places.copyWithin(from + stride, from, from + (WAYS - 1) * stride);
    this.#places[from] = ip.w0;
    if (stride > 2) {
      this.#places[from + 1] = ip.w1;
      this.#places[from + 2] = ip.w2;
      this.#places[from + 3] = ip.w3;
    }
    this.#places[from + stride - 1] = number;
  }

  clear(): void {
    this.#places.fill(0);
  }

  #setOf({ w0, w1, w2, w3 }: IpBits): number {
    let mixed = w0;
    if (this.#words === 4) mixed = Math.imul(Math.imul(Math.imul(w0, SPREAD) ^ w1, SPREAD) ^ w2, SPREAD) ^ w3;
    return ((Math.imul(mixed, SPREAD) >>> 15) & this.#mask) * WAYS * (this.#words + 1);
  }
}
