import { expect, test } from "vitest";
import type { Source } from "../../../src/contracts/source.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { inletOf, memorySink, memorySource, OPTIONS, partsOf } from "../delivery/parts.ts";

const never = new AbortController().signal;
const refused = new Failure("person", "not-authorized", "401: the key is not valid");
const denied = new Failure("object", "object-denied", "403");
const busy = new Failure("passing", "busy", "503");

/** A source of its own store: its uids are those of no other. */
function sourceOf(name: string, objects: Record<string, number>): Source {
  return { ...memorySource(new Map(Object.entries(objects))), name: `memory://${name}` };
}

function uidsOf(name: string, objects: Record<string, number>): string[] {
  return Object.entries(objects).flatMap(([key, records]) =>
    Array.from(
      { length: records },
      (_, index) => originOf(`memory://${name}`, key, "1").digest + (index + 1).toString(16).padStart(8, "0"),
    ),
  );
}

/** A worker with these sources and one sink. */
function workerOf(sources: Record<string, Source>, out = memorySink()) {
  const named = Object.entries(sources);
  const ledger = openLedger({ path: ":memory:", sources: named.map(([name, source]) => ({ name, store: source.name })) });
  const [first] = Object.values(sources);
  if (first === undefined) throw new Error("a source is needed");
  const parts = { ...partsOf(first, { out: out.sink }, ledger), inlets: named.map(([name, source]) => inletOf(source, name)) };
  return { parts, out };
}

const failingTo = (source: Source, call: "discover" | "open", isDown: () => Failure | undefined): Source => ({
  ...source,
  discover(seen, signal) {
    const failure = call === "discover" ? isDown() : undefined;
    if (failure !== undefined) throw failure;
    return source.discover(seen, signal);
  },
  open(object, signal) {
    const failure = call === "open" ? isDown() : undefined;
    if (failure !== undefined) throw failure;
    return source.open(object, signal);
  },
});

test("a job brings every record of every source, also of objects that are called the same", async () => {
  const objects = { a: 25, b: 40 };
  const { parts, out } = workerOf({ oci: sourceOf("oci", objects), ibm: sourceOf("ibm", objects) });
  const totals = await runPipeline(parts, OPTIONS, never);
  expect(out.uids.toSorted()).toEqual([...uidsOf("oci", objects), ...uidsOf("ibm", objects)].toSorted());
  expect(totals).toMatchObject({
    objects: 4,
    records: 130,
    sources: { oci: { objects: 2, records: 65, parked: 0 }, ibm: { objects: 2, records: 65 } },
    sinks: { out: { delivered: 130 } },
  });
});

test.each([
  ["cannot be listed", "discover", busy, "source ibm"],
  ["lets nobody in", "discover", refused, "source ibm"],
  ["cannot be read", "open", busy, "objects of ibm"],
] as const)(
  "while one source %s the others go on, and it alone is a problem until it is back",
  async (_, call, failure, part) => {
    let down = true;
    const [oci, ibm] = [
      { a: 30, b: 30 },
      { a: 20, c: 20 },
    ];
    const broken = failingTo(sourceOf("ibm", ibm), call, () => (down ? failure : undefined));
    const { parts, out } = workerOf({ oci: sourceOf("oci", oci), ibm: broken });
    const stop = new AbortController();
    const running = runPipeline(parts, { ...OPTIONS, untilCaughtUp: false }, stop.signal);
    await expect.poll(() => out.uids.toSorted()).toEqual(uidsOf("oci", oci).toSorted());
    await expect.poll(() => parts.health.problems.map((problem) => problem.part)).toEqual([part]);
    down = false;
    await expect.poll(() => out.uids.toSorted()).toEqual([...uidsOf("oci", oci), ...uidsOf("ibm", ibm)].toSorted());
    await expect.poll(() => parts.health.problems).toEqual([]);
    stop.abort();
    await running;
  },
);

test("a source that hangs holds up no other", async () => {
  const oci = { a: 30, b: 30, c: 30, d: 30, e: 30 };
  const open: Source["open"] = (_object, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const hanging: Source = { ...sourceOf("ibm", oci), open };
  const { parts, out } = workerOf({ ibm: hanging, oci: sourceOf("oci", oci) });
  const stop = new AbortController();
  const running = runPipeline(parts, { ...OPTIONS, untilCaughtUp: false, shutdownMs: 1 }, stop.signal);
  await expect.poll(() => out.uids.toSorted()).toEqual(uidsOf("oci", oci).toSorted());
  stop.abort();
  await running;
});

test("a job with a source that was never let in brings what the others have, and ends with its error", async () => {
  const oci = { a: 30, b: 30 };
  const closed = failingTo(sourceOf("ibm", { z: 1 }), "discover", () => refused);
  const { parts, out } = workerOf({ ibm: closed, oci: sourceOf("oci", oci) });
  await expect(runPipeline(parts, OPTIONS, never)).rejects.toBe(refused);
  expect(out.uids.toSorted()).toEqual(uidsOf("oci", oci).toSorted());
  expect(parts.ledger.status().sinks).toMatchObject([{ delivered: 60, pendingObjects: 0 }]);
});

test("a job waits for a source that is down in passing, and finds what came to the others meanwhile", async () => {
  let failures = 0;
  const slow = failingTo(sourceOf("ibm", { z: 5 }), "discover", () => (failures++ < 20 ? busy : undefined));
  const objects = new Map([["a", 10]]);
  const growing: Source = { ...memorySource(objects), name: "memory://oci" };
  const { parts, out } = workerOf({ ibm: slow, oci: growing });
  const running = runPipeline(parts, OPTIONS, never);
  await expect.poll(() => out.uids).toHaveLength(10);
  objects.set("b", 10);
  expect(await running).toMatchObject({ objects: 3, records: 25 });
  expect(out.uids.toSorted()).toEqual([...uidsOf("oci", { a: 10, b: 10 }), ...uidsOf("ibm", { z: 5 })].toSorted());
});

test("of a source that is not configured any more nothing is read, and nobody waits for it", async () => {
  const [oci, ibm] = [sourceOf("oci", { a: 10 }), sourceOf("ibm", { a: 10, b: 10 })];
  const { parts, out } = workerOf({ oci, ibm: failingTo(ibm, "open", () => denied) });
  const first = runPipeline(parts, OPTIONS, never);
  expect(await first).toMatchObject({ parked: 2, sources: { ibm: { parked: 2 }, oci: { parked: 0 } } });
  const alone = { ...parts, inlets: [inletOf(oci, "oci")] };
  expect(await runPipeline(alone, OPTIONS, never)).toMatchObject({ objects: 0, sources: { oci: { objects: 0 } } });
  const both = { ...parts, inlets: [inletOf(oci, "oci"), inletOf(ibm, "ibm")] };
  expect(await runPipeline(both, OPTIONS, never)).toMatchObject({ objects: 2, records: 20, parked: 0 });
  expect(out.uids.toSorted()).toEqual([...uidsOf("oci", { a: 10 }), ...uidsOf("ibm", { a: 10, b: 10 })].toSorted());
});
