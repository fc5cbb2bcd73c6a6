import type { Condition, Predicate } from "../../detect/condition.ts";
import type { FieldRef } from "../../detect/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, refuse, type StoredAttributes } from "../dialect.ts";
import { regardsCase } from "../text.ts";

/** The words of log search that rules and searches share. */
export interface LogSearch {
  /** The facet or measure that holds the field. */
  nameOf(ref: FieldRef): string;
  where(condition: Condition): string;
}

/** Searches of Datadog over the attributes of records. */
export function logSearch(attributes: StoredAttributes): LogSearch {
  const nameOf = (ref: FieldRef): string => {
    const { name, resource } = attributeOf(attributes, ref);
    if (resource) refuse("field", `the resource's ${name} is a tag of the agent's choosing`);
    if (!/^[\w.-]+$/.test(name)) refuse("field", `an attribute called ${JSON.stringify(name)} cannot be searched for`);
    return `@${name}`;
  };
  const syntax = {
    and: "AND",
    or: "OR",
    constant: (value: boolean) => (value ? "*" : "(NOT *)"),
    predicate: (predicate: Predicate, denied: boolean) => {
      const text = printPredicate(predicate, nameOf);
      return denied ? `(NOT ${text})` : text;
    },
  };
  return { nameOf, where: (condition) => printCondition(condition, syntax) };
}

function printPredicate(predicate: Predicate, nameOf: LogSearch["nameOf"]): string {
  const name = nameOf(predicate.field);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (regardsCase(field, values)) refuse("one-of", "a search regards case");
      const texts = values.map((value) => (field.class === "text" ? quote(String(value)) : String(value)));
      return texts.length === 1 ? `${name}:${texts[0]}` : `${name}:(${texts.join(" OR ")})`;
    }
    case "compare":
      return `${name}:${OPERATORS[predicate.operator]}${predicate.value}`;
    case "cidr":
      return `CIDR(${[name, ...predicate.networks].join(", ")})`;
    case "exists":
      return `${name}:*`;
    case "text":
      return refuse(predicate.operator, "a search for a part of a text regards case");
    case "re":
      return refuse("re", "a search has no patterns");
    case "fieldref":
      return refuse("fieldref", "an attribute is not compared with another");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/** Within quotes a search takes everything but quotes and backslashes as it stands. */
function quote(text: string): string {
  if (/\p{Cc}/u.test(text)) refuse("text", "a text with control characters cannot be searched for");
  return `"${text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
