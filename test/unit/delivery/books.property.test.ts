import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DeadLetter, Ledger } from "../../../src/contracts/ledger.ts";
import type { Batch } from "../../../src/contracts/sink.ts";
import type { Source } from "../../../src/contracts/source.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { type Drawer, Failure } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "./parts.ts";

/** What a receiver answers to a request. */
type Reply = "taken" | "partly" | "too large" | Exclude<Drawer, "object" | "worker">;
const REPLIES: readonly Reply[] = ["taken", "partly", "too large", "not-understood", "passing", "person", "batch"];

/** What befalls the reading of an object, one after the other. */
type Mishap = "denied" | "busy" | "broken";

interface History {
  readonly objects: readonly {
    readonly records: number;
    readonly mishaps: readonly Mishap[];
    readonly goneAfter: number | undefined;
  }[];
  readonly sinks: readonly {
    readonly batch: number;
    readonly inFlight: number;
    readonly replies: readonly Reply[];
    readonly bad: number;
  }[];
  /** Each run but the last dies at this write to the ledger, before or after it is done. */
  readonly deaths: readonly { readonly write: number; readonly done: boolean }[];
  /** Writes that the disk refuses, counted over all runs. */
  readonly fullAt: readonly number[];
}

const histories: fc.Arbitrary<History> = fc.record({
  objects: fc.array(
    fc.record({
      records: fc.integer({ min: 0, max: 45 }),
      // A job gives an object that is refused three attempts.
      mishaps: fc.array(fc.constantFrom<Mishap>("denied", "busy", "broken"), { maxLength: 2 }),
      goneAfter: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined, freq: 4 }),
    }),
    { minLength: 1, maxLength: 7 },
  ),
  sinks: fc.array(
    fc.record({
      batch: fc.integer({ min: 1, max: 20 }),
      inFlight: fc.integer({ min: 1, max: 3 }),
      replies: fc.array(fc.constantFrom(...REPLIES), { maxLength: 20 }),
      bad: fc.integer({ min: 3, max: 9 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  deaths: fc.array(fc.record({ write: fc.integer({ min: 1, max: 25 }), done: fc.boolean() }), { maxLength: 4 }),
  fullAt: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
});

/** Every call of a ledger that writes. */
const WRITES = ["discover", "commit", "readToEnd", "unpark", "park", "setAside", "checkpoint", "note"] as const;

class Death extends Error {}

/** A ledger whose process dies at a write, and whose disk is full now and then. */
function mortal(
  ledger: Ledger,
  death: History["deaths"][number] | undefined,
  disk: { writes: number; fullAt: readonly number[] },
  onDeath: () => void,
): Ledger {
  let writes = 0;
  let dead = false;
  const guarded = Object.entries(ledger).map(([name, call]) => {
    if (typeof call !== "function") return [name, call];
    const isWrite = (WRITES as readonly string[]).includes(name);
    const work = (...args: unknown[]) => {
      if (dead) throw new Death();
      if (!isWrite) return call(...args);
      disk.writes += 1;
      if (disk.fullAt.includes(disk.writes)) throw new Failure("worker", "ledger-disk-full", "ledger x: disk full");
      writes += 1;
      dead = writes === death?.write;
      if (dead) onDeath();
      if (dead && !death?.done) throw new Death();
      const result = call(...args);
      if (dead) throw new Death();
      return result;
    };
    return [name, work];
  });
  return Object.fromEntries(guarded) as Ledger;
}

function sourceOf(objects: History["objects"]): { source: Source; sizes: Map<string, number> } {
  const sizes = new Map(objects.map(({ records }, index) => [`object-${index}`, records]));
  const source = memorySource(sizes, 7);
  const open = source.open.bind(source);
  const opened = new Map<string, number>();
  source.open = async (object, signal) => {
    const { mishaps, goneAfter } = objects[Number(object.key.slice("object-".length))] as History["objects"][number];
    const times = opened.get(object.key) ?? 0;
    opened.set(object.key, times + 1);
    if (goneAfter !== undefined && times >= goneAfter) {
      throw new Failure("object", "object-vanished", `${object.key} was deleted`, { gone: true });
    }
    const mishap = mishaps[times];
    if (mishap === "denied") throw new Failure("object", "object-denied", `${object.key}: 403`);
    if (mishap === "busy") throw new Failure("passing", "service-unavailable", `${object.key}: 503`);
    const bytes = await open(object, signal);
    return (async function* () {
      let pieces = 0;
      for await (const piece of bytes) {
        if (mishap === "broken" && pieces++ === 2) throw new Failure("passing", "network", `${object.key}: reset`);
        yield piece;
      }
    })();
  };
  return { source, sizes };
}

/** Answers by its script, then takes all but bad records; which records it has, and which it refused in a part that it did not name. */
function receiverOf({ batch, inFlight, replies, bad }: History["sinks"][number]) {
  const has = new Map<string, number>();
  let unnamed = 0;
  const name = (flows: Batch["flows"]) => flows.map(({ origin, record }) => `${origin.key}#${record}`);
  const isBad = (flow: Batch["flows"][number]) => flow.record % 10 === bad;
  const { sink } = memorySink(
    async ({ flows }, call) => {
      const reply = replies[call - 1] ?? "taken";
      if (reply === "too large" && flows.length > 1) throw new Failure("batch", "too-large", "too large", { tooLarge: true });
      if (reply === "batch") throw new Failure("batch", "http-400", "bad");
      if (reply === "not-understood" || reply === "passing" || reply === "person") throw new Failure(reply, reply, reply);
      await sleep(call % 3);
      if (flows.some(isBad)) throw new Failure("batch", "bad-record", "one is bad");
      const rejected = reply === "partly" ? Math.ceil(flows.length / 3) : 0;
      for (const one of name(flows).slice(rejected)) has.set(one, (has.get(one) ?? 0) + 1);
      unnamed += rejected;
      return { rejected, reason: "too old" };
    },
    { records: batch, inFlight },
  );
  return { sink, has, unnamed: () => unnamed };
}

const covers = ({ key, from, to }: DeadLetter, object: string, record: number) =>
  key === object && record >= from && (to === undefined || record <= to);

async function live(history: History) {
  const { source, sizes } = sourceOf(history.objects);
  const ledger = openLedger({ path: ":memory:", source: source.name });
  const receivers = history.sinks.map(receiverOf);
  const sinks = Object.fromEntries(receivers.map(({ sink }, index) => [`sink-${index}`, sink]));
  const disk = { writes: 0, fullAt: history.fullAt };
  const options = { ...OPTIONS, stallMs: 20, shutdownMs: 5 };
  for (const death of [...history.deaths, undefined]) {
    const died = new AbortController();
    const parts = partsOf(
      source,
      sinks,
      mortal(ledger, death, disk, () => died.abort()),
    );
    const tooLong = AbortSignal.timeout(20_000);
    await runPipeline(parts, options, AbortSignal.any([died.signal, tooLong])).catch((error) => {
      if (death === undefined) throw error;
    });
    if (tooLong.aborted) throw new Error("the run did not end");
  }
  return { ledger, sizes, receivers };
}

test("whatever happens, every record is at every sink or in one of its dead letters, and the books balance", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const { ledger, sizes, receivers } = await live(history);
      const { sinks, parked } = ledger.status();
      expect(parked).toBe(0);
      const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      const isWhole = history.objects.every(({ goneAfter }) => goneAfter === undefined);
      for (const [index, { has, unnamed }] of receivers.entries()) {
        const status = sinks[index];
        const letters = ledger.deadLetters({ sink: `sink-${index}` }, 10_000);
        const unaccounted = [...sizes].flatMap(([key, size]) =>
          Array.from({ length: size }, (_, at) => at + 1).filter(
            (record) => !has.has(`${key}#${record}`) && !letters.some((letter) => covers(letter, key, record)),
          ),
        );
        expect(unaccounted).toEqual([]);
        expect(letters.filter(({ code }) => code === "unbalanced")).toEqual([]);
        expect(status).toMatchObject({ name: `sink-${index}`, pendingObjects: 0 });
        const { delivered, rejected, setAside } = status as NonNullable<typeof status>;
        // Nothing is counted twice, and nothing as delivered that the receiver does not have.
        if (isWhole) expect(delivered + rejected + setAside).toBe(total);
        expect(delivered + rejected + setAside).toBeLessThanOrEqual(total + history.objects.length);
        expect(delivered).toBeLessThanOrEqual(has.size);
        expect(rejected).toBeLessThanOrEqual(unnamed());
        const counted = (codes: (code: string) => boolean) =>
          letters.filter(({ code }) => codes(code)).reduce((sum, { count }) => sum + count, 0);
        expect(counted((code) => code !== "rejected")).toBe(setAside);
        expect(counted((code) => code === "rejected")).toBe(rejected);
      }
      ledger.close();
    }),
    { numRuns: 60 },
  );
});
