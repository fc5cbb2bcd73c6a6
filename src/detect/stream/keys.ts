import type { Flow } from "../../flow/flow.ts";
import type { Origin } from "../../flow/origin.ts";
import type { FieldRef } from "../fields.ts";
import { NONE } from "./numbering.ts";
import { type Part, PartReader } from "./part.ts";
import { type Keys, Texts } from "./texts.ts";
import { SEPARATOR, Tuples } from "./tuples.ts";

/** The keys of flows over some fields: the same for the same values as text; a missing value is empty. */
export interface Grouping {
  readonly keys: Keys;
  /** The key of the flow, NONE when it is not in use. */
  find(flow: Flow): number;
  /** The key of the flow, with one more user. */
  take(flow: Flow): number;
  /** The text of the flow's key. */
  text(flow: Flow): string;
}

/**
 * Makes groupings. All over so many fields share the numbers of keys: so keys over different fields (a source here, a destination there) can
 * be the same, and what was found for a flow serves every rule that asks for it.
 */
export function createGroupings(): (fields: readonly FieldRef[]) => Grouping {
  const texts = new Texts();
  const tuples = new Map<number, Tuples>();
  const groupings = new Map<string, Grouping>();
  const readers = new Map<string, PartReader>();
  const tuplesOf = (width: number): Tuples => {
    const known = tuples.get(width) ?? new Tuples(texts, width);
    tuples.set(width, known);
    return known;
  };
  const readerOf = ({ name, get }: FieldRef): PartReader => {
    const known = readers.get(name) ?? new PartReader(get);
    readers.set(name, known);
    return known;
  };
  return (fields) => {
    const id = fields.map((field) => field.name).join();
    const known = groupings.get(id) ?? new FlowGrouping(fields.map(readerOf), tuplesOf(fields.length));
    groupings.set(id, known);
    return known;
  };
}

/** The values of the fields as a match reports them; null where the flow has none. */
export function groupValues(names: readonly string[], fields: readonly FieldRef[], flow: Flow): Record<string, GroupValue> {
  const values: Record<string, GroupValue> = {};
  for (const [index, name] of names.entries()) values[name] = groupValue(fields[index]?.get(flow));
  return values;
}

export type GroupValue = string | number | boolean | null;

function groupValue(value: unknown): GroupValue {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return value === undefined || value === null ? null : String(value);
}

class FlowGrouping implements Grouping {
  readonly keys: Tuples;
  readonly #readers: readonly PartReader[];
  readonly #parts: Part[] = [];
  /** The key of the latest flow, by object and record, and what the keys' counter was: `begun` for no key, `ended` for one. */
  #origin: Origin | undefined;
  #record = 0;
  #key = NONE;
  #counter = 0;

  constructor(readers: readonly PartReader[], keys: Tuples) {
    this.#readers = readers;
    this.keys = keys;
  }

  find(flow: Flow): number {
    return this.#isLatest(flow) ? this.#key : this.#remember(flow, this.keys.find(this.#read(flow)));
  }

  take(flow: Flow): number {
    if (this.#key !== NONE && this.#isLatest(flow)) {
      this.keys.retain(this.#key);
      return this.#key;
    }
    return this.#remember(flow, this.keys.take(this.#read(flow)));
  }

  text(flow: Flow): string {
    return this.#readers.map((reader) => reader.value(flow)).join(SEPARATOR);
  }

  #isLatest({ record, origin }: Flow): boolean {
    return record === this.#record && origin === this.#origin && this.#counter === this.#now();
  }

  #read(flow: Flow): readonly Part[] {
    for (let index = 0; index < this.#readers.length; index++) {
      this.#parts[index] = (this.#readers[index] as PartReader).read(flow);
    }
    return this.#parts;
  }

  #remember({ origin, record }: Flow, key: number): number {
    this.#origin = origin;
    this.#record = record;
    this.#key = key;
    this.#counter = this.#now();
    return key;
  }

  #now(): number {
    return this.#key === NONE ? this.keys.begun : this.keys.ended;
  }
}
