import fc from "fast-check";
import type { FieldRef } from "../../../src/detect/fields.ts";
import { resolveField } from "../../../src/detect/fields.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import type { GroupKey, Measure, Search, TimeGroup } from "../../../src/searches/search.ts";
import { oddCondition, oddFlows } from "../dialects/odd.ts";

function ref(name: string): FieldRef {
  const found = resolveField(name);
  if (typeof found === "string") throw new Error(found);
  return found;
}

/** The odd flows again, hours and days apart. A backend that keeps no empty texts takes them as they are. */
export const spreadFlows: readonly Flow[] = [0, 1, 2].flatMap((turn) =>
  oddFlows.map((flow, index) => {
    const record = turn * oddFlows.length + index + 1;
    const at = flow.time + turn * 50_000_000 + index * 1_799_999;
    const copy = new Flow(originOf("test://spread", "odd", "1"), record, EMPTY_CONTEXT, at);
    for (const name of ["sourceServer", "sourceColumns", "packets", "destinationPort", "action", "initiated"] as const)
      Object.assign(copy, { [name]: flow[name] });
    // Sums stay exact in floating point.
    copy.bytes = flow.bytes === undefined ? undefined : Number(flow.bytes) % 1_000_003;
    return copy;
  }),
);

const GROUPS = ["sourceServer", "destinationPort", "action", "initiated", "sourceColumns.Cost Center"].map(ref);
const NUMBERS = ["bytes", "destinationPort"].map(ref);
const COUNTED = ["bytes", "destinationPort", "sourceServer", "action"].map(ref);

const condition = oddCondition({ rare: false });
const where = fc.option(condition, { nil: undefined });

const key = fc.constantFrom(...GROUPS).chain((field): fc.Arbitrary<Omit<GroupKey, "label">> => {
  if (field.class === "boolean") return fc.constant({ field, names: undefined });
  const cases: [string | number, string][] =
    field.class === "number"
      ? [
          [22, "SSH"],
          [443, "Web or so"],
        ]
      : [
          ["plain", "Plain"],
          ["accept", "In"],
          ["10.0.0.1", "Ten"],
        ];
  const names = { cases: new Map(cases), otherwise: "Other" };
  return fc.constantFrom({ field, names: undefined }, { field, names });
});

const measure: fc.Arbitrary<Omit<Measure, "label">> = fc.oneof(
  fc.record({ kind: fc.constant("count" as const), where }),
  fc.record({ kind: fc.constant("share" as const), where: condition }),
  fc.record({ kind: fc.constantFrom("sum" as const, "min" as const, "max" as const), field: fc.constantFrom(...NUMBERS), where }),
  fc.record({ kind: fc.constant("distinct" as const), field: fc.constantFrom(...COUNTED), where }),
  fc.record({ kind: fc.constantFrom("earliest" as const, "latest" as const) }),
);

const time: fc.Arbitrary<TimeGroup | undefined> = fc.constantFrom(
  undefined,
  { kind: "interval" as const, ms: 900_000 },
  { kind: "interval" as const, ms: 86_400_000 },
  { kind: "hour-of-week" as const },
);

/** Searches over the spread flows: small, and of every kind. */
export const oddSearch: fc.Arbitrary<Search> = fc
  .record({
    condition,
    time,
    keys: fc.uniqueArray(key, { maxLength: 3, selector: ({ field, names }) => `${field.name} ${names !== undefined}` }),
    measures: fc.array(measure, { minLength: 1, maxLength: 3 }),
    sorted: fc.option(fc.nat(2), { nil: undefined }),
    limit: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    deviations: fc.option(fc.constantFrom(0.5, 1), { nil: undefined }),
  })
  .map(({ condition: meets, time: group, keys, measures: kinds, sorted, limit, deviations }): Search => {
    const measures = kinds.map((one, index) => ({ ...one, label: `Measure ${index + 1}` }) as Measure);
    const sort = sorted === undefined ? undefined : measures[sorted];
    const judged = measures.find(({ kind }) => kind === "count" || kind === "sum" || kind === "distinct");
    const grouped = group !== undefined || keys.length > 0;
    return {
      id: "odd",
      title: "Odd",
      description: "Odd.",
      visualisation: "table",
      periodMs: 30 * 86_400_000,
      file: "odd.yml",
      line: 1,
      condition: meets,
      time: group,
      by: keys.map((one, index) => ({ ...one, label: `Group ${index + 1}` })),
      measures,
      outliers: judged && deviations !== undefined && group?.kind === "interval" ? { measure: judged, deviations } : undefined,
      sort: grouped ? sort : undefined,
      limit: grouped && sort !== undefined ? limit : undefined,
    };
  });
