import { createDetector } from "../../../src/detect/evaluate.ts";
import type { FieldRef } from "../../../src/detect/fields.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import { storedAttributes } from "../../../src/dialects/stored-attributes.ts";
import { Flow } from "../../../src/flow/flow.ts";
import { loadSchema } from "../../../src/schemas/load.ts";

export { cases } from "../shipped-cases.ts";
export { errors, rules } from "../shipped-rules.ts";

/** How `content build` has rules evaluated by default: flows come up to 70 minutes late. */
export const ALERTING = { lagMs: 70 * 60_000 };

export const otel = loadSchema("otel", ".");
export const attributes = storedAttributes(otel);

/** From the earliest of the flows to the latest. */
export function spanOf(flows: readonly Flow[]): number {
  const times = flows.map(({ time }) => time);
  return Math.max(...times) - Math.min(...times);
}

const evaluated = new WeakMap<readonly Flow[], WeakMap<Rule, ReadonlySet<string>>>();

/** What the stream evaluator finds: of a detection the flows that it marks, else the groups that are told. Found once for all dialects. */
export function evaluate(rule: Rule, flows: readonly Flow[]): ReadonlySet<string> {
  const known = evaluated.get(flows) ?? new WeakMap<Rule, ReadonlySet<string>>();
  evaluated.set(flows, known);
  const found = known.get(rule) ?? findIn(rule, flows);
  known.set(rule, found);
  return found;
}

function findIn(rule: Rule, flows: readonly Flow[]): Set<string> {
  const detector = createDetector([{ ...rule, ...(rule.kind === "correlation" && { dedup: "group" as const }) }]);
  const found = new Set<string>();
  detector.onMatch((match) => {
    if (rule.kind !== "detection") found.add(Object.values(match.group).map(String).join(" "));
  });
  for (const flow of flows) {
    const copy = Object.assign(new Flow(flow.origin, flow.record, flow.context, flow.time), flow);
    detector.inspect(copy);
    if (rule.kind === "detection" && copy.detections.includes(rule.name)) found.add(flow.uid);
  }
  detector.settle();
  return found;
}

/** The fields whose values tell the groups of a rule apart, as its last part names them. */
export function groupFields(rule: Rule): readonly FieldRef[] {
  return rule.kind === "correlation" ? (rule.correlation.parts.at(-1)?.groupBy ?? []) : [];
}
