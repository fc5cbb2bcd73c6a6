import { afterAll, expect, test } from "vitest";
import { Encoding } from "../../../src/delivery/encoding.ts";
import { flowOf, type HeldEntry, isHere } from "../../../src/delivery/entries.ts";
import { readHere } from "../../../src/delivery/reader.ts";
import { type Enrichment, enricherFrom } from "../../../src/enrich/enrichment.ts";
import { NetworkSnapshot } from "../../../src/enrich/rules/snapshot.ts";
import { snapshotOf } from "../../../src/enrich/tables/tables.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { type FlowWindow, within } from "../../../src/flow/window.ts";
import { AUTO, decoderFor } from "../../../src/formats/formats.ts";
import { type GeneratedObject, generate } from "../../../src/generator/generate.ts";
import { FORMATS } from "../../../src/registry.ts";
import { otlp } from "../../../src/sinks/otlp/sink.ts";
import type { Setup } from "../../../src/threads/messages.ts";
import { Pool } from "../../../src/threads/pool.ts";
import { expectAlike } from "../../unit/alike.ts";
import { inChunks } from "../../unit/formats/decoding.ts";

const ALL: FlowWindow = { action: undefined, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const REJECTED: FlowWindow = { ...ALL, action: "reject" };
const WINDOWS = [ALL, REJECTED, ALL];
const sinkOptions = otlp.options.parse({ endpoint: "http://127.0.0.1:9", compression: "gzip", schema: "otel" });
const setup: Setup = {
  version: "1.2.3",
  baseDir: "/",
  env: {},
  // The first and the last share a kernel, and each has a decoder of its own.
  sources: WINDOWS.map((window) => ({ format: AUTO, window, enrichment: 0 })),
  sinks: [{ name: "out", type: "otlp", options: sinkOptions }],
  transcodes: true,
};
const network = new NetworkSnapshot([]);
const enrichment: Partial<Enrichment> = {
  lookups: [],
  network: () => network,
  securityLists: "none",
  asks: false,
  onChange: () => () => {},
  prepare: async () => {},
};
const never = new AbortController().signal;
const enrich = enricherFrom(snapshotOf([]), network, "none");
const objects: GeneratedObject[] = await Array.fromAsync(
  generate({ format: "oci", flows: 6_000, objects: 3, vnics: 8, quality: true }),
);

const toRead = (key: string, needsFlows = () => false) => ({
  object: { id: 1, source: "s", key, etag: "1", size: 1, time: 0, records: undefined },
  origin: originOf("store", key, "1"),
  options: { skip: 0, maxBytes: 2 ** 30, maxRecordBytes: 2 ** 20 },
  needsFlows,
});
const bytesOf = (index: number) => inChunks((objects[index] as GeneratedObject).bytes, [20_000]);

/** Of one thread, until that dies. */
const pool = new Pool(1, setup, [enrichment as Enrichment], { onDeath: () => {} });
afterAll(() => pool.close());

const encodingOf = async () =>
  new Encoding("out", await otlp.create(sinkOptions, { name: "out", baseDir: "/", env: {}, version: "1.2.3" }));

const known = new Map<string, Promise<Flow[]>>();

/** Read once. */
function flowsOf(index: number, window = ALL): Promise<Flow[]> {
  const key = `${index} ${WINDOWS.indexOf(window)}`;
  const flows = known.get(key) ?? read(index, window);
  known.set(key, flows);
  return flows;
}

async function read(index: number, window: FlowWindow): Promise<Flow[]> {
  const stages = {
    decode: decoderFor(FORMATS, AUTO),
    enrich: async (flows: readonly Flow[]) => enrich(flows),
    keep: within(window),
  };
  const pieces = await Array.fromAsync(readHere(stages)(bytesOf(index), toRead(`key${index}`), never));
  return pieces.flatMap(({ wanted }) => wanted) as Flow[];
}

async function heldBy(encoding: Encoding, index: number, source = 0, needsFlows = () => false): Promise<HeldEntry[]> {
  const entries: HeldEntry[] = [];
  for await (const { wanted } of pool.reader(source)(bytesOf(index), toRead(`key${index}`, needsFlows), never)) {
    encoding.hold(wanted);
    entries.push(...(wanted as readonly HeldEntry[]));
  }
  return entries;
}

async function expectSame(encoding: Encoding, entries: readonly HeldEntry[], flows: readonly Flow[]): Promise<void> {
  expectAlike(
    entries.map(({ record, time }) => [record, time]),
    flows.map(({ record, time }) => [record, time]),
  );
  const [actual, expected] = [await encoding.encode(entries, 1_000), await encoding.encode(flows, 1_000)];
  expect(Buffer.concat(actual.parts).equals(Buffer.concat(expected.parts))).toBe(true);
  expect([actual.records, actual.coding]).toEqual([expected.records, expected.coding]);
}

test("requests of objects of several sources that one thread reads side by side, and lets go of by and by", async () => {
  const encoding = await encodingOf();
  const sources = [0, 1, 2];
  for (let round = 0; round < 3; round++) {
    const entries = await Promise.all(sources.map((index) => heldBy(encoding, index, index)));
    const flows = await Promise.all(sources.map((index) => flowsOf(index, WINDOWS[index])));
    expect(entries.flat().some(isHere)).toBe(false);
    await expectSame(encoding, entries.flat(), flows.flat());
    await expectSame(encoding, entries.flat().slice(700, 1900), flows.flat().slice(700, 1900));
    for (const some of entries) encoding.release(some);
  }
});

test("flows come along while somebody looks, and the requests are the same", async () => {
  const encoding = await encodingOf();
  let asked = 0;
  const entries = await heldBy(encoding, 0, 0, () => asked++ % 2 === 1);
  const flows = await flowsOf(0);
  const here = entries.flatMap((entry, index) => (isHere(entry) ? [[flowOf(entry), flows[index]]] : []));
  expect(here.length).toBeGreaterThan(100);
  expect(here.length).toBeLessThan(entries.length);
  expectAlike(
    here.map(([actual]) => actual),
    here.map(([, expected]) => expected),
  );
  await expectSame(encoding, entries, flows);
});

test("what a thread held is gone with it, and is read again by the next one", async () => {
  const encoding = await encodingOf();
  const entries = await heldBy(encoding, 0);
  // No thread knows such a source.
  await expect(Array.fromAsync(pool.reader(99)(bytesOf(1), toRead("key1"), never))).rejects.toMatchObject({ drawer: "object" });
  await expect(Promise.resolve(encoding.encode(entries, 1_000))).rejects.toMatchObject({ drawer: "object" });
  await expectSame(encoding, await heldBy(encoding, 0), await flowsOf(0));
});
