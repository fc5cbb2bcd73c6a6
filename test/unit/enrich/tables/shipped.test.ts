import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { checkFile } from "../../../../src/enrich/tables/check.ts";
import { ports } from "../../../../src/enrich/tables/ports.ts";
import { asset } from "../../../../src/lib/assets.ts";
import { good } from "./reading.ts";

const TCP = 6;
const UDP = 17;
const shippedPorts = async () => good(ports, await readFile(asset("lookups/ports.csv")));

test.each([
  ["ports", "ports"],
  ["servers", "servers"],
  ["networks", "networks"],
  ["subnets", "subnets"],
  ["approved-destinations", "approvedDestinations"],
])("lookups/%s.csv is good", async (name, table) => {
  expect(await checkFile(asset(`lookups/${name}.csv`))).toMatchObject({ table, problems: 0, issues: [] });
});

// The list that Oracle's article on monitoring VCN flow logs names, whatever IANA says of 9042 and 9060.
test.each([
  [21, "FTP"],
  [22, "SSH"],
  [80, "HTTP"],
  [137, "NetBIOS"],
  [443, "HTTPS"],
  [648, "RRP"],
  [1521, "Oracle Database"],
  [9006, "Tomcat"],
  [9042, "MySQL"],
  [9060, "WebLogic Server Administration Console"],
  [9100, "Network Printer"],
  [9200, "Elastic Search"],
])("port %i is %s", async (port, name) => {
  const table = await shippedPorts();
  expect(table.name(port, TCP)).toBe(name);
  expect(table.name(port, UDP)).toBe(name);
});

// IANA Service Name and Transport Protocol Port Number Registry, and the software's own documentation.
test.each([
  [23, TCP, "Telnet"],
  [25, TCP, "SMTP"],
  [53, UDP, "DNS"],
  [123, UDP, "NTP"],
  [135, TCP, "Microsoft RPC"],
  [389, TCP, "LDAP"],
  [445, TCP, "SMB"],
  [514, UDP, "Syslog"],
  [514, TCP, "rsh"],
  [993, TCP, "IMAPS"],
  [1433, TCP, "Microsoft SQL Server"],
  [2049, TCP, "NFS"],
  [3306, TCP, "MySQL"],
  [3389, TCP, "RDP"],
  [4317, TCP, "OTLP gRPC"],
  [5432, TCP, "PostgreSQL"],
  [5900, TCP, "VNC"],
  [6003, TCP, "X11"],
  [6379, TCP, "Redis"],
  [6443, TCP, "Kubernetes API"],
  [9092, TCP, "Kafka"],
  [10_250, TCP, "Kubelet"],
  [27_017, TCP, "MongoDB"],
  [51_820, UDP, "WireGuard"],
])("port %i of protocol %i is %s", async (port, protocol, name) => {
  expect((await shippedPorts()).name(port, protocol)).toBe(name);
});

test("ports that nobody has registered have no name", async () => {
  const table = await shippedPorts();
  for (const port of [4, 6, 8, 60_999, 65_535]) {
    expect(table.name(port, TCP)).toBeUndefined();
    expect(table.name(port, UDP)).toBeUndefined();
  }
});
