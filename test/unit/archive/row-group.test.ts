import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { archiveColumns } from "../../../src/archive/columns.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { sshFlow, TIME } from "../sinks/flows.ts";
import { rowsOf, temporaryFolder, writeParquet } from "./parts.ts";

const NAMES = [
  "time",
  "log.record.uid",
  "source.address",
  "source.address.hex",
  "destination.port",
  "flow.bytes",
  "flow.start",
  "flow.connection.initiated",
  "flow.detections",
  "flow.source.server",
  "flow.source.columns",
];
const COLUMNS = archiveColumns().filter(({ name }) => NAMES.includes(name));
const [LEAST_PORT, MOST_PORT] = [0, 65_535];

let work: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  work = temporaryFolder();
});
afterEach(() => work.remove());

/** What is written, and what a reader that has nothing to do with the writer finds. */
async function written(flows: readonly Flow[]): Promise<Record<string, unknown>[]> {
  const path = join(work.path, "some.parquet");
  writeParquet(path, flows, COLUMNS);
  return rowsOf(readFileSync(path));
}

const expected = (flows: readonly Flow[]) =>
  [...flows]
    .sort((one, other) => one.time - other.time || one.record - other.record)
    .map((flow) => ({
      time: new Date(flow.time),
      "log.record.uid": flow.uid,
      "source.address": flow.sourceAddress?.toWellFormed(),
      "destination.port": flow.destinationPort,
      "flow.bytes": flow.bytes === undefined ? undefined : BigInt(flow.bytes),
      "flow.start": flow.start === undefined ? undefined : BigInt(flow.start),
      "flow.connection.initiated": flow.initiated,
      "flow.detections": flow.detections.length === 0 ? undefined : flow.detections,
      "flow.source.server": flow.sourceServer?.toWellFormed(),
      "flow.source.columns": flow.sourceColumns,
    }));

/** In the reader's words a column that has no value is null, or missing. */
const read = (rows: readonly Record<string, unknown>[]) =>
  rows.map(({ "source.address.hex": _, ...row }) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? undefined])),
  );

const few = <T>(...values: T[]) => fc.constantFrom(undefined, ...values);
const changes = fc.record({
  time: fc.integer({ min: TIME, max: TIME + 3_000 }),
  sourceAddress: fc.option(fc.oneof(fc.ipV4(), fc.constantFrom("10.0.0.1", "::1", "no \ud800 address")), { nil: undefined }),
  destinationPort: fc.option(fc.oneof(few(22, 443), fc.integer({ min: LEAST_PORT, max: MOST_PORT })), { nil: undefined }),
  bytes: fc.option(fc.oneof(fc.nat(), fc.bigInt(2n ** 53n, 2n ** 64n - 1n), fc.constant(Number.MAX_SAFE_INTEGER)), {
    nil: undefined,
  }),
  start: few(TIME, TIME + 1, -1),
  initiated: few(true, false),
  detections: fc.constantFrom([], ["a"], ["a", "b ü"]),
  sourceServer: fc.option(fc.string({ unit: "grapheme", maxLength: 12 }), { nil: undefined }),
  sourceColumns: few({ owner: "a" }, { owner: "b", note: '"' }),
});

test("a reader finds each value of each row, in the order of time, whatever the values are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 200 }), fc.nat(3), async (all, repeats) => {
      const flows = Array.from({ length: repeats + 1 }, () => all)
        .flat()
        .map((change, index) => Object.assign(sshFlow(index + 1), change) as Flow);
      expect(read(await written(flows))).toEqual(expected(flows));
    }),
    { numRuns: 60 },
  );
});

test("columns that are the same in all rows, empty in all rows, different in all rows, and longer than a dictionary's place", async () => {
  const flows = Array.from({ length: 3_000 }, (_, index) =>
    Object.assign(sshFlow(index + 1), {
      ...{ time: TIME + (index % 7), sourceAddress: `10.0.${index >> 8}.${index & 255}`, destinationPort: index % 300 },
      ...{ bytes: index % 11 === 0 ? undefined : index * 7919, start: undefined, sourceServer: "one" },
      ...{ initiated: index % 3 === 0 ? undefined : index > 1_500, detections: [], sourceColumns: undefined },
    }),
  );
  expect(read(await written(flows))).toEqual(expected(flows));
});

test("addresses stand there in a form that compares as they do", async () => {
  const addresses = ["9.255.0.1", "10.0.0.1", "2001:db8::1", "::ffff:9.0.0.1", "nowhere"];
  const flows = addresses.map((sourceAddress, index) => Object.assign(sshFlow(index + 1), { sourceAddress }));
  const rows = await written(flows);
  // By hand: 9.255.0.1 is 09ff0001, 10.0.0.1 is 0a000001, in ::ffff:0:0/96.
  expect(rows.map((row) => row["source.address.hex"] ?? undefined)).toEqual([
    "00000000000000000000ffff09ff0001",
    "00000000000000000000ffff0a000001",
    "20010db8000000000000000000000001",
    "00000000000000000000ffff09000001",
    undefined,
  ]);
});
