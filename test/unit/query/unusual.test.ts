import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { identifier, literal } from "../../../src/dialects/duckdb/conditions.ts";
import { ask } from "../../../src/query/ask.ts";
import { type Database, openDuckdb } from "../../../src/query/duckdb.ts";
import { readySearch } from "../../../src/query/search.ts";
import { type UnusualOptions, unusualTransfers } from "../../../src/query/unusual.ts";

let database: Database;
beforeAll(async () => {
  database = await openDuckdb("/nonexistent");
  await database.connection.run("SET threads = 1");
});
afterAll(() => database.close());

/** Columns of the view `flows` that transfers are made of. */
const COLUMNS = {
  ...{ time: "TIMESTAMP", "flow.action": "VARCHAR", "flow.bytes": "UBIGINT", "flow.reverse.bytes": "UBIGINT" },
  ...Object.fromEntries(
    ["source", "destination"].flatMap((side) => [
      [`${side}.address`, "VARCHAR"],
      ...["service", "server", "network", "zone"].map((name) => [`flow.${side}.${name}`, "VARCHAR"]),
    ]),
  ),
};

type Row = Readonly<Record<string, string | number | bigint | undefined>>;

/** What was accepted from one address to another in an hour. */
function sent(hour: number, source: string, destination: string, bytes: number | bigint, more: Row = {}): Row {
  const time = `2026-01-${String(1 + Math.floor(hour / 24)).padStart(2, "0")} ${String(hour % 24).padStart(2, "0")}:20:00`;
  const ends = { "source.address": source, "destination.address": destination, "flow.destination.service": "HTTPS" };
  return { time, "flow.action": "accept", ...ends, "flow.bytes": bytes, ...more };
}

/** A transfer of each of these sizes, an hour after the other. */
const hourly = (source: string, destination: string, sizes: readonly number[], more: Row = {}): Row[] =>
  sizes.map((bytes, hour) => sent(hour, source, destination, bytes, more));
const times = (amount: number, ...sizes: readonly number[]): number[] => Array.from({ length: amount }, () => sizes).flat();

async function clusters(flows: readonly Row[], options: UnusualOptions = {}) {
  const value = (one: Row[string]) => (one === undefined ? "NULL" : typeof one === "string" ? literal(one) : String(one));
  const rows = flows.map(
    (flow) =>
      `(${Object.keys(COLUMNS)
        .map((column) => value(flow[column]))
        .join(", ")})`,
  );
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${identifier(name)} ${type}`);
  await database.connection.run(`CREATE OR REPLACE TABLE flows (${columns.join(", ")})`);
  await database.connection.run(`INSERT INTO flows VALUES ${rows.join(", ")}`);
  return asked(unusualTransfers(options));
}

async function asked(sql: string) {
  const { columns, rows } = await ask(database.connection, sql, { rows: 100, timeoutMs: 60_000 }, new AbortController().signal);
  return rows.map((row) => Object.fromEntries(row.map((value, index) => [columns[index], value])));
}

describe("a transfer is unusual", () => {
  test("by its distance from the median of its own pair, in deviations", async () => {
    // Seven at 1,000 and six at 2,000: the median of the fourteen is half a doubling above 1,000, and so is the median distance from it.
    // 64,000 is six doublings above 1,000: 5.5 / (0.5 × 1.4826) = 7.42 deviations. The ninetieth percentile is nearer: 0.5 / 1.2816.
    const found = await clusters(hourly("10.0.0.1", "10.0.0.2", [...times(6, 1000, 2000), 1000, 64_000]));
    expect(found).toMatchObject([
      {
        ...{ From: "2026-01-01T13:00:00Z", Until: "2026-01-01T14:00:00Z", "Traffic From": "Unknown", "Traffic To": "HTTPS" },
        ...{ Transfers: 1, Flows: 1, "Bytes Transferred": 64_000, Smallest: 64_000, Largest: 64_000 },
        ...{ Usual: 1414, "Compared With": "pair", Score: 7.4 },
      },
    ]);
  });

  test("never below twice what is usual, however regular that is", async () => {
    // The deviation is ln 2 / 3.5 at least: ln 1.9 / it = 3.24, ln 2.1 / it = 3.75.
    const regular = times(20, 1000);
    expect(await clusters(hourly("10.0.0.1", "10.0.0.2", [...regular, 1900]))).toEqual([]);
    expect(await clusters(hourly("10.0.0.1", "10.0.0.2", [...regular, 2100]))).toMatchObject([{ Score: 3.7, Usual: 1000 }]);
  });

  test("not where the sizes lean upwards: the ninetieth percentile widens what is usual", async () => {
    // Two of twelve at a million: by the median distance alone, which is none, they would stand out by 35 deviations.
    const leaning = [...times(10, 1000), 1e6, 1e6];
    expect(await clusters(hourly("10.0.0.1", "10.0.0.2", leaning))).toEqual([]);
  });

  test("not because others of the service are smaller, where the pair itself is used to it", async () => {
    const small = Array.from({ length: 30 }, (_, host) => sent(host, `10.0.1.${host}`, "10.0.0.9", 1000 + host));
    expect(await clusters([...small, ...hourly("10.0.0.1", "10.0.0.2", times(15, 1e9))])).toEqual([]);
    const new_ = await clusters([...small, sent(3, "10.0.0.1", "10.0.0.2", 1e9)]);
    expect(new_).toMatchObject([{ "Compared With": "service", "Bytes Transferred": 1e9 }]);
  });

  test("against all transfers, where its services are rare", async () => {
    const usual = Array.from({ length: 30 }, (_, host) => sent(host, `10.0.1.${host}`, "10.0.0.9", 1000 + host));
    const rare = sent(4, "10.0.0.1", "10.0.0.2", 1e8, { "flow.destination.service": "Redis" });
    expect(await clusters([...usual, rare])).toMatchObject([{ "Traffic To": "Redis", "Compared With": "all" }]);
  });
});

describe("what is a transfer", () => {
  const usual = hourly("10.0.0.1", "10.0.0.2", times(20, 1000));

  test("flows of the same hour are one, and exact beyond 2^53", async () => {
    const parts = [2n ** 60n, 1n].map((bytes) => sent(20, "10.0.0.1", "10.0.0.2", bytes));
    expect(await clusters([...usual, ...parts])).toMatchObject([
      { Transfers: 1, Flows: 2, "Bytes Transferred": String(2n ** 60n + 1n) },
    ]);
  });

  test("rejected flows are none", async () => {
    expect(await clusters([...usual, sent(20, "10.0.0.1", "10.0.0.2", 1e9, { "flow.action": "reject" })])).toEqual([]);
  });

  test("a record of both ways is two", async () => {
    const answered = usual.map((flow) => ({ ...flow, "flow.reverse.bytes": 1000 }));
    const found = await clusters([...answered, sent(20, "10.0.0.1", "10.0.0.2", 1000, { "flow.reverse.bytes": 5e6 })]);
    expect(found).toMatchObject([{ "Traffic From": "HTTPS", "Traffic To": "Unknown", "Bytes Transferred": 5e6 }]);
  });

  test("records without a time are of no hour", async () => {
    const timeless = [...usual, sent(0, "10.0.0.3", "10.0.0.2", 1e9)].map((flow) => ({ ...flow, time: undefined }));
    expect(await clusters(timeless, { of: "largest" })).toMatchObject([{ From: null, "Bytes Transferred": 1e9 }]);
  });
});

describe("clusters", () => {
  const quiet = Array.from({ length: 40 }, (_, host) =>
    sent(host, `10.0.1.${host}`, "10.0.0.9", 1000 + host, { "flow.destination.server": "web" }),
  );
  const large = (hour: number, bytes: number, source = "10.0.0.1", more: Row = {}) =>
    sent(hour, source, "10.0.0.9", bytes, { "flow.destination.server": "web", ...more });

  test("hold what follows within a factor of four and without an hour's gap", async () => {
    const found = await clusters([...quiet, large(10, 73e6), large(11, 81e6), large(13, 80e6), large(10, 900e6, "10.0.0.3")]);
    expect(found.map((one) => [one.From, one.Until, one.Transfers, one.Smallest, one.Largest])).toEqual([
      ["2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", 1, 900e6, 900e6],
      ["2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z", 2, 73e6, 81e6],
      ["2026-01-01T13:00:00Z", "2026-01-01T14:00:00Z", 1, 80e6, 80e6],
    ]);
  });

  test("name what more than half of them has in common, with support and lift", async () => {
    const owned = { "flow.source.server": "app-1" };
    const found = await clusters([...quiet, large(10, 73e6, "10.0.0.1", owned), large(11, 81e6, "10.0.0.1", owned)]);
    // Of 42 transfers 2 are from 10.0.0.1: all of the cluster, 21 times as often. All are to web, so that it is no news.
    expect(found.map((one) => one.Correlated)).toEqual([
      "Source 10.0.0.1: 2 of 2, lift 21; Source Server app-1: 2 of 2, lift 21",
    ]);
  });

  test("name nothing that half of them or less has", async () => {
    const found = await clusters([...quiet, large(10, 73e6, "10.0.0.1"), large(11, 81e6, "10.0.0.2")]);
    expect(found.map((one) => one.Correlated ?? "")).toEqual([""]);
  });

  test("of one host are compared with the transfers of all", async () => {
    const all = [...quiet, large(10, 73e6), large(30, 5e6, "10.0.0.2", { "flow.source.server": "app-2" })];
    expect((await clusters(all, { host: "app-2" })).map((one) => one["Bytes Transferred"])).toEqual([5e6]);
    expect((await clusters(all, { host: "10.0.0.9" })).length).toBe(2);
    expect(await clusters(all, { host: "10.9.9.9" })).toEqual([]);
  });

  test("the largest transfer is in one, also where nothing is unusual", async () => {
    const even = hourly("10.0.0.1", "10.0.0.2", [...times(14, 1000), 1200]);
    expect(await clusters(even)).toEqual([]);
    // Those within a factor of four are all of them.
    expect(await clusters(even, { of: "largest" })).toMatchObject([{ Transfers: 15, Largest: 1200, Usual: 1000 }]);
  });

  test("are what the search of that name gives", async () => {
    await clusters([...quiet, large(10, 73e6), large(30, 5e6)]);
    const { sql } = readySearch("unusual_transfers", { limit: 1 });
    expect(await asked(sql)).toMatchObject([{ "Bytes Transferred": 73e6 }]);
  });
});
