import { stringify } from "yaml";
import type { Condition, Predicate } from "../../detections/condition.ts";
import { fieldsOf } from "../../detections/constructs.ts";
import type { FieldRef } from "../../detections/fields.ts";
import type { Rule } from "../../detections/rule.ts";
import { alertAnnotations, alertLabels, byInterval } from "../alert-labels.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, type Dialect, type PrintedRule, printed, refuse, type StoredAttributes } from "../dialect.ts";
import { duration, escapeRegex, folded, regardsCase } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";

/**
 * LogsQL of VictoriaLogs, which keeps the names of attributes and stores every value as text. The query of a detection
 * gives its flows; that of a correlation the groups for which it holds over the timespan before the query's time.
 */
export function victorialogsDialect(attributes: StoredAttributes): Dialect {
  const nameOf = (ref: FieldRef): string => (ref.name === DURATION ? DURATION : quote(attributeOf(attributes, ref).name));
  const syntax = {
    and: "",
    or: "or",
    constant: (value: boolean) => (value ? "*" : "!*"),
    predicate: (predicate: Predicate, denied: boolean) => `${denied ? "!" : ""}${printPredicate(predicate, nameOf)}`,
  };
  const filter = (condition: Condition): string => {
    const text = printCondition(condition, syntax);
    return condition.kind === "or" || condition.kind === "not" ? `(${text})` : text;
  };
  return {
    name: "victorialogs",
    title: "VictoriaLogs LogsQL",
    search: () => ({ refused: "limit", reason: "not yet" }),
    rule: (rule) =>
      printed(() => {
        const derived = fieldsOf(rule).has(DURATION);
        if (rule.kind === "correlation")
          return derived ? refuse("field", `${DURATION} has to be worked out first`) : correlate(rule, filter, nameOf);
        const text = filter(refuseDetector(rule));
        return derived ? `* | math "flow.end" - "flow.connection.start" as ${DURATION} | filter ${text}` : text;
      }),
    files: ({ rules }) => new Map([["detections.yml", ruleGroups(rules, nameOf)]]),
  };
}

/** Not stored; worked out of two attributes, and no number when one is missing. */
const DURATION = "connectionDuration";

type Name = (ref: FieldRef) => string;

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

function correlate(rule: Extract<Rule, { kind: "correlation" }>, filter: (condition: Condition) => string, nameOf: Name): string {
  const { correlation, parts, any, groupBy } = windowed(rule);
  const { timespanMs, atLeast } = correlation;
  const head = `_time:${duration(timespanMs)} ${filter(any)}`;
  const by = byClause(groupBy.map(nameOf));
  switch (correlation.type) {
    case "event_count":
      return `${head} | stats ${by}count() as flows | filter flows:>=${atLeast}`;
    case "value_count":
      return `${head} | stats ${by}count_uniq(${nameOf(correlation.field)}) as distinct | filter distinct:>=${atLeast}`;
    case "value_sum":
      return `${head} | stats ${by}sum(${nameOf(correlation.field)}) as total | filter total:>=${atLeast}`;
    case "temporal": {
      if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
      const counts = parts.map((part, index) => `count() if (${filter(part)}) as part_${index + 1}`);
      const all = parts.map((_, index) => `part_${index + 1}:>0`);
      return `${head} | stats ${by}${counts.join(", ")} | filter ${all.join(" ")}`;
    }
  }
}

function byClause(names: readonly string[]): string {
  return names.length === 0 ? "" : `by (${names.join(", ")}) `;
}

function ruleGroups(rules: readonly PrintedRule[], nameOf: Name): string {
  const alerts = rules.map(({ rule, query }) => {
    const fields = rule.dedup === "group" ? [] : rule.dedup.map(nameOf);
    // vmalert adds the group's interval as the time of queries that name none.
    const expr = rule.kind === "correlation" ? query : `${query} | stats ${byClause(fields)}count() as flows | filter flows:>0`;
    return { rule, alert: { alert: rule.name, expr, labels: alertLabels(rule), annotations: alertAnnotations(rule) } };
  });
  const groups = byInterval(alerts).map(({ name, ...group }) => ({ name, type: "vlogs", ...group }));
  return `# Rules for vmalert 1.106 or newer with VictoriaLogs as its datasource.\n${stringify({ groups }, { lineWidth: 0 })}`;
}

/** A string as Go writes it. */
function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
