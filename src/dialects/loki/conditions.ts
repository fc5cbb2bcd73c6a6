import type { Condition, Predicate } from "../../detect/condition.ts";
import type { FieldRef } from "../../detect/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, refuse, type StoredAttributes } from "../dialect.ts";
import { escapeRegex, folded, regardsCase } from "../text.ts";

const STREAMS = '{service_name="flowferry"}';

/** How Loki names fields, and writes conditions on them. */
export interface Words {
  name(ref: FieldRef): string;
  /** A label filter. */
  filter(condition: Condition): string;
  /** The streams and the filter. */
  select(condition: Condition): string;
}

/** Over those streams; by default those of a sink that is called as the program is. */
export function logqlWords(attributes: StoredAttributes, streams = STREAMS): Words {
  const name = (ref: FieldRef): string => attributeOf(attributes, ref).name.replaceAll(/[^a-zA-Z0-9_]/g, "_");
  const syntax = {
    and: "and",
    or: "or",
    constant: (value: boolean) => (value ? 'service_name!=""' : 'service_name=""'),
    predicate: (predicate: Predicate, denied: boolean) => printPredicate(predicate, denied, name),
  };
  const filter = (condition: Condition): string => printCondition(condition, syntax);
  return { name, filter, select: (condition) => `${streams} | ${filter(condition)}` };
}

type Name = Words["name"];

function printPredicate(predicate: Predicate, denied: boolean, nameOf: Name): string {
  const name = nameOf(predicate.field);
  const [equal, like] = denied ? ["!=", "!~"] : ["=", "=~"];
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (regardsCase(field, values)) return `${name}${like}${quote(`(?i)(?:${folded(values).map(escapeRegex).join("|")})`)}`;
      const [only] = values;
      if (values.length === 1) return `${name}${equal}${quote(String(only))}`;
      return `${name}${like}${quote(values.map((value) => escapeRegex(String(value))).join("|"))}`;
    }
    case "compare": {
      const { operator, value } = predicate;
      if (value < 0 || !Number.isSafeInteger(value)) refuse("compare", `${value} is no whole number from 0`);
      // A comparison leaves out records without the label.
      return denied ? `(${name}="" or ${name} ${OPPOSITES[operator]} ${value})` : `${name} ${OPERATORS[operator]} ${value}`;
    }
    case "text": {
      const [before, after] = AROUND[predicate.operator];
      return `${name}${like}${quote(`(?is)${before}${escapeRegex(predicate.value.toLowerCase())}${after}`)}`;
    }
    case "re": {
      const flags = [predicate.ignoreCase && "i", predicate.multiline && "m", predicate.dotAll && "s"];
      const set = flags.filter((flag) => flag !== false).join("");
      // Patterns are anchored at both ends, and their dot takes line ends unless told otherwise.
      return `${name}${like}${quote(`(?s:.*)(?${set}${predicate.dotAll ? "" : "-s"}:${predicate.pattern})(?s:.*)`)}`;
    }
    case "exists":
      return `${name}${denied ? "=" : "!="}""`;
    case "cidr": {
      const terms = predicate.networks.map((network) => `${name}${equal}ip(${quote(network)})`);
      if (denied) return `(${name}="" or ${terms.length === 1 ? terms[0] : `(${terms.join(" and ")})`})`;
      return terms.length === 1 ? (terms[0] ?? "") : `(${terms.join(" or ")})`;
    }
    case "fieldref":
      return refuse("fieldref", "a label is not compared with another");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const OPPOSITES = { gt: "<=", gte: "<", lt: ">=", lte: ">" } as const;
const AROUND = { contains: [".*", ".*"], startswith: ["", ".*"], endswith: [".*", ""] } as const;

/** A string as Go writes it. */
export function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
