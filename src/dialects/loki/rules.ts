import { stringify } from "yaml";
import type { Condition, Predicate } from "../../detections/condition.ts";
import type { FieldRef } from "../../detections/fields.ts";
import type { Rule } from "../../detections/rule.ts";
import { alertAnnotations, alertLabels, byInterval } from "../alert-labels.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, type Dialect, type PrintedRule, printed, refuse, type StoredAttributes } from "../dialect.ts";
import { duration, escapeRegex, folded, regardsCase } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";

const STREAMS = '{service_name="flowferry"}';

/**
 * LogQL of Loki, which keeps attributes as structured metadata, every value as text and every sign of a name that no label
 * may have as an underscore. The query of a detection gives its flows; that of a correlation the groups for which it holds
 * over the timespan before the query's time.
 */
export function lokiDialect(attributes: StoredAttributes): Dialect {
  const nameOf = (ref: FieldRef): string => attributeOf(attributes, ref).name.replaceAll(/[^a-zA-Z0-9_]/g, "_");
  const syntax = {
    and: "and",
    or: "or",
    constant: (value: boolean) => (value ? 'service_name!=""' : 'service_name=""'),
    predicate: (predicate: Predicate, denied: boolean) => printPredicate(predicate, denied, nameOf),
  };
  const select = (condition: Condition): string => `${STREAMS} | ${printCondition(condition, syntax)}`;
  return {
    name: "loki",
    title: "Loki LogQL",
    search: () => ({ refused: "limit", reason: "not yet" }),
    rule: (rule) =>
      printed(() => (rule.kind === "correlation" ? correlate(rule, select, nameOf) : select(refuseDetector(rule)))),
    files: ({ rules }) => new Map([["detections.yml", ruleGroups(rules, nameOf)]]),
  };
}

type Name = (ref: FieldRef) => string;

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

function correlate(rule: Extract<Rule, { kind: "correlation" }>, select: (condition: Condition) => string, nameOf: Name): string {
  const { correlation, parts, any, groupBy } = windowed(rule);
  const { atLeast } = correlation;
  const range = `[${duration(correlation.timespanMs)}]`;
  const names = groupBy.map(nameOf);
  const by = `by (${names.join(", ")})`;
  switch (correlation.type) {
    case "event_count":
      return `sum ${by} (count_over_time(${select(any)} ${range})) >= ${atLeast}`;
    case "value_count": {
      const field = nameOf(correlation.field);
      const each = `sum by (${[...names, field].join(", ")}) (count_over_time(${select(any)} | ${field}!="" ${range}))`;
      return `count ${by} (${each}) >= ${atLeast}`;
    }
    case "value_sum": {
      const field = nameOf(correlation.field);
      return `sum ${by} (sum_over_time(${select(any)} | ${field}!="" | unwrap ${field} ${range})) >= ${atLeast}`;
    }
    case "temporal": {
      if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
      return parts.map((part) => `(sum ${by} (count_over_time(${select(part)} ${range})) > 0)`).join(" and ");
    }
  }
}

function ruleGroups(rules: readonly PrintedRule[], nameOf: Name): string {
  const alerts = rules.map(({ rule, query }) => {
    const fields = rule.dedup === "group" ? [] : rule.dedup.map(nameOf);
    const expr = rule.kind === "correlation" ? query : `sum by (${fields.join(", ")}) (count_over_time(${query} [1m])) > 0`;
    return { rule, alert: { alert: rule.name, expr, labels: alertLabels(rule), annotations: alertAnnotations(rule) } };
  });
  const groups = byInterval(alerts);
  return `# Rules for the ruler of Loki 3 or newer. Correlations over many values need a higher max_query_series than 500.\n${stringify({ groups }, { lineWidth: 0 })}`;
}

/** A string as Go writes it. */
function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
