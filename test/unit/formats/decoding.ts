import { expect } from "vitest";
import type { DecodeOptions, QualityNotice } from "../../../src/contracts/decoder.ts";
import { FIELD_NAMES, formOf, isFrom } from "../../../src/flow/fields.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { decoderFor } from "../../../src/formats/formats.ts";
import { FORMATS } from "../../../src/registry.ts";

/** What came out of one object, the pieces put together. */
export interface Outcome {
  flows: Flow[];
  /** One entry a record; of a fault the record is followed by `+`. */
  bad: [record: string, code: string][];
  reasons: string[];
  quality: QualityNotice[];
  skipped: Record<string, number>;
  /** Numbers of the skipped records. */
  passedOver: number[];
  through: number;
}

export interface Settings extends Partial<DecodeOptions> {
  readonly key?: string;
  /** Sizes of the chunks that the bytes come in, the last one repeated. */
  readonly chunks?: readonly number[];
}

export async function decode(format: string, bytes: Uint8Array | string, settings: Settings = {}): Promise<Outcome> {
  const { key = "key", chunks = [65_536], ...limits } = settings;
  const options = { skip: 0, maxBytes: 1e9, maxRecordBytes: 1e6, ...limits };
  const outcome: Outcome = {
    flows: [],
    bad: [],
    reasons: [],
    quality: [],
    skipped: Object.create(null),
    passedOver: [],
    through: options.skip,
  };
  const source = inChunks(typeof bytes === "string" ? Buffer.from(bytes) : bytes, chunks);
  for await (const piece of decoderFor(FORMATS, format)(source, originOf("test", key, "etag"), options)) {
    outcome.flows.push(...piece.flows);
    for (const { from, to, code, reason } of piece.bad) {
      if (to === undefined) outcome.bad.push([`${from}+`, code]);
      for (let record = from; record <= (to ?? 0); record++) outcome.bad.push([String(record), code]);
      outcome.reasons.push(reason);
    }
    outcome.quality.push(...piece.quality);
    for (const [type, numbers] of Object.entries(piece.skipped))
      outcome.skipped[type] = (outcome.skipped[type] ?? 0) + numbers.length;
    outcome.passedOver.push(...Object.values(piece.skipped).flat());
    outcome.through = piece.through;
  }
  return outcome;
}

export async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** A flow as plain data, as decoders fill it: what the log does not say is left out, times are ISO, large counters end in `n`. */
export function plain(flow: Flow): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const name in flow) {
    const value: unknown = flow[name as keyof Flow];
    if (value === undefined || LEFT_OUT.has(name)) continue;
    if (TIMES.has(name)) shown[name] = new Date(value as number).toISOString();
    else shown[name] = typeof value === "bigint" ? `${value}n` : value;
  }
  const context: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flow.context)) {
    if (value !== undefined) context[name] = TIMES.has(name) ? new Date(value as number).toISOString() : value;
  }
  shown.context = context;
  return shown;
}

/** What is not decoded, what the decoder is told, and the context, which is shown in its own form. */
const LEFT_OUT = new Set<string>(["origin", "context", ...FIELD_NAMES.filter((name) => !isFrom(name, "decoder"))]);
const TIMES = new Set<string>(FIELD_NAMES.filter((name) => formOf(name) === "time"));

/** Every record number up to `through` occurs once, as a flow, bad or skipped; notices stand in their order, between records. */
export function expectAccounted({ flows, bad, passedOver, quality, through }: Outcome): void {
  const closed = bad.filter(([record]) => !record.endsWith("+")).map(([record]) => Number(record));
  const numbers = [...flows.map(({ record }) => record), ...closed, ...passedOver];
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: through }, (_, index) => index + 1));
  const places = quality.map(({ after }) => after);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places.every((place) => place >= 0 && place <= through)).toBe(true);
  const records = flows.map(({ record }) => record);
  expect(records).toEqual(records.toSorted((a, b) => a - b));
  const open = bad.filter(([record]) => record.endsWith("+"));
  expect(open.length).toBeLessThanOrEqual(1);
  if (open.length === 1) expect(open[0]?.[0]).toBe(`${through + 1}+`);
}
