import { fieldsOf } from "../../detect/constructs.ts";
import type { CorrelationRule, Rule } from "../../detect/rule.ts";
import { refuse } from "../dialect.ts";
import type { Evaluation } from "../evaluation.ts";
import { duration } from "../text.ts";
import { refuseDetector, windowed } from "../windowed.ts";
import { byClause, DURATION, WORK_OUT_DURATION, type Words } from "./conditions.ts";

/**
 * Of a detection its flows; of a correlation the groups for which it holds over a time before the query's time: its timespan, or what is
 * evaluated.
 */
export function printRule(rule: Rule, words: Words, evaluation?: Evaluation): string {
  const derived = fieldsOf(rule).has(DURATION);
  if (rule.kind === "correlation")
    return derived ? refuse("field", `${DURATION} has to be worked out first`) : correlate(rule, words, evaluation);
  const text = words.filter(refuseDetector(rule));
  return derived ? `* | ${WORK_OUT_DURATION} | filter ${text}` : text;
}

/** A filter of time: a range that ends so long before the query's time. */
export function timeFilter({ rangeMs, delayMs }: Pick<Evaluation, "rangeMs" | "delayMs">): string {
  return `_time:${duration(rangeMs)}${delayMs === 0 ? "" : ` offset ${duration(delayMs)}`}`;
}

function correlate(rule: CorrelationRule, { name, filter }: Words, evaluation: Evaluation | undefined): string {
  const { correlation, parts, any, groupBy } = windowed(rule);
  const { timespanMs, atLeast } = correlation;
  const head = `${timeFilter(evaluation ?? { rangeMs: timespanMs, delayMs: 0 })} ${filter(any)}`;
  const by = byClause(groupBy.map(name));
  switch (correlation.type) {
    case "event_count":
      return `${head} | stats ${by}count() as flows | filter flows:>=${atLeast}`;
    case "value_count":
      return `${head} | stats ${by}count_uniq(${name(correlation.field)}) as distinct | filter distinct:>=${atLeast}`;
    case "value_sum":
      return `${head} | stats ${by}sum(${name(correlation.field)}) as total | filter total:>=${atLeast}`;
    case "temporal": {
      if (atLeast !== parts.length) refuse("temporal", "only all of the parts can be asked for");
      const counts = parts.map((part, index) => `count() if (${filter(part)}) as part_${index + 1}`);
      const all = parts.map((_, index) => `part_${index + 1}:>0`);
      return `${head} | stats ${by}${counts.join(", ")} | filter ${all.join(" ")}`;
    }
  }
}
