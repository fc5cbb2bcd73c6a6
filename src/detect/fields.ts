import { GETTERS } from "../flow/access.ts";
import { FIELD_NAMES, type FieldName, fieldOf, formOf, isField } from "../flow/fields.ts";
import type { Flow } from "../flow/flow.ts";
import { wordsOf } from "../flow/types.ts";
import { readAddress, words } from "../lib/ip/address.ts";
import { hint } from "./hint.ts";

/** How a rule may use a field: text, a number (ports, counters, times in ms), or true and false. */
export type FieldClass = "text" | "number" | "boolean";

/** A field of a flow as a rule names it. `column` is set for a column of the server table (`sourceColumns.owner`). */
export interface FieldRef {
  /** As the rule writes it: `destinationPort`, `sourceColumns.owner`. */
  readonly name: string;
  readonly field: FieldName;
  readonly column: string | undefined;
  readonly class: FieldClass;
  readonly get: (flow: Flow) => unknown;
  /** The field is a list: a predicate holds of it when it holds of one of its values. */
  readonly isList?: true;
  /** Worked out of fields for groups and counts, and stored nowhere; `field` is that of which it is made. */
  readonly isDerived?: true;
}

/** What the rules found: no field of a rule itself. */
export const DETECTIONS: FieldRef = {
  name: "detections",
  field: "detections",
  column: undefined,
  class: "text",
  get: GETTERS.detections,
  isList: true,
};

/** The only values that the field takes, or undefined when there is no such list. A rule that names another is wrong. */
export function enumeration(ref: FieldRef): readonly string[] | undefined {
  return ref.column === undefined ? wordsOf(fieldOf(ref.field).type) : undefined;
}

/** Whether the field holds an IP address: what `cidr` may be used on. */
export function isAddress(ref: FieldRef): boolean {
  return ref.column === undefined && fieldOf(ref.field).type === "address";
}

const HOUR_MS = 3_600_000;

/** What rules may group by and count beside the fields of a flow. */
const DERIVED: readonly FieldRef[] = [
  // Who has one address of IPv6 mostly has all of its /64 (RFC 7421), and changes them at will.
  derive("sourcePrefix", "sourceAddress", "text", ({ sourceAddress }) => prefixOf(sourceAddress)),
  derive("destinationSocket", "destinationAddress", "text", ({ destinationAddress, destinationPort }) =>
    destinationAddress === undefined || destinationPort === undefined ? undefined : `${destinationAddress} ${destinationPort}`,
  ),
  derive("bytesPerPacket", "bytes", "number", ({ bytes, packets }) =>
    bytes === undefined || packets === undefined || packets <= 0 ? undefined : Number(bytes) / Number(packets),
  ),
  derive("hour", "time", "number", ({ time }) => Math.floor(time / HOUR_MS)),
];

function derive(name: string, field: FieldName, kind: FieldClass, get: (flow: Flow) => unknown): FieldRef {
  return { name, field, column: undefined, class: kind, get, isDerived: true };
}

/** The /64 of an address of IPv6; any other as it is. */
function prefixOf(address: string | undefined): string | undefined {
  if (address === undefined || readAddress(address) !== 6) return address;
  const groups = [words[0] as number, words[1] as number].flatMap((word) => [word >>> 16, word & 0xffff]);
  return `${groups.map((group) => group.toString(16)).join(":")}::/64`;
}

/** The field of that name, or one line that says why a rule cannot use it; the fields `beside` may be used too. */
export function resolveField(name: string, beside: readonly FieldRef[] = []): FieldRef | string {
  const found = beside.find((field) => field.name === name);
  if (found !== undefined) return found;
  const derived = DERIVED.find((field) => field.name === name);
  if (derived !== undefined) return derived;
  const dot = name.indexOf(".");
  const base = dot === -1 ? name : name.slice(0, dot);
  if (!isField(base))
    return `unknown field '${name}'${hint(base, [...FIELD_NAMES.filter(isUsable), ...beside.map((field) => field.name)])}`;
  if (formOf(base) === "columns") return columnOf(name, base, dot);
  if (dot !== -1) return `field '${base}' has no parts, so '${name}' names nothing`;
  const kind = classOf(base);
  if (kind === undefined) return `field '${name}' (${formOf(base)}) cannot be used in a rule`;
  return { name, field: base, column: undefined, class: kind, get: GETTERS[base] };
}

function columnOf(name: string, field: FieldName, dot: number): FieldRef | string {
  const column = dot === -1 ? "" : name.slice(dot + 1);
  if (column === "") return `field '${field}' holds the columns of a server's row: name one, for example '${field}.owner'`;
  const read: (flow: Flow) => unknown = GETTERS[field];
  const get = (flow: Flow): unknown => {
    const columns = read(flow) as Readonly<Record<string, string>> | undefined;
    return columns !== undefined && Object.hasOwn(columns, column) ? columns[column] : undefined;
  };
  return { name, field, column, class: "text", get };
}

function classOf(field: FieldName): FieldClass | undefined {
  switch (formOf(field)) {
    case "string":
      return "text";
    case "number":
    case "counter":
    case "time":
      return "number";
    case "boolean":
      return "boolean";
    default:
      return undefined;
  }
}

/** Whether a rule may name the field, or columns of it. */
export function isUsable(field: FieldName): boolean {
  return formOf(field) === "columns" || classOf(field) !== undefined;
}
