import { setTimeout as sleep } from "node:timers/promises";
import { createNoopMeter } from "@opentelemetry/api";
import pino from "pino";
import type { Decoder } from "../../../src/contracts/decoder.ts";
import type { BatchLimits, Sink, WriteResult } from "../../../src/contracts/sink.ts";
import type { Discovery, Seen, Source } from "../../../src/contracts/source.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import type { Parts, PipelineOptions } from "../../../src/run/pipeline.ts";
import { Health } from "../../../src/telemetry/health.ts";
import { createInstruments } from "../../../src/telemetry/telemetry.ts";
import { type Taken, taking } from "./taking.ts";

/** A bucket in memory whose objects hold so many records; the bytes of an object are its record numbers, a chunk for each piece. */
export function memorySource(objects: ReadonlyMap<string, number>, pieceRecords = 7): Source & { opened: string[] } {
  const opened: string[] = [];
  return {
    name: "memory://bucket",
    opened,
    async *discover(seen: Seen): AsyncGenerator<Discovery> {
      const listed = [...objects].map(([key, records]) => ({ key, etag: "1", size: records, time: 0, order: key }));
      const found = seen.unseen(listed);
      for (let start = 0; start < found.length; start += 3) yield { partition: "", objects: found.slice(start, start + 3) };
    },
    async open({ key }) {
      opened.push(key);
      const records = objects.get(key) ?? 0;
      return (async function* () {
        for (let from = 1; from <= records; from += pieceRecords) {
          await sleep(0);
          yield Buffer.from(JSON.stringify([from, Math.min(records, from + pieceRecords - 1)]));
        }
      })();
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

export function partsOf(
  source: Source,
  sinks: Record<string, Sink>,
  ledger = openLedger({ path: ":memory:", source: source.name }),
): Parts {
  return {
    source,
    decode: countingDecoder,
    enrich: async () => {},
    detections: undefined,
    keep: () => true,
    sinks: new Map(Object.entries(sinks)),
    ledger,
    health: new Health(),
    log: pino({ level: "silent" }),
    instruments: createInstruments(createNoopMeter()),
  };
}
