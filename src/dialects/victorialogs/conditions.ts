import type { Condition, Predicate } from "../../detect/condition.ts";
import type { FieldRef } from "../../detect/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, refuse, type StoredAttributes } from "../dialect.ts";
import { escapeRegex, folded, regardsCase } from "../text.ts";

/** Not stored; worked out of two attributes, and no number when one is missing. */
export const DURATION = "connectionDuration";
/** The pipe that works it out. */
export const WORK_OUT_DURATION = `math "flow.end" - "flow.connection.start" as ${DURATION}`;

/** How VictoriaLogs names fields, quoted, and writes conditions on them. */
export interface Words {
  name(ref: FieldRef): string;
  /** One filter, in brackets where another could stand beside it. */
  filter(condition: Condition): string;
}

export function logsqlWords(attributes: StoredAttributes): Words {
  const name = (ref: FieldRef): string => (ref.name === DURATION ? DURATION : quote(attributeOf(attributes, ref).name));
  const syntax = {
    and: "",
    or: "or",
    constant: (value: boolean) => (value ? "*" : "!*"),
    predicate: (predicate: Predicate, denied: boolean) => `${denied ? "!" : ""}${printPredicate(predicate, name)}`,
  };
  return {
    name,
    filter(condition) {
      const text = printCondition(condition, syntax);
      return condition.kind === "or" || condition.kind === "not" ? `(${text})` : text;
    },
  };
}

type Name = Words["name"];

function printPredicate(predicate: Predicate, nameOf: Name): string {
  const name = nameOf(predicate.field);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (regardsCase(field, values)) return `${name}:~${quote(`(?i)^(?:${folded(values).map(escapeRegex).join("|")})$`)}`;
      const [only] = values;
      return values.length === 1
        ? `${name}:=${quote(String(only))}`
        : `${name}:in(${values.map((value) => quote(String(value))).join(", ")})`;
    }
    case "compare":
      return `${name}:${OPERATORS[predicate.operator]}${predicate.value}`;
    case "text": {
      const text = escapeRegex(predicate.value.toLowerCase());
      const [before, after] = ANCHORS[predicate.operator];
      return `${name}:~${quote(`(?i)${before}${text}${after}`)}`;
    }
    case "re": {
      if (predicate.multiline) refuse("re", "ends of lines within a text are not found reliably");
      const flags = [predicate.ignoreCase && "i", predicate.dotAll && "s"];
      const unset = predicate.dotAll ? "" : "-s";
      // VictoriaLogs lets the dot match line ends unless told otherwise.
      return `${name}:~${quote(`(?${flags.filter((flag) => flag !== false).join("")}${unset})${predicate.pattern}`)}`;
    }
    case "exists":
      return `${name}:*`;
    case "cidr": {
      const ranges = predicate.networks.map((network) => {
        if (network.includes(":")) return refuse("cidr", "a range of IPv6 addresses is no filter");
        return `${name}:ipv4_range(${quote(network)})`;
      });
      return ranges.length === 1 ? (ranges[0] ?? "") : `(${ranges.join(" or ")})`;
    }
    case "fieldref": {
      if (predicate.field.class === "text") return refuse("fieldref", "two fields are compared with regard to case");
      return `(${name}:* ${name}:eq_field(${nameOf(predicate.other)}))`;
    }
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const ANCHORS = { contains: ["", ""], startswith: ["^", ""], endswith: ["", "$"] } as const;

export function byClause(names: readonly string[]): string {
  return names.length === 0 ? "" : `by (${names.join(", ")}) `;
}

/** A string as Go writes it. */
export function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
