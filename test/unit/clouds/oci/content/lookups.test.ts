import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectOci, type OciConnection, ociConnectionOptions } from "../../../../../src/clouds/oci/connection.ts";
import { type LookupTable, lookupTables, piecesOf } from "../../../../../src/clouds/oci/content/lookup-tables.ts";
import { type Pushed, pushLookup } from "../../../../../src/clouds/oci/content/push-lookups.ts";
import { serviceCall } from "../../../../../src/clouds/oci/content/service-call.ts";
import { LogAnalyticsClient } from "../../../../../src/clouds/oci/log-analytics.ts";
import { UsageError } from "../../../../../src/lib/errors.ts";
import { type Oci, startOci } from "../../../../simulators/oci/index.ts";
import { LogAnalytics } from "../../../../simulators/oci/services/log-analytics.ts";
import type { RawAnswer } from "../../../../simulators/raw-answer.ts";
import { hurry } from "../../../hurry.ts";
import { failureOf } from "../../../intake/oci-store.ts";

const never = new AbortController().signal;
let oci: Oci;
let service: LogAnalytics;
let connection: OciConnection<LogAnalyticsClient>;
let folder: string;
beforeAll(async () => {
  oci = await startOci();
  folder = mkdtempSync(join(tmpdir(), "lookups-"));
  const options = ociConnectionOptions.parse({ endpoint: oci.endpoint, auth: { type: "config-file", file: oci.config } });
  connection = await connectOci(
    options,
    { baseDir: "/", env: {} },
    { what: "x", create: (params, configuration) => new LogAnalyticsClient(params, configuration) },
  );
});
afterAll(async () => {
  await connection.close();
  await oci.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  hurry();
  service = new LogAnalytics({ namespace: oci.namespace });
  oci.addService(service);
  oci.requests.clear();
});
afterEach(() => {
  oci.removeService(service);
  oci.faults.clear();
});

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function tables(ports: string, servers: string): Promise<LookupTable[]> {
  return lookupTables({ ports: file("ports.csv", ports), servers: file("servers.csv", servers) });
}

const push = (table: LookupTable | undefined, maxBytes?: number): Promise<Pushed> => {
  if (table === undefined) throw new Error("there is no such table");
  const call = serviceCall(connection, { place: "here", permission: "manage it", patienceMs: 20_000 });
  return pushLookup(connection.client, oci.namespace, table, call, never, maxBytes);
};

const PORTS = "# names\nport,protocol,name\n22,tcp,SSH\n53,any,DNS\n6000-6001,tcp,X11\n6001,tcp,X11 one\n";
const SERVERS = 'address,server,owner\n10.0.0.1,"web, first",ann\n\n# more\n10.1.0.0/16,farm,\n10.1.2.0/24,rack,\n';

describe("tables for Log Analytics", () => {
  it("spells out ports, by the narrowest range, and makes a dictionary of servers, the narrowest first", async () => {
    const [ports, servers] = await tables(PORTS, SERVERS);
    expect([ports?.header, ports?.rows]).toEqual([
      "port,protocol,name",
      ["22,tcp,SSH", "53,tcp,DNS", "53,udp,DNS", "6000,tcp,X11", "6001,tcp,X11 one"],
    ]);
    expect([servers?.type, servers?.header, servers?.rows]).toEqual([
      "Dictionary",
      "Operator,Condition,server,owner",
      ['EQUAL,10.0.0.1,"web, first",ann', "CIDRMATCH,10.1.2.0/24,rack,", "CIDRMATCH,10.1.0.0/16,farm,"],
    ]);
  });

  it("has the same version for the same content only", async () => {
    const version = async (ports: string): Promise<string | undefined> => (await tables(ports, SERVERS))[0]?.version;
    expect(await version(PORTS)).toBe(await version(`${PORTS}\n# a comment\n`));
    expect(await version(PORTS)).not.toBe(await version(`${PORTS}80,tcp,HTTP\n`));
  });

  it("names every file that is wrong", async () => {
    const failure = await failureOf(tables("port,protocol,name\n99999,tcp,X\n", "address,server\n10.0.0.300,x\n"));
    expect(failure).toBeInstanceOf(UsageError);
    expect(failure.message).toMatch(/ports\.csv:2.*\n.*servers\.csv:2/);
  });

  it("cuts what is too large into pieces, each with the header", () => {
    const rows = Array.from({ length: 500 }, (_, index) => `${index},tcp,ü`);
    const table: LookupTable = { name: "t", type: "Lookup", description: "", version: "", header: "port,protocol,name", rows };
    const pieces = piecesOf(table, 1000);
    for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(1000);
    expect(pieces.flatMap((piece) => parse(piece, { columns: true }))).toEqual(
      rows.map((row) => ({ port: row.split(",")[0], protocol: "tcp", name: "ü" })),
    );
    expect(() => piecesOf({ ...table, rows: ["x".repeat(1000)] }, 1000)).toThrow(UsageError);
  });
});

describe("push", () => {
  it("creates, leaves alone, and replaces", async () => {
    const [ports] = await tables(PORTS, SERVERS);
    expect(await push(ports)).toEqual({ lookup: "flowferry_ports", rows: 5, action: "created" });
    expect(service.state.lookups.get("flowferry_ports")?.rows).toContainEqual({ port: "6001", protocol: "tcp", name: "X11 one" });
    const before = oci.requests.all.length;
    expect(await push(ports)).toMatchObject({ action: "unchanged" });
    expect(oci.requests.all.slice(before).map(({ method }) => method)).toEqual(["GET"]);
    const [changed] = await tables("port,protocol,name\n22,tcp,Secure Shell\n", SERVERS);
    expect(await push(changed)).toEqual({ lookup: "flowferry_ports", rows: 1, action: "replaced" });
    expect(service.state.lookups.get("flowferry_ports")?.rows).toEqual([{ port: "22", protocol: "tcp", name: "Secure Shell" }]);
  });

  it("appends what one upload does not hold, each piece once, whatever happens", async () => {
    const rows = Array.from(
      { length: 2_200 },
      (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255},${"s".repeat(80)}`,
    );
    const table: LookupTable = { name: "big", type: "Lookup", description: "Big", version: "1", header: "address,server", rows };
    oci.faults.add({ on: "register-lookup" }, { loseAnswer: "reset" });
    oci.faults.add({ on: "append-lookup-data" }, { loseAnswer: "reset" });
    oci.faults.add({ on: "update-lookup" }, { status: 429, headers: { "retry-after": "0" } });
    expect(await push(table, 100_000)).toMatchObject({ action: "created", rows: 2_200 });
    expect(service.state.lookups.get("big")?.rows).toHaveLength(2_200);
    expect(oci.requests.count("append-lookup-data")).toBe(3);
  });

  it("starts over after a push that broke off", async () => {
    const [, servers] = await tables(PORTS, SERVERS);
    oci.faults.add({ on: "update-lookup" }, { status: 400 });
    expect((await failureOf(push(servers))).code).toBe("refused");
    expect(await push(servers)).toMatchObject({ action: "replaced" });
    expect(await push(servers)).toMatchObject({ action: "unchanged" });
  });

  it.each<RawAnswer>([
    { status: 200, body: "<html><title>Sign in</title></html>" },
    { status: 200, body: '{"error":"unknown tenant"}' },
    { status: 204, body: "" },
    { status: 404, body: "<html><title>404 Not Found</title></html>" },
  ])("does not take %j for the lookup, nor for its absence", async (raw) => {
    const [ports] = await tables(PORTS, SERVERS);
    await push(ports);
    const before = oci.requests.all.length;
    oci.faults.add({ on: "get-lookup" }, { raw });
    if (raw.status === 404) expect((await failureOf(push(ports))).drawer).toBe("person");
    else expect(await push(ports)).toMatchObject({ action: "unchanged" });
    expect(oci.requests.all.slice(before).every(({ method }) => method === "GET")).toBe(true);
  });

  it("leaves alone a lookup that others made", async () => {
    const [ports] = await tables(PORTS, SERVERS);
    service.state.lookups.set("flowferry_ports", {
      name: "flowferry_ports",
      description: "mine",
      type: "Lookup",
      columns: ["a"],
      rows: [],
    });
    const failure = await failureOf(push(ports));
    expect([failure.drawer, failure.code]).toEqual(["person", "content-conflict"]);
  });
});
