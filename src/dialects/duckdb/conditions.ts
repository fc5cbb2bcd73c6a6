import type { Condition, Predicate } from "../../detect/condition.ts";
import { type FieldRef, resolveField } from "../../detect/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, refuse, type StoredAttributes } from "../dialect.ts";
import { folded, regardsCase } from "../text.ts";

/** How DuckDB names fields of the view `flows`, and writes conditions on them. */
export interface Words {
  column(ref: FieldRef): string;
  where(condition: Condition): string;
}

export function duckdbWords(attributes: StoredAttributes): Words {
  const column = (ref: FieldRef): string => columnOf(attributes, ref);
  const syntax = {
    and: "AND",
    or: "OR",
    constant: (value: boolean) => (value ? "TRUE" : "FALSE"),
    predicate: (predicate: Predicate, denied: boolean) => {
      const text = printPredicate(predicate, column);
      if (denied && predicate.kind === "exists") return `${column(predicate.field)} IS NULL`;
      return denied ? `(${text}) IS NOT TRUE` : text;
    },
  };
  return { column, where: (condition) => printCondition(condition, syntax) };
}

function columnOf(attributes: StoredAttributes, ref: FieldRef): string {
  if (ref.isDerived) return derivedColumn(attributes, ref);
  if (ref.column === undefined && ref.field === "time") return "epoch_ms(time)";
  if (ref.column === undefined && ref.field === "connectionDuration")
    return `("flow.end"::HUGEINT - "flow.connection.start"::HUGEINT)`;
  return identifier(attributeOf(attributes, ref).name);
}

function derivedColumn(attributes: StoredAttributes, ref: FieldRef): string {
  const column = (name: string) => identifier(attributeOf(attributes, resolveField(name) as FieldRef).name);
  switch (ref.name) {
    case "hour":
      return "(epoch_ms(time) // 3600000)";
    case "destinationSocket":
      return `(${column("destinationAddress")} || ' ' || ${column("destinationPort")})`;
    case "bytesPerPacket":
      return `(${column("bytes")}::DOUBLE / nullif(${column("packets")}, 0))`;
    default:
      return refuse("field", `${ref.name} is worked out in the stream alone`);
  }
}

function printPredicate(predicate: Predicate, column: (ref: FieldRef) => string): string {
  const name = column(predicate.field);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (field.class !== "text") return isIn(name, values.map(String));
      if (!regardsCase(field, values))
        return isIn(
          name,
          values.map((value) => literal(String(value))),
        );
      return isIn(`lower(${name})`, folded(values).map(literal));
    }
    case "compare":
      return `${name} ${OPERATORS[predicate.operator]} ${predicate.value}`;
    case "text":
      return `${FUNCTIONS[predicate.operator]}(lower(${name}), ${literal(predicate.value.toLowerCase())})`;
    case "re": {
      const { ignoreCase, multiline, dotAll } = predicate;
      const flags = [ignoreCase && "i", multiline && "m", dotAll && "s"].filter((flag) => flag !== false).join("");
      const unset = dotAll ? "" : "-s";
      return `regexp_matches(${name}, ${literal(flags + unset === "" ? predicate.pattern : `(?${flags}${unset})${predicate.pattern}`)})`;
    }
    case "exists":
      return `${name} IS NOT NULL`;
    case "fieldref": {
      const other = column(predicate.other);
      if (predicate.field.class !== predicate.other.class) return "FALSE";
      return predicate.field.class === "text" ? `lower(${name}) = lower(${other})` : `${name} = ${other}`;
    }
    case "cidr":
      return refuse("cidr", "without its inet extension DuckDB has no addresses");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const FUNCTIONS = { contains: "contains", startswith: "starts_with", endswith: "ends_with" } as const;

function isIn(name: string, values: readonly string[]): string {
  return values.length === 1 ? `${name} = ${values[0]}` : `${name} IN (${values.join(", ")})`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Line ends are escaped, so that queries can be indented. */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  if (!/[\n\r]/.test(text)) return `'${quoted}'`;
  return `E'${quoted.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
}

/** DuckDB takes the number of a literal interval up to 2^31. */
export function interval(ms: number): string {
  const [size, unit] = UNITS.find(([unitMs]) => ms % unitMs === 0) ?? [1, "MILLISECONDS"];
  return `INTERVAL ${ms / size} ${unit}`;
}

const UNITS = [
  [86_400_000, "DAYS"],
  [3_600_000, "HOURS"],
  [60_000, "MINUTES"],
  [1_000, "SECONDS"],
] as const;

export function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
