import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import type { Discovery, Seen, Source } from "../../../src/contracts/source.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { runs } from "../../runs.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";

const never = new AbortController().signal;
const denied = { drawer: "object", code: "object-denied", reason: "403" };
const keysOf = (count: number) => Array.from({ length: count }, (_, index) => `o${String(index).padStart(6, "0")}`);

/** A bucket of so many objects, of which none can be read but those that are named. */
function closedBucket(count: number, readable: readonly string[] = []): Source & { discovered: string[] } {
  const source = memorySource(new Map(keysOf(count).map((key) => [key, 3])));
  const open = source.open.bind(source);
  const discovered: string[] = [];
  return {
    ...source,
    discovered,
    async *discover(seen: Seen): AsyncGenerator<Discovery> {
      const found = keysOf(count).map((key) => ({ key, etag: "1", size: 3, time: 0, order: key }));
      for (let start = 0; start < found.length; start += 500) {
        const objects = found.slice(start, start + 500);
        discovered.push(...objects.map(({ key }) => key));
        yield { partition: "", objects: seen.unseen(objects), mark: `${start}` };
      }
    },
    open: async (object, signal) => {
      if (readable.includes(object.key)) return open(object, signal);
      throw new Failure("object", "object-denied", `${object.key}: 403`);
    },
  };
}

/** Counts the rows that the ledger gives out. */
function counting(ledger: Ledger) {
  const counts = { rows: 0, calls: 0 };
  const counted = <Part extends object>(part: Part): Part =>
    Object.fromEntries(
      Object.entries(part).map(([name, call]) => {
        if (typeof call !== "function") return [name, call];
        return [
          name,
          (...args: unknown[]) => {
            const result = call(...args);
            counts.calls += 1;
            if (Array.isArray(result)) counts.rows += result.length;
            return result;
          },
        ];
      }),
    ) as Part;
  const ofBucket = counted(ledger.of("bucket"));
  return { ledger: { ...counted(ledger), of: () => ofBucket }, counts };
}

test("a bucket of which nothing can be read costs the ledger so many rows and calls for each attempt, and no more", async () => {
  const objects = runs(1_500);
  const { ledger, counts } = counting(openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] }));
  const parts = partsOf(closedBucket(objects), { out: memorySink().sink }, ledger);
  let attempts = 0;
  const source = parts.inlets[0]?.source as Source;
  const open = source.open;
  source.open = (...args) => {
    attempts += 1;
    return open(...args);
  };
  const options = { ...OPTIONS, retry: { initialMs: 100, maxMs: 1_000 } };
  expect(await runPipeline(parts, options, never)).toMatchObject({ objects: 0, parked: objects });
  expect(attempts).toBeGreaterThanOrEqual(3 * objects);
  // Of an attempt: the object, who waits for it, that it is parked, when the next one is due.
  expect(counts.rows).toBeLessThan(6 * attempts);
  expect(counts.calls).toBeLessThan(20 * attempts);
});

test("after a restart with very many parked objects, what is new behind them is found and read", async () => {
  const count = 2_600;
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  ledger.register(["out"]);
  const known = keysOf(count - 1).map((key) => ({ key, etag: "1", size: 3, time: 0, order: key }));
  ledger.of("bucket").discover({ partition: "", objects: known });
  // The first of them waits for the sink, the others cannot be read.
  for (let id = 2; id < count; id += 1) ledger.of("bucket").park(id, { attempts: 3, nextAt: 0, ...denied });
  const last = `o00${count - 1}`;
  const source = closedBucket(count, ["o000000", last]);
  const out = memorySink();
  const stop = new AbortController();
  const running = runPipeline(partsOf(source, { out: out.sink }, ledger), { ...OPTIONS, untilCaughtUp: false }, stop.signal);
  await expect.poll(() => out.uids.length).toBe(6);
  stop.abort();
  await running;
  expect(ledger.status()).toMatchObject({ parked: count - 2, objects: count });
});

test("a job ends when only a sink that is no longer configured waits for an object that cannot be read", async () => {
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  const both = { out: memorySink().sink, old: memorySink().sink };
  expect(await runPipeline(partsOf(closedBucket(1), both, ledger), OPTIONS, never)).toMatchObject({ parked: 1 });
  const out = memorySink();
  const readable = closedBucket(1, ["o000000"]);
  const opened: string[] = [];
  const open = readable.open;
  readable.open = (object, signal) => {
    opened.push(object.key);
    return open(object, signal);
  };
  expect(await runPipeline(partsOf(readable, { out: out.sink }, ledger), OPTIONS, never)).toMatchObject({ parked: 0 });
  expect(out.uids).toHaveLength(3);
  expect(await runPipeline(partsOf(readable, { out: out.sink }, ledger), OPTIONS, never)).toMatchObject({ parked: 0 });
  expect(opened).toEqual(["o000000"]);
  // It still waits for the other sink, should that come back.
  const old = memorySink();
  await runPipeline(partsOf(readable, { old: old.sink }, ledger), OPTIONS, never);
  expect(old.uids).toHaveLength(3);
});

test("records of an object that was read for one sink alone are counted once, also when the other one joins meanwhile", async () => {
  const source = memorySource(new Map(keysOf(12).map((key) => [key, 40])));
  const open = source.open.bind(source);
  let refusals = 0;
  source.open = async (object, signal) => {
    if (object.key === "o000003" && refusals++ < 4) throw new Failure("object", "object-denied", "403");
    return open(object, signal);
  };
  let up = false;
  const down = memorySink(async () => {
    if (!up) throw new Failure("passing", "refused", "connection refused");
    return undefined;
  });
  const healthy = memorySink();
  const parts = partsOf(source, { down: down.sink, healthy: healthy.sink });
  const running = runPipeline(parts, { ...OPTIONS, stallMs: 10 }, never);
  await expect.poll(() => healthy.uids.length).toBe(480);
  up = true;
  expect(await running).toMatchObject({ objects: 12, records: 480, sinks: { down: { delivered: 480 } } });
});

test("a store that says that objects are gone can be read: its health is good", async () => {
  const source = memorySource(new Map(keysOf(3).map((key) => [key, 3])));
  let gone = false;
  source.open = async ({ key }) => {
    if (!gone) throw new Failure("passing", "busy", "503");
    throw new Failure("object", "object-vanished", `${key} was deleted`, { gone: true });
  };
  const parts = partsOf(source, { out: memorySink().sink });
  const stop = new AbortController();
  const running = runPipeline(parts, { ...OPTIONS, untilCaughtUp: false, retry: { initialMs: 30, maxMs: 30 } }, stop.signal);
  await expect.poll(() => parts.health.problems.map(({ part }) => part)).toEqual(["objects"]);
  gone = true;
  await expect.poll(() => parts.health.problems).toEqual([]);
  stop.abort();
  await running;
});

/** A ledger of which a call fails as long as it is told to, be it of the whole or of the source. */
function failing(name: string) {
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  const state = { broken: true, failures: 0 };
  const withBroken = <Part extends object>(part: Part): Part => {
    const call = (part as Record<string, unknown>)[name] as (...args: unknown[]) => unknown;
    if (call === undefined) return part;
    const broken = (...args: unknown[]) => {
      if (!state.broken) return call(...args);
      state.failures += 1;
      throw new Failure("worker", "ledger-io", "ledger /x: disk I/O error while reading");
    };
    return { ...part, [name]: broken };
  };
  const ofBucket = withBroken(ledger.of("bucket"));
  return { state, ledger: { ...withBroken(ledger), of: () => ofBucket } };
}

test.each(["discovered", "lastId", "pending", "position", "nextDue", "wakeParked", "register"] as const)(
  "a ledger of which %s cannot be read ends the run with its name",
  async (name) => {
    const { ledger } = failing(name);
    const parts = partsOf(memorySource(new Map([["a", 10]])), { out: memorySink().sink }, ledger);
    for (const untilCaughtUp of [true, false]) {
      const running = runPipeline(parts, { ...OPTIONS, untilCaughtUp }, never);
      await expect(running).rejects.toThrow("ledger /x: disk I/O error while reading");
    }
  },
);

test("a ledger that cannot say what is known of the bucket is waited for, and is not taken for the bucket", async () => {
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  const state = { broken: true };
  const unseen: Seen["unseen"] = (page) => {
    if (state.broken) throw new Failure("worker", "ledger-io", "ledger /x: disk I/O error while reading");
    return ledger.of("bucket").seen.unseen(page);
  };
  const ofBucket = { ...ledger.of("bucket"), seen: { ...ledger.of("bucket").seen, unseen } };
  const out = memorySink();
  const parts = partsOf(memorySource(new Map([["a", 10]])), { out: out.sink }, { ...ledger, of: () => ofBucket });
  const told: string[] = [];
  const log = Object.assign(parts.log, {
    child: () => parts.log,
    error: (_fields: object, line: string) => void told.push(line),
  });
  const running = runPipeline({ ...parts, log }, OPTIONS, never);
  await expect.poll(() => parts.health.problems).toMatchObject([{ part: "ledger", drawer: "worker", code: "ledger-io" }]);
  await sleep(20);
  state.broken = false;
  await running;
  expect(out.uids).toHaveLength(10);
  expect(parts.health.problems).toEqual([]);
  expect(told[0]).toBe("cannot look up what is known of the bucket, will try again: ledger /x: disk I/O error while reading");
});

test("a ledger whose file is gone ends the run when it does not come back", async () => {
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
  const discover = () => {
    throw new Failure("worker", "ledger-replaced", "ledger /x: its file was removed");
  };
  const gone: Ledger = { ...ledger, of: (source) => ({ ...ledger.of(source), discover }) };
  const parts = partsOf(memorySource(new Map([["a", 10]])), { out: memorySink().sink }, gone);
  const now = performance.now.bind(performance);
  const start = now();
  performance.now = () => start + (now() - start) * 20_000;
  try {
    await expect(runPipeline(parts, { ...OPTIONS, untilCaughtUp: false }, never)).rejects.toThrow(
      "ledger /x: its file was removed",
    );
  } finally {
    performance.now = now;
  }
});

/** Tails a bucket of which these objects fail so; the parts of the worker that are a problem after a while. */
async function problemsOf(failing: Readonly<Record<string, Failure>>): Promise<string[]> {
  const source = memorySource(new Map(["a", "b", "c"].map((key) => [key, 3])));
  const open = source.open.bind(source);
  let attempts = 0;
  source.open = async (object, signal) => {
    const failure = failing[object.key];
    if (failure === undefined) return open(object, signal);
    attempts += 1;
    throw failure;
  };
  const parts = partsOf(source, { out: memorySink().sink });
  const stop = new AbortController();
  const running = runPipeline(parts, { ...OPTIONS, objects: 1, untilCaughtUp: false }, stop.signal);
  await expect.poll(() => attempts).toBeGreaterThan(8);
  const problems = parts.health.problems.map(({ part, code }) => `${part}: ${code}`);
  stop.abort();
  await running;
  return problems;
}

test("objects that fail in passing are a problem when nothing was read since, also when there is one only", async () => {
  const busy = new Failure("passing", "service-unavailable", "500");
  expect(await problemsOf({ c: busy })).toEqual(["objects: service-unavailable"]);
  expect(await problemsOf({ a: busy, b: busy, c: busy })).toEqual(["objects: service-unavailable"]);
  expect(await problemsOf({ a: busy })).toEqual([]);
});

test("one object that the store refuses is its own trouble; when all that are new are refused, that is a problem", async () => {
  const refused = new Failure("object", "object-denied", "403");
  expect(await problemsOf({ c: refused })).toEqual([]);
  expect(await problemsOf({ b: refused, c: refused })).toEqual(["objects: object-denied"]);
  expect(await problemsOf({ a: refused, b: refused })).toEqual([]);
});
