import type { CorrelationRule, Rule } from "../../detect/rule.ts";
import { refuse } from "../dialect.ts";
import type { Evaluation } from "../evaluation.ts";
import { duration } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";
import type { Words } from "./conditions.ts";

/**
 * Of a detection its flows; of a correlation the groups for which it holds over a time before the query's time: its timespan, or what is
 * evaluated.
 */
export function printRule(rule: Rule, words: Words, evaluation?: Evaluation): string {
  return rule.kind === "correlation" ? correlate(rule, words, evaluation) : words.select(refuseDetector(rule));
}

/** A range that ends so long before the query's time, as it stands behind a selector. */
export function rangeOf({ rangeMs, delayMs }: Pick<Evaluation, "rangeMs" | "delayMs">): string {
  return `[${duration(rangeMs)}]${delayMs === 0 ? "" : ` offset ${duration(delayMs)}`}`;
}

function correlate(rule: CorrelationRule, { name, select }: Words, evaluation: Evaluation | undefined): string {
  const { correlation, parts, any, groupBy } = windowed(rule);
  const { atLeast } = correlation;
  const range = rangeOf(evaluation ?? { rangeMs: correlation.timespanMs, delayMs: 0 });
  const names = groupBy.map(name);
  const by = `by (${names.join(", ")})`;
  switch (correlation.type) {
    case "event_count":
      return `sum ${by} (count_over_time(${select(any)} ${range})) >= ${atLeast}`;
    case "value_count": {
      const field = name(correlation.field);
      const each = `sum by (${[...names, field].join(", ")}) (count_over_time(${select(any)} | ${field}!="" ${range}))`;
      return `count ${by} (${each}) >= ${atLeast}`;
    }
    case "value_sum": {
      const field = name(correlation.field);
      return `sum ${by} (sum_over_time(${select(any)} | ${field}!="" | unwrap ${field} ${range})) >= ${atLeast}`;
    }
    case "temporal": {
      if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
      return parts.map((part) => `(sum ${by} (count_over_time(${select(part)} ${range})) > 0)`).join(" and ");
    }
  }
}
