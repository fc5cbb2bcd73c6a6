import type { Flow, Origin } from "../../flow.ts";
import type { FieldRef } from "../fields.ts";
import { type Keys, NONE, Texts } from "./texts.ts";
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
 * Makes groupings. All of them share the numbers of texts, and those of so many fields each the numbers of tuples: so keys over different
 * fields (a source here, a destination there) can be the same, and what was found for a flow serves every rule that asks for it.
 */
export function createGroupings(): (fields: readonly FieldRef[]) => Grouping {
  const texts = new Texts();
  const tuples = new Map<number, Tuples>();
  const groupings = new Map<string, Grouping>();
  const groupingOf = (fields: readonly FieldRef[]): Grouping => {
    const id = fields.map((field) => field.name).join();
    const known = groupings.get(id);
    if (known !== undefined) return known;
    const [first, ...others] = fields;
    const grouping =
      others.length === 0
        ? new ByField(first?.get ?? (() => ""), texts)
        : new ByFields(
            fields.map((field) => groupingOf([field])),
            tuplesOf(fields.length),
          );
    groupings.set(id, grouping);
    return grouping;
  };
  const tuplesOf = (width: number): Tuples => {
    const known = tuples.get(width) ?? new Tuples(texts, width);
    tuples.set(width, known);
    return known;
  };
  return groupingOf;
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

/** What was found for the latest flow (by object and record: a flow itself would be kept from the garbage collector), as long as it is true. */
class Latest {
  readonly #keys: Keys;
  #origin: Origin | undefined;
  #record = 0;
  #version = 0;
  #key = NONE;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  knows({ origin, record }: Flow): boolean {
    return record === this.#record && origin === this.#origin && this.#version === this.#keys.version;
  }

  get key(): number {
    return this.#key;
  }

  set({ origin, record }: Flow, key: number): number {
    this.#origin = origin;
    this.#record = record;
    this.#version = this.#keys.version;
    this.#key = key;
    return key;
  }
}

class ByField implements Grouping {
  readonly keys: Texts;
  readonly #get: (flow: Flow) => unknown;
  readonly #latest: Latest;

  constructor(get: (flow: Flow) => unknown, keys: Texts) {
    this.#get = get;
    this.keys = keys;
    this.#latest = new Latest(keys);
  }

  find(flow: Flow): number {
    return this.#latest.knows(flow) ? this.#latest.key : this.#latest.set(flow, this.keys.find(this.text(flow)));
  }

  take(flow: Flow): number {
    return this.#latest.set(flow, this.keys.take(this.text(flow)));
  }

  text(flow: Flow): string {
    return `${this.#get(flow) ?? ""}`;
  }
}

class ByFields implements Grouping {
  readonly keys: Tuples;
  readonly #fields: readonly Grouping[];
  readonly #latest: Latest;
  readonly #parts: Int32Array;

  constructor(fields: readonly Grouping[], keys: Tuples) {
    this.#fields = fields;
    this.keys = keys;
    this.#latest = new Latest(keys);
    this.#parts = new Int32Array(fields.length);
  }

  find(flow: Flow): number {
    return this.#latest.knows(flow) ? this.#latest.key : this.#latest.set(flow, this.#search(flow));
  }

  take(flow: Flow): number {
    for (let index = 0; index < this.#fields.length; index++) this.#parts[index] = (this.#fields[index] as Grouping).take(flow);
    return this.#latest.set(flow, this.keys.take(this.#parts));
  }

  text(flow: Flow): string {
    return this.#fields.map((field) => field.text(flow)).join(SEPARATOR);
  }

  #search(flow: Flow): number {
    for (let index = 0; index < this.#fields.length; index++) {
      const part = (this.#fields[index] as Grouping).find(flow);
      if (part === NONE) return NONE;
      this.#parts[index] = part;
    }
    return this.keys.find(this.#parts);
  }
}
