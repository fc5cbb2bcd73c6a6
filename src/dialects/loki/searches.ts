import type { Condition } from "../../detect/condition.ts";
import type { GroupKey, Measure, Search, TimeGroup } from "../../searches/search.ts";
import { refuse } from "../dialect.ts";
import { duration } from "../text.ts";
import { quote, type Words } from "./conditions.ts";

/**
 * An instant query over the range before its time (by default the search's period), one sample for each group and measure. Groups by a field have
 * its label; time (seconds since the epoch) and named values have labels of their own, with underscores for spaces. Several
 * measures are told apart by the label `measure`; times of flows are ms since the epoch. A measure without a value has no
 * sample.
 */
export function printSearch(search: Search, words: Words, range = duration(search.periodMs)): string {
  const { measures, outliers, sort, limit } = search;
  if (limit !== undefined && sort === undefined) refuse("limit", "samples have no order but that of their values");
  const write = writer(search, words, `[${range}]`);
  const stand = outliers && standOut(write.measure(outliers.measure), outliers.deviations, write.groups);
  const keep = (text: string): string => (stand === undefined ? text : `(${text}) and (${stand})`);
  const parts = measures.map((measure) => keep(write.measure(measure)));
  if (sort !== undefined && limit !== undefined) {
    const order = keep(write.order(sort));
    // Each topk chooses for itself among equal groups; its least value is the same for all.
    const largest = `(${order}) >= on () group_left () min(topk(${limit}, ${order}))`;
    if (measures.length === 1) parts.splice(0, 1, `topk(${limit}, ${parts[0]})`);
    else parts.splice(0, parts.length, ...parts.map((part) => `(${part}) and (${largest})`));
  }
  const [only] = parts;
  if (parts.length > 1) {
    const labelled = parts.map(
      (part, index) => `label_replace(${part}, "measure", ${quote(measures[index]?.label ?? "")}, "", "")`,
    );
    return labelled.join(" or ");
  }
  return sort !== undefined && limit === undefined ? `sort_desc(${only})` : (only ?? "");
}

interface Writer {
  readonly groups: readonly string[];
  measure(measure: Measure): string;
  /** The measure for putting groups in order: one without a value is less than all. No number of a flow is below 0. */
  order(measure: Measure): string;
}

function writer({ condition, time, by }: Search, words: Words, range: string): Writer {
  const columns = [...timeLabels(time), ...by.map((key) => groupLabel(key, words))];
  const formats = columns.flatMap(({ name, template }) => (template === undefined ? [] : `${name}=${quote(template)}`));
  const streams = `${words.select(condition)}${formats.length === 0 ? "" : ` | label_format ${formats.join(", ")}`}`;
  const names = columns.map(({ name }) => name);
  const byClause = (more: readonly string[] = []): string => {
    const all = [...new Set([...names, ...more])];
    return all.length === 0 ? "" : `by (${all.join(", ")}) `;
  };
  const all = `sum ${byClause()}(count_over_time(${streams} ${range}))`;
  const selected = (where: Condition | undefined): string =>
    where === undefined ? streams : `${streams} | ${words.filter(where)}`;
  const counted = (text: string): string => `(${text} or ${all} * 0)`;
  const measure = (one: Measure): string => {
    switch (one.kind) {
      case "count":
        return one.where === undefined ? all : counted(`sum ${byClause()}(count_over_time(${selected(one.where)} ${range}))`);
      case "share":
        return `100 * ${counted(`sum ${byClause()}(count_over_time(${selected(one.where)} ${range}))`)} / ${all}`;
      case "distinct": {
        const field = words.name(one.field);
        return counted(
          `count ${byClause()}(sum ${byClause([field])}(count_over_time(${selected(one.where)} | ${field}!="" ${range})))`,
        );
      }
      case "sum":
      case "min":
      case "max": {
        const field = words.name(one.field);
        // A label that is unwrapped is no label of the group any more.
        const value = names.includes(field) ? `label_format flow_value="{{.${field}}}" | unwrap flow_value` : `unwrap ${field}`;
        const selection = `${selected(one.where)} | ${field}!="" | ${value}`;
        const text = `${one.kind} ${byClause()}(${one.kind}_over_time(${selection} ${range}))`;
        return one.kind === "sum" ? counted(text) : text;
      }
      default: {
        const function_ = one.kind === "earliest" ? "min" : "max";
        const times = `${streams} | label_format flow_time="{{ unixEpochMillis __timestamp__ }}" | unwrap flow_time`;
        return `${function_} ${byClause()}(${function_}_over_time(${times} ${range}))`;
      }
    }
  };
  const order = (one: Measure): string =>
    one.kind === "min" || one.kind === "max" ? `(${measure(one)} or ${all} * 0 - 1)` : measure(one);
  return { groups: by.map((key) => groupLabel(key, words).name), measure, order };
}

interface Label {
  readonly name: string;
  /** Undefined for a label that records have. */
  readonly template: string | undefined;
}

/** The label that tells groups apart. */
export function groupLabel({ field, names, label }: GroupKey, words: Words): Label {
  const stored = words.name(field);
  if (names === undefined) return { name: stored, template: undefined };
  const cases = [...names.cases].map(([value, name]) => `if eq .${stored} ${quote(String(value))} }}${name}`);
  return {
    name: label.replaceAll(" ", "_"),
    template: `{{ ${cases.join("{{ else ")}{{ else }}${names.otherwise}{{ end }}`,
  };
}

/** Worked out of the seconds since the epoch, because dates are written in Loki's own time zone. 1 January 1970 was a Thursday. */
function timeLabels(time: TimeGroup | undefined): Label[] {
  if (time === undefined) return [];
  const seconds = "(unixEpoch __timestamp__)";
  if (time.kind === "interval")
    return [{ name: "Time", template: `{{ mul (div ${seconds} ${time.ms / 1_000}) ${time.ms / 1_000} }}` }];
  return [
    { name: "Weekday", template: `{{ add (mod (add (div ${seconds} 86400) 3) 7) 1 }}` },
    { name: "Hour", template: `{{ mod (div ${seconds} 3600) 24 }}` },
  ];
}

/** The samples above mean and deviations of their group; LogQL's own deviation is that of a whole, not of a sample. */
function standOut(text: string, deviations: number, groups: readonly string[]): string {
  const by = groups.length === 0 ? "" : `by (${groups.join(", ")}) `;
  const count = `count ${by}(${text})`;
  const deviation = `stddev ${by}(${text}) * (${count} / (${count} - 1)) ^ 0.5`;
  return `${text} > on (${groups.join(", ")}) group_left () (avg ${by}(${text}) + ${deviations} * ${deviation})`;
}
