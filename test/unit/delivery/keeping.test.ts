import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";
import { RolledFiles } from "./rolled-files.ts";

const never = new AbortController().signal;
const OBJECTS = 12;
const RECORDS = 50;
const bucket = () =>
  memorySource(new Map(Array.from({ length: OBJECTS }, (_, index) => [`o${String(index).padStart(2, "0")}`, RECORDS])));
const newLedger = () => openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
const partsWith = (files: RolledFiles, ledger: Ledger, sinks = {}) => ({ ...partsOf(bucket(), sinks, ledger), keepers: [files] });
const pendingOf = (ledger: Ledger) =>
  ledger.of("bucket").pending("files", { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 100 });

test("a run keeps every flow once, commits each object when its last file is durable, and ends with nothing held", async () => {
  const files = new RolledFiles({ rollAt: 70, room: 200 });
  const out = memorySink();
  const ledger = newLedger();
  const { keepers } = await runPipeline(partsWith(files, ledger, { out: out.sink }), OPTIONS, never);
  expect(keepers).toEqual({ files: { kept: OBJECTS * RECORDS, filtered: 0, files: undefined, waiting: 0 } });
  expect(files.kept).toHaveLength(OBJECTS * RECORDS);
  expect(new Set(files.kept)).toEqual(new Set(out.uids));
  expect([files.held, pendingOf(ledger)]).toEqual([0, []]);
  expect(ledger.status().sinks).toMatchObject([
    { name: "files", delivered: OBJECTS * RECORDS, pendingObjects: 0 },
    { name: "out", delivered: OBJECTS * RECORDS, pendingObjects: 0 },
  ]);
});

test("memory is bounded by its room, but for a piece of each object that is read", async () => {
  const files = new RolledFiles({ rollAt: 1_000_000, room: 60 });
  await runPipeline(partsWith(files, newLedger()), OPTIONS, never);
  expect(files.kept).toHaveLength(OBJECTS * RECORDS);
  // Three objects are read side by side, in pieces of seven records.
  expect(files.most).toBeLessThanOrEqual(60 + 3 * 7);
});

test("reading goes on while nothing is acknowledged, and a stop flushes what is held", async () => {
  const files = new RolledFiles({ rollAt: 1, room: 1_000_000 });
  files.stuck = true;
  const ledger = newLedger();
  const stop = new AbortController();
  const running = runPipeline(partsWith(files, ledger), { ...OPTIONS, untilCaughtUp: false }, stop.signal);
  await vi.waitFor(() => expect(files.held).toBe(OBJECTS * RECORDS));
  expect(pendingOf(ledger)).toHaveLength(OBJECTS);
  expect(ledger.position("files", 1)).toEqual({ position: 0, settled: 0 });
  expect(files.flushes).toBe(0);
  stop.abort();
  await running;
  expect([files.flushes, files.held, files.kept.length]).toEqual([1, 0, OBJECTS * RECORDS]);
  expect(pendingOf(ledger)).toEqual([]);
});

test("what is waited for until it is durable are numbers: the flows are not kept", async () => {
  const files = new RolledFiles({ rollAt: 1, room: 1_000_000 });
  files.stuck = true;
  const taken: WeakRef<object>[] = [];
  const take = files.take.bind(files);
  files.take = (flows, durable) => {
    taken.push(...flows.map((flow) => new WeakRef(flow)));
    take(flows, durable);
  };
  const stop = new AbortController();
  const running = runPipeline(partsWith(files, newLedger()), { ...OPTIONS, untilCaughtUp: false }, stop.signal);
  await vi.waitFor(() => expect(files.held).toBe(OBJECTS * RECORDS));
  setFlagsFromString("--expose-gc");
  await vi.waitFor(() => {
    (runInNewContext("gc") as () => void)();
    expect(taken.filter((reference) => reference.deref() !== undefined)).toHaveLength(0);
  });
  stop.abort();
  await running;
});

test("what was held when a run ended without a flush is taken again by the next, and what was durable is not", async () => {
  const ledger = newLedger();
  const lost = new RolledFiles({ rollAt: 40, room: 100 });
  // A process that dies flushes nothing.
  lost.flush = async () => {};
  const stop = new AbortController();
  const running = runPipeline(partsWith(lost, ledger), { ...OPTIONS, untilCaughtUp: false }, stop.signal);
  await vi.waitFor(() => expect(lost.kept.length).toBeGreaterThan(200));
  lost.stuck = true;
  stop.abort();
  await running;
  const positions = pendingOf(ledger).map(({ id, key }) => [key, ledger.position("files", id)?.position ?? 0] as const);
  const durable = new Set(lost.kept.map((uid) => uid));
  const next = new RolledFiles({ rollAt: 40, room: 100 });
  await runPipeline(partsWith(next, ledger), OPTIONS, never);
  // Nothing twice by the second run, and by both together every flow at least once.
  expect(new Set(next.kept).size).toBe(next.kept.length);
  expect(new Set([...lost.kept, ...next.kept]).size).toBe(OBJECTS * RECORDS);
  // What stood before a position was durable.
  const again = positions.reduce((sum, [, position]) => sum + RECORDS - position, 0);
  expect(next.kept).toHaveLength(again);
  expect(next.kept.length).toBeGreaterThanOrEqual(OBJECTS * RECORDS - durable.size);
  expect(pendingOf(ledger)).toEqual([]);
});

test("a slow keeper holds up no sink: it falls behind, and reads again by itself", async () => {
  const files = new RolledFiles({ rollAt: 1_000_000, room: 20 });
  files.stuck = true;
  const out = memorySink();
  const stop = new AbortController();
  const ledger = newLedger();
  const running = runPipeline(
    partsWith(files, ledger, { out: out.sink }),
    { ...OPTIONS, untilCaughtUp: false, stallMs: 20 },
    stop.signal,
  );
  await vi.waitFor(() => expect(out.uids).toHaveLength(OBJECTS * RECORDS));
  expect(files.kept).toEqual([]);
  files.stuck = false;
  await files.flush(never);
  await vi.waitFor(() => expect(files.kept.length + files.held).toBe(OBJECTS * RECORDS));
  stop.abort();
  await running;
  expect(new Set(files.kept).size).toBe(OBJECTS * RECORDS);
  expect(files.kept).toHaveLength(OBJECTS * RECORDS);
});

test("what no repetition heals ends the run", async () => {
  const files = new RolledFiles({ rollAt: 1_000_000, room: 1_000_000 });
  files.flush = async () => {
    throw new Error("the folder is gone");
  };
  await expect(runPipeline(partsWith(files, newLedger()), OPTIONS, never)).rejects.toThrow("the folder is gone");
});
