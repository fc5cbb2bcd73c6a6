import { setTimeout as sleep } from "node:timers/promises";
import { createNoopMeter } from "@opentelemetry/api";
import pino from "pino";
import type { BadRecords, Decoded, Decoder, QualityNotice } from "../../../src/contracts/decoder.ts";
import type { BatchLimits, Sink, WriteResult } from "../../../src/contracts/sink.ts";
import type { Discovery, Seen, Source } from "../../../src/contracts/source.ts";
import type { Inlet } from "../../../src/delivery/inlet.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import type { Parts, PipelineOptions } from "../../../src/run/pipeline.ts";
import { Health } from "../../../src/telemetry/health.ts";
import { createInstruments } from "../../../src/telemetry/telemetry.ts";
import { type Taken, taking } from "./taking.ts";

/** A bucket in memory whose objects hold so many records; the bytes of an object are its record numbers, a chunk for each piece. */
export function memorySource(
  objects: ReadonlyMap<string, number>,
  pieceRecords = 7,
): Source & { opened: string[]; asked: number[] } {
  const opened: string[] = [];
  const asked: number[] = [];
  return {
    name: "memory://bucket",
    opened,
    asked,
    async *discover(seen: Seen): AsyncGenerator<Discovery> {
      const listed = [...objects].map(([key, records]) => ({ key, etag: "1", size: records, time: 0, order: key }));
      const found = seen.unseen(listed);
      for (let start = 0; start < found.length; start += 3) yield { partition: "", objects: found.slice(start, start + 3) };
    },
    async open({ key }, _signal, after = 0) {
      opened.push(key);
      asked.push(after);
      const records = objects.get(key) ?? 0;
      // It can begin at a piece.
      const leftOut = Math.floor(after / pieceRecords) * pieceRecords;
      const bytes = (async function* () {
        for (let from = leftOut + 1; from <= records; from += pieceRecords) {
          await sleep(0);
          yield Buffer.from(JSON.stringify([from, Math.min(records, from + pieceRecords - 1)]));
        }
      })();
      return Object.assign(bytes, { leftOut });
    },
    async close() {},
  };
}

/** Decodes the chunks of `memorySource`. */
const countingDecoder: Decoder = async function* (bytes, origin, { skip }) {
  for await (const chunk of bytes) {
    const [from, to] = JSON.parse(Buffer.from(chunk).toString()) as [number, number];
    const flows: Flow[] = [];
    for (let record = Math.max(from, skip + 1); record <= to; record += 1)
      flows.push(new Flow(origin, record, EMPTY_CONTEXT, record));
    yield { flows, bad: [], quality: [], skipped: {}, through: to };
  }
};

type Kind = "flow" | "noted" | "bad" | "skipped";

/** What a record of `variedDecoder` is, by its number; `noted` is a flow that says something about the log. */
function kindOf(record: number): Kind {
  if ([4, 5].includes(record % 11)) return "bad";
  if (record % 13 === 6) return "skipped";
  return record % 7 === 2 ? "noted" : "flow";
}

const numbersTo = (size: number) => Array.from({ length: size }, (_, index) => index + 1);

export const isDeliverable = (record: number) => ["flow", "noted"].includes(kindOf(record));

/** What there is to count in objects of so many records; each object says at its end how many it holds. */
export function truthOf(sizes: Iterable<number>) {
  const all = [...sizes];
  const count = (...kinds: Kind[]) =>
    all.flatMap(numbersTo).reduce((sum, record) => sum + (kinds.includes(kindOf(record)) ? 1 : 0), 0);
  return {
    objects: all.length,
    records: count("flow", "noted"),
    bad: count("bad"),
    skipped: count("skipped"),
    quality: { "no-data": count("noted"), "count-mismatch": all.length },
  };
}

/** Quality notices by kind, without those of which there are none. */
export const present = (quality: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(quality).filter(([, count]) => count > 0));

/**
 * Decodes the chunks of `memorySource`, with records of all kinds; neighbours that are bad are told as one, as far as a piece goes.
 * `onPiece` is told of each piece that was handed out.
 */
export function variedDecoder(onPiece: (key: string, piece: Decoded) => void = () => {}): Decoder {
  return async function* (bytes, origin, { skip }) {
    let through = skip;
    for await (const chunk of bytes) {
      const [from, to] = JSON.parse(Buffer.from(chunk).toString()) as [number, number];
      if (to <= skip) continue;
      const piece = { flows: [] as Flow[], bad: [] as BadRecords[], quality: [] as QualityNotice[], skipped: {}, through: to };
      const others: number[] = [];
      for (let record = Math.max(from, skip + 1); record <= to; record += 1) {
        const kind = kindOf(record);
        const last = piece.bad.at(-1);
        if (kind === "skipped") others.push(record);
        else if (kind !== "bad") piece.flows.push(new Flow(origin, record, EMPTY_CONTEXT, record));
        else if (last?.to === record - 1) piece.bad[piece.bad.length - 1] = { ...last, to: record };
        else piece.bad.push({ from: record, to: record, code: "bad-json", reason: "no JSON" });
        if (kind === "noted") piece.quality.push({ kind: "no-data", message: `record ${record}`, after: record - 1 });
      }
      if (others.length > 0) piece.skipped = { other: others };
      through = to;
      onPiece(origin.key, piece);
      yield piece;
    }
    const quality: QualityNotice[] = [{ kind: "count-mismatch", message: `${through} records`, after: through }];
    const end = { flows: [], bad: [], quality, skipped: {}, through };
    onPiece(origin.key, end);
    yield end;
  };
}

/** A receiver in memory. `respond` decides what becomes of each batch; by default it is taken. */
export function memorySink(
  respond: (batch: Taken, call: number) => Promise<WriteResult | undefined> | undefined = () => undefined,
  limits: Partial<BatchLimits> = {},
) {
  const uids: string[] = [];
  let calls = 0;
  const sink: Sink = {
    limits: { records: 10, inFlight: 3, lingerMs: 5, ...limits },
    ...taking(async (batch) => {
      calls += 1;
      const result = await respond(batch, calls);
      uids.push(...batch.flows.map(({ uid }) => uid));
      return result ?? { rejected: 0 };
    }),
    probe: async () => "memory",
    close: async () => {},
  };
  return { sink, uids, calls: () => calls };
}

export const OPTIONS: PipelineOptions = {
  untilCaughtUp: true,
  objects: 3,
  pollMs: 10,
  stallMs: 100,
  shutdownMs: 200,
  checkpointMs: 100,
  retry: { initialMs: 1, maxMs: 5 },
  maxObjectBytes: 1e9,
  maxRecordBytes: 1e6,
};

export function inletOf(source: Source, name = "bucket"): Inlet {
  return { name, source, decode: countingDecoder, enrich: async () => {}, keep: () => true };
}

export function partsOf(
  source: Source,
  sinks: Record<string, Sink>,
  ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: source.name }] }),
): Parts {
  return {
    inlets: [inletOf(source)],
    reductions: new Map(),
    detections: undefined,
    sinks: new Map(Object.entries(sinks)),
    keepers: [],
    ledger,
    health: new Health(),
    log: pino({ level: "silent" }),
    instruments: createInstruments(createNoopMeter()),
  };
}
