import { z } from "zod";
import { hint } from "../hint.ts";
import { LEVELS } from "../rule.ts";
import { describeBadTimespan, parseTimespan } from "../timespan.ts";

/** Tactics of ATT&CK for Enterprise, as Sigma's tag appendix writes them. */
const TACTICS = [
  "reconnaissance",
  "resource-development",
  "initial-access",
  "execution",
  "persistence",
  "privilege-escalation",
  "defense-evasion",
  "credential-access",
  "discovery",
  "lateral-movement",
  "collection",
  "command-and-control",
  "exfiltration",
  "impact",
];

const text = z.string().trim().min(1, "must not be empty");

const timespan = z.string("must be a timespan such as 5m").transform((value, context) => {
  const ms = parseTimespan(value);
  if (ms !== undefined) return ms;
  context.issues.push({ code: "custom", message: describeBadTimespan(value), input: value });
  return z.NEVER;
});

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,63}$/, "must be 2 to 64 lower-case letters, digits and underscores, a letter first");

const tag = z.string().superRefine((value, context) => {
  const what = /^attack\.(.+)$/.exec(value)?.[1];
  if (what !== undefined && (TACTICS.includes(what) || /^t\d{4}(\.\d{3})?$/.test(what))) return;
  const near = what === undefined ? "" : hint(what, TACTICS);
  const message = `tag '${value}' is neither attack.tNNNN, attack.tNNNN.NNN nor attack.<tactic>${near}`;
  context.addIssue({ code: "custom", message });
});

const runbook = z
  .string()
  .regex(/^([a-z0-9][a-z0-9_-]*|https:\/\/\S+)$/, "must be the name of a page in the runbooks folder, or an https URL");

const fieldNames = z.array(z.string()).min(1, "must name a field");
const count = z.number().int("must be a whole number");

const detector = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("baseline"),
    "group-by": fieldNames.describe("Fields whose values have a baseline of their own"),
    field: z.string().optional().describe("Number to add up; without it flows are counted"),
    bucket: timespan.prefault("1h").describe("Length of the interval that is judged"),
    history: timespan.prefault("7d").describe("How far back mean and deviation look"),
    learn: timespan.prefault("1d").describe("Time after a group's first flow in which it is not judged"),
    deviations: z.number().min(1).max(100).default(3).describe("Standard deviations above the mean that are normal"),
    minimum: z.number().min(0).default(0).describe("A total up to this is always normal"),
  }),
  z.strictObject({
    type: z.literal("new_terms"),
    fields: fieldNames.describe("Fields whose combination of values may be new"),
    learn: timespan.prefault("7d").describe("Time after the first flow in which every combination counts as known"),
    forget: timespan.prefault("30d").describe("A combination not seen for so long is new again"),
  }),
  z.strictObject({
    type: z.literal("beacon"),
    "group-by": fieldNames.describe("Fields whose values form one conversation"),
    connections: count.min(5).max(1_000).default(20).describe("Least number of connections, or bursts of them, to judge by"),
    score: z.number().gt(0).max(1).default(0.8).describe("Regularity from which on it is a beacon: 0 is chance, 1 a clock"),
    common: count.min(2).max(1_000).default(10).describe("What so many values of the first field speak with is no beacon"),
    shortest: timespan.prefault("1s").describe("Shortest median gap that can be a beacon"),
    longest: timespan.prefault("1d").describe("Longest median gap that can be a beacon"),
  }),
  z.strictObject({
    type: z.literal("digest"),
    "group-by": fieldNames.describe("Fields whose values are listed"),
    field: z.string().describe("Field whose different values are counted"),
    bucket: timespan.prefault("1d").describe("Length of the interval that is summed up, in UTC"),
    top: count.min(1).max(50).default(10).describe("So many are listed, those with most values"),
  }),
]);

/** Names of the options of a kind of detector, but for those that say what it looks at; none where there is no such kind. */
export function detectorOptions(type: unknown): string[] {
  const kind = detector.options.find(({ shape }) => shape.type.value === type);
  return Object.keys(kind?.shape ?? {}).filter((option) => !["type", "group-by", "field", "fields"].includes(option));
}

const names = z.array(text).min(1, "must name a rule");

const common = z.strictObject({
  field: z.string().describe("Field whose value is looked up"),
  rule: text.optional().describe("Rule with detection whose flows are counted; without it those of this rule"),
  as: z.string().optional().describe("Field of the counted flows that the value stands in; without it the same field"),
  by: z.string().describe("Field of the counted flows whose different values are counted"),
  gte: count.min(1).max(1_000).describe("So many make it common"),
});

const flow = z.strictObject({
  dedup: fieldNames.optional().describe("Fields whose values make two matches the same incident"),
  throttle: timespan.optional().describe("How long further matches of an incident stay silent, in event time"),
  unless: names
    .optional()
    .describe("Rules after which this one is silent, while they are, about the same values of their dedup fields"),
  routine: z.boolean().optional().describe("Told once, and no more while it comes as on the day or in the week before"),
  spread: z
    .strictObject({
      field: z.string().describe("Field whose different values are counted over the flows of an incident"),
      growth: count.min(2).max(1_000).optional().describe("Tell again when there are so many times as many"),
    })
    .optional()
    .describe("What an alert counts of its incident"),
  common: z
    .union([common.transform((one) => [one]), z.array(common).min(1)])
    .optional()
    .describe("Flows that are left out, for what many do is no attack; of a rule with detection. One, or a list of them"),
  runbook: runbook.optional().describe("Page of the runbooks folder, or an https URL"),
  detector: detector.optional().describe("What Sigma cannot say: baseline, new_terms, beacon, digest"),
});

const meta = {
  title: text.max(256).describe("What the rule detects, in a few words"),
  id: z.uuid("must be a UUID").optional().describe("Globally unique identifier"),
  name: name.describe("What flows carry in `detections` and what correlations refer to"),
  status: z.enum(["stable", "test", "experimental", "deprecated", "unsupported"]).optional(),
  description: text.max(65_535).optional(),
  author: text.optional(),
  references: z.array(text).optional(),
  date: z.iso.date("must be YYYY-MM-DD").optional(),
  modified: z.iso.date("must be YYYY-MM-DD").optional(),
  tags: z.array(tag).optional(),
  falsepositives: z.union([text.transform((value) => [value]), z.array(text)]).optional(),
  level: z.enum(LEVELS).optional(),
  flow: flow.optional().describe("What flowferry adds to Sigma"),
};

const logsource = z.strictObject({
  category: z.literal("network_connection"),
  product: z.literal("flowferry"),
  definition: text.optional(),
});

/** A document with `detection`. Its searches and its condition are read apart. */
export const detectionDocument = z.strictObject({
  ...meta,
  logsource,
  detection: z.looseObject({ condition: z.union([text, z.array(text).min(1)]) }),
});

/** A document with `correlation`. */
export const correlationDocument = z.strictObject({
  ...meta,
  correlation: z.strictObject({
    type: z.enum(["event_count", "value_count", "value_sum", "temporal", "temporal_ordered"]),
    rules: names,
    "group-by": fieldNames,
    timespan,
    aliases: z.record(name, z.record(z.string(), z.string())).optional(),
    generate: z.boolean().optional(),
    condition: z
      .strictObject({ gte: count.min(1).optional(), gt: count.min(0).optional(), field: z.string().optional() })
      .optional(),
  }),
});

/** A document with `filter`: an exception for the rules it names. */
export const filterDocument = z.strictObject({
  title: text.max(256),
  id: z.uuid("must be a UUID").optional(),
  name: name.optional(),
  description: text.max(65_535).optional(),
  author: text.optional(),
  date: z.iso.date("must be YYYY-MM-DD").optional(),
  modified: z.iso.date("must be YYYY-MM-DD").optional(),
  logsource,
  filter: z.looseObject({ rules: z.union([z.literal("any"), names]), condition: text }),
});

export type DetectionDocument = z.infer<typeof detectionDocument>;
export type CorrelationDocument = z.infer<typeof correlationDocument>;
export type FilterDocument = z.infer<typeof filterDocument>;
export type DetectorBlock = z.infer<typeof detector>;
