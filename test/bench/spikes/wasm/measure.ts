/**
 * What a kernel in WebAssembly gives: `node test/bench/spikes/wasm/measure.ts`. First its requests are compared with the program's.
 *
 *   --flows N      flows of the bucket (200000)
 *   --rounds N     rounds after the one that warms up (7); 0 compares only
 *   --bucket DIR   a folder of objects instead, which are gzip
 *   --run N        also what a whole run takes of a bucket of so many flows, without tables
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { originOf } from "../../../../src/flow/origin.ts";
import { benchBucket } from "../../bucket.ts";
import { plain, type Table } from "../../table.ts";
import { build } from "./build.ts";
import { product } from "./product.ts";
import {
  compression,
  inflated,
  kernelWay,
  parseLines,
  productWay,
  type StoredObject,
  stored,
  storedOnce,
  type Take,
  type Way,
} from "./ways.ts";
import { wholeRun } from "./whole-run.ts";

const { values } = parseArgs({
  options: {
    flows: { type: "string", default: "200000" },
    rounds: { type: "string", default: "7" },
    bucket: { type: "string" },
    run: { type: "string" },
  },
});
const say = (line: string) => void process.stderr.write(`${line}\n`);
const print = (line: string) => void process.stdout.write(`${line}\n`);

const folder = values.bucket ?? (await benchBucket(Number(values.flows), "bench", say)).bucket;
const objects: StoredObject[] = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((key) => key.endsWith(".gz"))
  .sort()
  .map((key) => {
    const bytes = readFileSync(join(folder, key));
    return { origin: originOf("bench", key, "1"), bytes, lines: gunzipSync(bytes) };
  });
const rounds = Number(values.rounds);
const instantiate = build();

const records = await compare();
if (rounds > 0) await measure();
if (values.run !== undefined) {
  const { bucket, truth } = await benchBucket(Number(values.run), "bench", say);
  for (const coding of ["gzip", "zstd"] as const) {
    const us = await wholeRun(bucket, coding, truth.records, say);
    print(`a whole run of ${truth.records} records with ${coding}, without tables: ${us.toFixed(2)} µs of CPU a record`);
  }
}

/** Throws where the kernel's requests are not the program's. Returns how many records they hold. */
async function compare(): Promise<number> {
  const made: Buffer[] = [];
  const expected: Buffer[] = [];
  const ours = productWay(await product(), ({ bytes }, recycle) => {
    expected.push(Buffer.from(bytes));
    recycle();
  });
  const kernel = kernelWay(instantiate, await product(), ({ bytes, records }, recycle) => {
    count += records;
    made.push(Buffer.from(bytes));
    recycle();
  });
  let [count, requests, bytes] = [0, 0, 0];
  const check = () => {
    while (made.length > 0 && expected.length > 0) {
      const [one, other] = [made.shift() as Buffer, expected.shift() as Buffer];
      if (!one.equals(other)) throw new Error(`request ${requests + 1} differs at byte ${differenceOf(one, other)}`);
      requests++;
      bytes += one.length;
    }
  };
  for (const object of objects) {
    for (const way of [ours, kernel]) await way.read(inflated(object), object.origin);
    check();
  }
  for (const way of [ours, kernel]) way.flush();
  check();
  if (made.length + expected.length > 0)
    throw new Error(`there are ${made.length} requests too many, ${expected.length} too few`);
  const read = objects.reduce((total, { lines }) => total + lines.length, 0);
  print(
    `${requests} requests, ${count} records of ${objects.length} objects, equal byte by byte; ${kernel.left} lines left to the program`,
  );
  print(`${(read / count).toFixed(0)} bytes a record in, ${(bytes / count).toFixed(0)} out`);
  return count;
}

function differenceOf(one: Buffer, other: Buffer): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

/** CPU time of each way, in turns, so that what else the machine does meets all of them. */
async function measure(): Promise<void> {
  const ways = await allWays();
  const taken = new Map(ways.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    for (const { name, run } of ways) {
      const before = process.cpuUsage();
      const made = await run();
      const { user, system } = process.cpuUsage(before);
      if (made !== records) throw new Error(`${name} made ${made} records of ${records}`);
      if (round > 0) taken.get(name)?.push((user + system) / records);
    }
  }
  const table: Table = {
    title: `µs of CPU a record, of ${rounds} rounds`,
    header: ["", "middle", "least", "most"],
    rows: [...taken].map(([name, all]) => {
      const sorted = all.toSorted((a, b) => a - b);
      return [name, ...[sorted[rounds >> 1], sorted[0], sorted.at(-1)].map((us = 0) => us.toFixed(2))];
    }),
  };
  print(plain(table));
}

interface Measured {
  readonly name: string;
  /** Returns how many records it made something of. */
  readonly run: () => Promise<number>;
}

async function allWays(): Promise<Measured[]> {
  const parse = async () => {
    let parsed = 0;
    for (const object of objects) parsed += await parseLines(inflated(object));
    return parsed;
  };
  const inflate = (open: typeof inflated) => async () => {
    for (const object of objects) for await (const _ of open(object).chunks);
    return records;
  };
  const through = async (make: (take: Take) => Promise<Way>, open: typeof inflated, coding?: "gzip" | "zstd") => {
    const compressing = coding === undefined ? undefined : compression(coding);
    let made = 0;
    const way = await make((request, recycle) => {
      made += request.records;
      if (compressing === undefined) recycle();
      else compressing.take(request, recycle);
    });
    return async () => {
      made = 0;
      for (const object of objects) {
        await way.read(open(object), object.origin);
        await compressing?.settle();
      }
      way.flush();
      await compressing?.settle();
      return made;
    };
  };
  const ours = async (take: Take) => productWay(await product(), take);
  const kernel = async (take: Take) => kernelWay(instantiate, await product(), take);
  return [
    { name: "JSON.parse of each line", run: parse },
    { name: "decode, enrich, encode", run: await through(ours, inflated) },
    { name: "kernel", run: await through(kernel, inflated) },
    { name: "inflate", run: inflate(storedOnce) },
    { name: "inflate, decode, enrich, encode", run: await through(ours, stored) },
    { name: "inflate, kernel", run: await through(kernel, storedOnce) },
    { name: "inflate, kernel, chunks left to the collector", run: await through(kernel, stored) },
    { name: "inflate, decode, enrich, encode, gzip", run: await through(ours, stored, "gzip") },
    { name: "inflate, kernel, gzip", run: await through(kernel, storedOnce, "gzip") },
    { name: "inflate, decode, enrich, encode, zstd", run: await through(ours, stored, "zstd") },
    { name: "inflate, kernel, zstd", run: await through(kernel, storedOnce, "zstd") },
  ];
}
