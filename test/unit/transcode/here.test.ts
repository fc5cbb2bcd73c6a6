import { expect, test } from "vitest";
import type { QueuedObject } from "../../../src/contracts/ledger.ts";
import { Encoding } from "../../../src/delivery/encoding.ts";
import { flowOf, type HeldEntry, isHere } from "../../../src/delivery/entries.ts";
import { type EnrichedPiece, readHere } from "../../../src/delivery/reader.ts";
import { enricherOf } from "../../../src/enrich/chain.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { type FlowWindow, within } from "../../../src/flow/window.ts";
import { decoderFor } from "../../../src/formats/formats.ts";
import { Failure } from "../../../src/lib/errors.ts";
import { FORMATS } from "../../../src/registry.ts";
import { otlp } from "../../../src/sinks/otlp/sink.ts";
import { TranscodingHere } from "../../../src/transcode/here.ts";
import { transcoderOf } from "../../../src/transcode/sink.ts";
import { tablesOf } from "../enrich/snapshot.ts";
import { inChunks } from "../formats/decoding.ts";
import { event } from "./events.ts";

const never = new AbortController().signal;
const tables = await tablesOf({ servers: "address,server\n10.0.0.0/8,own\n" });
const enricher = enricherOf(tables);
const ALL: FlowWindow = { action: undefined, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const OBJECT = Array.from({ length: 600 }, (_, index) =>
  event({ bytesOut: String(index), startTime: String(1_725_632_000 + index), action: index % 3 === 0 ? '"REJECT"' : '"ACCEPT"' }),
).join("\n");

const stages = (window = ALL) => ({
  decode: decoderFor(FORMATS, "auto"),
  enrich: async (flows: readonly Flow[]) => flows.forEach(enricher),
  keep: within(window),
  enrichment: 0,
});

const toRead = (key: string, needsFlows = () => false) => ({
  object: { id: 1, source: "s", key, etag: "1", size: 1, time: 0, records: undefined } satisfies QueuedObject,
  origin: originOf("store", key, "1"),
  options: { skip: 0, maxBytes: 2 ** 30, maxRecordBytes: 2 ** 20 },
  needsFlows,
});

function rigOf(options: object = {}) {
  const parsed = otlp.options.parse({ endpoint: "http://127.0.0.1:9", compression: "none", ...options });
  const sink = otlp.create(parsed, { name: "out", baseDir: "/", env: {}, version: "1.2.3" });
  const here = new TranscodingHere("out", transcoderOf(parsed, { baseDir: "/", version: "1.2.3" }));
  return { sink, here };
}

const readingOf = (here: TranscodingHere, window = ALL, isWhole = true) =>
  here.reader(stages(window), () => (isWhole ? tables : undefined));

const flowsIn = async (key = "key", window = ALL): Promise<readonly Flow[]> => {
  const pieces = await Array.fromAsync(readHere(stages(window))(inChunks(Buffer.from(OBJECT), [50_000]), toRead(key), never));
  return pieces.flatMap(({ wanted }) => wanted) as Flow[];
};

/** Reads an object, and holds what it gives. */
async function held(encoding: Encoding, pieces: AsyncIterable<EnrichedPiece>): Promise<HeldEntry[]> {
  const entries: HeldEntry[] = [];
  for await (const { wanted } of pieces) {
    encoding.hold(wanted);
    entries.push(...(wanted as readonly HeldEntry[]));
  }
  return entries;
}

test.each([["none"], ["gzip"], ["zstd"]])(
  "requests of held records are those of their flows, as often as they are made: %s",
  async (compression) => {
    const { here, sink } = rigOf({ compression });
    const encoding = new Encoding("out", await sink);
    const entries = await held(encoding, readingOf(here)(inChunks(Buffer.from(OBJECT), [50_000]), toRead("key"), never));
    expect(entries.some(isHere)).toBe(false);
    // Others are read meanwhile, and let go of.
    for (let index = 0; index < 30; index++) {
      for await (const _ of readingOf(here)(inChunks(Buffer.from(OBJECT), [50_000]), toRead(`other${index}`), never));
    }
    const flows = await flowsIn();
    for (const [from, to, observed] of [
      [0, 600, 1_000],
      [0, 600, 1_000],
      [13, 250, 2_000],
      [599, 600, 3_000],
    ] as const) {
      const actual = await encoding.encode(entries.slice(from, to), observed);
      const expected = await encoding.encode(flows.slice(from, to), observed);
      expect(Buffer.concat(actual.parts).equals(Buffer.concat(expected.parts))).toBe(true);
      expect([actual.records, actual.coding]).toEqual([expected.records, expected.coding]);
      encoding.recycle(actual);
    }
    encoding.release(entries);
    await expect(Promise.resolve(encoding.encode(entries, 1))).rejects.toThrow();
  },
);

test("a batch that is too large is refused as that of flows is, and can be made in parts", async () => {
  const { here, sink } = rigOf({ batch: { bytes: 100_000 } });
  const encoding = new Encoding("out", await sink);
  const entries = await held(encoding, readingOf(here)(inChunks(Buffer.from(OBJECT), [50_000]), toRead("key"), never));
  const flows = await flowsIn();
  const failure = await Promise.resolve(encoding.encode(entries, 1)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toEqual(await (async () => encoding.encode(flows, 1))().catch((error: unknown) => error));
  const parts = [entries.slice(0, 75), entries.slice(75, 150)];
  for (const [index, part] of parts.entries()) {
    const expected = await encoding.encode(flows.slice(index * 75, index * 75 + 75), 1);
    expect(Buffer.concat((await encoding.encode(part, 1)).parts)).toEqual(Buffer.concat(expected.parts));
  }
});

test("flows are there while somebody looks, from the next chunk on, and the requests are the same", async () => {
  const { here, sink } = rigOf();
  const encoding = new Encoding("out", await sink);
  let looks = false;
  let chunk = 0;
  async function* watched() {
    for await (const bytes of inChunks(Buffer.from(OBJECT), [50_000])) {
      looks = chunk++ % 3 === 1;
      yield bytes;
    }
  }
  const shown: boolean[] = [];
  const entries: HeldEntry[] = [];
  const flows = await flowsIn();
  const reader = here.reader({ ...stages(), decode: decoderFor(FORMATS, "oci-vcn") }, () => tables);
  for await (const { wanted } of reader(
    watched(),
    toRead("key", () => looks),
    never,
  )) {
    if (looks) expect(wanted.map(flowOf)).toEqual(flows.slice(entries.length, entries.length + wanted.length));
    shown.push(wanted.every(isHere));
    encoding.hold(wanted);
    entries.push(...(wanted as readonly HeldEntry[]));
  }
  expect([shown[0], shown[1], shown[2]]).toEqual([false, true, false]);
  const [actual, expected] = [await encoding.encode(entries, 1), await encoding.encode(flows, 1)];
  expect(Buffer.concat(actual.parts).equals(Buffer.concat(expected.parts))).toBe(true);
});

test.each<[FlowWindow]>([
  [{ ...ALL, action: "reject" }],
  [{ ...ALL, from: 1_725_632_100_000 }],
  [{ ...ALL, to: 1_725_632_300_000 }],
  [{ ...ALL, to: 0 }],
])("a source of which only some flows are shipped: %o", async (window) => {
  const { here, sink } = rigOf();
  const encoding = new Encoding("out", await sink);
  const numbers: number[] = [];
  const entries: HeldEntry[] = [];
  for await (const { flows, wanted } of readingOf(here, window, false)(
    inChunks(Buffer.from(OBJECT), [50_000]),
    toRead("key"),
    never,
  )) {
    numbers.push(...flows.map(({ record }) => record));
    encoding.hold(wanted);
    entries.push(...(wanted as readonly HeldEntry[]));
  }
  const flows = await flowsIn("key", window);
  expect(numbers).toEqual(Array.from({ length: 600 }, (_, index) => index + 1));
  expect(entries.map(({ record, time }) => [record, time])).toEqual(flows.map(({ record, time }) => [record, time]));
  if (flows.length === 0) return;
  const [actual, expected] = [await encoding.encode(entries, 1), await encoding.encode(flows, 1)];
  expect(Buffer.concat(actual.parts).equals(Buffer.concat(expected.parts))).toBe(true);
});

test("a reading that is given up leaves the next ones as they are, and several go side by side", async () => {
  const { here, sink } = rigOf();
  const encoding = new Encoding("out", await sink);
  const keys = ["a", "b", "c", "d"];
  const read = async (key: string) => {
    for await (const _ of readingOf(here)(inChunks(Buffer.from(OBJECT), [50_000]), toRead(`given up ${key}`), never)) break;
    return held(encoding, readingOf(here)(inChunks(Buffer.from(OBJECT), [7_000]), toRead(key), never));
  };
  const all = await Promise.all(keys.map(read));
  const flows = await Promise.all(keys.map((key) => flowsIn(key)));
  const [actual, expected] = [await encoding.encode(all.flat(), 1), await encoding.encode(flows.flat(), 1)];
  expect(Buffer.concat(actual.parts).equals(Buffer.concat(expected.parts))).toBe(true);
});
