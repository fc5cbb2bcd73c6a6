import { FIELDS, type Field, type FieldName, type Flow } from "../flow.ts";
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
}

/** The only values that these fields take. A rule that names another is wrong. */
const ENUMERATIONS: Readonly<Partial<Record<FieldName, readonly string[]>>> = {
  action: ["accept", "reject"],
  status: ["OK", "NODATA", "SKIPDATA"],
  direction: ["ingress", "egress", "unknown"],
  ioDirection: ["receive", "transmit"],
  sourceZone: ["internal", "external", "invalid"],
  destinationZone: ["internal", "external", "invalid"],
  trafficType: ["east-west", "north-south"],
  transport: ["tcp", "udp"],
  networkType: ["ipv4", "ipv6"],
};

/** Fields that hold an IP address: what `cidr` may be used on. */
const ADDRESSES: readonly FieldName[] = ["sourceAddress", "destinationAddress", "publicIp"];

/** The values that the field may have, or undefined when there is no such list. */
export function enumeration(ref: FieldRef): readonly string[] | undefined {
  return ref.column === undefined ? ENUMERATIONS[ref.field] : undefined;
}

export function isAddress(ref: FieldRef): boolean {
  return ref.column === undefined && ADDRESSES.includes(ref.field);
}

/** The field of that name, or one line that says why a rule cannot use it. */
export function resolveField(name: string): FieldRef | string {
  const dot = name.indexOf(".");
  const base = dot === -1 ? name : name.slice(0, dot);
  if (!Object.hasOwn(FIELDS, base)) return `unknown field '${name}'${hint(base, usableFields())}`;
  const fieldName = base as FieldName;
  const field: Field = FIELDS[fieldName];
  if (field.type === "columns") return columnOf(name, fieldName, field, dot);
  if (dot !== -1) return `field '${base}' has no parts, so '${name}' names nothing`;
  const kind = classOf(field);
  if (kind === undefined) return `field '${name}' (${field.type}) cannot be used in a rule`;
  return { name, field: fieldName, column: undefined, class: kind, get: field.get };
}

function columnOf(name: string, fieldName: FieldName, field: Field, dot: number): FieldRef | string {
  const column = dot === -1 ? "" : name.slice(dot + 1);
  if (column === "")
    return `field '${fieldName}' holds the columns of a server's row: name one, for example '${fieldName}.owner'`;
  const get = (flow: Flow): unknown => {
    const columns = field.get(flow) as Readonly<Record<string, string>> | undefined;
    return columns !== undefined && Object.hasOwn(columns, column) ? columns[column] : undefined;
  };
  return { name, field: fieldName, column, class: "text", get };
}

function classOf(field: Field): FieldClass | undefined {
  switch (field.type) {
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

function usableFields(): string[] {
  return Object.entries<Field>(FIELDS)
    .filter(([, field]) => field.type === "columns" || classOf(field) !== undefined)
    .map(([name]) => name);
}
