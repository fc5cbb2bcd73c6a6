import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DeadLetter, Ledger } from "../../../src/contracts/ledger.ts";
import type { Batch } from "../../../src/contracts/sink.ts";
import type { Source } from "../../../src/contracts/source.ts";
import type { Totals } from "../../../src/delivery/account.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { type Drawer, Failure } from "../../../src/lib/errors.ts";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { runs } from "../../runs.ts";
import { inletOf, isDeliverable, memorySink, memorySource, OPTIONS, partsOf, present, truthOf, variedDecoder } from "./parts.ts";

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
  /** Each run but the last ends at this write to the ledger: it is stopped, or dies, before or after it is done. */
  readonly ends: readonly { readonly write: number; readonly how: "stopped" | "dies before" | "dies after" }[];
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
      // A receiver that has never taken anything, and refuses the one record that it is sent alone, is waited for: no run ends by it.
      batch: fc.integer({ min: 2, max: 20 }),
      inFlight: fc.integer({ min: 1, max: 3 }),
      replies: fc.array(fc.constantFrom(...REPLIES), { maxLength: 20 }),
      bad: fc.integer({ min: 3, max: 9 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  ends: fc.array(
    fc.record({
      write: fc.integer({ min: 1, max: 40 }),
      how: fc.constantFrom("stopped" as const, "dies before" as const, "dies after" as const),
    }),
    { maxLength: 4 },
  ),
  fullAt: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
});

/** Every call of a ledger that writes. */
const WRITES = ["discover", "commit", "readToEnd", "unpark", "park", "setAside", "checkpoint", "note", "found"] as const;

class Death extends Error {}

/** A ledger whose process is stopped or dies at a write, and whose disk is full now and then. */
function mortal(
  ledger: Ledger,
  end: History["ends"][number] | undefined,
  disk: { writes: number; fullAt: readonly number[] },
  onEnd: () => void,
): Ledger {
  let writes = 0;
  let dead = false;
  const guarded = <Part extends object>(part: Part): Part => Object.fromEntries(Object.entries(part).map(guard)) as Part;
  const guard = ([name, call]: [string, unknown]) => {
    if (typeof call !== "function" || name === "of") return [name, call];
    const isWrite = (WRITES as readonly string[]).includes(name);
    const work = (...args: unknown[]) => {
      if (dead) throw new Death();
      if (!isWrite) return call(...args);
      disk.writes += 1;
      if (disk.fullAt.includes(disk.writes)) throw new Failure("worker", "ledger-disk-full", "ledger x: disk full");
      writes += 1;
      const isLast = writes === end?.write;
      dead = isLast && end?.how !== "stopped";
      if (isLast) onEnd();
      if (dead && end?.how === "dies before") throw new Death();
      const result = call(...args);
      if (dead) throw new Death();
      return result;
    };
    return [name, work];
  };
  const close = () => {
    dead = true;
  };
  const ofBucket = guarded(ledger.of("bucket"));
  return { ...guarded(ledger), of: () => ofBucket, close };
}

function sourceOf(objects: History["objects"]): { source: Source; sizes: Map<string, number> } {
  const sizes = new Map(objects.map(({ records }, index) => [`object-${index}`, records]));
  // Each reading has pieces of another size, as the chunks of a network are.
  const sources = [7, 5, 9].map((size) => memorySource(sizes, size));
  const source = sources[0] as Source;
  const opens = sources.map((one) => one.open.bind(one));
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
    const bytes = await (opens[times % opens.length] as Source["open"])(object, signal);
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

/** What was handed out in a run, each record and notice once. */
function runTruth() {
  const [records, bad, skipped, notices, ends] = Array.from({ length: 5 }, () => new Set<string>()) as [
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  const decode = variedDecoder((key, piece) => {
    for (const { record } of piece.flows) records.add(`${key}#${record}`);
    for (const { from, to = from } of piece.bad) for (let record = from; record <= to; record += 1) bad.add(`${key}#${record}`);
    for (const record of Object.values(piece.skipped).flat()) skipped.add(`${key}#${record}`);
    for (const { kind, after } of piece.quality) notices.add(`${kind} ${key} ${after}`);
    if (piece.quality.some(({ kind }) => kind === "count-mismatch")) ends.add(key);
  });
  const count = (kind: string) => [...notices].filter((notice) => notice.startsWith(kind)).length;
  return {
    decode,
    counted: () => ({
      objects: ends.size,
      records: records.size,
      bad: bad.size,
      skipped: skipped.size,
      quality: present({ "no-data": count("no-data"), "count-mismatch": count("count-mismatch") }),
    }),
  };
}

async function live(history: History) {
  const { source, sizes } = sourceOf(history.objects);
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: source.name }] });
  const receivers = history.sinks.map(receiverOf);
  const sinks = Object.fromEntries(receivers.map(({ sink }, index) => [`sink-${index}`, sink]));
  const disk = { writes: 0, fullAt: history.fullAt };
  const options = { ...OPTIONS, stallMs: 20, shutdownMs: 5 };
  let totals: Totals | undefined;
  let truth = runTruth();
  for (const end of [...history.ends, undefined]) {
    const over = new AbortController();
    truth = runTruth();
    const mortalLedger = mortal(ledger, end, disk, () => over.abort());
    const parts = { ...partsOf(source, sinks, mortalLedger), inlets: [{ ...inletOf(source), decode: truth.decode }] };
    const tooLong = AbortSignal.timeout(20_000);
    totals = await runPipeline(parts, options, AbortSignal.any([over.signal, tooLong])).catch((error) => {
      if (end === undefined) throw error;
      return undefined;
    });
    mortalLedger.close();
    if (tooLong.aborted) throw new Error("the run did not end");
  }
  return { ledger, sizes, receivers, totals, counted: truth.counted() };
}

test("whatever happens, every record is at every sink or in one of its dead letters, the books balance, and the summary is true", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const { ledger, sizes, receivers, totals, counted } = await live(history);
      const { sinks, parked, quality } = ledger.status();
      expect(parked).toBe(0);
      const { objects, records: total, bad, skipped, quality: said } = truthOf(sizes.values());
      const isWhole = history.objects.every(({ goneAfter }) => goneAfter === undefined);
      expect(totals).toMatchObject(counted);
      if (isWhole) {
        if (history.ends.length === 0) expect(totals).toMatchObject({ objects, records: total, bad, skipped, lost: 0 });
        expect(Object.fromEntries(quality.map(({ kind, count }) => [kind, count]))).toEqual(present(said));
        expect(ledger.countDeadLetters({ sink: null })).toBe(bad);
      } else expect(totals?.lost).toBeLessThanOrEqual(history.objects.filter(({ goneAfter }) => goneAfter !== undefined).length);
      for (const [index, { has, unnamed }] of receivers.entries()) {
        const status = sinks[index];
        const letters = ledger.deadLetters({ sink: `sink-${index}` }, 10_000);
        const unaccounted = [...sizes].flatMap(([key, size]) =>
          Array.from({ length: size }, (_, at) => at + 1).filter(
            (record) =>
              isDeliverable(record) && !has.has(`${key}#${record}`) && !letters.some((letter) => covers(letter, key, record)),
          ),
        );
        expect(unaccounted).toEqual([]);
        expect(letters.filter(({ code }) => code === "unbalanced")).toEqual([]);
        expect(status).toMatchObject({ name: `sink-${index}`, pendingObjects: 0 });
        const { delivered, rejected, setAside } = status as NonNullable<typeof status>;
        // Nothing is counted twice, and nothing as delivered that the receiver does not have.
        if (isWhole) expect(delivered + rejected + setAside).toBe(total);
        // What is lost is counted as records, of whatever kind, or as one where nobody knows how many there are.
        expect(delivered + rejected + setAside).toBeLessThanOrEqual(total + bad + skipped + history.objects.length);
        expect(delivered).toBeLessThanOrEqual(has.size);
        expect(rejected).toBeLessThanOrEqual(unnamed());
        const counted = (codes: (code: string) => boolean) =>
          letters.filter(({ code }) => codes(code)).reduce((sum, { count }) => sum + count, 0);
        expect(counted((code) => code !== "rejected")).toBe(setAside);
        expect(counted((code) => code === "rejected")).toBe(rejected);
      }
      ledger.close();
    }),
    { numRuns: runs(60) },
  );
});
