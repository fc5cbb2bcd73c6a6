import { expect, test } from "vitest";
import type { TableName } from "../../../src/enrich/tables/kinds.ts";
import { COUNTRIES, mmdb, SYSTEMS } from "../../unit/enrich/geo/mmdb.ts";
import { tablesOf } from "../../unit/enrich/snapshot.ts";
import { event, type Members } from "../../unit/transcode/events.ts";
import { asRead, byFlows, expectOutcome, expectSame, newTranscoder } from "../../unit/transcode/reading.ts";

const text = (value: string) => JSON.stringify(value);

const V4 = [
  "10.0.1.7",
  "10.0.2.8",
  "192.168.1.1",
  "198.51.100.23",
  "198.51.100.200",
  "192.0.2.1",
  "203.0.113.9",
  "169.254.169.254",
  "224.0.0.1",
  "255.255.255.255",
  "0.0.0.0",
  "127.0.0.1",
];
const V6 = [
  "2001:db8::1",
  "2001:DB8:1::A",
  "2001:db8:0:1::5",
  "fe80::1",
  "fd00::1",
  "ff02::1",
  "::",
  "::1",
  "::ffff:10.0.1.7",
  "::ffff:198.51.100.23",
  "64:ff9b::c000:201",
  "2002:c000:201::1",
];
const SUBNETS = ["front", "back", "unknown", undefined];
const PORTS = [443, 22, 51_514, 0, 53];

/** Each address to each other one of its family, seen from each subnet, at changing ports. */
function everything(): string[] {
  const events: string[] = [];
  for (const subnet of SUBNETS) {
    const block: Members = {
      vnicsubnetocid: subnet && text(`ocid1.subnet.oc1.iad.${subnet}`),
      vnicsubnetname: subnet === "back" ? '"named by the log"' : undefined,
    };
    for (const family of [V4, V6]) {
      for (const sourceAddress of family) {
        for (const destinationAddress of family) {
          const index = events.length;
          const [protocol, protocolName] = [
            ["6", '"TCP"'],
            ["17", '"UDP"'],
            ["1", '"ICMP"'],
          ][index % 3] as [string, string];
          const port = (turn: number) => (protocol === "1" ? "0" : String(PORTS[turn % PORTS.length]));
          const data = {
            sourcePort: port(index),
            destinationPort: port(index >> 2),
            protocol,
            protocolName,
            action: index % 5 === 0 ? '"REJECT"' : '"ACCEPT"',
          };
          events.push(
            event({ ...data, sourceAddress: text(sourceAddress), destinationAddress: text(destinationAddress) }, block),
          );
        }
      }
    }
  }
  return events;
}
const EVERYTHING = everything();
const OBJECT = EVERYTHING.map((one) => `${one}\n`).join("");

const LONG = "y".repeat(130);
const TABLES: Readonly<Record<string, Partial<Record<TableName, string | Buffer>>>> = {
  none: {},
  "servers, with columns": {
    servers: `address,server,owner,environment,column.zone,notes\n10.0.1.7,web,Büro,,x,\n198.51.100.0/24,partner,,prod,,${LONG}\n2001:db8::/32,six,a,b,c,${"ü".repeat(900)}\n10.0.2.8,huge,a,b,c,${"z".repeat(3000)}\n`,
  },
  "networks of all zones": {
    networks: `cidr,zone,name\n203.0.113.0/24,internal,office\n10.0.2.0/24,external,\n198.51.100.0/25,provider,${LONG}\n2001:db8:1::/48,internal,Büro\n::ffff:0:0/96,external,mapped\n`,
  },
  subnets: {
    subnets:
      "subnet,cidr,name\nocid1.subnet.oc1.iad.front,10.0.1.0/24,Front\nocid1.subnet.oc1.iad.front,2001:db8::/48,Front\nocid1.subnet.oc1.iad.back,10.0.2.0/24,\nocid1.subnet.oc1.iad.back,198.51.100.0/24,\nocid1.subnet.oc1.iad.back,0.0.0.0/0,\n",
  },
  "approved destinations": {
    approvedDestinations: `cidr,name\n198.51.100.0/24,Package mirror\n192.0.2.1/32,${LONG}\n2001:db8::1/128,ü\n`,
  },
  "names of ports": { ports: `port,protocol,name\n443,tcp,https\n443,udp,quic\n51514,any,ü\n0,any,nothing\n22,tcp,${LONG}\n` },
  "countries and systems": { geo: mmdb(COUNTRIES) },
  "autonomous systems": { geo: mmdb(SYSTEMS), servers: "address,server,owner\n198.51.100.23,a,b\n192.0.2.0/24,c,\n" },
};
const ALL: Partial<Record<TableName, string | Buffer>> = Object.assign({}, ...Object.values(TABLES));

test.each([...Object.entries(TABLES), ["all of them", ALL] as const])("what tables say: %s", async (_, texts) => {
  const tables = await tablesOf(texts);
  const taken = await expectSame(OBJECT, { tables: () => tables });
  expect(taken).toBeGreaterThan(EVERYTHING.length * 0.7);
});

test("what tables say, of a network interface once", async () => {
  const tables = await tablesOf(ALL);
  const taken = await expectSame(OBJECT, { tables: () => tables, schema: "otel-compact" });
  expect(taken).toBeGreaterThan(EVERYTHING.length * 0.7);
});

test("tables that change between chunks: each record is said by one state, the one in use", async () => {
  const states = await Promise.all(
    ["first", "second", "third"].map((name) => tablesOf({ ...ALL, servers: `address,server\n0.0.0.0/0,${name}\n` })),
  );
  const settings = () => {
    let chunk = 0;
    return {
      chunks: [100_000],
      before: (index: number) => {
        chunk = index;
      },
      tables: () => states[chunk % states.length] ?? (states[0] as (typeof states)[number]),
    };
  };
  const transcoder = newTranscoder();
  const { taken, ...read } = await asRead(OBJECT, settings(), transcoder);
  expectOutcome(read, await byFlows(OBJECT, settings()));
  expect(taken).toBeGreaterThan(EVERYTHING.length * 0.6);
  const sent = Buffer.concat(read.requests).toString("latin1");
  for (const { version } of states) expect(sent).toContain(version);
});

test("objects side by side, of which each has its own time of change", async () => {
  const states = await Promise.all(
    ["first", "second"].map((name) => tablesOf({ servers: `address,server\n0.0.0.0/0,${name}\n` })),
  );
  const [first, second] = states as [(typeof states)[number], (typeof states)[number]];
  const transcoder = newTranscoder();
  const settings = (key: string, at: number) => {
    let chunk = 0;
    return {
      key,
      chunks: [30_000],
      before: (index: number) => {
        chunk = index;
      },
      tables: () => (chunk < at ? first : second),
    };
  };
  const cases = [0, 1, 5, 12, 100].map((at) => ({ at, key: `key${at}` }));
  const read = await Promise.all(cases.map(({ key, at }) => asRead(OBJECT, settings(key, at), transcoder)));
  for (const [index, { key, at }] of cases.entries()) {
    const { taken, ...outcome } = read[index] as (typeof read)[number];
    expectOutcome(outcome, await byFlows(OBJECT, settings(key, at)));
    expect(taken).toBeGreaterThan(EVERYTHING.length * 0.5);
  }
});
