import type { FieldRule } from "./mapping.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const OUTSIDE = "^";

/** What may change from one record of a shape to the next: text between quotes, an integer, true or false, or a block of metadata. */
export interface Slot {
  readonly kind: "text" | "integer" | "boolean" | "block";
  /** Undefined where no field of a flow takes the value. */
  readonly rule: FieldRule | undefined;
}

/** The bytes of a JSON record apart from its values: `literals[n]` stands before `slots[n]`, and one more at the end. */
export interface Shape {
  readonly literals: readonly Buffer[];
  readonly slots: readonly Slot[];
}

export interface ShapeOptions {
  readonly rules: readonly FieldRule[];
  /** Members whose values are part of the shape. Names of members beside the record, inside its wrappers, begin with `^`. */
  readonly fixed: ReadonlySet<string>;
  /** The member that is a block of metadata. */
  readonly block?: string | undefined;
  /** Names that lead from the text to the record, where the text is more than the record. */
  readonly within?: readonly string[];
}

/**
 * The shape of a record, which is an object in valid JSON and UTF-8. Undefined for records that do not have a simple one: with lists,
 * with escapes, with a name twice in one object, with a number for a field that is not written in digits alone.
 */
export function shapeOf(bytes: Buffer, options: ShapeOptions): Shape | undefined {
  const walk = new Walk(bytes, options);
  return walk.text() && walk.isAtEnd() ? walk.shape() : undefined;
}

class Walk {
  readonly #bytes: Buffer;
  readonly #rules: ReadonlyMap<string, FieldRule>;
  readonly #options: ShapeOptions;
  /** Names that lead to the record from the object that is being walked over. */
  #within: readonly string[];
  readonly #literals: Buffer[] = [];
  readonly #slots: Slot[] = [];
  #at = 0;
  #literalStart = 0;

  constructor(bytes: Buffer, options: ShapeOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#within = options.within ?? [];
    this.#rules = new Map(options.rules.map((rule) => [rule.name, rule]));
  }

  shape(): Shape {
    return { literals: [...this.#literals, Buffer.from(this.#bytes.subarray(this.#literalStart))], slots: this.#slots };
  }

  isAtEnd(): boolean {
    return this.#peek() === undefined;
  }

  /** Walks over everything; false where it has no simple shape. */
  text(): boolean {
    // A slot sets one field.
    if (this.#rules.size < this.#options.rules.length) return false;
    return this.#object(this.#within.length === 0 ? "" : OUTSIDE);
  }

  /** `prefix` leads the names of its members. */
  #object(prefix: string): boolean {
    const names = new Set<string>();
    if (this.#peek() !== OPEN_OBJECT) return false;
    this.#at++;
    if (this.#peek() === CLOSE_OBJECT) {
      this.#at++;
      return true;
    }
    for (;;) {
      this.#peek();
      const [start, end] = this.#string();
      if (end === -1) return false;
      const name = this.#bytes.toString("latin1", start, end);
      if (names.has(name) || name.includes(".") || name.startsWith(OUTSIDE)) return false;
      names.add(name);
      if (this.#peek() !== COLON) return false;
      this.#at++;
      if (!this.#value(prefix + name)) return false;
      const next = this.#peek();
      this.#at++;
      if (next === CLOSE_OBJECT) return true;
      if (next !== COMMA) return false;
    }
  }

  #value(name: string): boolean {
    const first = this.#peek();
    const { fixed, block } = this.#options;
    const rule = this.#rules.get(name);
    if (name === block) return this.#block();
    if (first === OPEN_OBJECT) {
      const [step, ...further] = this.#within;
      if (step === undefined || name !== OUTSIDE + step) return rule === undefined && this.#object(`${name}.`);
      this.#within = further;
      const isSimple = this.#object(further.length === 0 ? "" : OUTSIDE);
      this.#within = [step, ...further];
      return isSimple;
    }
    if (first === QUOTE) {
      const [start, end] = this.#string();
      if (end !== -1 && !fixed.has(name)) this.#slot("text", rule, start, end);
      return end !== -1;
    }
    const start = this.#at;
    while (isWordByte(this.#bytes[this.#at])) this.#at++;
    const word = this.#bytes.toString("latin1", start, this.#at);
    if (word === "") return false;
    if (fixed.has(name)) return true;
    if (/^\d+$/.test(word)) this.#slot("integer", rule, start, this.#at);
    else if (rule !== undefined && (word === "true" || word === "false")) this.#slot("boolean", rule, start, this.#at);
    // A number in another form (18.0, 1e3) has a value that the record would be without.
    else return rule === undefined || word === "null";
    return true;
  }

  #block(): boolean {
    const start = this.#at;
    const end = this.#bytes.indexOf(CLOSE_OBJECT, start) + 1;
    if (this.#bytes[start] !== OPEN_OBJECT || end === 0) return false;
    this.#at = end;
    this.#slot("block", undefined, start, end);
    return true;
  }

  #slot(kind: Slot["kind"], rule: FieldRule | undefined, start: number, end: number): void {
    this.#literals.push(Buffer.from(this.#bytes.subarray(this.#literalStart, start)));
    this.#slots.push({ kind, rule });
    this.#literalStart = end;
  }

  /** Where the text between the quotes stands; its end is -1 where it has escapes. */
  #string(): [start: number, end: number] {
    const start = this.#at + 1;
    const end = this.#bytes.indexOf(QUOTE, start);
    this.#at = end + 1;
    return [start, end !== -1 && this.#bytes.subarray(start, end).includes(BACKSLASH) ? -1 : end];
  }

  /** The next byte that is no white space. */
  #peek(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return byte;
      this.#at++;
    }
  }
}

/** A byte of a number, or of true, false or null. */
function isWordByte(byte: number | undefined): boolean {
  return (
    byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x2e)
  );
}
