import { createSlots, readSlots, type Slots } from "../../flow/access.ts";
import type { Flow } from "../../flow/flow.ts";
import type { Origin } from "../../flow/origin.ts";
import type { Columns } from "../../flow/types.ts";
import type { Attribute, Schema } from "../../schemas/schema.ts";
import { type Words, wordsOf } from "./bytes.ts";

/** Encodes one attribute, whatever its value. Not for the hot path. */
export type EncodeAttribute = (name: string, value: unknown) => Buffer;

/** How the value of a step's attribute is written. */
export const TEXT = 0;
export const INTEGER = 1;
/** Mostly repeats, and is kept encoded. */
export const REPEATING = 2;
export const UID = 3;
/** By the general encoder. */
const OTHER = 4;

/** An attribute that is written for each record. */
export interface Step {
  readonly name: string;
  readonly form: number;
  /** Where `read` puts the value; -1 for one that `get` reads. */
  readonly slot: number;
  readonly get: (flow: Flow) => unknown;
  /** The attribute, encoded: by the general encoder, and for values that repeat. */
  readonly encode: (value: unknown) => Buffer;
  readonly repeating: Repeating;
}

/** The attributes of a record, by how they are best written. */
export interface Plan {
  /** The same for all flows of a context. */
  encodeContext(flow: Flow): Buffer;
  encodeResource(flow: Flow): Buffer;
  /** Reads the slots of a flow, for `combined` and the steps. */
  read(flow: Flow): void;
  readonly slots: Slots;
  /** Attributes with few values, all of them encoded together, once for each combination of values. */
  combined(flow: Flow): Uint8Array;
  /** The others, in the schema's order. */
  readonly steps: readonly Step[];
}

/** Combinations are numbered; this is the largest number, well inside the exact integers. */
const MOST_COMBINATIONS = 2 ** 40;
/** Most combinations that are kept encoded. */
const KEPT = 8192;
/** Most values of one attribute that are kept encoded, and the longest of them, in bytes. */
const KEPT_VALUES = 4096;
const LONGEST_KEPT = 1024;

export function createPlan(schema: Schema, encodeAttribute: EncodeAttribute): Plan {
  const ofContext = schema.attributes.filter(({ varies }) => varies === "never" || varies === "context");
  const combined: Attribute[] = [];
  let combinations = 1;
  for (const attribute of schema.attributes) {
    const { values } = attribute;
    if (values === undefined || ofContext.includes(attribute) || combinations * (values.length + 1) > MOST_COMBINATIONS) continue;
    combinations *= values.length + 1;
    combined.push(attribute);
  }
  const encode = (attribute: Attribute, value: unknown): Buffer => {
    if (value === undefined) return Buffer.alloc(0);
    if (attribute.kind !== "columns") return encodeAttribute(attribute.name, value);
    const columns = Object.entries(value as Columns);
    return Buffer.concat(columns.map(([column, text]) => encodeAttribute(schema.columnName(attribute, column), text)));
  };
  const encodeAll = (attributes: readonly Attribute[], flow: Flow): Buffer =>
    Buffer.concat(attributes.map((attribute) => encode(attribute, attribute.get(flow))));
  const slots = createSlots();
  return {
    encodeContext: (flow) => encodeAll(ofContext, flow),
    encodeResource: (flow) => encodeAll(schema.resource, flow),
    read: (flow) => readSlots(flow, slots),
    slots,
    combined: combiner(slots, combined, (flow) => encodeAll(combined, flow)),
    steps: schema.attributes
      .filter((attribute) => !ofContext.includes(attribute) && !combined.includes(attribute))
      .map((attribute) => stepFor(attribute, (value) => encode(attribute, value))),
  };
}

function combiner(slots: Slots, attributes: readonly Attribute[], encode: (flow: Flow) => Buffer): (flow: Flow) => Uint8Array {
  const parts = attributes.map(({ get, slot = -1, values = [] }) => ({ get, slot, known: values }));
  const kept = new Map<number, Buffer>();
  return (flow) => {
    let combination = 0;
    for (let index = 0; index < parts.length; index++) {
      const { get, slot, known } = parts[index] as (typeof parts)[number];
      const value = slot >= 0 ? slots[slot] : get(flow);
      let number = 0;
      while (number < known.length && known[number] !== value) number++;
      if (number === known.length && value !== undefined) return encode(flow);
      combination = combination * (known.length + 1) + number;
    }
    let block = kept.get(combination);
    if (block === undefined) {
      block = encode(flow);
      if (kept.size < KEPT) kept.set(combination, block);
    }
    return block;
  };
}

function stepFor({ name, kind, varies, get, slot = -1 }: Attribute, encode: (value: unknown) => Buffer): Step {
  const forms = { columns: OTHER, any: OTHER, strings: OTHER, boolean: REPEATING, uid: UID, string: TEXT, integer: INTEGER };
  const form = varies === "little" && forms[kind] !== OTHER ? REPEATING : forms[kind];
  const encodeKept = kind === "columns" ? keepByIdentity(encode) : encode;
  return { name, form, slot, get, encode: encodeKept, repeating: new Repeating(encode) };
}

/** Rows of a lookup table are shared by the flows that match them. */
function keepByIdentity(encode: (value: unknown) => Buffer): (value: unknown) => Buffer {
  const kept = new WeakMap<object, Buffer>();
  return (value) => {
    let block = kept.get(value as object);
    if (block === undefined) {
      block = encode(value);
      kept.set(value as object, block);
    }
    return block;
  };
}

/** The encoded values of one attribute; the value of the flow before is at hand. */
export class Repeating {
  readonly #encode: (value: unknown) => Buffer;
  readonly #kept = new Map<unknown, Words>();
  #value: unknown;
  #words: Words | undefined;

  constructor(encode: (value: unknown) => Buffer) {
    this.#encode = encode;
  }

  of(value: unknown): Words {
    if (value === this.#value && this.#words !== undefined) return this.#words;
    let words = this.#kept.get(value);
    if (words === undefined) {
      words = wordsOf(this.#encode(value));
      if (this.#kept.size < KEPT_VALUES && words.length <= LONGEST_KEPT) this.#kept.set(value, words);
    }
    this.#value = value;
    this.#words = words;
    return words;
  }
}

/** A uid attribute up to the eight digits of the record's number, which is the same for all records of an object. */
export type UidPrefix = (origin: Origin) => Words;

/** `after` is how many bytes of the encoded attribute stand behind the uid. Flows of several objects come by turns. */
export function uidPrefixes(name: string, encodeAttribute: EncodeAttribute, after: number): UidPrefix {
  const known = new WeakMap<Origin, Words>();
  let last: Origin | undefined;
  let prefix: Words = wordsOf(Buffer.alloc(0));
  return (origin) => {
    if (origin === last) return prefix;
    last = origin;
    const before = known.get(origin);
    prefix = before ?? wordsOf(encodeAttribute(name, `${origin.digest}00000000`).subarray(0, -8 - after));
    if (before === undefined) known.set(origin, prefix);
    return prefix;
  };
}
