import { expect } from "vitest";
import type { DecodeOptions } from "../../../src/contracts/decoder.ts";
import type { Enricher } from "../../../src/contracts/enricher.ts";
import type { Payload } from "../../../src/contracts/sink.ts";
import { type EnrichedPiece, readHere, type Stages } from "../../../src/delivery/reader.ts";
import { enricherOf } from "../../../src/enrich/chain.ts";
import type { Tables } from "../../../src/enrich/tables/tables.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { decoderFor } from "../../../src/formats/formats.ts";
import { FORMATS } from "../../../src/registry.ts";
import { loadSchema } from "../../../src/schemas/load.ts";
import { compressor } from "../../../src/sinks/otlp/compression.ts";
import { createEncoder, type EncoderOptions, type OtlpEncoder } from "../../../src/sinks/otlp/encoder.ts";
import { protobuf } from "../../../src/sinks/otlp/protobuf.ts";
import type { EncodedRecord } from "../../../src/transcode/records.ts";
import { Transcoder } from "../../../src/transcode/transcoder.ts";
import { expectAlike } from "../alike.ts";
import { tablesOf } from "../enrich/snapshot.ts";
import { inChunks } from "../formats/decoding.ts";

const OBSERVED = Date.UTC(2026, 0, 6) + 123;
const NO_TABLES = await tablesOf({});
const OPTIONS: EncoderOptions = { serviceName: "a service", version: "1.2.3", body: "summary", maxBytes: 1 << 30 };
export const SCHEMAS = ["otel", "otel-compact"] as const;
const never = new AbortController().signal;

export interface Settings extends Partial<DecodeOptions> {
  readonly key?: string;
  /** Sizes of the chunks that the bytes come in, the last one repeated. */
  readonly chunks?: readonly number[];
  /** Asked again for each piece and each record. */
  readonly tables?: () => Tables;
  readonly keep?: (flow: Flow) => boolean;
  readonly needsFlows?: () => boolean;
  readonly format?: string;
  readonly schema?: (typeof SCHEMAS)[number];
  /** Called before each chunk. */
  readonly before?: (chunk: number) => void;
  /** Records of a request. */
  readonly batch?: number;
  /** Whether the records are given back when they were sent; otherwise they are left to the collector of garbage. */
  readonly gives?: boolean;
}

/** What was read of an object: what is said of its records, and the requests that are sent. */
export interface Outcome {
  readonly requests: Buffer[];
  readonly records: number[];
  readonly times: number[];
  /** Numbers of the records that are not sent. */
  readonly unwanted: number[];
  readonly bad: unknown[];
  readonly quality: unknown[];
  readonly skipped: [type: string, record: number][];
  through: number;
}

async function* chunksOf(bytes: Uint8Array, { chunks = [65_536], before }: Settings): AsyncGenerator<Uint8Array> {
  let chunk = 0;
  // What is read may be given back.
  for await (const part of inChunks(Buffer.from(bytes), chunks)) {
    before?.(chunk++);
    yield part;
  }
}

/** Who makes requests of what was read: what it is given back serves again, as in the program. */
interface Requests {
  encode(wanted: EnrichedPiece["wanted"]): Payload;
  recycle(payload: Payload): void;
  release?(wanted: EnrichedPiece["wanted"]): void;
}

async function gather(
  pieces: AsyncIterable<EnrichedPiece>,
  { encode, recycle, release }: Requests,
  { skip = 0, batch = 1000, gives = true }: Settings,
): Promise<Outcome> {
  const outcome: Outcome = {
    requests: [],
    records: [],
    times: [],
    unwanted: [],
    bad: [],
    quality: [],
    skipped: [],
    through: skip,
  };
  const all: EnrichedPiece["wanted"][number][] = [];
  let waiting: EnrichedPiece["wanted"][number][] = [];
  const send = (count: number) => {
    const payload = encode(waiting.slice(0, count));
    outcome.requests.push(...payload.parts.map((part) => Buffer.from(part)));
    recycle(payload);
    waiting = waiting.slice(count);
  };
  for await (const { flows, wanted, bad, quality, skipped, through } of pieces) {
    const isWanted = new Set(wanted);
    for (const one of flows) {
      outcome.records.push(one.record);
      outcome.times.push(one.time);
      if (!isWanted.has(one)) outcome.unwanted.push(one.record);
    }
    outcome.bad.push(...bad);
    outcome.quality.push(...quality);
    for (const [type, numbers] of Object.entries(skipped))
      outcome.skipped.push(...numbers.map((record): [string, number] => [type, record]));
    outcome.through = through;
    all.push(...wanted);
    waiting.push(...wanted);
    while (waiting.length >= batch) send(batch);
  }
  if (waiting.length > 0) send(waiting.length);
  if (gives) release?.(all);
  return outcome;
}

const enrichers = new WeakMap<Tables, Enricher>();

function enricherFor(tables: Tables): Enricher {
  const known = enrichers.get(tables) ?? enricherOf(tables);
  enrichers.set(tables, known);
  return known;
}

function stagesFor({ tables = () => NO_TABLES, keep = () => true, format = "oci-vcn" }: Settings, onFlows = (_: number) => {}) {
  const enrich = async (flows: readonly Flow[]) => {
    flows.forEach(enricherFor(tables()));
    onFlows(flows.length);
  };
  return { decode: decoderFor(FORMATS, format), enrich, keep } satisfies Stages;
}

const toRead = ({ key = "key", skip = 0, maxBytes = 1e9, maxRecordBytes = 1e6, ...rest }: Settings) => ({
  origin: originOf("test", key, "etag"),
  options: { skip, maxBytes, maxRecordBytes, ...("leftOut" in rest ? { leftOut: rest.leftOut ?? 0 } : {}) },
});

const encoders = new Map(SCHEMAS.map((schema) => [schema, createEncoder(protobuf, loadSchema(schema, "/"), OPTIONS)]));

/** By the program's decoder, enrichers and encoder. */
export function byFlows(bytes: Uint8Array | string, settings: Settings = {}): Promise<Outcome> {
  const { encode, recycle } = encoders.get(settings.schema ?? "otel") as OtlpEncoder;
  const pieces = readHere(stagesFor(settings))(chunksOf(Buffer.from(bytes), settings), toRead(settings), never);
  return gather(pieces, { encode: (wanted) => encode(wanted as readonly Flow[], OBSERVED), recycle }, settings);
}

export const newTranscoder = ({ schema = "otel" }: Settings = {}) =>
  new Transcoder(loadSchema(schema, "/"), OPTIONS, compressor(undefined));

/** As they are read; also how many of the records were taken by the kernel. */
export async function asRead(
  bytes: Uint8Array | string,
  settings: Settings = {},
  transcoder = newTranscoder(settings),
): Promise<Outcome & { readonly taken: number }> {
  let left = 0;
  const stages = stagesFor(settings, (count) => {
    left += count;
  });
  const { tables = () => NO_TABLES, needsFlows = () => false } = settings;
  const read = transcoder.reader({ ...stages, enrichment: 0 }, { tables, needsFlows });
  const pieces = read(chunksOf(Buffer.from(bytes), settings), toRead(settings), never);
  const requests: Requests = {
    encode: (wanted) => transcoder.encode(wanted as readonly EncodedRecord[], OBSERVED),
    recycle: transcoder.recycle,
    release: (wanted) => transcoder.release(wanted as readonly EncodedRecord[]),
  };
  const outcome = await gather(pieces, requests, settings);
  return { ...outcome, taken: outcome.records.length - left };
}

/** Both ways say and send the same. Returns how many records the kernel has taken. */
export async function expectSame(
  bytes: Uint8Array | string,
  settings: Settings = {},
  transcoder = newTranscoder(settings),
): Promise<number> {
  const { taken, ...outcome } = await asRead(bytes, settings, transcoder);
  const expected = await byFlows(bytes, settings);
  expectOutcome(outcome, expected);
  return taken;
}

/** The same was said and sent. */
export function expectOutcome({ requests, ...said }: Outcome, { requests: meant, ...expected }: Outcome): void {
  expectAlike([said, requests.length], [expected, meant.length]);
  for (const [index, request] of meant.entries()) expectEqual(requests[index] as Buffer, request);
}

function expectEqual(actual: Buffer, expected: Buffer): void {
  if (actual.equals(expected)) return;
  const at = expected.findIndex((byte, index) => byte !== actual[index]);
  const near = (bytes: Buffer) => bytes.toString("latin1", Math.max(0, at - 80), at + 80);
  expect(`from byte ${at}: ${near(actual)}`).toBe(`from byte ${at}: ${near(expected)}`);
  expect(actual.length).toBe(expected.length);
}
