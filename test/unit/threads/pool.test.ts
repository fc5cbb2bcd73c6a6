import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { QueuedObject } from "../../../src/contracts/ledger.ts";
import { Encoding } from "../../../src/delivery/encoding.ts";
import { flowOf, HeldEntry } from "../../../src/delivery/entries.ts";
import { type EnrichedPiece, readHere, type ToRead } from "../../../src/delivery/reader.ts";
import { type Enrichment, enricherFrom } from "../../../src/enrich/enrichment.ts";
import { NetworkSnapshot } from "../../../src/enrich/rules/snapshot.ts";
import { digestOf } from "../../../src/enrich/tables/content.ts";
import { type KeptTable, readTable, snapshotOf } from "../../../src/enrich/tables/tables.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { type FlowWindow, within } from "../../../src/flow/window.ts";
import { AUTO, decoderFor } from "../../../src/formats/formats.ts";
import { type GeneratedObject, generate } from "../../../src/generator/generate.ts";
import { FORMATS } from "../../../src/registry.ts";
import { otlp } from "../../../src/sinks/otlp/sink.ts";
import type { Setup } from "../../../src/threads/messages.ts";
import { Pool } from "../../../src/threads/pool.ts";
import { expectAlike } from "../alike.ts";

const WINDOW: FlowWindow = { action: undefined, from: 0, to: Number.POSITIVE_INFINITY };
const sinkOptions = otlp.options.parse({ endpoint: "http://127.0.0.1:9", compression: "zstd" });
const setup: Setup = {
  version: "1.2.3",
  baseDir: "/",
  env: {},
  sources: [
    { format: AUTO, window: WINDOW, enrichment: 0 },
    { format: AUTO, window: { ...WINDOW, action: "reject" }, enrichment: 0 },
  ],
  sinks: [{ name: "out", type: "otlp", options: sinkOptions }],
  transcodes: false,
};
const never = new AbortController().signal;
const LIMITS = { maxBytes: 2 ** 30, maxRecordBytes: 2 ** 20 };

/** A table of servers that names every address of 10.0.0.0/8. */
const serversNamed = (name: string): KeptTable => {
  const bytes = Buffer.from(`address,server\n10.0.0.0/8,${name}\n`);
  return { table: "servers", path: "/servers.csv", digest: digestOf(bytes), bytes };
};

let lookups: readonly KeptTable[] = [serversNamed("first")];
const listeners: (() => void)[] = [];
const network = new NetworkSnapshot([]);
const enrichment: Pick<Enrichment, "lookups" | "network" | "securityLists" | "asks" | "onChange" | "prepare"> = {
  get lookups() {
    return lookups;
  },
  network: () => network,
  securityLists: "none",
  asks: false,
  onChange(listener) {
    listeners.push(listener);
    return () => {};
  },
  prepare: async () => {},
};
function change(next: readonly KeptTable[]): void {
  lookups = next;
  for (const listener of listeners) listener();
}

let pool: Pool;
const deaths: string[] = [];
const objects: GeneratedObject[] = [];
beforeAll(async () => {
  for await (const object of generate({ format: "oci", flows: 3_600, objects: 2, vnics: 8 })) objects.push(object);
  pool = new Pool(2, setup, [enrichment as Enrichment], { onDeath: (message) => void deaths.push(message) });
});
afterAll(() => pool.close());
beforeEach(() => {
  pool.onLost = () => {};
  void pool.fatal.then((error) => {
    throw error;
  });
});

const queued = (id: number, key: string): QueuedObject => ({
  id,
  source: "s",
  key,
  etag: "1",
  size: 1,
  time: 0,
  records: undefined,
});
const toRead = (id: number, needsFlows: boolean, skip = 0): ToRead => ({
  object: queued(id, `key${id}`),
  origin: originOf("store", `key${id}`, "1"),
  options: { ...LIMITS, skip },
  needsFlows: () => needsFlows,
});

async function* inChunks(bytes: Uint8Array, size = 30_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function enrich() {
  const loaded = await Promise.all(lookups.map(({ table, path, bytes, digest }) => readTable(table, path, { bytes, digest })));
  return enricherFrom(snapshotOf(loaded.flatMap(({ table }) => table ?? [])), network, "none");
}

/** What the stages make of an object in this thread. */
async function readInOne(bytes: Uint8Array, what: ToRead, window = WINDOW): Promise<EnrichedPiece[]> {
  const set = await enrich();
  const stages = {
    decode: decoderFor(FORMATS, AUTO),
    enrich: async (flows: readonly Flow[]) => set(flows),
    keep: within(window),
  };
  return Array.fromAsync(readHere(stages)(inChunks(bytes), what, never));
}

const wantedIn = (pieces: readonly EnrichedPiece[]) => pieces.flatMap(({ wanted }) => wanted);

test("what a thread reads, and the payload that it makes of it, is what one thread reads and makes", async () => {
  const sink = await otlp.create(sinkOptions, { name: "out", baseDir: "/", env: {}, version: "1.2.3" });
  const payloads = [0, 1].map(async (index) => {
    const { bytes } = objects[index] as GeneratedObject;
    const expected = await readInOne(bytes, toRead(index, true));
    const reference = wantedIn(expected).map(flowOf);
    let place = 0;
    for await (const piece of pool.reader(0)(inChunks(bytes), toRead(index, true), never)) {
      const flows = piece.wanted.map(flowOf);
      const own = reference.slice(place, place + flows.length);
      place += flows.length;
      expectAlike(flows, own);
      expect(piece.wanted.map(({ record, time }) => [record, time])).toEqual(own.map(({ record, time }) => [record, time]));
      // The rules mark the flows of this thread; the payload is made where they were read.
      const marked = [flows[3], own[3]].filter((flow) => flow !== undefined);
      for (const flow of marked) flow.detections = ["a_rule"];
      const there = await new Encoding("out", sink).encode(piece.wanted, 1_000);
      const here = await new Encoding("out", sink).encode(own, 1_000);
      expect(Buffer.concat(there.parts).equals(Buffer.concat(here.parts))).toBe(true);
      expect(there.records).toBe(own.length);
      expect(there.coding).toBe("zstd");
    }
    return place;
  });
  expect((await Promise.all(payloads)).reduce((sum, count) => sum + count)).toBe(
    objects.reduce((sum, { records }) => sum + records, 0),
  );
  await sink.close();
});

test("records that are not shipped, or were read before, are told apart; flows stay where they are unless they are asked for", async () => {
  const { bytes } = objects[0] as GeneratedObject;
  const what = toRead(1, false, 100);
  const expected = await readInOne(bytes, what, { ...WINDOW, action: "reject" });
  const pieces = await Array.fromAsync(pool.reader(1)(inChunks(bytes), what, never));
  const numbers = (all: readonly { record: number }[]) => all.map(({ record }) => record);
  expect(numbers(pieces.flatMap(({ flows }) => flows))).toEqual(numbers(expected.flatMap(({ flows }) => flows)));
  expect(numbers(wantedIn(pieces))).toEqual(numbers(wantedIn(expected)));
  expect(pieces.at(-1)?.through).toBe(expected.at(-1)?.through);
  expect(wantedIn(pieces).every((entry) => entry instanceof HeldEntry && entry.flow === undefined)).toBe(true);
});

test("bad records and a break are told as by one thread, and errors of the bytes come after what was read before them", async () => {
  const { bytes } = objects[1] as GeneratedObject;
  const broken = bytes.subarray(0, bytes.length >> 1);
  const expected = await readInOne(broken, toRead(1, false));
  const pieces = await Array.fromAsync(pool.reader(0)(inChunks(broken), toRead(1, false), never));
  expect(pieces.flatMap(({ bad }) => bad)).toEqual(expected.flatMap(({ bad }) => bad));
  expect(pieces.flatMap(({ bad }) => bad).at(-1)).toMatchObject({ code: "truncated-gzip", to: undefined });

  const failing = async function* () {
    yield* inChunks(broken);
    throw new Error("the network broke");
  };
  let records = 0;
  const read = async () => {
    for await (const piece of pool.reader(0)(failing(), toRead(2, false), never)) records += piece.flows.length;
  };
  await expect(read()).rejects.toThrow("the network broke");
  expect(records).toBeGreaterThan(600);
});

test("a reading that is stopped ends at once, and so do its bytes", async () => {
  const stop = new AbortController();
  let ended = false;
  const endless = async function* () {
    try {
      for (;;) yield* inChunks((objects[0] as GeneratedObject).bytes);
    } finally {
      ended = true;
    }
  };
  const read = async () => {
    for await (const _ of pool.reader(0)(endless(), toRead(1, false), stop.signal)) stop.abort(new Error("enough"));
  };
  await expect(read()).rejects.toThrow("enough");
  await expect.poll(() => ended).toBe(true);
});

test("all threads take up tables that have changed at the same moment: bytes that come later are enriched with them", async () => {
  const gates = [0, 1].map(() => Promise.withResolvers<void>());
  const halves = objects.map(({ bytes }) => bytes);
  const readings = halves.map(async (bytes, index) => {
    const gated = async function* () {
      // Plain lines, so that a chunk is decoded when it comes.
      const text = gunzipSync(bytes);
      const middle = text.indexOf(10, text.length >> 1) + 1;
      yield text.subarray(0, middle);
      await gates[index]?.promise;
      yield text.subarray(middle);
    };
    const versions: (string | undefined)[] = [];
    for await (const { flows } of pool.reader(0)(gated(), toRead(10 + index, true), never)) {
      versions.push(...flows.map((entry) => flowOf(entry).lookupsVersion));
    }
    return versions;
  });
  const before = snapshotOf(await loadedOf(lookups)).version;
  // Both have sent their first half when a third reading is through.
  await Array.fromAsync(pool.reader(0)(inChunks((objects[0] as GeneratedObject).bytes), toRead(20, false), never));
  change([serversNamed("second")]);
  const after = snapshotOf(await loadedOf(lookups)).version;
  // What reads now waits for nobody, and is of the old tables until every thread has the new ones.
  await expect.poll(async () => (await versionsOf(30)).at(-1)).toBe(after);
  for (const gate of gates) gate.resolve();
  for (const versions of await Promise.all(readings)) {
    const turn = versions.indexOf(after);
    expect(turn).toBeGreaterThan(0);
    expect(new Set(versions.slice(0, turn))).toEqual(new Set([before]));
    expect(new Set(versions.slice(turn))).toEqual(new Set([after]));
  }
});

test("a flow is enriched when what is asked about its subnet is answered, whoever asked first, and however long ago its bytes came", async () => {
  const { bytes } = objects[0] as GeneratedObject;
  const ids = new Set(wantedIn(await readInOne(bytes, toRead(40, true))).map((entry) => flowOf(entry).context.subnet as string));
  const subnetOf = (id: string) => [id, { id, name: "known", networks: [], vcn: undefined, ruleSets: [] }] as const;
  const nothing = {
    provider: "oracle_cloud",
    ruleSets: new Map(),
    vnics: new Map(),
    vnicsComplete: false,
    membersComplete: false,
  } as const;
  let state = new NetworkSnapshot([]);
  const answer = Promise.withResolvers<void>();
  const telling = Promise.withResolvers<void>();
  let questions = 0;
  const asking: typeof enrichment = {
    ...enrichment,
    lookups: [],
    asks: true,
    network: () => state,
    async prepare() {
      questions += 1;
      // The second hears of the answer when that of the first is on its way to the threads.
      await (questions === 1 ? answer : telling).promise;
    },
    get securityLists() {
      if (state.data.length > 0) telling.resolve();
      return "none" as const;
    },
  };
  const one = new Pool(1, setup, [asking as Enrichment], { onDeath: (message) => void deaths.push(message) });
  try {
    // In plain lines it is of several chunks, all of which come before the answer.
    const text = gunzipSync(bytes);
    expect(text.length).toBeGreaterThan(3 * 64 * 1024);
    const names = async (id: number) => {
      const pieces = await Array.fromAsync(one.reader(0)(inChunks(text), toRead(id, true), never));
      return wantedIn(pieces).map((entry) => flowOf(entry).subnetName);
    };
    const readings = [names(41), names(42)];
    await expect.poll(() => questions).toBe(2);
    state = new NetworkSnapshot([{ ...nothing, subnets: new Map([...ids].map(subnetOf)) }]);
    answer.resolve();
    const count = (objects[0] as GeneratedObject).records;
    const all = Array.from({ length: count }, () => "known");
    expect(await Promise.all(readings)).toEqual([all, all]);
    // What is known is asked about again, so that whoever keeps it hears that it is in use.
    const before = questions;
    expect(await names(43)).toEqual(all);
    expect(questions).toBeGreaterThan(before);
  } finally {
    await one.close();
  }
});

const loadedOf = async (tables: readonly KeptTable[]) =>
  (await Promise.all(tables.map(({ table, path, bytes, digest }) => readTable(table, path, { bytes, digest })))).flatMap(
    ({ table }) => table ?? [],
  );

async function versionsOf(id: number) {
  const pieces = await Array.fromAsync(
    pool.reader(0)(inChunks((objects[0] as GeneratedObject).bytes), toRead(id, true), never),
    ({ flows }) => flows.map((entry) => flowOf(entry).lookupsVersion),
  );
  return pieces.flat();
}
