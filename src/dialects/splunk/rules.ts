import type { Condition, Predicate } from "../../detections/condition.ts";
import type { FieldRef } from "../../detections/fields.ts";
import type { Rule } from "../../detections/rule.ts";
import { printCondition } from "../condition.ts";
import { attributeOf, type Dialect, type PrintedRule, printed, refuse, type StoredAttributes } from "../dialect.ts";
import { folded, oneLine, regardsCase } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";

const HOUR_MS = 3_600_000;
const SEARCH = "search `flowferry`";

/**
 * SPL over events whose fields are the attributes, as the Collector's HEC exporter makes them. The macro `flowferry` names
 * the index. The search of a detection gives its flows; that of a correlation the groups for which it holds over the time
 * range of the search.
 */
export function splunkDialect(attributes: StoredAttributes): Dialect {
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
  const where = (condition: Condition): string => printCondition(condition, syntax);
  return {
    name: "splunk",
    title: "Splunk SPL",
    search: () => ({ refused: "limit", reason: "not yet" }),
    rule: (rule) =>
      printed(() => {
        if (rule.kind === "correlation") return correlate(rule, where, readOf);
        return `${SEARCH} | where ${where(refuseDetector(rule))}`;
      }),
    files: ({ rules }) =>
      new Map([
        ["detections/savedsearches.conf", savedSearches(rules, attributes)],
        [
          "detections/macros.conf",
          "# Where the flows are: the index that the Collector's splunk_hec exporter writes to.\n[flowferry]\ndefinition = index=flowferry\n",
        ],
      ]),
  };
}

type Read = (ref: FieldRef) => string;

function printPredicate(predicate: Predicate, readOf: Read): string {
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

function correlate(rule: Extract<Rule, { kind: "correlation" }>, where: (condition: Condition) => string, readOf: Read): string {
  const { correlation, parts, any, groupBy } = windowed(rule);
  const { atLeast } = correlation;
  // stats leaves out events without a field that it groups by.
  const keys = groupBy.map((ref) => `${ref.name.replaceAll(/\W/g, "_")} = coalesce(${readOf(ref)}, "")`);
  const head = `${SEARCH} | where ${where(any)}${keys.length === 0 ? "" : ` | eval ${keys.join(", ")}`}`;
  const names = groupBy.map((ref) => ref.name.replaceAll(/\W/g, "_"));
  const by = names.length === 0 ? "" : ` by ${names.join(" ")}`;
  switch (correlation.type) {
    case "event_count":
      return `${head} | stats count as flows${by} | where flows >= ${atLeast}`;
    case "value_count":
      return `${head} | eval value = ${readOf(correlation.field)} | stats dc(value) as values${by} | where values >= ${atLeast}`;
    case "value_sum":
      return `${head} | eval value = ${readOf(correlation.field)} | stats sum(value) as total${by} | where total >= ${atLeast}`;
    case "temporal": {
      if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
      const marks = parts.map((part, index) => `part_${index + 1} = if(${where(part)}, 1, 0)`);
      const sums = parts.map((_, index) => `sum(part_${index + 1}) as part_${index + 1}`);
      const all = parts.map((_, index) => `part_${index + 1} > 0`).join(" AND ");
      return `${head} | eval ${marks.join(", ")} | stats ${sums.join(", ")}${by} | where ${all}`;
    }
  }
}

const SEVERITY = { informational: 1, low: 2, medium: 3, high: 4, critical: 6 } as const;

function savedSearches(rules: readonly PrintedRule[], attributes: StoredAttributes): string {
  const stanzas = rules.map(({ rule, query }) => {
    const correlated = rule.kind === "correlation";
    const fields = correlated
      ? rule.correlation.groupBy.map((name) => name.replaceAll(/\W/g, "_"))
      : rule.dedup === "group"
        ? []
        : rule.dedup.map((ref) => attributeOf(attributes, ref).name);
    const lines = [
      `[flowferry: ${rule.name}]`,
      `description = ${oneLine(rule.description)}`,
      `search = ${query}`,
      "enableSched = 1",
      // A detection's ranges meet without a gap; a correlation looks back over its timespan.
      `cron_schedule = ${correlated && rule.correlation.timespanMs < HOUR_MS ? "*" : "*/5"} * * * *`,
      correlated ? `dispatch.earliest_time = -${rule.correlation.timespanMs / 1_000}s` : "dispatch.earliest_time = -6m@m",
      correlated ? "dispatch.latest_time = now" : "dispatch.latest_time = -1m@m",
      "counttype = number of events",
      "relation = greater than",
      "quantity = 0",
      "alert.track = 1",
      "alert.digest_mode = 0",
      `alert.severity = ${SEVERITY[rule.level]}`,
      ...(fields.length === 0
        ? []
        : [
            "alert.suppress = 1",
            `alert.suppress.fields = ${fields.join(", ")}`,
            `alert.suppress.period = ${rule.throttleMs / 1_000}s`,
          ]),
    ];
    return `${lines.join("\n")}\n`;
  });
  return `# Goes into local/ of an app, beside macros.conf.\n\n${stanzas.join("\n")}`;
}

/** Each sign as it stands, without backslashes, which eval and the pattern would both take away. */
function literalPattern(text: string): string {
  checkText(text);
  if (text.includes("^")) refuse("text", "a circumflex cannot be looked for");
  return text.replaceAll(/[$.*+?()[{|]/g, "[$&]");
}

function quote(text: string): string {
  checkText(text);
  return `"${text}"`;
}

function checkText(text: string): void {
  if (/["\\`$]|\p{Cc}/u.test(text))
    refuse("text", "a text with quotes, backslashes, backticks, dollars or control characters is not taken literally");
}
