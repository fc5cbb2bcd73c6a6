import type { Condition, Predicate } from "../../detect/condition.ts";
import type { FieldRef } from "../../detect/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, refuse, type StoredAttributes } from "../dialect.ts";
import { regardsCase } from "../text.ts";

/** The longest query that the service takes, in characters. */
const LONGEST = 4_096;

/** The words of Lucene that rules and searches share. */
export interface Lucene {
  pathOf(ref: FieldRef): string;
  /** Refuses what is longer than the service takes. */
  where(condition: Condition): string;
}

/**
 * Lucene of IBM Cloud Logs over records in the form that an ndjson sink with schema `otel` writes. Text is looked up in the
 * fields' keyword type, which regards case, and numbers in their numeric type.
 */
export function lucene(attributes: StoredAttributes): Lucene {
  const pathOf = (ref: FieldRef): string => {
    const { name, resource } = attributeOf(attributes, ref);
    return `${resource ? "resource" : "attributes"}.${name}`.replaceAll(/[^\w.]/gu, "\\$&");
  };
  const syntax = {
    and: "AND",
    or: "OR",
    constant: (value: boolean) => (value ? "*:*" : "(NOT *:*)"),
    // A clause that only denies finds nothing by itself.
    predicate: (predicate: Predicate, denied: boolean) => {
      const text = printPredicate(predicate, pathOf);
      return denied ? `(*:* AND NOT ${text})` : text;
    },
  };
  return {
    pathOf,
    where: (condition) => {
      const query = printCondition(condition, syntax);
      if (query.length > LONGEST) refuse("length", `${query.length} characters, and a query has ${LONGEST} at most`);
      return query;
    },
  };
}

function printPredicate(predicate: Predicate, pathOf: Lucene["pathOf"]): string {
  const path = pathOf(predicate.field);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (regardsCase(field, values)) refuse("one-of", "the keyword type regards case");
      const name = field.class === "text" ? `${path}.keyword` : field.class === "number" ? `${path}.numeric` : path;
      const texts = values.map((value) => (field.class === "text" ? quote(String(value)) : String(value)));
      return texts.length === 1 ? `${name}:${texts[0]}` : `${name}:(${texts.join(" OR ")})`;
    }
    case "compare": {
      const { operator, value } = predicate;
      if (operator === "gt" || operator === "gte") return `${path}.numeric:${operator === "gt" ? "{" : "["}${value} TO *]`;
      return `${path}.numeric:[* TO ${value}${operator === "lt" ? "}" : "]"}`;
    }
    case "exists":
      return `_exists_:${path}`;
    case "text":
      return refuse(predicate.operator, "the keyword type regards case");
    case "re":
      return refuse("re", "Lucene's patterns are not RE2's");
    case "cidr":
      return refuse("cidr", "addresses are texts");
    case "fieldref":
      return refuse("fieldref", "a field is not compared with another");
  }
}

function quote(text: string): string {
  if (/\p{Cc}/u.test(text)) refuse("text", "a text with control characters cannot be written");
  return `"${text.toWellFormed().replaceAll(/[\\"]/g, "\\$&")}"`;
}
