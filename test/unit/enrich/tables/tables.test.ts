import { describe, expect, test } from "vitest";
import { approvedDestinations } from "../../../../src/enrich/tables/approved-destinations.ts";
import { networks } from "../../../../src/enrich/tables/networks.ts";
import { ports } from "../../../../src/enrich/tables/ports.ts";
import { servers } from "../../../../src/enrich/tables/servers.ts";
import { subnets } from "../../../../src/enrich/tables/subnets.ts";
import { type IpAddress, parseAddress } from "../../../../src/lib/ip/address.ts";
import { good, problems } from "./reading.ts";

const ip = (text: string) => parseAddress(text) as IpAddress;
const TCP = 6;
const UDP = 17;

describe("ports", () => {
  test("names go by port and protocol", async () => {
    const table = await good(ports, "port,protocol,name\n53,any,DNS\n514,tcp,rsh\n514,udp,Syslog\n161,,SNMP\n123,UDP,NTP\n");
    expect(table.name(53, TCP)).toBe("DNS");
    expect(table.name(53, UDP)).toBe("DNS");
    expect(table.name(514, TCP)).toBe("rsh");
    expect(table.name(514, UDP)).toBe("Syslog");
    expect(table.name(161, TCP)).toBe("SNMP");
    expect(table.name(123, UDP)).toBe("NTP");
    expect(table.name(123, TCP)).toBeUndefined();
  });

  test("other protocols, unknown and missing ports have no name", async () => {
    const table = await good(ports, "port,name\n0,Zero\n22,SSH\n65535,Last\n");
    for (const protocol of [1, 58, 132, 0, undefined]) expect(table.name(22, protocol)).toBeUndefined();
    expect(table.name(23, TCP)).toBeUndefined();
    expect(table.name(undefined, TCP)).toBeUndefined();
    expect(table.name(65_536, TCP)).toBeUndefined();
    expect(table.name(-1, TCP)).toBeUndefined();
    expect(table.name(0, TCP)).toBe("Zero");
    expect(table.name(65_535, UDP)).toBe("Last");
  });

  test("the narrowest range wins, in any order of lines", async () => {
    const lines = ["30000-32767,tcp,NodePort", "32400,tcp,Plex", "32400-32410,any,Media"];
    for (const order of [lines, lines.toReversed()]) {
      const table = await good(ports, `port,protocol,name\n${order.join("\n")}\n`);
      expect(table.name(30_000, TCP)).toBe("NodePort");
      expect(table.name(32_767, TCP)).toBe("NodePort");
      expect(table.name(32_400, TCP)).toBe("Plex");
      expect(table.name(32_410, TCP)).toBe("Media");
      expect(table.name(32_411, TCP)).toBe("NodePort");
      expect(table.name(32_400, UDP)).toBe("Media");
      expect(table.name(30_000, UDP)).toBeUndefined();
      expect(table.covering(32_400, TCP).map(({ name }) => name)).toEqual(["Plex", "Media", "NodePort"]);
    }
  });

  test.each([
    ["x,tcp,A", 't.csv:2: port "x": no port: write a number from 0 to 65535, or a range such as 6000-6063'],
    ["65536,tcp,A", 't.csv:2: port "65536": no port: write a number from 0 to 65535, or a range such as 6000-6063'],
    ["20-10,tcp,A", 't.csv:2: port "20-10": no port: write a number from 0 to 65535, or a range such as 6000-6063'],
    ["-5,tcp,A", 't.csv:2: port "-5": no port: write a number from 0 to 65535, or a range such as 6000-6063'],
    ["22,icmp,A", 't.csv:2: protocol "icmp": no protocol with ports: write tcp, udp or any'],
    [",tcp,A", "t.csv:2: port: is empty: fill it in, or remove the line"],
    ["22,tcp,", "t.csv:2: name: is empty: fill it in, or remove the line"],
    [
      "22,tcp,A\n# x\n22,tcp,B",
      't.csv:4: port "22/tcp": stands on line 2 already, and not with the same values: keep one of the two',
    ],
    ["22,any,A\n22,udp,B", 't.csv:3: port "22/udp": stands on line 2 already, and not with the same values: keep one of the two'],
    ["22,any,A\n22,any,B", 't.csv:3: port "22": stands on line 2 already, and not with the same values: keep one of the two'],
    [
      "10-20,tcp,A\n15-30,tcp,B",
      't.csv:3: port "15-30/tcp": overlaps 10-20/tcp of line 2 in part: make one range lie within the other, or part them',
    ],
  ])("refuses %j", async (lines, expected) => {
    expect(await problems(ports, `port,protocol,name\n${lines}\n`)).toEqual([expected]);
  });

  test("the same thing said twice is no contradiction", async () => {
    expect(await problems(ports, "port,protocol,name\n22,any,SSH\n22,tcp,SSH\n22,tcp,SSH\n10-20,tcp,A\n15-30,tcp,A\n")).toEqual(
      [],
    );
  });
});

describe("servers", () => {
  test("the longest prefix names the server, further columns come along", async () => {
    const table = await good(
      servers,
      "address,server,owner,cost.center\n10.0.0.0/8,Corp,it,\n10.0.1.7,App 1,payments,42\n2001:db8::/32,V6,,\n::ffff:10.0.1.8,App 2,,\n",
    );
    expect(table.find(ip("10.0.1.7"))).toMatchObject({
      server: "App 1",
      columns: { owner: "payments", "cost.center": "42" },
      line: 3,
    });
    expect(table.find(ip("10.0.1.8"))).toMatchObject({ server: "App 2", columns: undefined });
    expect(table.find(ip("10.0.1.9"))).toMatchObject({ server: "Corp", columns: { owner: "it" } });
    expect(table.find(ip("2001:db8::1"))).toMatchObject({ server: "V6", columns: undefined });
    expect(table.find(ip("192.0.2.1"))).toBeUndefined();
  });

  test("columns are lower-case attributes, however the header writes them", async () => {
    const table = await good(servers, "ADDRESS;Server;Owner;Cost.Center\n10.0.1.7;App 1;Payments;42\n");
    expect(table.find(ip("10.0.1.7"))?.columns).toEqual({ owner: "Payments", "cost.center": "42" });
  });

  test.each([
    ["1st", "no column name: begin with a letter, and use lower-case letters, digits, _ and single dots"],
    ["a-b", "no column name: begin with a letter, and use lower-case letters, digits, _ and single dots"],
    ["a..b", "no column name: begin with a letter, and use lower-case letters, digits, _ and single dots"],
    ["__proto__", "no column name: begin with a letter, and use lower-case letters, digits, _ and single dots"],
    ...["zone", "service", "network", "port", "columns"].map((name) => [
      name,
      `is taken: flow.source.${name} and flow.destination.${name} are set already; choose another name`,
    ]),
    ["zone.id", "is taken: flow.source.zone and flow.destination.zone are set already; choose another name"],
  ])("refuses a column called %s", async (name, reason) => {
    expect(await problems(servers, `address,server,owner,${name}\n`)).toEqual([`t.csv:1: ${name}: ${reason}`]);
  });

  test("refuses a column below another, and the reserved names address and server as further columns", async () => {
    expect(await problems(servers, "address,server,team,team.lead\n")).toEqual([
      "t.csv:1: team: cannot hold a value beside team.lead, which lies below it: rename one of the two",
    ]);
    expect(await problems(servers, "address,server,address.id\n")).toHaveLength(1);
    expect(await problems(servers, "address,server,server_id,teams,team\n")).toEqual([]);
  });

  test.each([
    ["10.0.0.300,A", 't.csv:2: address "10.0.0.300": no IPv4 or IPv6 address: write one such as 10.0.1.7 or 2001:db8::7'],
    [
      "10.0.0.5/24,A",
      't.csv:2: address "10.0.0.5/24": bits are set after the prefix: write 10.0.0.0/24 for the network, or a longer prefix',
    ],
    ["10.0.0.5,", "t.csv:2: server: is empty: fill it in, or remove the line"],
    [
      "10.0.0.5,A\n10.0.0.5/32,B",
      't.csv:3: address "10.0.0.5/32": stands on line 2 already, and not with the same values: keep one of the two',
    ],
  ])("refuses %j", async (lines, expected) => {
    expect(await problems(servers, `address,server\n${lines}\n`)).toEqual([expected]);
  });

  test("a repeated line is no contradiction, one with another column is", async () => {
    expect(await problems(servers, "address,server,owner\n10.0.0.5,A,x\n10.0.0.5/32,A,x\n")).toEqual([]);
    expect(await problems(servers, "address,server,owner\n10.0.0.5,A,x\n10.0.0.5,A,y\n10.0.0.5,A,\n")).toHaveLength(2);
  });
});

describe("networks", () => {
  const zoneOf = async (text: string, address: string) => (await good(networks, text)).find(ip(address))?.zone ?? "external";

  // First and last address of each range, and their neighbours: RFC 1918, RFC 6598, RFC 3927, RFC 1122, RFC 4193, RFC 4291.
  test.each([
    ["9.255.255.255", "external"],
    ["10.0.0.0", "internal"],
    ["10.255.255.255", "internal"],
    ["11.0.0.0", "external"],
    ["172.15.255.255", "external"],
    ["172.16.0.0", "internal"],
    ["172.31.255.255", "internal"],
    ["172.32.0.0", "external"],
    ["192.167.255.255", "external"],
    ["192.168.0.0", "internal"],
    ["192.168.255.255", "internal"],
    ["192.169.0.0", "external"],
    ["100.63.255.255", "external"],
    ["100.64.0.0", "internal"],
    ["100.127.255.255", "internal"],
    ["100.128.0.0", "external"],
    ["169.253.255.255", "external"],
    ["169.254.0.0", "provider"],
    ["169.254.169.254", "provider"],
    ["169.255.0.0", "external"],
    ["126.255.255.255", "external"],
    ["127.0.0.0", "internal"],
    ["127.255.255.255", "internal"],
    ["128.0.0.0", "external"],
    ["0.0.0.0", "external"],
    ["255.255.255.254", "external"],
    ["255.255.255.255", "broadcast"],
    ["223.255.255.255", "external"],
    ["224.0.0.1", "multicast"],
    ["239.255.255.250", "multicast"],
    ["240.0.0.1", "external"],
    ["ff02::1", "multicast"],
    ["feff::1", "external"],
    // The providers' own: resolvers and metadata, IBM's services and endpoints.
    ["169.253.255.255", "external"],
    ["169.254.169.254", "provider"],
    ["169.255.0.0", "external"],
    ["161.26.0.7", "provider"],
    ["161.27.0.0", "external"],
    ["166.8.0.1", "provider"],
    ["166.11.255.255", "provider"],
    ["166.12.0.0", "external"],
    ["192.0.2.1", "external"],
    ["fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "external"],
    ["fc00::", "internal"],
    ["fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "internal"],
    ["fe00::", "external"],
    ["fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "external"],
    ["fe80::", "internal"],
    ["fe80::1%eth0", "internal"],
    ["febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "internal"],
    ["fec0::", "external"],
    ["::1", "internal"],
    ["::", "external"],
    ["::2", "external"],
    ["2001:db8::1", "external"],
    ["::ffff:10.1.2.3", "internal"],
    ["::ffff:8.8.8.8", "external"],
    ["::10.1.2.3", "external"],
  ])("%s is %s", async (address, zone) => {
    expect(await zoneOf("cidr,zone,name\n", address)).toBe(zone);
  });

  test("the file overrides what is built in, longest prefix first", async () => {
    const text =
      "cidr,zone,name\n10.0.0.0/8,external,Other\n10.9.0.0/16,internal,Ours\n0.0.0.0/0,external,Internet\n203.0.113.0/24,internal,\n";
    const table = await good(networks, text);
    const at = (address: string) => table.find(ip(address));
    expect(at("10.1.1.1")).toMatchObject({ zone: "external", name: "Other", line: 2 });
    expect(at("10.9.1.1")).toMatchObject({ zone: "internal", name: "Ours" });
    expect(at("192.168.1.1")).toMatchObject({ zone: "internal", name: undefined, line: undefined });
    expect(at("8.8.8.8")).toMatchObject({ zone: "external", name: "Internet" });
    expect(at("203.0.113.9")).toMatchObject({ zone: "internal", name: undefined });
    expect(at("2001:db8::1")).toBeUndefined();
  });

  test.each([
    ["10.0.0.0/8,inside,", 't.csv:2: zone "inside": no zone: write internal, external, provider, multicast or broadcast'],
    [
      "10.0.0.0,internal,",
      't.csv:2: cidr "10.0.0.0": a prefix length is missing: write 10.0.0.0/32 for this one address, or the network that you mean',
    ],
    ["10.0.0.0/8,,", "t.csv:2: zone: is empty: fill it in, or remove the line"],
    [
      "10.0.0.0/8,internal,a\n10.0.0.0/8,internal,b",
      't.csv:3: cidr "10.0.0.0/8": stands on line 2 already, and not with the same values: keep one of the two',
    ],
  ])("refuses %j", async (lines, expected) => {
    expect(await problems(networks, `cidr,zone,name\n${lines}\n`)).toEqual([expected]);
  });
});

describe("subnets", () => {
  test("a subnet has the networks of all its lines, and one name", async () => {
    const table = await good(
      subnets,
      "subnet,cidr,name\nocid1.subnet.a,10.0.1.0/24,\nocid1.subnet.b,10.0.1.0/24,web\nocid1.subnet.a,2001:db8:1::/64,app\nocid1.subnet.a,10.0.1.0/24,app\n",
    );
    expect([...table.keys()]).toEqual(["ocid1.subnet.a", "ocid1.subnet.b"]);
    expect(table.get("ocid1.subnet.a")).toMatchObject({
      name: "app",
      networks: [
        { cidr: "10.0.1.0/24", line: 2 },
        { cidr: "2001:db8:1::/64", line: 4 },
      ],
    });
    expect(table.get("ocid1.subnet.b")?.name).toBe("web");
  });

  test.each([
    [",10.0.0.0/24,x", "t.csv:2: subnet: is empty: fill it in, or remove the line"],
    [
      "a,10.0.0.1,x",
      't.csv:2: cidr "10.0.0.1": a prefix length is missing: write 10.0.0.1/32 for this one address, or the network that you mean',
    ],
    [
      "a,10.0.0.0/24,x\na,10.0.1.0/24,\na,10.0.2.0/24,y",
      't.csv:4: name "y": the subnet is called "x" on line 2: give it one name',
    ],
  ])("refuses %j", async (lines, expected) => {
    expect(await problems(subnets, `subnet,cidr,name\n${lines}\n`)).toEqual([expected]);
  });
});

test("approved destinations are found by the longest prefix", async () => {
  const table = await good(approvedDestinations, "cidr,name\n198.51.100.0/24,Mirror\n198.51.100.7/32,Updates\n");
  expect(table.find(ip("198.51.100.7"))?.name).toBe("Updates");
  expect(table.find(ip("198.51.100.8"))?.name).toBe("Mirror");
  expect(await problems(approvedDestinations, "cidr,name\n198.51.100.0/24,A\n198.51.100.0/24,B\n")).toHaveLength(1);
});
