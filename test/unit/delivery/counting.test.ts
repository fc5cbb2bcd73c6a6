import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Decoder } from "../../../src/contracts/decoder.ts";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import type { Source } from "../../../src/contracts/source.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { inletOf, memorySink, memorySource, OPTIONS, partsOf, present, truthOf, variedDecoder } from "./parts.ts";

const never = new AbortController().signal;
const reset = new Failure("passing", "network", "connection reset");
const gone = new Failure("object", "object-vanished", "the object was deleted", { gone: true });

/** What befalls a reading before it hands out its `piece`-th piece; it may throw. */
type Befall = (reading: number, piece: number, key: string) => Promise<void> | void;

/** A bucket each reading of which has pieces of another size, as the chunks of a network are. */
function bucketOf(sizes: Readonly<Record<string, number>>, befall: Befall = () => {}, pieces = [7, 5, 9, 4]): Source {
  const objects = new Map(Object.entries(sizes));
  const sources = pieces.map((size) => memorySource(objects, size));
  const readings = new Map<string, number>();
  const first = sources[0] as Source;
  return {
    ...first,
    open: async (object, signal) => {
      const reading = (readings.get(object.key) ?? 0) + 1;
      readings.set(object.key, reading);
      await befall(reading, 0, object.key);
      const bytes = await (sources[(reading - 1) % sources.length] as Source).open(object, signal);
      return (async function* () {
        let piece = 0;
        for await (const chunk of bytes) {
          await befall(reading, ++piece, object.key);
          yield chunk;
        }
      })();
    },
  };
}

const ledgerOf = () => openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });

function partsWith(source: Source, sinks: Parameters<typeof partsOf>[1], ledger: Ledger = ledgerOf()) {
  return { ...partsOf(source, sinks, ledger), inlets: [{ ...inletOf(source), decode: variedDecoder() }] };
}

/** What the ledger keeps of what was found: notices by kind, and records that no sink can have. */
function kept(ledger: Ledger) {
  const quality = Object.fromEntries(ledger.status().quality.map(({ kind, count }) => [kind, count]));
  return { quality, bad: ledger.countDeadLetters({ sink: null }) };
}

const expectTruth = (totals: object, ledger: Ledger, ...sizes: number[]) => {
  const { bad, quality, ...truth } = truthOf(sizes);
  expect(totals).toMatchObject({ ...truth, bad, quality: present(quality) });
  expect(kept(ledger)).toEqual({ quality: present(quality), bad });
};

/** A sink that is not there until it is told to be. */
function downUntil(up: { now: boolean }) {
  return memorySink(async () => {
    if (!up.now) throw new Failure("passing", "refused", "connection refused");
    return undefined;
  });
}

test("an object is counted once when its reading breaks and the rest comes in pieces of other sizes", async () => {
  const source = bucketOf({ a: 200 }, (reading, piece) => {
    if (reading <= 3 && piece === 6) throw reset;
  });
  const parts = partsWith(source, { out: memorySink().sink });
  const skips: number[] = [];
  const varied = variedDecoder();
  const decode: Decoder = (bytes, origin, options) => {
    skips.push(options.skip);
    return varied(bytes, origin, options);
  };
  const inlets = [{ ...inletOf(source), decode }];
  expectTruth(await runPipeline({ ...parts, inlets }, OPTIONS, never), parts.ledger, 200);
  // Five pieces were read before each break: 35 records, then 25 that are known, then 45.
  expect(skips).toEqual([0, 35, 35, 45]);
});

test("an object is counted once when sinks that stand at different places read it beside each other", async () => {
  const ledger = ledgerOf();
  const up = { now: false };
  // The first reading stands still until the one beside it, which begins where the sink that was down left off, is over.
  const caughtUp = Promise.withResolvers<void>();
  const source = bucketOf({ a: 200 }, async (reading, piece) => {
    if (reading === 1 && piece === 15) {
      up.now = true;
      await caughtUp.promise;
    }
  });
  const [slow, quick] = [downUntil(up), memorySink()];
  const parts = partsWith(source, { slow: slow.sink, quick: quick.sink }, ledger);
  const running = runPipeline(parts, { ...OPTIONS, stallMs: 5, objects: 1 }, never);
  await expect.poll(() => ledger.status().sinks.find(({ name }) => name === "slow")?.pendingObjects).toBe(0);
  caughtUp.resolve();
  expectTruth(await running, ledger, 200);
});

test("an object is counted whole when the reading that began with it breaks and one beside it comes to its end", async () => {
  const ledger = ledgerOf();
  const up = { now: false };
  const broken = Promise.withResolvers<void>();
  const source = bucketOf({ a: 200 }, async (reading, piece) => {
    if (reading === 1 && piece === 15) {
      up.now = true;
      await broken.promise;
      throw reset;
    }
    // The one beside it goes on when the first has broken.
    if (reading === 2 && piece === 20) broken.resolve();
  });
  const parts = partsWith(source, { slow: downUntil(up).sink, quick: memorySink().sink }, ledger);
  expectTruth(await runPipeline(parts, { ...OPTIONS, stallMs: 5, objects: 1 }, never), ledger, 200);
});

test("a sink that catches up in the same run counts nothing again", async () => {
  const up = { now: false };
  const parts = partsWith(bucketOf({ a: 60, b: 0, c: 33 }), { slow: downUntil(up).sink, quick: memorySink().sink });
  const running = runPipeline(parts, { ...OPTIONS, stallMs: 5 }, never);
  const pendingOf = (name: string) => parts.ledger.status().sinks.find((sink) => sink.name === name)?.pendingObjects;
  await expect.poll(() => pendingOf("quick")).toBe(0);
  await sleep(20);
  up.now = true;
  const totals = await running;
  expectTruth(totals, parts.ledger, 60, 0, 33);
});

test("after a restart the ledger knows what was told, and the run counts what it reads itself", async () => {
  const ledger = ledgerOf();
  const stop = new AbortController();
  const up = { now: false };
  const half = bucketOf({ a: 200 }, (_reading, piece) => {
    if (piece !== 15) return;
    stop.abort();
    throw reset;
  });
  const sinks = { slow: downUntil(up).sink, quick: memorySink().sink };
  // Pieces of 7: the fourteen of them have the records up to 98.
  const first = await runPipeline(partsWith(half, sinks, ledger), { ...OPTIONS, stallMs: 1_000 }, stop.signal);
  expect(first.objects).toBe(0);
  up.now = true;
  const second = await runPipeline(partsWith(bucketOf({ a: 200 }), sinks, ledger), OPTIONS, never);
  const { records, objects } = truthOf([200]);
  // The slow sink has nothing of it, so that all of it is read.
  expect(second).toMatchObject({ objects, records });
  const { bad, quality } = truthOf([200]);
  expect(kept(ledger)).toEqual({ quality, bad });
});

test("a run counts each record that it reads, also of objects that an earlier run has read for other sinks", async () => {
  const ledger = ledgerOf();
  const stop = new AbortController();
  const quick = memorySink();
  const down = { slow: downUntil({ now: false }).sink, slower: downUntil({ now: false }).sink, quick: quick.sink };
  const parts = partsWith(bucketOf({ a: 60 }), down, ledger);
  const running = runPipeline(parts, { ...OPTIONS, stallMs: 5, shutdownMs: 5 }, stop.signal);
  await expect.poll(() => ledger.status().sinks.find(({ name }) => name === "quick")?.pendingObjects).toBe(0);
  stop.abort();
  await running;
  const up = { slow: memorySink().sink, slower: memorySink().sink, quick: quick.sink };
  const totals = await runPipeline(partsWith(bucketOf({ a: 60 }), up, ledger), OPTIONS, never);
  expectTruth(totals, ledger, 60);
});

/** A ledger in which the sinks `one` and `two` lack the object `a`, which `ahead` has, and all lack `b`: the two read `a` each alone. */
function ledgerWithTwoBehind() {
  const ledger = ledgerOf();
  ledger.register(["one", "two", "ahead"]);
  const object = (key: string) => ({ key, etag: "1", size: 60, time: 0, order: key });
  ledger.of("bucket").discover({ partition: "", objects: [object("a"), object("b")] });
  ledger.commit("ahead", 1, 60, { delivered: 60, rejected: 0, setAside: 0, deadLetters: [] }, true);
  return ledger;
}

const threeSinks = () => ({ one: memorySink().sink, two: memorySink().sink, ahead: memorySink().sink });

test("an object that is lost is counted once, though two sinks lack it that read it each alone", async () => {
  const ledger = ledgerWithTwoBehind();
  const source = bucketOf({ a: 60, b: 60 }, (_reading, _piece, key) => {
    if (key === "a") throw gone;
  });
  const parts = partsWith(source, threeSinks(), ledger);
  const errors: string[] = [];
  Object.assign(parts.log, { error: (_fields: object, line: string) => void errors.push(line) });
  expect(await runPipeline(parts, OPTIONS, never)).toMatchObject({ objects: 1, lost: 1 });
  expect(errors.filter((line) => line.startsWith("lost before"))).toHaveLength(1);
  expect(ledger.deadLetters({ code: "object-vanished" }, 9).map(({ sink }) => sink)).toEqual(["one", "two"]);
});

test("an object that is gone when everybody has all of it is not lost", async () => {
  const ledger = ledgerOf();
  const source = bucketOf({ a: 60 });
  const out = memorySink();
  // The sink has every record, and the ledger knows how many there are; only the end was not written.
  ledger.register(["out"]);
  ledger.of("bucket").discover({ partition: "", objects: [{ key: "a", etag: "1", size: 60, time: 0, order: "a" }] });
  ledger.readToEnd(1, 60);
  ledger.commit("out", 1, 60, { delivered: 60, rejected: 0, setAside: 0, deadLetters: [] }, false);
  source.open = async () => {
    throw gone;
  };
  const errors: string[] = [];
  const parts = partsWith(source, { out: out.sink }, ledger);
  Object.assign(parts.log, { error: (_fields: object, line: string) => void errors.push(line) });
  expect(await runPipeline(parts, OPTIONS, never)).toMatchObject({ lost: 0, sinks: { out: { waiting: 0 } } });
  expect([errors, ledger.countDeadLetters({})]).toEqual([[], 0]);
});

test("what a sink lacks of a lost object is counted by what another reading has found meanwhile", async () => {
  const ledger = ledgerWithTwoBehind();
  const source = bucketOf({ a: 60, b: 60 }, async (reading, piece, key) => {
    // It has begun before the first one knew how many records there are, and breaks off when that is known.
    if (key !== "a" || reading !== 2 || piece !== 3) return;
    await expect.poll(() => ledger.recordsIn(1)).toBe(60);
    throw gone;
  });
  const totals = await runPipeline(partsWith(source, threeSinks(), ledger), OPTIONS, never);
  expect(totals).toMatchObject({ objects: 2, lost: 1 });
  // Two pieces of five were read.
  expect(ledger.deadLetters({ code: "object-vanished" }, 9)).toMatchObject([{ from: 11, to: 60, count: 50 }]);
});

test("of very many bad places the last letter counts the rest, in the ledger at once, over readings and restarts", async () => {
  const ledger = ledgerOf();
  const out = memorySink(() => undefined, { records: 500 });
  const size = 13_200;
  const stop = new AbortController();
  // The first break is among those that are listed, the second behind them; then the run is stopped, and another one goes on.
  const breaks = new Map([
    [1, 130],
    [2, 240],
    [3, 140],
  ]);
  const befall: Befall = (reading, piece) => {
    if (piece !== breaks.get(reading)) return;
    if (reading === 3) stop.abort();
    throw reset;
  };
  const source = bucketOf({ a: size }, befall, [70, 50, 90]);
  for (const signal of [stop.signal, never]) {
    await runPipeline(partsWith(source, { out: out.sink }, ledger), { ...OPTIONS, shutdownMs: 2_000 }, signal);
  }
  expect(stop.signal.aborted).toBe(true);
  const letters = ledger.deadLetters({ sink: null }, 2_000);
  expect(letters).toHaveLength(1_000);
  // 13200 = 1200 · 11; of each eleven the fourth and the fifth are bad.
  expect(letters.at(-1)).toMatchObject({ code: "many-bad-records", to: 13_194 });
  expect(kept(ledger).bad).toBe(truthOf([size]).bad);
});
