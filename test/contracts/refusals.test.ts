import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Decoder } from "../../src/contracts/decoder.ts";
import { EMPTY_CONTEXT, Flow } from "../../src/flow/flow.ts";
import { tailOptions } from "../../src/intake/tail/options.ts";
import { tailing } from "../../src/intake/tail/source.ts";
import { LAYOUTS } from "../../src/registry.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { inletOf, memorySink, OPTIONS, partsOf } from "../unit/delivery/parts.ts";
import { type OpenBucket, STORES } from "./stores.ts";

/** Each object is one record. */
const decode: Decoder = async function* (bytes, origin) {
  await Array.fromAsync(bytes);
  yield { flows: [new Flow(origin, 1, EMPTY_CONTEXT, 1)], bad: [], quality: [], skipped: {}, through: 1 };
};
const REFUSALS: Record<string, string[]> = {
  directory: ["not allowed"],
  s3: ["not allowed", "no credentials", "an expired token"],
  "oci-object-storage": ["not allowed", "no credentials", "no policy"],
};

describe.each(STORES)("a worker that may read nothing of the store $name any more", ({ name, open }) => {
  let bucket: OpenBucket;
  beforeEach(async () => {
    bucket = await open();
  });
  afterEach(() => bucket.close());
  const put = async (from: number, to: number) => {
    for (let number = from; number <= to; number += 1) await bucket.put(`k${100 + number}`, Buffer.from("x"));
  };

  it.each(REFUSALS[name] ?? [])("pauses, says so, and has everything when that heals: %s", async (refusal) => {
    const source = tailing(bucket.store, LAYOUTS, tailOptions(LAYOUTS).parse({}), { onEvent: () => {} });
    const out = memorySink();
    const parts = { ...partsOf(source, { out: out.sink }), inlets: [{ ...inletOf(source), decode }] };
    const options = { ...OPTIONS, untilCaughtUp: false, objects: 2, pollMs: 50, retry: { initialMs: 20, maxMs: 50 } };
    const work = () => {
      const stop = new AbortController();
      const ended = runPipeline(parts, options, stop.signal);
      return async () => {
        stop.abort();
        await ended;
      };
    };
    await put(1, 2);
    let end = work();
    await expect.poll(() => out.uids.length).toBe(2);
    await end();
    await put(3, 30);
    await bucket.refusals[refusal]?.();
    end = work();
    try {
      await expect.poll(() => parts.health.problems).toMatchObject([{ part: "objects", drawer: "person" }]);
      await expect.poll(() => parts.health.problems[0]?.reason).toContain("the source pauses until one can");
      // Two readers: when five objects were refused the other one may still have been at a sixth.
      expect(parts.ledger.countParked()).toBeOneOf([5, 6]);
      await bucket.heal();
      await expect.poll(() => parts.ledger.status()).toMatchObject({ parked: 0, sinks: [{ delivered: 30, pendingObjects: 0 }] });
      expect([out.uids.length, parts.ledger.countDeadLetters({}), parts.health.problems]).toEqual([30, 0, []]);
    } finally {
      await bucket.heal();
      await end();
    }
  });
});
