import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkConfigured, checkFile, requireGoodTables } from "../../../../src/enrich/tables/check.ts";
import { explainAddress } from "../../../../src/enrich/tables/explain.ts";
import type { TableWatch } from "../../../../src/enrich/tables/reload.ts";
import { loadTables, snapshotOf } from "../../../../src/enrich/tables/tables.ts";
import { parseAddress } from "../../../../src/lib/ip/address.ts";
import { TestClock } from "../../lib/test-clock.ts";
import { temporaryFolder } from "../tables/folder.ts";
import { watched } from "../tables/watching.ts";
import { COUNTRIES, mmdb, SYSTEMS } from "./mmdb.ts";

/** Within this a changed file is in use, and a broken one refused. */
const SOON_MS = 5_000;
/** A clock by which everything that is written now has rested. */
const later = () => new TestClock(60_000);

async function place() {
  const folder = await temporaryFolder();
  const [country, asn] = [join(folder, "country.mmdb"), join(folder, "asn.mmdb")];
  await writeFile(country, mmdb(COUNTRIES));
  await writeFile(asn, mmdb(SYSTEMS));
  return { folder, country, asn, options: { geo: [country, asn], lastGood: join(folder, "tables") } };
}

const LICHTENSTEIN = mmdb({ ...COUNTRIES, "192.0.2.0/24": { country: { iso_code: "LI" } } });

function said({ tables }: TableWatch, address = "192.0.2.1") {
  const ip = parseAddress(address);
  const answer = ip && tables.geo.find(ip);
  return [answer?.country, answer?.as?.number];
}

async function replaced(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, bytes);
  await rename(`${path}.new`, path);
}

test("a database that is replaced is taken, and the version is another one", async () => {
  const { country, asn, options } = await place();
  const { watch, events, clock } = await watched(options);
  const before = watch.tables.version;
  expect(said(watch)).toEqual(["CH", 64_496]);
  await replaced(country, LICHTENSTEIN);
  await clock.advance(SOON_MS);
  expect(said(watch)).toEqual(["LI", 64_496]);
  expect(watch.tables.version).not.toBe(before);
  const message = `lookup tables reloaded: country.mmdb (4 rows); version ${watch.tables.version}`;
  expect(events).toEqual([{ kind: "reloaded", ok: true, tables: ["geo"], version: watch.tables.version, message }]);
  expect(watch.tables.files.filter(({ table }) => table === "geo").map(({ path }) => path)).toEqual([country, asn]);
});

test("one that is written in place is taken when it is whole", async () => {
  const { asn, options } = await place();
  const { watch, events, clock } = await watched(options);
  const bytes = mmdb({ ...SYSTEMS, "192.0.2.0/24": { autonomous_system_number: 64_500 } });
  await writeFile(asn, bytes.subarray(0, bytes.length / 2));
  await clock.advance(2_000);
  expect([said(watch), events]).toEqual([["CH", 64_496], []]);
  await writeFile(asn, bytes);
  await clock.advance(SOON_MS);
  expect(said(watch)).toEqual(["CH", 64_500]);
  expect(events.map(({ kind }) => kind)).toEqual(["reloaded"]);
});

test.each<[string, (path: string) => Promise<void>, string]>([
  [
    "cut short",
    (path) => replaced(path, mmdb(SYSTEMS).subarray(0, 200)),
    "is no MaxMind database (.mmdb), or is cut short: fetch it again",
  ],
  ["gone", (path) => rm(path), "does not exist: create the file, or correct its path in the configuration"],
  [
    "half as large",
    (path) => replaced(path, mmdb({ "192.0.2.0/24": { autonomous_system_number: 1 } })),
    "has 1 row where 3 rows are in use: if that is wanted, run flowferry lookups accept -c FILE, or save it once more with a change",
  ],
])("of one that is %s the last good one stays, and it is stale until it is good", async (_, spoil, reason) => {
  const { asn, options } = await place();
  const { watch, events, clock } = await watched(options);
  const { version } = watch.tables;
  await spoil(asn);
  await clock.advance(SOON_MS);
  expect(said(watch)).toEqual(["CH", 64_496]);
  expect(watch.tables.version).toBe(version);
  expect(watch.stale()).toEqual([{ table: "geo", file: asn, reason: `${asn}: ${reason}`, since: expect.any(Number) }]);
  expect(events.map(({ kind, message }) => [kind, message])).toEqual([
    ["refused", `${asn}: ${reason}; the last good geo table stays in use`],
  ]);
  await replaced(asn, mmdb(SYSTEMS));
  await clock.advance(SOON_MS);
  expect(watch.stale()).toEqual([]);
  expect(events.at(-1)?.kind).toBe("recovered");
});

test("each has a copy, which a start with a broken one begins with; that of a file no longer named goes", async () => {
  const { country, asn, options } = await place();
  const first = await watched(options);
  await replaced(country, LICHTENSTEIN);
  await first.clock.advance(SOON_MS);
  first.watch.close();
  const copies = async () => {
    const names = (await readdir(options.lastGood)).sort();
    return Promise.all(names.map((name) => readFile(join(options.lastGood, name))));
  };
  expect((await readdir(options.lastGood)).every((name) => /^geo-[0-9a-f]{12}\.mmdb$/.test(name))).toBe(true);
  expect(await copies()).toHaveLength(2);
  expect(await copies()).toEqual(expect.arrayContaining([LICHTENSTEIN, mmdb(SYSTEMS)]));

  await writeFile(country, "broken");
  await writeFile(asn, "broken");
  const { watch } = await watched(options, later());
  expect(said(watch)).toEqual(["LI", 64_496]);
  expect(watch.stale().map(({ file }) => file)).toEqual([country, asn]);
  watch.close();

  await writeFile(country, mmdb({ ...COUNTRIES, "203.0.113.0/24": { country_code: "IT" } }));
  const alone = await watched({ ...options, geo: [country] }, later());
  expect(said(alone.watch, "203.0.113.1")).toEqual(["IT", undefined]);
  expect(await copies()).toHaveLength(1);
});

test("a check names what is wrong with each", async () => {
  const { country, asn } = await place();
  expect(await checkFile(country)).toMatchObject({ table: "geo", rows: 4, problems: 0 });
  await writeFile(asn, mmdb(SYSTEMS).subarray(0, 100));
  const configured = await checkConfigured({ geo: [country, asn] });
  expect(configured.filter(({ table }) => table === "geo").map(({ path, problems }) => [path, problems])).toEqual([
    [country, 0],
    [asn, 1],
  ]);
  await expect(requireGoodTables({ geo: [country, asn] })).rejects.toThrow(
    `${asn}: is no MaxMind database (.mmdb), or is cut short: fetch it again`,
  );
});

test("what is said of an address has its file and network, and what another file hides", async () => {
  const { folder, country, asn } = await place();
  const mixed = join(folder, "mixed.mmdb");
  await writeFile(
    mixed,
    mmdb({ "192.0.0.0/16": { country_code: "LI", asn: "AS64499" }, "2001:db8::/33": { country_code: "LI" } }),
  );
  const tables = snapshotOf(await loadTables({ geo: [country, asn, mixed] }));
  const matches = (address: string) => {
    const ip = parseAddress(address);
    return ip === undefined ? undefined : explainAddress(tables, ip).matches.filter(({ table }) => table === "geo");
  };
  const of = (path: string, key: string, values: object, used = true) => ({
    table: "geo",
    path,
    line: undefined,
    key,
    values,
    used,
  });
  expect(matches("192.0.2.7")).toEqual([
    of(country, "192.0.2.0/24", { country: "CH" }),
    of(asn, "192.0.2.0/24", { "AS number": "64496", "AS organization": "Example One" }),
    of(mixed, "192.0.0.0/16", { country: "LI" }, false),
    of(mixed, "192.0.0.0/16", { "AS number": "64499" }, false),
  ]);
  expect(matches("2001:db8:1::7")).toEqual([
    of(country, "2001:db8::/32", { country: "FR" }),
    of(asn, "2001:db8:1::/48", { "AS number": "64511", "AS organization": "Example Three" }),
    of(mixed, "2001:db8::/33", { country: "LI" }, false),
  ]);
  expect(matches("10.0.0.1")).toEqual([]);
});
