import { expect, test, vi } from "vitest";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import type { Source, SourceListener } from "../../../src/contracts/source.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";
import { RolledFiles } from "./rolled-files.ts";

const RECORDS = 60;
const KEYS = ["a", "b", "c", "d", "e"];

/** A bucket whose source tells what it hears of to whoever listens. */
function hearing(): Source & { readonly listeners: Set<SourceListener> } {
  const listeners = new Set<SourceListener>();
  return {
    ...memorySource(new Map(KEYS.map((key) => [key, RECORDS]))),
    listeners,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Every call that brings something of an object into the ledger, by the object's id. */
function watched(ledger: Ledger) {
  const commits: number[] = [];
  return {
    commits,
    ledger: {
      ...ledger,
      commit: (...call: Parameters<Ledger["commit"]>) => {
        commits.push(call[1]);
        ledger.commit(...call);
      },
    },
  };
}

test("an object that is taken away while its records wait everywhere is let go by all, commits nothing more, and holds up no other", async () => {
  const { ledger, commits } = watched(openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] }));
  const gate = Promise.withResolvers<void>();
  const started: string[] = [];
  const out = memorySink(async ({ flows }) => {
    started.push(...flows.map(({ origin }) => origin.key));
    await gate.promise;
    return undefined;
  });
  const files = new RolledFiles({ rollAt: 1_000_000, room: 40 });
  files.stuck = true;
  const source = hearing();
  const stop = new AbortController();
  const parts = { ...partsOf(source, { out: out.sink }, ledger), keepers: [files] };
  const running = runPipeline(parts, { ...OPTIONS, untilCaughtUp: false, stallMs: 60_000 }, stop.signal);
  // In flight, in the buffer, in an open file, and the reading waits for room.
  await vi.waitFor(() => expect([started.includes("a"), files.hasRoom]).toEqual([true, false]));
  const { id = 0 } =
    ledger
      .of("bucket")
      .pending("out", { after: 0, through: 1_000, limit: 1 })
      .find(({ key }) => key === "a") ?? {};
  const [listener] = source.listeners;
  const before = commits.filter((one) => one === id).length;
  await listener?.revoke([{ key: "a", etag: "1" }]);
  gate.resolve();
  files.stuck = false;
  await files.flush(stop.signal);
  await vi.waitFor(() => {
    const arrived = new Set(out.uids);
    expect(arrived.size).toBeGreaterThanOrEqual((KEYS.length - 1) * RECORDS);
    expect(ledger.status().sinks.find(({ name }) => name === "out")?.pendingObjects).toBe(0);
  });
  // Discovery has found it anew, as it is still in this bucket: that is another object of the ledger.
  expect(commits.filter((one) => one === id)).toHaveLength(before);
  expect([ledger.position("out", id), ledger.position("files", id)]).toEqual([undefined, undefined]);
  stop.abort();
  await running;
  expect(new Set(files.kept).size).toBe(KEYS.length * RECORDS);
  expect(new Set(out.uids).size).toBe(KEYS.length * RECORDS);
  expect(source.listeners.size).toBe(0);
});

test("a hint is looked at at once, there and nowhere else, and very many at once are one look at everything", async () => {
  const source = hearing();
  const looks: (string | undefined)[] = [];
  const discover = source.discover.bind(source);
  source.discover = (seen, signal, within) => {
    looks.push(within);
    return discover(seen, signal);
  };
  let hint: (prefix: string) => void = () => {};
  let ended = 0;
  const hints = (given: typeof hint) => {
    hint = given;
    return () => {
      ended += 1;
    };
  };
  const stop = new AbortController();
  const parts = partsOf(source, { out: memorySink().sink });
  const running = runPipeline(parts, { ...OPTIONS, untilCaughtUp: false, pollMs: 3_600_000, hints }, stop.signal);
  await vi.waitFor(() => expect(looks).toEqual([undefined]));
  hint("x/");
  hint("x/");
  await vi.waitFor(() => expect(looks).toEqual([undefined, "x/"]));
  for (const listener of source.listeners) listener.hint("y/");
  await vi.waitFor(() => expect(looks).toEqual([undefined, "x/", "y/"]));
  for (let number = 0; number < 300; number++) hint(`z${number}/`);
  await vi.waitFor(() => expect(looks).toEqual([undefined, "x/", "y/", ""]));
  stop.abort();
  await running;
  expect(ended).toBe(1);
});

test("a hint whose look fails is followed by a look at everything, which is repeated", async () => {
  const source = hearing();
  const looks: (string | undefined)[] = [];
  const discover = source.discover.bind(source);
  source.discover = (seen, signal, within) => {
    looks.push(within);
    if (looks.length === 2 || looks.length === 3) throw new Error("the store is down");
    return discover(seen, signal);
  };
  const stop = new AbortController();
  const parts = partsOf(source, { out: memorySink().sink });
  const running = runPipeline(parts, { ...OPTIONS, untilCaughtUp: false, pollMs: 3_600_000 }, stop.signal);
  await vi.waitFor(() => expect(looks).toHaveLength(1));
  for (const listener of source.listeners) listener.hint("x/");
  await vi.waitFor(() => expect(looks).toEqual([undefined, "x/", undefined, undefined]));
  stop.abort();
  await running;
});
