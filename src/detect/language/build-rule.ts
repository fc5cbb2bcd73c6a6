import type { Condition } from "../condition.ts";
import type { Detector } from "../detector-options.ts";
import { type FieldRef, resolveField } from "../fields.ts";
import type { DetectionRule, DetectorRule, RuleMeta, Sharing, Spread } from "../rule.ts";
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
  const { common, unless = [], routine = false } = content.flow ?? {};
  if (common !== undefined && draft.kind === "correlation") {
    return problem(document.lineOf(["flow", "common"]), "a correlation cannot have common: put it in the rules that it names");
  }
  const spread = buildSpread(draft, problem);
  if (fields === undefined || spread === null) return undefined;
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
    unless: unless.map((name) => name.toLowerCase()),
    routine,
    spread,
    runbook: content.flow?.runbook,
    file: document.file,
    line: document.line,
  };
}

/** A rule with `detection`, with or without a detector. `counted`: the rules that its `common` names. */
export function buildRule(
  draft: DetectionDraft,
  meta: RuleMeta,
  condition: Condition,
  filters: readonly string[],
  counted: readonly (DetectionRule | undefined)[],
  problem: Problem,
): DetectionRule | DetectorRule | undefined {
  const block = draft.content.flow?.detector;
  const common = buildCommon(draft, counted, problem);
  if (common === undefined) return undefined;
  if (block === undefined) return { ...meta, kind: "detection", condition, filters, common };
  const detector = buildDetector(block, draft, problem);
  return detector && { ...meta, kind: "detector", condition, filters, common, detector };
}

/** Null after the mistake has been reported. */
function buildSpread(draft: DetectionDraft | CorrelationDraft, problem: Problem): Spread | undefined | null {
  const block = draft.content.flow?.spread;
  if (block === undefined) return undefined;
  const field = resolveAll([block.field], draft, ["flow", "spread", "field"], problem)?.[0];
  return field === undefined ? null : { field, growth: block.growth };
}

/** Undefined after the mistakes have been reported. */
function buildCommon(
  draft: DetectionDraft,
  counted: readonly (DetectionRule | undefined)[],
  problem: Problem,
): Sharing[] | undefined {
  const blocks = draft.content.flow?.common ?? [];
  const found: Sharing[] = [];
  for (const [position, block] of blocks.entries()) {
    const resolve = (key: "field" | "as" | "by", name: string) =>
      resolveAll([name], draft, ["flow", "common", position, key], problem)?.[0];
    const [field, by] = [resolve("field", block.field), resolve("by", block.by)];
    const as = block.as === undefined ? field : resolve("as", block.as);
    if (field === undefined || as === undefined || by === undefined) continue;
    found.push({ field, rule: counted[position], as, by, atLeast: block.gte });
  }
  return found.length === blocks.length ? found : undefined;
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
