import { type Condition, or } from "../detect/condition.ts";
import type { FieldRef } from "../detect/fields.ts";
import type { Correlation, CorrelationRule, Rule } from "../detect/rule.ts";
import { refuse } from "./dialect.ts";

/**
 * A correlation over the flows of one window, which is what a query can say that a backend runs at intervals: whether
 * the condition holds over the timespan before the query's time.
 */
export interface Windowed {
  readonly correlation: Exclude<Correlation, { type: "temporal_ordered" }>;
  /** What the flows of each part must be. */
  readonly parts: readonly Condition[];
  /** What the flows of any part must be. */
  readonly any: Condition;
  readonly groupBy: readonly FieldRef[];
}

/** Refuses correlations that look at more than one window or at the order of flows, and detectors. */
export function windowed(rule: CorrelationRule): Windowed {
  const { correlation } = rule;
  const parts = correlation.parts.map(({ rule: part }) => {
    if (part.kind === "detection") return part.condition;
    return refuse("chain", `one query over one window cannot follow the windows of ${part.name}`);
  });
  if (correlation.type === "temporal_ordered") refuse("temporal_ordered", "one query over one window has no order of flows");
  const [first] = correlation.parts;
  const groupBy = first?.groupBy ?? [];
  if (correlation.parts.some((part) => part.groupBy.some((ref, index) => ref.name !== groupBy[index]?.name)))
    refuse("aliases", "all flows of a group are grouped by the same attributes");
  return { correlation, parts, any: or(parts), groupBy };
}

/** The condition of a rule that looks at one flow; refuses detectors, which learn. */
export function refuseDetector(rule: Exclude<Rule, CorrelationRule>): Condition {
  return rule.kind === "detection"
    ? rule.condition
    : refuse(rule.detector.type, "a query does not remember what a detector has learned");
}
