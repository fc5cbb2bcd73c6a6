import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lookupsCommand } from "../../../../src/cli/lookups.ts";
import { requireGoodTables } from "../../../../src/enrich/tables/check.ts";
import type { LookupOptions } from "../../../../src/enrich/tables/options.ts";
import { asset } from "../../../../src/lib/assets.ts";
import { UsageError } from "../../../../src/lib/errors.ts";
import { COUNTRIES, mmdb, SYSTEMS } from "../geo/mmdb.ts";
import { temporaryFolder } from "./folder.ts";
import { place, servers, watched } from "./watching.ts";

/** Runs the command as the program does; `error` is what it ended with. */
async function run(args: string[], enrich: LookupOptions = {}) {
  let out = "";
  const command = lookupsCommand({
    env: {},
    loadConfig: async () => ({ sources: [{ name: "bucket", enrich }] }),
    stdout: { write: (text: string) => (out += text) },
  });
  const error = await command
    .exitOverride()
    .parseAsync(args, { from: "user" })
    .then(() => undefined)
    .catch((thrown: unknown) => thrown);
  return { out, lines: out.split("\n").slice(0, -1), error };
}

async function tables() {
  const folder = await temporaryFolder();
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const enrich = {
    ports: await write("ports.csv", "port,protocol,name\n443,any,HTTPS\n400-500,tcp,Block\n514,udp,Syslog\n"),
    servers: await write(
      "servers.csv",
      "address,server,owner\n# x\n10.0.0.0/8,Corp,it\n10.0.1.7,App 1,payments\n10.0.1.0/24,Apps,\n",
    ),
    networks: await write("networks.csv", "cidr,zone,name\n10.0.0.0/16,internal,Prod\n"),
    subnets: await write("subnets.csv", "subnet,cidr,name\nocid1.subnet.a,10.0.1.0/24,app\nocid1.subnet.a,2001:db8:1::/64,app\n"),
  };
  return { folder, write, enrich };
}

describe("lookups get", () => {
  test("an address: what a flow gets, from which line, and what is hidden", async () => {
    const { folder, enrich } = await tables();
    const { lines, error } = await run(["get", "10.0.1.7", "-c", "f.yaml"], enrich);
    expect(error).toBeUndefined();
    expect(lines.slice(0, -1).map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
      `zone | internal | ${folder}/networks.csv:2 10.0.0.0/16`,
      `network | Prod | ${folder}/networks.csv:2 10.0.0.0/16`,
      `server | App 1 | ${folder}/servers.csv:4 10.0.1.7`,
      `owner | payments | ${folder}/servers.csv:4 10.0.1.7`,
      `in subnet | ocid1.subnet.a | ${folder}/subnets.csv:2 10.0.1.0/24`,
      "hidden | zone internal | built in 10.0.0.0/8",
      `hidden | server Apps | ${folder}/servers.csv:5 10.0.1.0/24`,
      `hidden | server Corp, owner it | ${folder}/servers.csv:3 10.0.0.0/8`,
    ]);
    expect(lines.at(-1)).toMatch(/^version +[0-9a-f]{12}$/);
  });

  test("an address in a database: country, number and organization, each with its file and network", async () => {
    const { folder } = await tables();
    const geo = [join(folder, "country.mmdb"), join(folder, "asn.mmdb")] as const;
    await writeFile(geo[0], mmdb(COUNTRIES));
    await writeFile(geo[1], mmdb(SYSTEMS));
    const { lines } = await run(["get", "192.0.2.7", "-c", "f.yaml"], { geo: [...geo] });
    expect(lines.slice(0, -1).map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
      "zone | external | no network holds it",
      `country | CH | ${folder}/country.mmdb 192.0.2.0/24`,
      `AS number | 64496 | ${folder}/asn.mmdb 192.0.2.0/24`,
      `AS organization | Example One | ${folder}/asn.mmdb 192.0.2.0/24`,
    ]);
  });

  test("an address as JSON", async () => {
    const { folder, enrich } = await tables();
    const { out } = await run(["get", "2001:db8:1::9", "--json", "--config", "f.yaml"], enrich);
    expect(JSON.parse(out)).toEqual({
      query: "2001:db8:1::9",
      address: "2001:db8:1::9",
      zone: "external",
      matches: [],
      subnets: [
        {
          table: "subnets",
          path: join(folder, "subnets.csv"),
          line: 3,
          key: "2001:db8:1::/64",
          values: { subnet: "ocid1.subnet.a", name: "app" },
          used: true,
        },
      ],
      version: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
  });

  test("an address without a configuration: what is built in", async () => {
    const { lines } = await run(["get", "8.8.8.8"]);
    expect(lines[0]).toMatch(/^zone +external +no network holds it$/);
    expect((await run(["get", "192.168.1.1"])).lines[0]).toMatch(/^zone +internal +built in 192\.168\.0\.0\/16$/);
  });

  test("a port, with or without its protocol", async () => {
    const { folder, enrich } = await tables();
    const squeezed = async (what: string) =>
      (await run(["get", what, "-c", "f"], enrich)).lines.slice(0, -1).map((line) => line.replaceAll(/ {2,}/g, " | "));
    expect(await squeezed("443/tcp")).toEqual([
      `443/tcp | HTTPS | ${folder}/ports.csv:2 443/any`,
      `hidden | name Block | ${folder}/ports.csv:3 400-500/tcp`,
    ]);
    expect(await squeezed("514")).toEqual(["514/tcp | no name", `514/udp | Syslog | ${folder}/ports.csv:4 514/udp`]);
    expect((await run(["get", "443/TCP"])).lines[0]).toMatch(/^443\/tcp +HTTPS +.*lookups\/ports\.csv:\d+ 443\/any$/);
    expect(JSON.parse((await run(["get", "443/udp", "--json"])).out)).toMatchObject({
      port: 443,
      services: [{ protocol: "udp", service: "HTTPS" }],
    });
  });

  test("a subnet", async () => {
    const { folder, enrich } = await tables();
    const { lines } = await run(["get", "ocid1.subnet.a", "-c", "f"], enrich);
    expect(lines.slice(0, -1).map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
      "name | app",
      `network | 10.0.1.0/24 | ${folder}/subnets.csv:2 10.0.1.0/24`,
      `network | 2001:db8:1::/64 | ${folder}/subnets.csv:3 2001:db8:1::/64`,
    ]);
  });

  test.each([
    ["10.0.1.300", "10.0.1.300 is no IPv4 or IPv6 address: write one such as 10.0.1.7 or 2001:db8::7"],
    ["10.0.1.0/24", "10.0.1.0/24 is no IPv4 or IPv6 address: ask for one address of the network"],
    ["2001:db8:::1", "2001:db8:::1 is no IPv4 or IPv6 address: write one such as 10.0.1.7 or 2001:db8::7"],
    ["70000/tcp", "70000/tcp is no port: ports go from 0 to 65535"],
    ["443/icmp", "443/icmp is no address, no port such as 443/tcp, and no subnets table is configured"],
    ["ocid1.subnet.x", "ocid1.subnet.x is no address, no port such as 443/tcp, and no subnets table is configured"],
  ])("%s is answered with an error", async (what, message) => {
    const { error, out } = await run(["get", what]);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toBe(message);
    expect(out).toBe("");
  });

  test("a broken table is an error that names file and line", async () => {
    const { write, enrich } = await tables();
    const path = await write("servers.csv", "address,server\n10.0.0.1,\n");
    const { error } = await run(["get", "10.0.0.1", "-c", "f"], enrich);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toBe(`${path}:2: server: is empty: fill it in, or remove the line`);
  });
});

describe("lookups check", () => {
  test("good tables of a configuration: rows and version of each", async () => {
    const { folder, enrich } = await tables();
    const { lines, error } = await run(["check", "-c", "f.yaml"], enrich);
    expect(error).toBeUndefined();
    expect(lines.map((line) => line.replace(/[0-9a-f]{12}/, "VERSION"))).toEqual([
      `${folder}/ports.csv: ports, 3 rows, version VERSION: ok`,
      `${folder}/servers.csv: servers, 3 rows, version VERSION: ok`,
      `${folder}/networks.csv: networks, 1 row, version VERSION: ok`,
      `${folder}/subnets.csv: subnets, 2 rows, version VERSION: ok`,
    ]);
  });

  test("every problem of every file, the first 20 of each, and an error at the end", async () => {
    const { folder, write, enrich } = await tables();
    await write("servers.csv", `address,server\n${Array.from({ length: 25 }, (_, i) => `10.0.0.${300 + i},S\n`).join("")}`);
    await write("networks.csv", "cidr,zone,name\n10.0.0.0/8,inside,\n10.0.0.1/8,internal,\n");
    const { lines, error } = await run(["check", "-c", "f.yaml"], { ...enrich, subnets: join(folder, "none.csv") });
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toBe("3 of 4 lookup files have problems");
    expect(lines.filter((line) => line.includes("servers.csv:"))).toHaveLength(21);
    expect(lines.find((line) => line.includes("servers.csv: "))).toMatch(/servers, 25 rows, version [0-9a-f]{12}: 25 problems$/);
    expect(lines).toContain("  and 5 more");
    expect(lines).toContain(
      `  ${folder}/networks.csv:2: zone "inside": no zone: write internal, external, provider, multicast or broadcast`,
    );
    expect(lines).toContain(
      `  ${folder}/networks.csv:3: cidr "10.0.0.1/8": bits are set after the prefix: write 10.0.0.0/8 for the network, or a longer prefix`,
    );
    expect(lines).toContain(`  ${folder}/none.csv: does not exist: create the file, or correct its path in the configuration`);
  });

  test("named files are known by their name, else by their columns", async () => {
    const { write } = await tables();
    const files = [
      await write("hosts.csv", "address,server\n10.0.0.1,A\n"),
      await write("zones.csv", "# x\nname,zone,cidr\n,internal,10.0.0.0/8\n"),
      await write("vcn.csv", "subnet,cidr\na,10.0.0.0/8\n"),
      await write("services.csv", "port,name\n1,A\n"),
      await write("approved.csv", "cidr,name\n198.51.100.0/24,A\n"),
      await write("networks.csv", "cidr,name\n198.51.100.0/24,A\n"),
      await write("other.csv", "a,b\n1,2\n"),
    ];
    const { out, error } = await run(["check", "--json", ...files]);
    const { ok, files: found } = JSON.parse(out);
    expect(ok).toBe(false);
    expect(error).toBeInstanceOf(UsageError);
    expect(found.map(({ table, problems }: { table?: string; problems: number }) => [table, problems])).toEqual([
      ["servers", 0],
      ["networks", 0],
      ["subnets", 0],
      ["ports", 0],
      ["approvedDestinations", 0],
      ["networks", 1],
      [undefined, 1],
    ]);
    expect(found[5].issues).toEqual([{ line: 1, reason: "column zone is missing: the header is cidr,zone,name" }]);
  });

  test("the files that ship are good", async () => {
    const files = ["ports", "servers", "networks", "subnets", "approved-destinations"].map((name) =>
      asset(`lookups/${name}.csv`),
    );
    const { error, lines } = await run(["check", ...files]);
    expect(error).toBeUndefined();
    expect(lines).toHaveLength(5);
  });

  test("nothing to check is an error", async () => {
    const { error } = await run(["check"]);
    expect((error as UsageError).message).toBe("nothing to check: name files, or with -c the configuration that names them");
  });
});

describe("a table that became short", () => {
  /** A worker has run with 100 servers; now there are 40. */
  async function shortened() {
    const at = await place();
    await writeFile(at.servers, servers("old", 100));
    const enrich = { servers: at.servers, lastGood: at.lastGood };
    const { watch } = await watched(enrich);
    watch.close();
    await writeFile(at.servers, servers("new", 40));
    return { ...at, enrich };
  }

  test("is a problem for lookups check, and none for a check of the file alone", async () => {
    const { servers: path, enrich } = await shortened();
    const { lines, error } = await run(["check", "-c", "f.yaml"], enrich);
    expect((error as UsageError).message).toBe("1 of 2 lookup files has problems");
    expect(lines.slice(1).map((line) => line.replace(/[0-9a-f]{12}/, "VERSION").replace(/\d{4}-.*Z/, "DATE"))).toEqual([
      `${path}: servers, 40 rows, version VERSION: 1 problem`,
      `  ${path}: has 40 rows where the last good copy has 100: refused; if that is wanted, run flowferry lookups accept -c FILE`,
      "  the last good copy is in use, of DATE (100 rows)",
    ]);
    expect(JSON.parse((await run(["check", "--json", "-c", "f.yaml"], enrich)).out).files[1].lastGood).toEqual({
      rows: 100,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect((await run(["check", path])).error).toBeUndefined();
  });

  test("fails the check before a start in one line, as a broken one does", async () => {
    const { servers: path, enrich } = await shortened();
    await expect(requireGoodTables(enrich)).rejects.toThrow(
      `${path}: has 40 rows where the last good copy has 100: refused; if that is wanted, run flowferry lookups accept -c FILE; the last good copy is in use, of `,
    );
    await writeFile(path, "address,server\n10.0.0.300,x\n10.0.0.301,x\n");
    await expect(requireGoodTables(enrich)).rejects.toThrow(
      /servers\.csv:2: address "10\.0\.0\.300": .* \(and 1 more: see flowferry lookups check\); the last good copy is in use, of .*Z \(100 rows\)$/,
    );
    await writeFile(path, servers("new", 51));
    await requireGoodTables(enrich);
  });

  test("is not what a flow gets: lookups get says so", async () => {
    const { servers: path, enrich } = await shortened();
    const { error } = await run(["get", "10.0.0.1", "-c", "f.yaml"], enrich);
    expect((error as UsageError).message).toContain(`${path}: has 40 rows where the last good copy has 100: refused; `);
  });

  test("is accepted once", async () => {
    const { servers: path, enrich } = await shortened();
    expect(await run(["accept", "-c", "f.yaml"], enrich)).toMatchObject({
      lines: [`${path}: servers, 40 rows instead of 100: accepted; a running worker takes it up within five seconds`],
      error: undefined,
    });
    expect((await run(["check", "-c", "f.yaml"], enrich)).error).toBeUndefined();
    expect(await run(["accept", "-c", "f.yaml"], enrich)).toMatchObject({ lines: ["no table is refused for being short"] });
    await writeFile(path, servers("newer", 30));
    expect(JSON.parse((await run(["accept", "-c", "f.yaml", "--json"], enrich)).out)).toEqual({
      accepted: [{ table: "servers", path, rows: 30, instead: 100 }],
    });
  });

  test("is not accepted while it is broken, and the other one is", async () => {
    const { folder, servers: path, enrich } = await shortened();
    const networks = join(folder, "networks.csv");
    await writeFile(networks, "cidr,zone\n10.0.0.0/8,inside\n");
    const { error, lines } = await run(["accept", "-c", "f.yaml"], { ...enrich, networks });
    expect((error as UsageError).message).toBe(
      `${networks}:2: zone "inside": no zone: write internal, external, provider, multicast or broadcast`,
    );
    expect(lines).toEqual([expect.stringContaining(`${path}: servers, 40 rows instead of 100: accepted`)]);
  });

  test("cannot be accepted where no copies are kept, or none yet", async () => {
    const { servers: path, folder } = await shortened();
    expect((await run(["accept", "-c", "f.yaml"], { servers: path })).error).toMatchObject({
      message:
        "the ledger is in memory, so that no copies of the tables are kept: name a folder in enrich.lastGood, or save the table once more with a change",
    });
    const lastGood = join(folder, "none");
    expect((await run(["accept", "-c", "f.yaml"], { servers: path, lastGood })).error).toMatchObject({
      message: `${lastGood} holds no copies of these tables: a worker leaves them there when it starts`,
    });
  });
});
