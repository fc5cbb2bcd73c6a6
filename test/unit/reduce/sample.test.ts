import { expect, test } from "vitest";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { reductionOf } from "../../../src/reduce/reduction.ts";
import { sampler } from "../../../src/reduce/sample.ts";

const flows = ["a", "b", "c", "d"].flatMap((key) => {
  const origin = originOf("memory://b", key, "1");
  return Array.from({ length: 5000 }, (_, index) => new Flow(origin, index + 1, EMPTY_CONTEXT, 0));
});
const chosenBy = (oneIn: number, among = flows) => new Set(among.filter(sampler(oneIn)).map(({ uid }) => uid));

test.each([2, 10, 100])("one of %i is chosen of each object, within what chance allows", (oneIn) => {
  const chosen = chosenBy(oneIn);
  for (let start = 0; start < flows.length; start += 5000) {
    const own = flows.slice(start, start + 5000).filter(({ uid }) => chosen.has(uid)).length;
    const expected = 5000 / oneIn;
    // Five standard deviations of a binomial distribution.
    expect(Math.abs(own - expected)).toBeLessThan(5 * Math.sqrt(expected * (1 - 1 / oneIn)));
  }
});

test("the choice depends on the record alone: in any order, in any process, and a smaller sample is a part of a larger one", () => {
  expect(chosenBy(10, flows.toReversed())).toEqual(chosenBy(10));
  expect(chosenBy(40).isSubsetOf(chosenBy(10))).toBe(true);
  expect(chosenBy(10, flows.slice(0, 40))).toEqual(
    new Set([...chosenBy(10)].filter((uid) => flows.slice(0, 40).some((flow) => flow.uid === uid))),
  );
});

test("objects are not alike in which of their records are chosen", () => {
  const numbers = (start: number) =>
    flows
      .slice(start, start + 5000)
      .filter(sampler(10))
      .map(({ record }) => record);
  expect(numbers(0)).not.toEqual(numbers(5000));
});

test("a record that says that flows were lost is always sent, and stands for itself", () => {
  const reduction = reductionOf({ sample: { oneIn: 1_000_000 } });
  const lost = flows
    .slice(0, 100)
    .map((flow) => Object.assign(new Flow(flow.origin, flow.record, EMPTY_CONTEXT, 0), { status: "SKIPDATA" }));
  expect(new Set(lost.map((flow) => reduction?.heldBack(flow as Flow)))).toEqual(new Set([undefined]));
  expect(reduction?.reduced(lost[0] as Flow).samplingRate).toBeUndefined();
});

test("the rate stands on each record, and not on the flow that others have", () => {
  const reduction = reductionOf({ sample: { oneIn: 10 } });
  const [flow] = flows as [Flow];
  expect(reduction?.reduced(flow).samplingRate).toBe(10);
  expect(flow.samplingRate).toBeUndefined();
  expect(new Set(flows.map((one) => reduction?.heldBack(one)))).toEqual(new Set(["sampled", undefined]));
});
