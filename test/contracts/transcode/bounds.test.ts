import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { runs } from "../../runs.ts";
import { tablesOf } from "../../unit/enrich/snapshot.ts";
import { event } from "../../unit/transcode/events.ts";
import { asRead, expectSame, newTranscoder } from "../../unit/transcode/reading.ts";

const lines = (events: readonly string[]) => events.map((one) => `${one}\n`).join("");
const addressOf = (index: number) => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
const from = (index: number) => event({ sourceAddress: `"${addressOf(index)}"` });

test("what is known of addresses is more than fits: it is forgotten within an object", async () => {
  const rows = Array.from({ length: 1700 }, (_, index) => `${addressOf(index)},server ${index},${"x".repeat(1800)}\n`);
  const tables = await tablesOf({ servers: `address,server,notes\n${rows.join("")}` });
  const events = Array.from(rows, (_, index) => from(index));
  const taken = await expectSame(lines([...events, ...events]), { tables: () => tables });
  expect(taken).toBeGreaterThan(3300);
});

test("addresses that take each other's places", async () => {
  const count = runs(40_000);
  const events = Array.from({ length: count }, (_, index) => from(index));
  expect(await expectSame(lines([...events, ...events]), { chunks: [262_144] })).toBeGreaterThan(1.98 * count);
});

test("blocks of metadata fill the memory, and are forgotten within an object", async () => {
  const block = (index: number) => ({ vnicocid: `"ocid1.vnic.oc1.iad.${"x".repeat(6000)}${index}"` });
  const events = Array.from({ length: 520 }, (_, index) => Array<string>(5).fill(event({}, block(index)))).flat();
  const taken = await expectSame(lines([...events, ...events.slice(0, 500)]), { chunks: [262_144] });
  expect(taken).toBeGreaterThan(2000);
});

test("more blocks than there are places", async () => {
  const block = (index: number) => ({ vnicocid: `"ocid1.vnic.oc1.iad.${index}"` });
  const events = Array.from({ length: 4400 }, (_, index) => Array<string>(5).fill(event({}, block(index)))).flat();
  expect(await expectSame(lines(events), { chunks: [262_144] })).toBeGreaterThan(15_000);
});

test("records of the greatest length that a context and both ends give", async () => {
  const servers = ["10.0.1.7,a", "198.51.100.23,b"].map((row) => `${row},${"x".repeat(1900)}\n`);
  const tables = await tablesOf({ servers: `address,server,notes\n${servers.join("")}` });
  const transcoder = newTranscoder();
  for (const length of [4000, 7900, 8100, 8200, 12_000, 20_000]) {
    const events = Array<string>(200).fill(event({}, { resourceId: `"${"x".repeat(length)}"` }));
    await expectSame(lines(events), { tables: () => tables, chunks: [1_000_000] }, transcoder);
  }
});

test("names of ports of any length", async () => {
  const transcoder = newTranscoder();
  for (const length of [1, 127, 128, 1000, 3000, 9000, 20_000]) {
    const name = `${"x".repeat(length)}ü`;
    const tables = await tablesOf({ ports: `port,protocol,name\n443,tcp,${name}\n51514,tcp,${name}\n` });
    const events = [100, 7000, 8000].flatMap((size) => Array<string>(3).fill(event({}, { resourceId: `"${"x".repeat(size)}"` })));
    await expectSame(lines(events), { tables: () => tables }, transcoder);
  }
});

test("more records in a chunk than wait in the kernel, and more bytes of them", async () => {
  const many = Array.from({ length: 9000 }, (_, index) => from(index % 100));
  expect(await expectSame(lines(many), { chunks: [20_000_000], batch: 20_000 })).toBeGreaterThan(8950);
  const large = Array<string>(500).fill(event({}, { resourceId: `"${"x".repeat(7000)}"` }));
  expect(await expectSame(lines(large), { chunks: [20_000_000], batch: 20_000 })).toBeGreaterThan(480);
});

test("contexts that never come again, or that were forgotten each time, do not keep later ones from being known", async () => {
  const strange = (index: number) => event({}, { vnicocid: `"ocid1.vnic.oc1.iad.once${index}"` });
  const usual = Array.from({ length: 1000 }, (_, index) => from(index % 10));
  const once = Array.from({ length: 1000 }, (_, index) => strange(index));
  expect(await expectSame(lines([...once, ...usual]))).toBeGreaterThan(800);

  const transcoder = newTranscoder();
  // What may be spent on describing blocks would be gone after a dozen.
  for (let index = 0; index < 25; index++) {
    const tables = await tablesOf({ servers: `address,server\n10.0.0.0/8,${index}\n` });
    await expectSame(lines(once.slice(0, 5)), { tables: () => tables }, transcoder);
  }
  expect(await expectSame(lines(usual), {}, transcoder)).toBeGreaterThan(800);
});

test("memory does not grow with the number of objects", async () => {
  setFlagsFromString("--expose-gc");
  const transcoder = newTranscoder();
  const object = lines(Array.from({ length: 200 }, (_, index) => from(index)));
  const read = async (count: number) => {
    for (let index = 0; index < count; index++) await asRead(object, { key: `key${index}`, gives: false }, transcoder);
  };
  const held = () => {
    (runInNewContext("gc") as () => void)();
    return process.memoryUsage().arrayBuffers;
  };
  await read(20);
  const before = held();
  await read(60);
  // What is garbage is given back some time after it was found.
  await expect.poll(() => held() - before).toBeLessThan(30_000_000);
});
