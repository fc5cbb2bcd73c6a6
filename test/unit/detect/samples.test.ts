import fc from "fast-check";
import { expect, test } from "vitest";
import { sampleOf } from "../../../src/detect/match.ts";
import { Samples } from "../../../src/detect/stream/samples.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { flowAt } from "./support.ts";

const origin = originOf("test://bucket", "object", "1");

test("shows the latest flows, oldest first, however many are asked for each time", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 20 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 5 }), (mosts, restored) => {
      let expected = Array.from({ length: restored }, (_, index) => sampleOf(flowAt(origin, index + 1, index, {})));
      const samples = new Samples(expected);
      for (const [index, most] of mosts.entries()) {
        const flow = flowAt(origin, 100 + index, 100 + index, {});
        samples.add(flow, most);
        if (most > 0) expected = [...expected, sampleOf(flow)].slice(-most);
        expect(samples.shown()).toEqual(expected);
      }
    }),
  );
});
