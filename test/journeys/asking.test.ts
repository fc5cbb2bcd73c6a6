import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isNative, loadSearches } from "../../src/searches/load.ts";
import { writeBucket } from "./bucket.ts";
import { flowferry, type Workplace, workplace } from "./program.ts";

/** Few hours, each of which is a file of the archive, and of two days. */
const BUCKET = {
  format: "oci",
  flows: 2_000,
  objects: 10,
  vnics: 8,
  start: Date.UTC(2026, 0, 5, 21),
  spanMs: 6 * 3_600_000,
} as const;

let place: Workplace;
let config: string;
let records: number;
beforeAll(async () => {
  place = workplace();
  ({ records } = await writeBucket(place.path("bucket"), BUCKET));
  config = place.config({
    source: { type: "directory", path: "bucket" },
    sinks: [{ type: "ndjson", path: "out.ndjson" }],
    archive: { to: { type: "directory", path: "archive" } },
  });
  const ended = await flowferry(["run", "-c", config, "--until-caught-up"]);
  expect(ended.code, ended.stderr).toBe(0);
});
afterAll(() => place.remove());

const sql = (query: string, ...more: string[]) => flowferry(["sql", query, "-c", config, ...more]);
const json = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describe("sql", () => {
  test("answers from the archive what the lines of a sink say", async () => {
    const query = `SELECT "destination.port" AS port, count(*) AS flows, sum("flow.bytes")::UBIGINT AS bytes, min(time) AS first
      FROM flows WHERE "flow.action" = 'accept' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`;
    const ended = await sql(query, "--format", "json");
    expect(ended.code, ended.stderr).toBe(0);
    const ports = new Map<number, { flows: number; bytes: number; first: string }>();
    for (const { timestamp, attributes } of place.lines("out.ndjson")) {
      if (attributes["flow.action"] !== "accept") continue;
      const known = ports.get(attributes["destination.port"]) ?? { flows: 0, bytes: 0, first: timestamp };
      known.flows += 1;
      known.bytes += attributes["flow.bytes"];
      if (timestamp < known.first) known.first = timestamp;
      ports.set(attributes["destination.port"], known);
    }
    const expected = [...ports]
      .map(([port, { flows, bytes, first }]) => ({ port, flows, bytes, first: Date.parse(first) }))
      .sort((one, other) => other.flows - one.flows || one.port - other.port)
      .slice(0, 5);
    expect(json(ended.stdout).map((row) => ({ ...row, first: Date.parse(row.first) }))).toEqual(expected);
  });

  test("prints a table, CSV and a chart, and says when there is more", async () => {
    const query = "SELECT * FROM (VALUES ('a, b', 4), ('c', 8)) AS t(name, flows)";
    expect((await sql(query)).stdout).toBe("name  flows\na, b      4\nc         8\n");
    expect((await sql(query, "--format", "csv")).stdout).toBe('name,flows\n"a, b",4\nc,8\n');
    expect((await sql(query, "--format", "chart")).stdout).toBe(
      `name: flows\na, b  ${"█".repeat(20)} 4\nc     ${"█".repeat(40)} 8\n`,
    );
    const cut = await sql(query, "--limit", "1", "--format", "csv");
    expect([cut.code, cut.stdout, cut.stderr]).toEqual([
      0,
      'name,flows\n"a, b",4\n',
      "flowferry: there are more than 1 rows: --limit shows more\n",
    ]);
  });

  test.each([
    ["writes elsewhere", "COPY flows TO 'out.csv'", /only one question/],
    ["writes beside the archive's files", "EXPLAIN ANALYZE COPY flows TO 'archive/out.csv'", /only one question/],
    ["writes there under a pretext", "explain (analyze) COPY flows TO 'archive/out.csv'", /only one question/],
    ["makes a folder there", "EXPORT DATABASE 'archive/copy'", /only one question/],
    ["loads", "INSTALL httpfs", /only one question/],
    ["attaches", "ATTACH 'archive/other.db'", /only one question/],
    ["asks the database", "PRAGMA database_list", /only one question/],
    ["asks the environment", "SELECT getenv('HOME')", /getenv does not exist/],
    ["lists elsewhere", "FROM glob('/etc/*')", /disabled by configuration/],
    ["reads from the net", "FROM read_parquet('http://127.0.0.1:9/x.parquet')", /disabled by configuration/],
    ["copies by way of a question", "FROM query('COPY flows TO ''archive/out.csv''')", /query: this function does more/],
    ["writes into the database's log", "SELECT write_log('here')", /write_log: this function does more than answer/],
    [
      "does so deep in a question",
      "SELECT (SELECT list_transform([1], x -> system.main.WRITE_LOG('a'))) FROM flows",
      /write_log: /,
    ],
    ["does so by an explanation", "EXPLAIN ANALYZE SELECT write_log('here')", /write_log: this function/],
    ["does so in a text", "FROM json_execute_serialized_sql(json_serialize_sql('SELECT write_log(1)'))", /json_execute_ser/],
    [
      "keeps that log in the archive",
      "FROM enable_logging('QueryLog', storage = 'file', storage_path = 'archive/logs')",
      /enable_logging: /,
    ],
    ["counts on", "SELECT nextval('sequence')", /nextval: this function/],
    ["changes", "CREATE TABLE t AS FROM flows", /only one question/],
    ["is two", "SELECT 1; SELECT 2", /these are 2 statements/],
    ["reads elsewhere", "FROM read_text('/etc/hostname')", /disabled by configuration/],
    ["opens what is not closed", "SET enable_external_access = true", /only one question/],
    ["is no SQL", "SELEC 1", /syntax error at or near "SELEC"/],
    ["names no column", 'SELECT "destination.prt" FROM flows', /destination\.prt/],
    ["is empty", "", /there is no question/],
  ])("refuses in one line what %s", async (_, query, said) => {
    const { code, stdout, stderr } = await sql(query);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(said);
    expect(stderr).toMatch(/^flowferry: [^\n]*\n$/);
  });

  test("a log of the database never comes into the archive", async () => {
    const path = place.path("archive", "logs");
    await sql(`FROM enable_logging('QueryLog', storage = 'file', storage_path = '${path}')`);
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ["random values", "SELECT random() < 2 AS yes", "yes\ntrue\n"],
    ["series", "SELECT count(*) AS n FROM range(3), unnest([1, 2])", "n\n6\n"],
    ["what flows have", "SELECT name FROM pragma_table_info('flows') WHERE name = 'time'", "name\ntime\n"],
  ])("answers a question that calls functions of %s", async (_, query, answer) => {
    expect(await sql(query, "--format", "csv")).toMatchObject({ code: 0, stdout: answer });
  });

  test("refuses to write into the archive", async () => {
    const { code, stderr } = await sql(`COPY (SELECT 1) TO '${place.path("archive", "x.csv")}'`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^flowferry: only one question \(SELECT\) is answered[^\n]*\n$/);
    expect(readdirSync(place.path("archive")).filter((name) => !name.startsWith("year="))).toEqual([]);
  });

  test("gives up in time", async () => {
    const query = "SELECT count(*) FROM range(100000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3";
    const { code, stderr } = await sql(query, "--timeout", "1");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^flowferry: the query took longer than 1 s: [^\n]*\n$/);
  });

  test("says in a line when there is no flow of that time, and when there is no archive", async () => {
    const empty = await sql("SELECT count(*) AS flows FROM flows", "--since", "2000-01-01", "--until", "2000-01-02");
    expect([empty.code, empty.stdout]).toEqual([0, "flows\n    0\n"]);
    expect(empty.stderr).toMatch(/^flowferry: there are no files of flows of that time, but \d+ of others\n$/);
    const none = place.config(
      { source: { type: "directory", path: "bucket" }, sinks: [{ type: "ndjson", path: "x.ndjson" }] },
      "none.yaml",
    );
    const refused = await flowferry(["sql", "SELECT 1", "-c", none]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/has no archive: add the block `archive`, or name files with --input\n$/);
  });

  test("names broken files, answers from the others, and ends with 3", async () => {
    mkdirSync(place.path("mixed"));
    writeFileSync(place.path("mixed", "half.parquet"), "PAR1");
    const { code, stdout, stderr } = await flowferry([
      "sql",
      "SELECT 1 AS one",
      "-i",
      place.path("mixed"),
      place.path("out.ndjson"),
    ]);
    expect([code, stdout]).toEqual([3, "one\n  1\n"]);
    expect(stderr).toBe(`flowferry: ${place.path("mixed", "half.parquet")} is no whole Parquet file: passed over\n`);
  });
});

describe("search", () => {
  const searches = loadSearches("deploy/searches").searches.filter((search) => !isNative(search));

  test("lists the ready searches", async () => {
    const { code, stdout } = await flowferry(["search"]);
    expect(code).toBe(0);
    for (const { id } of searches) expect(stdout).toMatch(new RegExp(`^${id} `, "m"));
  });

  test.each([
    "accepted_and_rejected",
    "top_talkers",
    "pairs_per_day",
    "flows_by_hour_of_week",
    "rejected_sources",
    "traffic_columns_enriched",
    "reject_share",
  ])("the archive answers %s as the lines do", async (id) => {
    const search = (...from: string[]) =>
      flowferry(["search", id, ...from, "--since", "36500d", "--limit", "5000", "--format", "json"]);
    const [archive, lines] = [await search("-c", config), await search("-i", place.path("out.ndjson"))];
    expect([archive.code, archive.stderr]).toEqual([0, ""]);
    expect(archive.stdout).not.toBe("");
    expect(archive.stdout.split("\n").sort()).toEqual(lines.stdout.split("\n").sort());
  });

  test("of one host, and a name that is wrong", async () => {
    const host = place.lines("out.ndjson").find(({ attributes }) => attributes["flow.action"] === "accept").attributes[
      "source.address"
    ];
    const ended = await flowferry([
      "search",
      "flow_count",
      "-c",
      config,
      "--since",
      "36500d",
      "--host",
      host,
      "--format",
      "json",
    ]);
    const flows = place
      .lines("out.ndjson")
      .filter(({ attributes }) => attributes["source.address"] === host || attributes["destination.address"] === host);
    expect(Object.values(json(ended.stdout)[0])).toContain(flows.length);
    const nobody = await flowferry(["search", "top_talkers", "-c", config, "--since", "36500d", "--host", "nobody"]);
    expect([nobody.code, nobody.stdout.split("\n").length]).toEqual([0, 2]);
    expect(nobody.stderr).toMatch(/^flowferry: no such flow is from or to nobody: [^\n]+\n$/);
    const wrong = await flowferry(["search", "flow_cont", "-c", config]);
    expect([wrong.code, wrong.stderr]).toEqual([2, "flowferry: there is no search flow_cont: did you mean flow_count?\n"]);
  });
});

test("a chart of a search draws what it is sorted by, whatever stands behind it", async () => {
  const ask = (format: string) =>
    flowferry(["search", "top_talkers", "-c", config, "--since", "36500d", "--limit", "3", "--format", format]);
  const rows = json((await ask("json")).stdout);
  const [heading, ...bars] = (await ask("chart")).stdout.trimEnd().split("\n");
  expect(heading).toBe("Source IP  Source Server: Bytes Sent");
  expect(bars.map((bar) => bar.split(" ").at(-1))).toEqual(rows.map((row) => String(row["Bytes Sent"])));
  expect(bars[0]).toContain("█".repeat(40));
});

test("a host is found however its address is written", async () => {
  const all = place.lines("out.ndjson").map(({ attributes }) => attributes["source.address"]);
  const host = all.find((address: string) => address.includes("::"));
  const ask = (text: string) =>
    flowferry(["search", "flow_count", "-c", config, "--since", "36500d", "--host", text, "--format", "csv"]);
  const written = await ask(host);
  expect(written.stdout).toMatch(/^Flows\n[1-9]\d*\n$/);
  expect((await ask(host.toUpperCase())).stdout).toBe(written.stdout);
});

test("compact leaves one file an hour with every flow once, and says what it did", async () => {
  const again = place.config(
    {
      source: { type: "directory", path: "bucket" },
      archive: { to: { type: "directory", path: "twice" } },
      ledger: { path: "twice.db" },
    },
    "twice.yaml",
  );
  const first = await flowferry(["run", "-c", again, "--until-caught-up"]);
  expect(first.code, first.stderr).toBe(0);
  // Another worker of the same archive, whose files are cut otherwise.
  const other = place.config(
    {
      source: { type: "directory", path: "bucket" },
      archive: { to: { type: "directory", path: "twice" }, rollBytes: 65_536 },
      ledger: { path: "other.db" },
      run: { objects: 1 },
      filter: { action: "accept" },
    },
    "other.yaml",
  );
  expect((await flowferry(["run", "-c", other, "--until-caught-up"])).code).toBe(0);
  const ended = await flowferry(["compact", "-c", again, "--json"]);
  expect(ended.code, ended.stderr).toBe(0);
  const accepted = place.lines("out.ndjson").filter(({ attributes }) => attributes["flow.action"] === "accept").length;
  expect(JSON.parse(ended.stdout)).toMatchObject({ repeated: accepted, passedOver: 0 });
  const count = `SELECT count(*) AS flows, count(DISTINCT "log.record.uid") AS uids FROM flows`;
  const { stdout } = await flowferry(["sql", count, "-c", again, "--format", "json"]);
  expect(json(stdout)).toEqual([{ flows: records, uids: records }]);
  const files = readdirSync(place.path("twice"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".parquet"),
  );
  expect(new Set(files.map((file) => file.replace(/[^/]+$/, ""))).size).toBe(files.length);
});
