import type { Flow } from "../../flow.ts";
import type { FieldRef } from "../fields.ts";
import { KeyIndex } from "./groups.ts";

export type Keyer = (flow: Flow) => string;

/** Stands between the values of a key; no value of a flow log holds it. */
const SEPARATOR = "\u001f";

/** Keys over the same fields, and the index of the groups under them. */
export interface Grouping {
  readonly key: Keyer;
  readonly index: KeyIndex;
}

/**
 * Keys from the values of fields, the same text for the same values; a missing value is empty. Rules that group by the
 * same fields share one grouping, which remembers the key of the latest flow.
 */
export function createGroupings(): (fields: readonly FieldRef[]) => Grouping {
  const groupings = new Map<string, Grouping>();
  return (fields) => {
    const id = fields.map((field) => field.name).join(SEPARATOR);
    const known = groupings.get(id);
    if (known !== undefined) return known;
    const grouping = { key: remember(compileKey(fields.map((field) => field.get))), index: new KeyIndex() };
    groupings.set(id, grouping);
    return grouping;
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

function compileKey(getters: readonly ((flow: Flow) => unknown)[]): Keyer {
  const [first, second, third, fourth] = getters;
  if (first === undefined) return () => "";
  if (second === undefined) return (flow) => `${first(flow) ?? ""}`;
  if (third === undefined) return (flow) => `${first(flow) ?? ""}${SEPARATOR}${second(flow) ?? ""}`;
  if (fourth === undefined)
    return (flow) => `${first(flow) ?? ""}${SEPARATOR}${second(flow) ?? ""}${SEPARATOR}${third(flow) ?? ""}`;
  const head = compileKey(getters.slice(0, 3));
  const rest = compileKey(getters.slice(3));
  return (flow) => `${head(flow)}${SEPARATOR}${rest(flow)}`;
}

function remember(key: Keyer): Keyer {
  let lastFlow: Flow | undefined;
  let lastKey = "";
  return (flow) => {
    if (flow !== lastFlow) {
      lastKey = key(flow);
      lastFlow = flow;
    }
    return lastKey;
  };
}
