import type { Condition } from "../condition.ts";
import type { Detector } from "../detector-options.ts";
import { type FieldRef, resolveField } from "../fields.ts";
import type { DetectionRule, DetectorRule, RuleMeta } from "../rule.ts";
import type { CorrelationDraft, DetectionDraft } from "./draft.ts";
import type { DetectorBlock } from "./schema.ts";
import type { Path } from "./yaml-file.ts";

export type Problem = (line: number, message: string) => undefined;

const DEFAULT_THROTTLE_MS = 3_600_000;
/** What makes two matches of a plain detection the same incident, unless the rule says otherwise. */
const DEFAULT_DEDUP = ["sourceAddress", "destinationAddress", "destinationPort"];

/** What the rule says of itself, or undefined after the mistakes have been reported. `alerts` is false for a mere part of correlations. */
export function buildMeta(draft: DetectionDraft | CorrelationDraft, alerts: boolean, problem: Problem): RuleMeta | undefined {
  const { content, document } = draft;
  const grouped = draft.kind === "correlation" || draft.content.flow?.detector !== undefined;
  if (draft.kind === "correlation" && content.flow?.detector !== undefined) {
    return problem(
      document.lineOf(["flow", "detector"]),
      "a correlation cannot have a detector: put it in a rule with detection",
    );
  }
  if (alerts && content.level === undefined) return problem(document.line, "level is missing");
  const named = content.flow?.dedup;
  const fields = named === undefined && grouped ? [] : resolveAll(named ?? DEFAULT_DEDUP, draft, ["flow", "dedup"], problem);
  if (fields === undefined) return undefined;
  return {
    title: content.title,
    id: content.id?.toLowerCase(),
    name: content.name,
    status: content.status,
    description: content.description ?? "",
    level: content.level ?? "informational",
    tags: content.tags ?? [],
    falsepositives: content.falsepositives ?? [],
    references: content.references ?? [],
    alerts,
    dedup: fields.length === 0 ? "group" : fields,
    throttleMs: content.flow?.throttle ?? DEFAULT_THROTTLE_MS,
    runbook: content.flow?.runbook,
    file: document.file,
    line: document.line,
  };
}

/** A rule with `detection`, with or without a detector. */
export function buildRule(
  draft: DetectionDraft,
  meta: RuleMeta,
  condition: Condition,
  filters: readonly string[],
  problem: Problem,
): DetectionRule | DetectorRule | undefined {
  const block = draft.content.flow?.detector;
  if (block === undefined) return { ...meta, kind: "detection", condition, filters };
  const detector = buildDetector(block, draft, problem);
  return detector && { ...meta, kind: "detector", condition, filters, detector };
}

function buildDetector(block: DetectorBlock, draft: DetectionDraft, problem: Problem): Detector | undefined {
  const at = (key: string): Path => ["flow", "detector", key];
  const wrong = (key: string, message: string): undefined => problem(draft.document.lineOf(at(key)), `${key} ${message}`);
  if (block.type === "new_terms") {
    const fields = resolveAll(block.fields, draft, at("fields"), problem);
    return fields && { type: "new_terms", fields, learnMs: block.learn, forgetMs: block.forget };
  }
  const groupBy = resolveAll(block["group-by"], draft, at("group-by"), problem);
  if (groupBy === undefined) return undefined;
  if (block.type === "beacon") {
    const { connections, score, common, shortest, longest } = block;
    if (shortest >= longest) return wrong("shortest", "must be less than longest");
    return { type: "beacon", groupBy, connections, score, common, shortestMs: shortest, longestMs: longest };
  }
  if (block.type === "digest") {
    const field = resolveAll([block.field], draft, at("field"), problem)?.[0];
    return field && { type: "digest", groupBy, field, bucketMs: block.bucket, top: block.top };
  }
  if (block.history < block.bucket * 4) return wrong("history", "must be at least four times the bucket");
  if (block.history / block.bucket > 2_000) return wrong("history", "holds more than 2000 buckets: take longer buckets");
  if (block.learn > block.history) return wrong("learn", "must not be longer than history");
  const field = block.field === undefined ? undefined : resolveAll([block.field], draft, at("field"), problem)?.[0];
  if (block.field !== undefined && field === undefined) return undefined;
  if (field !== undefined && field.class !== "number") return wrong("field", `${field.name} is no number`);
  return {
    type: "baseline",
    groupBy,
    field,
    bucketMs: block.bucket,
    historyMs: block.history,
    learnMs: block.learn,
    deviations: block.deviations,
    minimum: block.minimum,
  };
}

/** The fields of these names, or undefined after the mistakes have been reported at their lines. */
function resolveAll(
  names: readonly string[],
  draft: DetectionDraft | CorrelationDraft,
  path: Path,
  problem: Problem,
): FieldRef[] | undefined {
  const found: FieldRef[] = [];
  for (const [position, name] of names.entries()) {
    const line = draft.document.lineOf([...path, position]);
    const field = resolveField(name);
    if (typeof field === "string") problem(line, `${path.join(".")}: ${field}`);
    else if (found.some((other) => other.name === name)) problem(line, `${path.join(".")}: '${name}' is named twice`);
    else found.push(field);
  }
  return found.length === names.length ? found : undefined;
}
