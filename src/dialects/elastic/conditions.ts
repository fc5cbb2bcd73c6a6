import type { Condition, Predicate } from "../../detect/condition.ts";
import type { FieldRef } from "../../detect/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, refuse, type StoredAttributes } from "../dialect.ts";
import { folded, regardsCase } from "../text.ts";

export const INDICES = "logs-*";
/** Milliseconds since the epoch, whether the mapping stores milliseconds or nanoseconds. */
export const TIME_MS = "TO_LONG(TO_DATETIME(@timestamp))";

/** The words of ES|QL that rules and searches share. */
export interface Esql {
  /** What reads the field; null when a record does not have it. */
  nameOf(ref: FieldRef): string;
  where(condition: Condition): string;
}

/** ES|QL over the OTel mapping of Elasticsearch, where attributes are `attributes.*` and `resource.attributes.*`. */
export function esql(attributes: StoredAttributes): Esql {
  const nameOf = (ref: FieldRef): string => {
    if (ref.name === "time") return TIME_MS;
    if (ref.name === "connectionDuration") return "(attributes.flow.end - attributes.flow.connection.start)";
    const { name, resource } = attributeOf(attributes, ref);
    return identifier(`${resource ? "resource.attributes" : "attributes"}.${name}`);
  };
  const syntax = {
    and: "AND",
    or: "OR",
    constant: (value: boolean) => String(value),
    // A predicate over a missing field is null.
    predicate: (predicate: Predicate, denied: boolean) => {
      if (denied && predicate.kind === "exists") return `${nameOf(predicate.field)} IS NULL`;
      const text = printPredicate(predicate, nameOf);
      return denied ? `NOT COALESCE(${text}, false)` : text;
    },
  };
  return { nameOf, where: (condition) => printCondition(condition, syntax) };
}

function printPredicate(predicate: Predicate, nameOf: Esql["nameOf"]): string {
  const name = nameOf(predicate.field);
  switch (predicate.kind) {
    case "one-of":
      return isOneOf(name, predicate.field, predicate.values);
    case "compare":
      return `${name} ${OPERATORS[predicate.operator]} ${predicate.value}`;
    case "text": {
      const [lower, text] = [`TO_LOWER(${name})`, quote(predicate.value.toLowerCase())];
      if (predicate.operator === "contains") return `LOCATE(${lower}, ${text}) > 0`;
      return `${predicate.operator === "startswith" ? "STARTS_WITH" : "ENDS_WITH"}(${lower}, ${text})`;
    }
    case "exists":
      return `${name} IS NOT NULL`;
    case "cidr":
      return `CIDR_MATCH(TO_IP(${name}), ${predicate.networks.map(quote).join(", ")})`;
    case "fieldref": {
      const other = nameOf(predicate.other);
      if (predicate.field.class !== predicate.other.class) refuse("fieldref", "values of different types are never equal");
      return predicate.field.class === "text" ? `TO_LOWER(${name}) == TO_LOWER(${other})` : `${name} == ${other}`;
    }
    case "re":
      return refuse("re", "RLIKE takes Lucene's patterns, which are not RE2's");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function isOneOf(name: string, field: FieldRef, values: readonly (string | number | boolean)[]): string {
  if (field.class !== "text") return isIn(name, values.map(String));
  if (regardsCase(field, values)) return isIn(`TO_LOWER(${name})`, folded(values).map(quote));
  return isIn(
    name,
    values.map((value) => quote(String(value))),
  );
}

function isIn(name: string, values: readonly string[]): string {
  return values.length === 1 ? `${name} == ${values[0]}` : `${name} IN (${values.join(", ")})`;
}

function identifier(name: string): string {
  return /^[a-zA-Z_][\w]*(\.[a-zA-Z_]\w*)*$/.test(name) ? name : quoteName(name);
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

export function quote(text: string): string {
  if (/[^\P{Cc}\n\r\t]/u.test(text)) refuse("text", "a text with control characters cannot be written");
  const escaped = text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `"${escaped.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")}"`;
}
