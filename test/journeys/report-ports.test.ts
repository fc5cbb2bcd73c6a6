import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import { flowferry } from "./program.ts";
import { expectRefusal, runToEnd, setting, toFile } from "./setting.ts";

const { path, write, bucket, configFor, lines } = setting();

const FLOWS = { format: "oci", flows: 3_000, objects: 6, vnics: 8 } as const;

/** The bucket, and tables that fit it. */
async function prepared() {
  const objects = await bucket(FLOWS);
  mkdirSync(path("lookups"));
  const tables = lookupFiles(generate(FLOWS));
  for (const [name, text] of Object.entries(tables)) write(`lookups/${name}`, text);
  const enrich = { networks: "lookups/networks.csv", subnets: "lookups/subnets.csv", servers: "lookups/servers.csv" };
  return { objects, subnets: tables["subnets.csv"] ?? "", enrich };
}

type Counts = Record<string, Record<string, number>>;

const inside = (cidr: string, address: string): boolean => {
  const [network = "", length] = cidr.split("/");
  const bits = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  return (
    !address.includes(":") && !network.includes(":") && Math.floor(bits(network) / size) === Math.floor(bits(address) / size)
  );
};

/** The article's script, over the accepted events of the log: counts by subnet, protocol and zone (`TCP_Internal 22`). */
function byTheArticle(objects: readonly { bytes: Uint8Array }[], subnetsCsv: string): Counts {
  const cidrs = subnetsCsv
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const counts: Counts = {};
  for (const { bytes } of objects) {
    for (const line of gunzipSync(bytes)
      .toString()
      .split("\n")
      .filter((text) => text !== "")) {
      const { data, oracle } = JSON.parse(line);
      if (data.action !== "ACCEPT" || data.sourceAddress?.includes(":")) continue;
      const own = cidrs.filter(([id]) => id === oracle.vnicsubnetocid).map(([, cidr = ""]) => cidr);
      const isIn = (address: string) => own.some((cidr) => inside(cidr, address));
      if (isIn(data.sourceAddress) || !isIn(data.destinationAddress)) continue;
      if (data.protocolName !== "TCP" && data.protocolName !== "UDP") continue;
      // 10.20.0.0/16 and 172.20.8.0/24 are private networks (RFC 1918).
      const zone = /^(10|172\.(1[6-9]|2\d|3[01])|192\.168)\./.test(data.sourceAddress) ? "Internal" : "External";
      counts[oracle.vnicsubnetocid] ??= {};
      const ports = counts[oracle.vnicsubnetocid] as Record<string, number>;
      const key = `${data.protocolName}_${zone} ${data.destinationPort}`;
      ports[key] = (ports[key] ?? 0) + 1;
    }
  }
  return counts;
}

/** What the files of a folder say, in the same form. */
function written(folder: string): Counts {
  const counts: Counts = {};
  for (const name of readdirSync(path(folder)).filter((file) => file.startsWith("subnet_"))) {
    const { vnicsubnetocid, subnet_name: _, ...sections } = JSON.parse(readFileSync(path(folder, name), "utf8"));
    const entries = Object.entries(sections as Record<string, { port_counts: { port: number; count: number }[] }>);
    counts[vnicsubnetocid] = Object.fromEntries(
      entries.flatMap(([section, { port_counts }]) => port_counts.map(({ port, count }) => [`${section} ${port}`, count])),
    );
  }
  return counts;
}

test("two files for each subnet, with what the article's script counts; the same from the bucket, NDJSON and enriched JSON", async () => {
  const { objects, subnets, enrich } = await prepared();
  mkdirSync(path("otel"));
  mkdirSync(path("seed"));
  const config = configFor([toFile({ path: "otel/out.ndjson" }), toFile({ name: "seed", path: "seed.ndjson", schema: "seed" })], {
    ...{ enrich, ledger: { path: ":memory:" }, filter: { action: "accept" } },
  });
  expect((await runToEnd(config)).code).toBe(0);
  writeFileSync(path("seed", "enriched.json"), JSON.stringify(lines("seed.ndjson")));

  const ended = await flowferry(["report", "ports", "-c", config, "--out", path("ports")]);
  expect(ended.code, ended.stderr).toBe(0);
  // Dual-stack flows are not in the script, which knows IPv4 alone: those of the generator are in its web subnet.
  const expected = byTheArticle(objects, subnets);
  const found = written("ports");
  const [web] = subnets
    .split("\n")
    .slice(1)
    .map((line) => line.split(","))[0] as [string];
  const { [web]: _, ...others } = expected;
  expect(Object.keys(others)).toHaveLength(3);
  expect(found).toMatchObject(others);
  expect(Object.keys(found[web] ?? {})).toEqual(expect.arrayContaining(Object.keys(expected[web] ?? {})));

  for (const folder of ["otel", "seed"]) {
    const again = await flowferry(["report", "ports", "--input", path(folder), "--out", path(`from-${folder}`)]);
    expect(again.code, again.stderr).toBe(0);
    // Enriched records have no word for it.
    expect(/\d+ flows do not say whether they were accepted, and count as accepted/.test(again.stderr)).toBe(folder === "seed");
    for (const name of readdirSync(path("ports"))) {
      expect(readFileSync(path(`from-${folder}`, name), "utf8")).toBe(readFileSync(path("ports", name), "utf8"));
    }
  }
  const { mode } = statSync(path("ports", readdirSync(path("ports"))[0] as string));
  expect(mode & 0o777).toBe(0o600);
  expect(readdirSync(path("ports"))).toHaveLength(8);
});

test("one file is read as a folder of it is, and nothing beside it", async () => {
  const { objects, enrich } = await prepared();
  const config = configFor([toFile()], { enrich });
  const key = objects[0]?.key ?? "";
  mkdirSync(path("only"));
  copyFileSync(path("bucket", key), path("only", "one.log.gz"));
  const report = (input: string) => flowferry(["report", "ports", "-c", config, "--input", path(input), "--format", "csv"]);
  const alone = await report("only");
  for (const beside of ["one.log.gz.gz", "one.log.gz1", "two.log.gz"])
    copyFileSync(path("bucket", objects[1]?.key ?? ""), path("only", beside));
  const one = await report("only/one.log.gz");
  expect([one.code, one.stderr]).toEqual([0, alone.stderr]);
  expect(one.stdout).toBe(alone.stdout);
  expect(one.stdout.split("\n").length).toBeGreaterThan(5);
  expect((await report("only")).stdout).not.toBe(alone.stdout);
});

test("a window that holds nothing says so, and writes nothing", async () => {
  const { enrich } = await prepared();
  const config = configFor([toFile()], { enrich });
  const window = ["--since", "2001-01-01", "--until", "2001-01-02"];
  const ended = await flowferry(["report", "ports", "-c", config, "--out", path("ports"), ...window]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain("no flow is from 2001-01-01T00:00:00.000Z before 2001-01-02T00:00:00.000Z");
  expect(() => statSync(path("ports"))).toThrow("ENOENT");
});

test("a table, CSV, and one subnet by its name", async () => {
  const { enrich } = await prepared();
  const config = configFor([toFile()], { enrich });
  const report = (...args: string[]) => flowferry(["report", "ports", "-c", config, ...args]);
  const csv = (await report("--format", "csv", "--subnet", "db", "--initiated-only")).stdout.trimEnd().split("\n");
  expect(csv[0]).toBe("subnet,protocol,source,port,service,flows");
  expect(csv.slice(1).every((line) => line.startsWith("db,"))).toBe(true);
  expect(csv.some((line) => line.startsWith("db,tcp,internal,1521,Oracle Database,"))).toBe(true);
  expect((await report("--subnet", "db")).stdout).toMatch(/^subnet +protocol +source +port +service +flows\n/);
  expectRefusal(await report("--subnet", "nowhere"), 2, "no subnet nowhere among those that were asked: there are ");
});

test("wrong usage is refused in one line", async () => {
  expectRefusal(await flowferry(["report", "ports"]), 2, "say what to read: -c FILE");
  expectRefusal(await flowferry(["report", "ports", "--input", path("nothing")]), 2, "is not there");
  mkdirSync(path("empty"));
  const window = ["--since", "2026-02-01", "--until", "2026-01-01"];
  expectRefusal(await flowferry(["report", "ports", "--input", path("empty"), ...window]), 2, "is not before until");
  expectRefusal(await flowferry(["report", "ports", "--input", path("empty"), "--since", "soon"]), 2, '"soon" is no time');
  write("foreign", "hello\n");
  mkdirSync(path("mixed"));
  writeFileSync(path("mixed", "a.txt"), "hello\n");
  const mixed = await flowferry(["report", "ports", "--input", path("mixed")]);
  expectRefusal(mixed, 3, "1 record, or rests of objects, could not be read", "a.txt: record 1: the first lines are of no known");
});
