import type { Condition, Predicate } from "../../detect/condition.ts";
import type { FieldRef } from "../../detect/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, refuse, type StoredAttributes } from "../dialect.ts";
import { regardsCase } from "../text.ts";

/** How Log Analytics names fields, quoted where needed, and writes conditions on them. */
export interface Words {
  name(ref: FieldRef): string;
  /** In brackets where `and` could stand beside it. */
  condition(condition: Condition): string;
  /** The records of flowferry's log source that meet the condition. */
  search(condition: Condition): string;
}

export function logAnalyticsWords(attributes: StoredAttributes, source: string): Words {
  const name = (ref: FieldRef): string => quoteName(attributeOf(attributes, ref).name);
  const syntax = {
    and: "and",
    or: "or",
    constant: (value: boolean) => (value ? "'Log Source' != null" : "'Log Source' = null"),
    predicate: (predicate: Predicate, denied: boolean) => printPredicate(predicate, denied, name),
  };
  const print = (condition: Condition): string => {
    const text = printCondition(condition, syntax);
    return condition.kind === "or" || condition.kind === "not" ? `(${text})` : text;
  };
  return { name, condition: print, search: (condition) => `'Log Source' = '${source}' and ${print(condition)}` };
}

function printPredicate(predicate: Predicate, denied: boolean, nameOf: Words["name"]): string {
  const name = nameOf(predicate.field);
  // What a comparison with a missing field is, is not documented.
  const orMissing = (text: string): string => (denied ? `(${name} = null or ${text})` : text);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (regardsCase(field, values)) refuse("one-of", "whether case matters depends on the field's settings");
      const texts = values.map((value) => quoteValue(String(value)));
      if (texts.length === 1) return orMissing(`${name} ${denied ? "!=" : "="} ${texts[0]}`);
      return orMissing(`${name} ${denied ? "not in" : "in"} (${texts.join(", ")})`);
    }
    case "compare":
      return orMissing(`${name} ${(denied ? OPPOSITES : OPERATORS)[predicate.operator]} ${predicate.value}`);
    case "exists":
      return `${name} ${denied ? "=" : "!="} null`;
    case "text":
      return refuse(predicate.operator, "whether case matters depends on the field's settings");
    case "re":
      return refuse("re", "patterns are not RE2's");
    case "cidr":
      return refuse("cidr", "a condition has no ranges of addresses");
    case "fieldref":
      return refuse("fieldref", "a field is not compared with another in a condition");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const OPPOSITES = { gt: "<=", gte: "<", lt: ">=", lte: ">" } as const;

export function byClause(names: readonly string[]): string {
  return names.length === 0 ? "" : ` by ${names.join(", ")}`;
}

export function quoteName(name: string): string {
  if (/['\\|]|\p{Cc}/u.test(name))
    refuse("text", "a name with quotes, backslashes, pipes or control characters is not taken literally");
  return /^[A-Za-z]\w*$/.test(name) ? name : `'${name}'`;
}

export function quoteValue(text: string): string {
  if (/^(\d+|[A-Za-z][\w]*)$/.test(text)) return text;
  if (/['\\]|\p{Cc}/u.test(text)) refuse("text", "a text with quotes, backslashes or control characters is not taken literally");
  return `'${text}'`;
}
