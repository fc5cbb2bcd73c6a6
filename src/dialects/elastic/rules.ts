import type { Condition, Predicate } from "../../detections/condition.ts";
import type { FieldRef } from "../../detections/fields.ts";
import type { Rule } from "../../detections/rule.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, type Dialect, type PrintedRule, printed, refuse, type StoredAttributes } from "../dialect.ts";
import { folded, oneLine, regardsCase } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";

const INDICES = "logs-*";

/**
 * ES|QL over the OTel mapping of Elasticsearch, where attributes are `attributes.*` and `resource.attributes.*`. The query
 * of a detection gives its flows; that of a correlation the groups for which it holds over the time range of the query. A
 * query that names a field which no stored record has yet fails as a whole.
 */
export function elasticDialect(attributes: StoredAttributes): Dialect {
  const nameOf = (ref: FieldRef): string => {
    if (ref.name === "time") return "TO_LONG(@timestamp)";
    if (ref.name === "connectionDuration") return "(attributes.flow.end - attributes.flow.connection.start)";
    const { name, resource } = attributeOf(attributes, ref);
    return identifier(`${resource ? "resource.attributes" : "attributes"}.${name}`);
  };
  const syntax = {
    and: "AND",
    or: "OR",
    constant: (value: boolean) => String(value),
    // A predicate over a missing field is null.
    predicate: (predicate: Predicate, denied: boolean) => {
      if (denied && predicate.kind === "exists") return `${nameOf(predicate.field)} IS NULL`;
      const text = printPredicate(predicate, nameOf);
      return denied ? `NOT COALESCE(${text}, false)` : text;
    },
  };
  const where = (condition: Condition): string => printCondition(condition, syntax);
  return {
    name: "elastic",
    title: "Elastic ES|QL",
    search: () => ({ refused: "limit", reason: "not yet" }),
    rule: (rule) =>
      printed(() => {
        if (rule.kind === "correlation") return correlate(rule, where, nameOf);
        return `FROM ${INDICES} METADATA _id, _index, _version | WHERE ${where(refuseDetector(rule))}`;
      }),
    files: ({ rules }) => new Map([["detections.ndjson", rules.map((rule) => `${JSON.stringify(kibanaRule(rule))}\n`).join("")]]),
  };
}

type Name = (ref: FieldRef) => string;

function printPredicate(predicate: Predicate, nameOf: Name): string {
  const name = nameOf(predicate.field);
  switch (predicate.kind) {
    case "one-of": {
      const { field, values } = predicate;
      if (field.class !== "text") return isIn(name, values.map(String));
      if (!regardsCase(field, values))
        return isIn(
          name,
          values.map((value) => quote(String(value))),
        );
      return isIn(`TO_LOWER(${name})`, folded(values).map(quote));
    }
    case "compare":
      return `${name} ${OPERATORS[predicate.operator]} ${predicate.value}`;
    case "text": {
      const [lower, text] = [`TO_LOWER(${name})`, quote(predicate.value.toLowerCase())];
      if (predicate.operator === "contains") return `LOCATE(${lower}, ${text}) > 0`;
      return `${predicate.operator === "startswith" ? "STARTS_WITH" : "ENDS_WITH"}(${lower}, ${text})`;
    }
    case "exists":
      return `${name} IS NOT NULL`;
    case "cidr":
      return `CIDR_MATCH(TO_IP(${name}), ${predicate.networks.map(quote).join(", ")})`;
    case "fieldref": {
      const other = nameOf(predicate.other);
      if (predicate.field.class !== predicate.other.class) refuse("fieldref", "values of different types are never equal");
      return predicate.field.class === "text" ? `TO_LOWER(${name}) == TO_LOWER(${other})` : `${name} == ${other}`;
    }
    case "re":
      return refuse("re", "RLIKE takes Lucene's patterns, which are not RE2's");
  }
}

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function isIn(name: string, values: readonly string[]): string {
  return values.length === 1 ? `${name} == ${values[0]}` : `${name} IN (${values.join(", ")})`;
}

function correlate(rule: Extract<Rule, { kind: "correlation" }>, where: (condition: Condition) => string, nameOf: Name): string {
  const { correlation, parts, any, groupBy } = windowed(rule);
  const { atLeast } = correlation;
  const head = `FROM ${INDICES} | WHERE ${where(any)}`;
  const names = groupBy.map(nameOf);
  const by = names.length === 0 ? "" : ` BY ${names.join(", ")}`;
  switch (correlation.type) {
    case "event_count":
      return `${head} | STATS flows = COUNT(*)${by} | WHERE flows >= ${atLeast}`;
    case "value_count": {
      // COUNT_DISTINCT is approximate, so that values are grouped first and counted then.
      const field = nameOf(correlation.field);
      const each = `WHERE ${field} IS NOT NULL | STATS flows = COUNT(*) BY ${[...names, field].join(", ")}`;
      return `${head} | ${each} | STATS distinct = COUNT(*)${by} | WHERE distinct >= ${atLeast}`;
    }
    case "value_sum":
      return `${head} | STATS total = SUM(${nameOf(correlation.field)})${by} | WHERE total >= ${atLeast}`;
    case "temporal": {
      if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
      const counts = parts.map((part, index) => `part_${index + 1} = COUNT(*) WHERE ${where(part)}`);
      return `${head} | STATS ${counts.join(", ")}${by} | WHERE ${parts.map((_, index) => `part_${index + 1} > 0`).join(" AND ")}`;
    }
  }
}

const RISK = { informational: 1, low: 21, medium: 47, high: 73, critical: 99 } as const;

/** For `/api/detection_engine/rules/_import`. */
function kibanaRule({ rule, query }: PrintedRule): object {
  const seconds = rule.kind === "correlation" ? rule.correlation.timespanMs / 1_000 : 360;
  return {
    rule_id: rule.id ?? rule.name,
    name: rule.title,
    description: oneLine(rule.description),
    type: "esql",
    language: "esql",
    query,
    // A detection looks back a minute longer than its interval; what it finds twice is one alert.
    interval: rule.kind === "correlation" ? `${Math.min(60, seconds)}s` : "5m",
    from: `now-${seconds}s`,
    to: "now",
    severity: rule.level === "informational" ? "low" : rule.level,
    risk_score: RISK[rule.level],
    enabled: false,
    tags: ["flowferry", ...rule.tags],
    false_positives: rule.falsepositives.map(oneLine),
    references: rule.references,
    ...(rule.runbook?.startsWith("https:") === false && { note: `Runbook: deploy/runbooks/${rule.runbook}.md` }),
  };
}

function identifier(name: string): string {
  return /^[a-zA-Z_][\w]*(\.[a-zA-Z_]\w*)*$/.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

function quote(text: string): string {
  if (/[^\P{Cc}\n\r\t]/u.test(text)) refuse("text", "a text with control characters cannot be written");
  const escaped = text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `"${escaped.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")}"`;
}
