import type { Condition, Predicate } from "../../detect/condition.ts";
import type { FieldRef } from "../../detect/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, refuse, type StoredAttributes } from "../dialect.ts";
import { folded, regardsCase } from "../text.ts";

export const SEARCH = "search `flowferry`";

/** The words of SPL that rules and searches share. */
export interface Spl {
  /** What reads the field in eval and where, numbers as numbers; null when an event does not have it. */
  readOf(ref: FieldRef): string;
  where(condition: Condition): string;
}

/** SPL over events whose fields are the attributes, as the Collector's HEC exporter makes them. */
export function spl(attributes: StoredAttributes): Spl {
  const nameOf = (ref: FieldRef): string => {
    const { name } = attributeOf(attributes, ref);
    if (!/^[\w.-]+$/.test(name)) refuse("field", `a field called ${JSON.stringify(name)} cannot be quoted`);
    return `'${name}'`;
  };
  const readOf = (ref: FieldRef): string => {
    if (ref.name === "connectionDuration") return "(tonumber('flow.end') - tonumber('flow.connection.start'))";
    return ref.class === "number" ? `tonumber(${nameOf(ref)})` : nameOf(ref);
  };
  const syntax = {
    and: "AND",
    or: "OR",
    constant: (value: boolean) => (value ? "1=1" : "1=0"),
    // A comparison with a missing field is null, and so is its negation.
    predicate: (predicate: Predicate, denied: boolean) => {
      const text = printPredicate(predicate, readOf);
      if (!denied) return text;
      if (predicate.kind === "exists") return `isnull(${readOf(predicate.field)})`;
      const fields = predicate.kind === "fieldref" ? [predicate.field, predicate.other] : [predicate.field];
      return `(${fields.map((ref) => `isnull(${readOf(ref)})`).join(" OR ")} OR NOT (${text}))`;
    },
  };
  return { readOf, where: (condition) => printCondition(condition, syntax) };
}

function printPredicate(predicate: Predicate, readOf: Spl["readOf"]): string {
  const value = readOf(predicate.field);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (field.class === "number") return isIn(value, values.map(String));
      if (field.class === "boolean")
        return isIn(
          `lower(${value})`,
          values.map((one) => `"${one}"`),
        );
      if (!regardsCase(field, values))
        return isIn(
          value,
          values.map((one) => quote(String(one))),
        );
      return isIn(`lower(${value})`, folded(values).map(quote));
    }
    case "compare":
      return `${value} ${OPERATORS[predicate.operator]} ${predicate.value}`;
    case "text": {
      const [before, after] = ANCHORS[predicate.operator];
      return `match(lower(${value}), "${before}${literalPattern(predicate.value.toLowerCase())}${after}")`;
    }
    case "exists":
      return `isnotnull(${value})`;
    case "cidr": {
      const terms = predicate.networks.map((network) => {
        if (network.includes(":")) return refuse("cidr", "cidrmatch is for IPv4");
        return `cidrmatch("${network}", ${value})`;
      });
      return terms.length === 1 ? (terms[0] ?? "") : `(${terms.join(" OR ")})`;
    }
    case "fieldref": {
      const other = readOf(predicate.other);
      if (predicate.field.class !== predicate.other.class) refuse("fieldref", "values of different types are never equal");
      return predicate.field.class === "text" ? `(lower(${value}) = lower(${other}))` : `(${value} = ${other})`;
    }
    case "re":
      return refuse("re", "match takes PCRE, which is not RE2");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const ANCHORS = { contains: ["", ""], startswith: ["^", ""], endswith: ["", "$"] } as const;

function isIn(value: string, values: readonly string[]): string {
  return values.length === 1 ? `${value} = ${values[0]}` : `in(${[value, ...values].join(", ")})`;
}

/** Each sign as it stands, without backslashes, which eval and the pattern would both take away. */
function literalPattern(text: string): string {
  checkText(text);
  if (text.includes("^")) refuse("text", "a circumflex cannot be looked for");
  return text.replaceAll(/[$.*+?()[{|]/g, "[$&]");
}

export function quote(text: string): string {
  checkText(text);
  return `"${text}"`;
}

function checkText(text: string): void {
  if (/["\\`$]|\p{Cc}/u.test(text))
    refuse("text", "a text with quotes, backslashes, backticks, dollars or control characters is not taken literally");
}
