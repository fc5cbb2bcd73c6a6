import { type FieldRef, resolveField } from "../fields.ts";
import { hint } from "../hint.ts";
import type { Correlation, Part, Rule } from "../rule.ts";
import type { Problem } from "./build-rule.ts";
import type { CorrelationDraft } from "./draft.ts";

/** The largest count that a group is followed up to. */
const MAX_COUNT = 100_000;

/** The correlation over its resolved parts, or undefined after the mistakes have been reported. */
export function buildCorrelation(draft: CorrelationDraft, rules: readonly Rule[], problem: Problem): Correlation | undefined {
  const { type, timespan: timespanMs, condition } = draft.content.correlation;
  const groupBy = draft.content.correlation["group-by"];
  const wrong = (key: string, message: string): undefined =>
    problem(draft.document.lineOf(["correlation", ...key.split(".")]), `correlation.${key}: ${message}`);

  const twice = rules.find((rule, index) => rules.indexOf(rule) !== index);
  if (twice !== undefined) return wrong("rules", `'${twice.name}' is named twice`);
  const parts = resolveGroups(draft, rules, problem);
  if (parts === undefined) return undefined;
  const common = { parts, groupBy, timespanMs };

  if (condition?.gte !== undefined && condition.gt !== undefined) return wrong("condition", "gt and gte exclude each other");
  const atLeast = condition?.gte ?? (condition?.gt === undefined ? undefined : condition.gt + 1);
  if (condition?.field !== undefined && type !== "value_count" && type !== "value_sum") {
    return wrong("condition.field", `a correlation of type ${type} has no field`);
  }
  if (type === "temporal" || type === "temporal_ordered") {
    if (parts.length < 2) return wrong("rules", `a correlation of type ${type} needs at least two rules`);
    if (type === "temporal_ordered") {
      if (condition !== undefined) return wrong("condition", "a correlation of type temporal_ordered always needs all its rules");
      return { type, ...common };
    }
    if (atLeast !== undefined && (atLeast < 1 || atLeast > parts.length)) {
      return wrong("condition", `is about the ${parts.length} rules named: at least 1, at most ${parts.length}`);
    }
    return { type, ...common, atLeast: atLeast ?? parts.length };
  }
  if (atLeast === undefined) return wrong("condition", "needs gte or gt");
  if (type !== "value_sum" && atLeast > MAX_COUNT) return wrong("condition", `counts up to ${MAX_COUNT} at most`);
  if (type === "event_count") return { type, ...common, atLeast };
  if (condition?.field === undefined) return wrong("condition", `a correlation of type ${type} needs a field`);
  const field = resolveField(condition.field);
  if (typeof field === "string") return wrong("condition.field", field);
  if (type === "value_sum" && field.class !== "number") return wrong("condition.field", `${field.name} is no number`);
  return { type, ...common, field, atLeast };
}

function resolveGroups(draft: CorrelationDraft, rules: readonly Rule[], problem: Problem): Part[] | undefined {
  const { aliases = {} } = draft.content.correlation;
  const names = draft.content.correlation["group-by"];
  const line = (path: readonly (string | number)[]): number => draft.document.lineOf(["correlation", ...path]);
  let good = true;
  const wrong = (path: readonly (string | number)[], message: string): undefined => {
    good = false;
    return problem(line(path), `correlation.${path.join(".")}: ${message}`);
  };

  for (const [alias, fields] of Object.entries(aliases)) {
    if (!names.includes(alias)) wrong(["aliases", alias], "is not used in group-by");
    for (const name of Object.keys(fields)) {
      const known = rules.map((rule) => rule.name);
      if (!known.includes(name)) wrong(["aliases", alias, name], `is no rule of this correlation${hint(name, known)}`);
    }
  }
  const resolve = (name: string, position: number, rule: Rule): FieldRef | undefined => {
    const fields = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
    if (fields !== undefined && fields[rule.name] === undefined)
      return wrong(["aliases", name], `names no field for '${rule.name}'`);
    const found = resolveField(fields?.[rule.name] ?? name);
    if (typeof found === "string")
      return wrong(fields === undefined ? ["group-by", position] : ["aliases", name, rule.name], found);
    return found;
  };
  const parts = rules.map((rule, index): Part => {
    const groupBy = names.map((name, position) => (good || index === 0 ? resolve(name, position, rule) : undefined));
    return { rule, groupBy: groupBy.filter((field) => field !== undefined) };
  });
  const repeated = names.find((name, position) => names.indexOf(name) !== position);
  if (repeated !== undefined) wrong(["group-by"], `'${repeated}' is named twice`);
  return good ? parts : undefined;
}
