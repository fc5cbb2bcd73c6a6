import { type Condition, predicates } from "./condition.ts";
import type { FieldRef } from "./fields.ts";
import type { Rule } from "./rule.ts";

/**
 * Something that a rule asks of whoever evaluates it. `negation` stands for `not`, `columns` for a column of the server
 * table, `chain` for a correlation of correlations or detectors, `aliases` for groups over differently named fields.
 */
export type Construct =
  | "one-of"
  | "compare"
  | "contains"
  | "startswith"
  | "endswith"
  | "cidr"
  | "re"
  | "exists"
  | "fieldref"
  | "or"
  | "negation"
  | "columns"
  | "event_count"
  | "value_count"
  | "value_sum"
  | "temporal"
  | "temporal_ordered"
  | "aliases"
  | "chain"
  | "baseline"
  | "new_terms"
  | "beacon"
  | "digest";

/** Every construct that the rule uses, those of the rules it correlates included. */
export function constructsOf(rule: Rule): ReadonlySet<Construct> {
  const found = new Set<Construct>();
  collect(rule, found);
  return found;
}

/** Every field that the rule reads, those of the rules it correlates included, by the name the rule uses. */
export function fieldsOf(rule: Rule): ReadonlyMap<string, FieldRef> {
  const found = new Map<string, FieldRef>();
  collectFields(rule, (ref) => found.set(ref.name, ref));
  return found;
}

function collect(rule: Rule, found: Set<Construct>): void {
  if (rule.kind !== "correlation") {
    collectCondition(rule.condition, found);
    if (rule.kind === "detector") found.add(rule.detector.type);
    return;
  }
  const { correlation } = rule;
  found.add(correlation.type);
  for (const part of correlation.parts) {
    if (part.groupBy.some((ref, index) => ref.name !== correlation.groupBy[index])) found.add("aliases");
    if (part.rule.kind !== "detection") found.add("chain");
    collect(part.rule, found);
  }
}

function collectCondition(condition: Condition, found: Set<Construct>): void {
  switch (condition.kind) {
    case "constant":
      return;
    case "and":
      for (const term of condition.terms) collectCondition(term, found);
      return;
    case "or":
      found.add("or");
      for (const term of condition.terms) collectCondition(term, found);
      return;
    case "not":
      found.add("negation");
      collectCondition(condition.term, found);
      return;
    default:
      found.add(condition.kind === "text" ? condition.operator : condition.kind);
      if (condition.field.column !== undefined) found.add("columns");
  }
}

function collectFields(rule: Rule, add: (ref: FieldRef) => void): void {
  if (Array.isArray(rule.dedup)) for (const ref of rule.dedup) add(ref);
  if (rule.kind === "correlation") {
    const { correlation } = rule;
    if ("field" in correlation) add(correlation.field);
    for (const part of correlation.parts) {
      for (const ref of part.groupBy) add(ref);
      collectFields(part.rule, add);
    }
    return;
  }
  for (const predicate of predicates(rule.condition)) {
    add(predicate.field);
    if (predicate.kind === "fieldref") add(predicate.other);
  }
  if (rule.kind !== "detector") return;
  const { detector } = rule;
  for (const ref of detector.type === "new_terms" ? detector.fields : detector.groupBy) add(ref);
  if ("field" in detector && detector.field !== undefined) add(detector.field);
}
