import { NONE } from "./numbering.ts";
import { RowIndex } from "./row-index.ts";
import type { Json } from "./window.ts";

/** Keys by number. */
export interface Keys {
  /** Where the groups of each key stand. */
  readonly rows: RowIndex;
  /** The key as text. */
  text(key: number): string;
  /** Plain data from which `unpack` makes the key again. */
  pack(key: number): Json;
  /** The number of the key, with one more user. Throws TypeError when the data is none of a key. */
  unpack(data: unknown): number;
  /** One user less; a key without users has no number. */
  release(key: number): void;
}

/** Numbers texts as long as they are used. */
export class Texts implements Keys {
  readonly rows = new RowIndex();
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #users: number[] = [];
  readonly #free: number[] = [];

  /** The number of the text, NONE when it is not in use. */
  find(text: string): number {
    return this.#numbers.get(text) ?? NONE;
  }

  /** The number of the text, with one more user. */
  take(text: string): number {
    const number = this.#numbers.get(text) ?? this.#begin(text);
    (this.#users[number] as number)++;
    return number;
  }

  text(number: number): string {
    return this.#texts[number] as string;
  }

  pack(number: number): string {
    return this.text(number);
  }

  unpack(data: unknown): number {
    if (typeof data !== "string") throw new TypeError("not a text");
    return this.take(data);
  }

  release(number: number): void {
    if (--(this.#users[number] as number) > 0) return;
    this.#numbers.delete(this.text(number));
    this.#texts[number] = "";
    this.#free.push(number);
  }

  #begin(text: string): number {
    const number = this.#free.pop() ?? this.#texts.length;
    this.#texts[number] = text;
    this.#users[number] = 0;
    this.#numbers.set(text, number);
    return number;
  }
}
