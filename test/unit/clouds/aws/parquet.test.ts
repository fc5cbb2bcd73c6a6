import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { isThorough, runs } from "../../../runs.ts";
import { decode, expectAccounted, plain } from "../../formats/decoding.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Columns with the types that AWS's documentation gives them in Parquet. */
const TYPES: Readonly<Record<string, string>> = {
  version: "INTEGER",
  account_id: "VARCHAR",
  interface_id: "VARCHAR",
  srcaddr: "VARCHAR",
  dstaddr: "VARCHAR",
  srcport: "INTEGER",
  dstport: "INTEGER",
  protocol: "INTEGER",
  packets: "BIGINT",
  bytes: "BIGINT",
  start: "BIGINT",
  end: "BIGINT",
  action: "VARCHAR",
  log_status: "VARCHAR",
  tcp_flags: "INTEGER",
  flow_direction: "VARCHAR",
  traffic_path: "INTEGER",
};
const NAMES = Object.keys(TYPES);

const row = (n: number): (string | number | null)[] =>
  n % 500 === 7
    ? [
        5,
        "123456789010",
        `eni-${n % 3}`,
        "-",
        "-",
        null,
        null,
        null,
        null,
        null,
        1566848875 + n,
        1566848933 + n,
        "-",
        "NODATA",
        null,
        "-",
        null,
      ]
    : [
        ...[5, "123456789010", `eni-${n % 3}`, `10.0.${n % 256}.1`, "2001:db8::1", n % 65_536, 443, 6, n, n * 1500],
        ...[1566848875 + n, 1566848933 + n, n % 4 === 0 ? "REJECT" : "ACCEPT", "OK"],
        ...[n % 2 === 0 ? 18 : null, n % 2 === 0 ? "ingress" : "egress", n % 5 === 0 ? 8 : null],
      ];
/** The same rows as text. */
const textOf = (rows: readonly (string | number | null)[][]) =>
  [NAMES.map((name) => name.replaceAll("_", "-")), ...rows]
    .map((values) => `${values.map((value) => value ?? "-").join(" ")}\n`)
    .join("");

const folder = mkdtempSync(join(tmpdir(), "parquet-"));
let duckdb: DuckDBInstance;
let written = 0;

/** What another program writes of a query, or of rows. */
async function parquet(query: string, options = "COMPRESSION gzip"): Promise<Buffer> {
  const connection = await duckdb.connect();
  const path = join(folder, `${written++}.parquet`);
  try {
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet, ${options})`);
    return readFileSync(path);
  } finally {
    connection.closeSync();
  }
}

const ROWS = Array.from({ length: 2_500 }, (_, index) => row(index));
const rows = (count: number) => `SELECT * FROM flows LIMIT ${count}`;

/** What the text of all rows gives. */
let fromText: Awaited<ReturnType<typeof decode>>;
let flowsFromText: readonly string[];

beforeAll(async () => {
  fromText = await decode("aws-vpc", textOf(ROWS));
  flowsFromText = fromText.flows.map((flow) => JSON.stringify(plain(flow)));
  duckdb = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await duckdb.connect();
  await connection.run(`CREATE TABLE flows (${NAMES.map((name) => `"${name}" ${TYPES[name]}`).join(", ")})`);
  const path = join(folder, "flows.csv");
  writeFileSync(path, ROWS.map((values) => `${values.map((value) => value ?? "").join()}\n`).join(""));
  await connection.run(`COPY flows FROM '${path}' (HEADER false)`);
  connection.closeSync();
});
afterAll(() => {
  duckdb.closeSync();
  rmSync(folder, { recursive: true });
});

describe("Parquet", () => {
  test.each(["gzip", "snappy", "zstd", "uncompressed"])("packed with %s gives the same flows as text", async (codec) => {
    for (const [version, format] of [
      ["V1", "aws-vpc"],
      ["V2", "auto"],
    ] as const) {
      const bytes = await parquet(rows(2_500), `COMPRESSION ${codec}, PARQUET_VERSION ${version}, ROW_GROUP_SIZE 2048`);
      const { flows, bad, quality, skipped, through } = await decode(format, bytes, { chunks: [1000] });
      expect(flows.map((flow) => JSON.stringify(plain(flow)))).toEqual(flowsFromText);
      expect({ bad, quality, skipped, through }).toEqual({ bad: [], quality: fromText.quality, skipped: {}, through: 2_500 });
    }
    expect(flowsFromText.length).toBe(2_500);
  });

  test("is read on from any row", async () => {
    const bytes = await parquet(rows(2_500), "ROW_GROUP_SIZE 2048");
    for (const skip of [1, 2047, 2048, 2049, 2_499, 2_500, 2_600]) {
      const { flows, bad, through } = await decode("aws-vpc", bytes, { skip });
      expect(flows.map(({ record }) => record)).toEqual(
        Array.from({ length: Math.max(0, 2_500 - skip) }, (_, i) => skip + 1 + i),
      );
      expect([bad, through]).toEqual([[], Math.max(skip, 2_500)]);
    }
  });

  test("names new columns once and keeps them; 64 bits are exact", async () => {
    const bytes = await parquet(
      "SELECT '10.0.0.1' AS srcaddr, 9223372036854775807::BIGINT AS bytes, 1566848875 AS start, 'x' AS new_thing, [1, 2] AS list FROM range(3)",
    );
    const { flows, quality } = await decode("aws-vpc", bytes);
    expect(flows.map(plain)[2]).toMatchObject({ bytes: "9223372036854775807n", logColumns: { "new-thing": "x" }, record: 3 });
    expect(quality.map(({ kind, message }) => [kind, message.split(": ")[1]])).toEqual([["unknown-columns", "new-thing"]]);
  });

  test("a bad row is set aside, its neighbours are delivered", async () => {
    const query = "SELECT '10.0.0.' || i AS srcaddr, 1566848875 AS start FROM range(254, 258) AS t(i)";
    const { flows, bad } = await decode("aws-vpc", await parquet(query));
    expect(flows.map(({ sourceAddress }) => sourceAddress)).toEqual(["10.0.0.254", "10.0.0.255"]);
    expect(bad).toEqual([
      ["3", "bad-address"],
      ["4", "bad-address"],
    ]);
  });

  test("of another kind is set aside whole", async () => {
    for (const name of ["aws-vpc", "auto"]) {
      const { flows, bad, reasons } = await decode(name, await parquet("SELECT 1 AS a, 'b' AS c"));
      expect([flows, bad]).toEqual([[], [["1+", "foreign-parquet"]]]);
      expect(reasons).toEqual(['no column is one of VPC Flow Logs: "a, c"']);
    }
  });

  test("an object that is cut says so, wherever", async () => {
    const bytes = await parquet(rows(300));
    for (let length = 4; length < bytes.length; length += isThorough ? 97 : 397) {
      expect((await decode("aws-vpc", bytes.subarray(0, length))).bad).toEqual([["1+", "truncated-parquet"]]);
    }
    expect((await decode("auto", gzipSync(bytes).subarray(0, -20))).bad).toEqual([["1+", "truncated-gzip"]]);
  });

  test("any damage: nothing is thrown, every row is accounted for once", async () => {
    const bytes = await parquet(rows(300), "COMPRESSION snappy, ROW_GROUP_SIZE 2048");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const damaged = Buffer.from(bytes);
          for (const [at, byte] of changes) if (at >= 4) damaged[at] = byte;
          expectAccounted(await decode("aws-vpc", damaged));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("pages that would fill the memory are refused before they are unpacked", async () => {
    const bytes = await parquet("SELECT repeat('a', 70000000) AS srcaddr, 1566848875 AS start", "COMPRESSION zstd");
    expect(bytes.length).toBeLessThan(1_000_000);
    const { flows, bad, reasons } = await decode("aws-vpc", bytes);
    expect([flows, bad]).toEqual([[], [["1+", "too-large"]]]);
    expect(reasons[0]).toMatch(/^column srcaddr has a page of 1 values in 700000\d\d bytes; at most 1000000 values/);
    expect(
      (await decode("aws-vpc", await parquet("SELECT 1566848875 AS start FROM range(100000)"), { maxBytes: 300 })).bad,
    ).toEqual([["1+", "too-large"]]);
  });
});
