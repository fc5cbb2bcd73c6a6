import fc from "fast-check";
import { and, type Condition, not, or } from "../../../src/detect/condition.ts";
import { type FieldRef, resolveField } from "../../../src/detect/fields.ts";
import type { DetectionRule } from "../../../src/detect/rule.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { rules } from "./support.ts";

/** Texts that languages quote: what stands in flows and, in part, in conditions. */
const ODD = [
  "plain",
  "Mixed Case",
  "o'brien",
  'say "hi"',
  "back\\slash",
  "trailing\\",
  "100%_sure*?",
  "{braces} [brackets] (parens)",
  "a|b && c || !d",
  "$money ^caret `tick`",
  "line\nbreak\ttab",
  "Ünïcode ß 日本 🚀",
  "null",
  "-1",
  "10.0.0.1",
  "a:b/c,d;e--f#g",
];

function ref(name: string): FieldRef {
  const found = resolveField(name);
  if (typeof found === "string") throw new Error(found);
  return found;
}

const TEXTS = [ref("sourceServer"), ref("destinationServer"), ref("sourceColumns.Cost Center")];
const NUMBERS = [ref("bytes"), ref("destinationPort"), ref("packets")];
const COUNTS = [0, 1, 22, 443, 65535, 2 ** 32, Number.MAX_SAFE_INTEGER];

/** Flows in which every field is missing now and then; the numbers of a flow are in decimal order nowhere. */
export const oddFlows: readonly Flow[] = Array.from({ length: 48 }, (_, n) => {
  const flow = new Flow(originOf("test://odd", "odd", "1"), n + 1, EMPTY_CONTEXT, Date.UTC(2026, 0, 5) + n * 1_000);
  const pick = <T>(values: readonly T[], step: number): T | undefined =>
    n % step === 0 ? undefined : values[(n * step) % values.length];
  flow.sourceServer = pick(ODD, 5);
  flow.destinationServer = n % 4 === 0 ? flow.sourceServer?.toUpperCase() : pick(ODD, 3);
  const cost = pick(ODD, 7);
  if (cost !== undefined) flow.sourceColumns = { "Cost Center": cost };
  flow.bytes = pick(COUNTS, 5);
  flow.packets = pick(COUNTS, 3);
  flow.destinationPort = pick([0, 22, 443, 65535], 7);
  flow.action = pick(["accept", "reject"] as const, 3);
  flow.initiated = pick([true, false], 5);
  return flow;
});

const oddText = fc.oneof(
  fc.constantFrom(...ODD),
  fc.constantFrom(...ODD).map((text) => text.toUpperCase()),
);
const oddPart = fc.tuple(oddText, fc.nat(10), fc.integer({ min: 1, max: 6 })).map(([text, from, length]) =>
  [...text]
    .slice(from % [...text].length)
    .slice(0, length)
    .join(""),
);

const pattern = (multiline: fc.Arbitrary<boolean>): fc.Arbitrary<Condition> =>
  fc.record({
    kind: fc.constant("re" as const),
    field: fc.constantFrom(...TEXTS),
    pattern: fc.constantFrom("^mixed", "^b", "b.b", "h.\\\\|o.b", "[\\s'\"]", "k.t", "e$"),
    ignoreCase: fc.boolean(),
    multiline,
    dotAll: fc.boolean(),
  });

const predicate: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    kind: fc.constant("one-of" as const),
    field: fc.constantFrom(...TEXTS),
    values: fc.uniqueArray(oddText, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("one-of" as const),
    field: fc.constantFrom(...NUMBERS),
    values: fc.uniqueArray(fc.constantFrom(...COUNTS), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("one-of" as const), field: fc.constant(ref("action")), values: fc.constant(["accept"]) }),
  fc.record({ kind: fc.constant("one-of" as const), field: fc.constant(ref("initiated")), values: fc.constant([false]) }),
  fc.record({
    kind: fc.constant("text" as const),
    field: fc.constantFrom(...TEXTS),
    operator: fc.constantFrom("contains" as const, "startswith" as const, "endswith" as const),
    value: oddPart,
  }),
  fc.record({
    kind: fc.constant("compare" as const),
    field: fc.constantFrom(...NUMBERS),
    operator: fc.constantFrom("gt" as const, "gte" as const, "lt" as const, "lte" as const),
    value: fc.constantFrom(...COUNTS),
  }),
  fc.record({ kind: fc.constant("exists" as const), field: fc.constantFrom(...TEXTS, ...NUMBERS) }),
  pattern(fc.constant(false)),
  fc.record({ kind: fc.constant("fieldref" as const), field: fc.constant(ref("bytes")), other: fc.constant(ref("packets")) }),
);

/** What not every dialect can say: two texts compared with each other, and ends of lines within a text. */
const rare: fc.Arbitrary<Condition> = fc.oneof(
  fc.constant({ kind: "fieldref" as const, field: ref("sourceServer"), other: ref("destinationServer") }),
  pattern(fc.constant(true)),
);

/** Conditions over the odd flows. */
export function oddCondition(options: { readonly rare: boolean }): fc.Arbitrary<Condition> {
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      options.rare ? fc.oneof({ weight: 8, arbitrary: predicate }, { weight: 1, arbitrary: rare }) : predicate,
      fc.array(tie("condition"), { minLength: 2, maxLength: 3 }).map(and),
      fc.array(tie("condition"), { minLength: 2, maxLength: 3 }).map(or),
      tie("condition").map(not),
    ),
  }));
  return condition;
}

const [anyRule] = rules.filter((rule) => rule.kind === "detection");

export function ruleOf(condition: Condition): DetectionRule {
  if (anyRule === undefined) throw new Error("there is no rule");
  return { ...anyRule, name: "odd", dedup: "group", condition, alerts: true };
}
