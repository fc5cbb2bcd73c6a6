import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Elsewhere } from "../../../src/delivery/relay.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";

const never = new AbortController().signal;
const bucketOf = (objects: number, records: number) =>
  new Map(Array.from({ length: objects }, (_, index) => [`o${String(index).padStart(2, "0")}`, records]));

/** Wants every third record, and keeps what arrives. */
function elsewhereOf(send: (signal: AbortSignal) => Promise<void> = async () => {}): Elsewhere & { uids: string[] } {
  const uids: string[] = [];
  return {
    uids,
    failing: false,
    sift: ({ record }) => record % 3 === 0,
    async send(flows, signal) {
      await send(signal);
      signal.throwIfAborted();
      uids.push(...flows.map(({ uid }) => uid));
    },
  };
}

/** A third of the records of each object. */
const wanted = (uids: readonly string[]) => uids.filter((uid) => Number.parseInt(uid.slice(24), 16) % 3 === 0).toSorted();

test("what the rules elsewhere want is sent once, in order of each object, and nothing else", async () => {
  const { sink, uids } = memorySink();
  const elsewhere = elsewhereOf();
  await runPipeline({ ...partsOf(memorySource(bucketOf(20, 50)), { sink }), elsewhere }, OPTIONS, never);
  expect(uids.length).toBe(1_000);
  expect(elsewhere.uids.toSorted()).toEqual(wanted(uids));
  for (const own of Map.groupBy(elsewhere.uids, (uid) => uid.slice(0, 24)).values()) expect(own).toEqual(own.toSorted());
});

test("an object is not done before what is to be sent of it has arrived, and is sent by the next run", async () => {
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  const objects = bucketOf(4, 30);
  const stop = new AbortController();
  const { sink, uids } = memorySink();
  const stuck = elsewhereOf(
    (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const options = { ...OPTIONS, untilCaughtUp: false, shutdownMs: 50 };
  const running = runPipeline({ ...partsOf(memorySource(objects), { sink }), ledger, elsewhere: stuck }, options, stop.signal);
  while (uids.length < 120) await sleep(5);
  const standing = (key: string) => ledger.of("bucket").standing({ key, etag: "1" });
  await sleep(300);
  expect([...objects.keys()].map((key) => standing(key) !== undefined)).toEqual([true, true, true, true]);
  stop.abort();
  await running;
  expect(stuck.uids).toEqual([]);
  const elsewhere = elsewhereOf();
  await runPipeline({ ...partsOf(memorySource(objects), { sink }), ledger, elsewhere }, OPTIONS, never);
  expect(elsewhere.uids.toSorted()).toEqual(wanted(uids));
  expect(uids.length).toBe(120);
  expect([...objects.keys()].map(standing)).toEqual([undefined, undefined, undefined, undefined]);
});

test("while what it sends to is away, the sinks go on", async () => {
  const opening = Promise.withResolvers<void>();
  const { sink, uids } = memorySink(undefined, { records: 500 });
  const elsewhere = { ...elsewhereOf(() => opening.promise), failing: true, sift: () => true };
  const objects = bucketOf(3, 8_000);
  const running = runPipeline({ ...partsOf(memorySource(objects, 500), { sink }), elsewhere }, OPTIONS, never);
  while (uids.length < 24_000) await sleep(20);
  expect(elsewhere.uids).toEqual([]);
  opening.resolve();
  await running;
  expect(new Set(elsewhere.uids)).toEqual(new Set(uids));
  // What was read for the sink alone was not taken: but for the pieces at which it fell behind, each comes once.
  expect(elsewhere.uids.length).toBeLessThanOrEqual(24_000 + 3 * 500);
});
