import type { Condition, Predicate } from "../../detections/condition.ts";
import type { FieldRef } from "../../detections/fields.ts";
import type { Rule } from "../../detections/rule.ts";
import { alertLabels } from "../alert-labels.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, type Dialect, type PrintedRule, printed, refuse, type StoredAttributes } from "../dialect.ts";
import { duration, oneLine, regardsCase } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";

/** A log monitor looks back two days at most, and groups by four fields at most. */
const LONGEST_MS = 2 * 86_400_000;
const MOST_GROUPS = 4;

/**
 * Log monitors of Datadog over the attributes of records. The query of a detection is the search for its flows; that of a
 * correlation the monitor's, whose groups are those for which it holds over the timespan before its evaluation. Ports,
 * bytes, packets and the protocol's number have to be measures, the fields of groups facets.
 */
export function datadogDialect(attributes: StoredAttributes): Dialect {
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
  const search = (condition: Condition): string => printCondition(condition, syntax);
  return {
    name: "datadog",
    title: "Datadog log monitors",
    search: () => ({ refused: "limit", reason: "not yet" }),
    rule: (rule) =>
      printed(() => (rule.kind === "correlation" ? correlate(rule, search, nameOf) : search(refuseDetector(rule)))),
    files: ({ rules }) =>
      new Map([
        [
          "detections.json",
          `${JSON.stringify(
            rules.map((one) => monitor(one, nameOf)),
            null,
            2,
          )}\n`,
        ],
      ]),
  };
}

type Name = (ref: FieldRef) => string;

function printPredicate(predicate: Predicate, nameOf: Name): string {
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

function correlate(rule: Extract<Rule, { kind: "correlation" }>, search: (condition: Condition) => string, nameOf: Name): string {
  const { correlation, any, groupBy } = windowed(rule);
  switch (correlation.type) {
    case "event_count":
      return monitorQuery(search(any), '"count"', groupBy.map(nameOf), correlation.timespanMs, correlation.atLeast);
    case "value_sum":
      return monitorQuery(
        search(any),
        `"sum", ${JSON.stringify(nameOf(correlation.field))}`,
        groupBy.map(nameOf),
        correlation.timespanMs,
        correlation.atLeast,
      );
    case "value_count":
      return refuse("value_count", "a monitor estimates the number of different values");
    case "temporal":
      return refuse("temporal", "a composite monitor does not join by the group");
  }
}

function monitorQuery(text: string, rollup: string, groups: readonly string[], timespanMs: number, atLeast: number): string {
  if (timespanMs > LONGEST_MS) refuse("length", "a log monitor looks back two days at most");
  if (groups.length > MOST_GROUPS) refuse("group", `a monitor groups by ${MOST_GROUPS} fields at most`);
  const by = groups.length === 0 ? "" : `.by(${JSON.stringify(groups.join(","))})`;
  return `logs(${JSON.stringify(text)}).index("*").rollup(${rollup})${by}.last("${duration(timespanMs)}") >= ${atLeast}`;
}

const PRIORITY = { informational: 5, low: 4, medium: 3, high: 2, critical: 1 } as const;

/** For `POST /api/v1/monitor`. */
function monitor({ rule, query }: PrintedRule, nameOf: Name): object {
  const groups = rule.dedup === "group" ? [] : rule.dedup.slice(0, MOST_GROUPS).map(nameOf);
  const { attack } = alertLabels(rule);
  return {
    name: `flowferry: ${rule.title}`,
    type: "log alert",
    query: rule.kind === "correlation" ? query : monitorQuery(query, '"count"', groups, 300_000, 1),
    message: `${oneLine(rule.description)}${rule.runbook === undefined ? "" : `\n\nRunbook: ${rule.runbook}`}`,
    tags: [
      "managed-by:flowferry",
      `rule:${rule.name}`,
      ...(attack === undefined ? [] : attack.split(",").map((one) => `attack:${one}`)),
    ],
    priority: PRIORITY[rule.level],
    options: {
      thresholds: { critical: rule.kind === "correlation" && "atLeast" in rule.correlation ? rule.correlation.atLeast : 1 },
      enable_logs_sample: true,
      on_missing_data: "default",
      include_tags: false,
    },
  };
}

/** Within quotes a search takes everything but quotes and backslashes as it stands. */
function quote(text: string): string {
  if (/\p{Cc}/u.test(text)) refuse("text", "a text with control characters cannot be searched for");
  return `"${text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
