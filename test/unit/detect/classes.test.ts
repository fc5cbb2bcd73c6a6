import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition } from "../../../src/detect/condition.ts";
import { type FieldRef, resolveField } from "../../../src/detect/fields.ts";
import { classify, MISSING, OTHER } from "../../../src/detect/stream/classes.ts";
import { compileCondition } from "../../../src/detect/stream/compile.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { runs } from "../../runs.ts";
import { flowMaker } from "./support.ts";

const field = resolveField("destinationPort") as FieldRef;
const number = fc.integer({ min: 0, max: 70_000 });
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.array(number, { minLength: 1, maxLength: 5 }).map((values): Condition => ({ kind: "one-of", field, values })),
  fc
    .tuple(fc.constantFrom("gt", "gte", "lt", "lte"), fc.oneof(number, fc.double({ min: -2, max: 70_000, noNaN: true })))
    .map(([operator, value]): Condition => ({ kind: "compare", field, operator, value })),
  fc.constant<Condition>({ kind: "exists", field }),
);

function flowTo(port: number | undefined): Flow {
  const flow = flowMaker()(0);
  flow.destinationPort = port;
  return flow;
}

describe("classes", () => {
  test("hold numbers of which no condition tells another thing than of their example", () => {
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 6 }), fc.array(fc.integer({ min: 0, max: 65_535 })), (conditions, ports) => {
        const classes = classify(conditions, "destinationPort", 65_535);
        const named = conditions.flatMap((each) => (each.kind === "one-of" ? each.values.map(Number) : []));
        const limits = conditions.flatMap((each) =>
          each.kind === "compare" ? [Math.floor(each.value), Math.ceil(each.value)] : [],
        );
        const around = [...named, ...limits].flatMap((value) => [value - 1, value, value + 1]);
        for (const port of [...ports, ...around.filter((value) => value >= 0 && value <= 65_535), 0, 65_535]) {
          const number = classes.of(port);
          expect(number).toBeLessThan(classes.count);
          expect([MISSING, OTHER]).not.toContain(number);
          for (const each of conditions) {
            const holds = compileCondition(each);
            expect(holds(flowTo(port))).toBe(holds(flowTo(classes.example(number))));
          }
        }
      }),
      { numRuns: runs(500) },
    );
  });

  test("are few", () => {
    const ports: Condition[] = [
      { kind: "one-of", field, values: [22, 3389] },
      { kind: "one-of", field, values: [3389, 445] },
    ];
    const { of } = classify(ports, "destinationPort", 65_535);
    expect(new Set([22, 3389, 445, 80, 65_535, undefined, 65_536, 1.5].map(of))).toHaveProperty("size", 6);
    expect(of(80)).toBe(of(65_535));
    expect([of(undefined), of(65_536), of(1.5), of(-1)]).toEqual([MISSING, OTHER, OTHER, OTHER]);
  });
});
