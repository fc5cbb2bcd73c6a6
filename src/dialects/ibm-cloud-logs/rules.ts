import type { Condition, Predicate } from "../../detections/condition.ts";
import type { FieldRef } from "../../detections/fields.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, type Dialect, type PrintedRule, printed, refuse, type StoredAttributes } from "../dialect.ts";
import { oneLine, regardsCase } from "../text.ts";
import { refuseDetector } from "../windowed.ts";

/** The longest query that the service takes, in characters. */
const LONGEST = 4_096;

/**
 * Lucene of IBM Cloud Logs over records in the form that an ndjson sink with schema `otel` writes. Text is looked up in the
 * fields' keyword type, which regards case, and numbers in their numeric type.
 */
export function ibmCloudLogsDialect(attributes: StoredAttributes): Dialect {
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
    name: "ibm-cloud-logs",
    title: "IBM Cloud Logs Lucene",
    search: () => ({ refused: "limit", reason: "not yet" }),
    rule: (rule) =>
      printed(() => {
        if (rule.kind === "correlation") return refuse(rule.correlation.type, "a query looks at one record at a time");
        const query = printCondition(refuseDetector(rule) satisfies Condition, syntax);
        if (query.length > LONGEST) refuse("length", `${query.length} characters, and a query has ${LONGEST} at most`);
        return query;
      }),
    files: ({ rules }) =>
      new Map([
        [
          "detections.json",
          `${JSON.stringify(
            rules.map((one) => definition(one, pathOf)),
            null,
            2,
          )}\n`,
        ],
      ]),
  };
}

type Path = (ref: FieldRef) => string;

function printPredicate(predicate: Predicate, pathOf: Path): string {
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

const PRIORITY = { informational: "p5_or_unspecified", low: "p4", medium: "p3", high: "p2", critical: "p1" } as const;

/** For `POST /v1/alert_definitions`. */
function definition({ rule, query }: PrintedRule, pathOf: Path): object {
  return {
    name: `flowferry: ${rule.title}`,
    description: oneLine(rule.description),
    enabled: true,
    priority: PRIORITY[rule.level],
    type: "logs_immediate_or_unspecified",
    group_by_keys: rule.dedup === "group" ? [] : rule.dedup.map(pathOf),
    incidents_settings: { minutes: Math.ceil(rule.throttleMs / 60_000), notify_on: "triggered_only_unspecified" },
    entity_labels: { "managed-by": "flowferry", rule: rule.name },
    logs_immediate: { logs_filter: { simple_filter: { lucene_query: query } } },
  };
}

function quote(text: string): string {
  if (/\p{Cc}/u.test(text)) refuse("text", "a text with control characters cannot be written");
  return `"${text.toWellFormed().replaceAll(/[\\"]/g, "\\$&")}"`;
}
