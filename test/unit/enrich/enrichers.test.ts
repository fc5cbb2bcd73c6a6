import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { chain, enricherOf } from "../../../src/enrich/chain.ts";
import { directionEnricher } from "../../../src/enrich/direction.ts";
import { portsEnricher } from "../../../src/enrich/ports.ts";
import { serversEnricher } from "../../../src/enrich/servers.ts";
import { zonesEnricher } from "../../../src/enrich/zones.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { runs } from "../../runs.ts";
import { flowOf, tablesOf } from "./snapshot.ts";

describe("ports", async () => {
  const enrich = portsEnricher(await tablesOf({ ports: "port,protocol,name\n22,tcp,SSH\n53,any,DNS\n514,udp,Syslog\n" }));
  const services = (fields: Parameters<typeof flowOf>[0]) => {
    const flow = flowOf(fields);
    enrich(flow);
    return [flow.sourceService, flow.destinationService];
  };

  test("both ends are named by port and protocol", () => {
    expect(services({ protocol: 6, sourcePort: 22, destinationPort: 50_000 })).toEqual(["SSH", undefined]);
    expect(services({ protocol: 17, sourcePort: 53, destinationPort: 514 })).toEqual(["DNS", "Syslog"]);
    expect(services({ protocol: 6, sourcePort: 53, destinationPort: 514 })).toEqual(["DNS", undefined]);
  });

  test("nothing is invented", () => {
    expect(services({ protocol: 1, sourcePort: 22, destinationPort: 53 })).toEqual([undefined, undefined]);
    expect(services({ sourcePort: 22, destinationPort: 53 })).toEqual([undefined, undefined]);
    expect(services({ protocol: 6 })).toEqual([undefined, undefined]);
    expect(services({ protocol: 6, sourcePort: 0, destinationPort: 0 })).toEqual([undefined, undefined]);
  });
});

describe("servers", async () => {
  const text = "address,server,owner,tier\n10.0.0.0/8,Corp,it,\n10.0.1.7,App 1,payments,1\n2001:db8::7,App 1,payments,1\n";
  const enrich = serversEnricher(await tablesOf({ servers: text }));

  test("both ends are named, with the columns of their rows", () => {
    const flow = flowOf({ sourceAddress: "10.0.1.7", destinationAddress: "10.0.1.8" });
    enrich(flow);
    expect(flow).toMatchObject({
      sourceServer: "App 1",
      sourceColumns: { owner: "payments", tier: "1" },
      destinationServer: "Corp",
      destinationColumns: { owner: "it" },
    });
  });

  test("an address outside, one that is none, and a missing one have no server", () => {
    for (const address of ["192.0.2.1", "10.0.1.x", "", undefined]) {
      const flow = flowOf({ sourceAddress: address, destinationAddress: "2001:0DB8:0::7" });
      enrich(flow);
      expect([flow.sourceServer, flow.sourceColumns, flow.destinationServer]).toEqual([undefined, undefined, "App 1"]);
    }
  });
});

describe("zones", async () => {
  const tables = await tablesOf({
    networks: "cidr,zone,name\n10.0.0.0/8,internal,Corp\n10.9.0.0/16,external,Partner\n203.0.113.0/24,internal,Public\n",
  });
  const enrich = zonesEnricher(tables);
  const zones = (sourceAddress: string | undefined, destinationAddress: string | undefined) => {
    const flow = flowOf({ sourceAddress, destinationAddress });
    enrich(flow);
    return [flow.sourceZone, flow.destinationZone, flow.trafficType];
  };

  test.each([
    ["10.0.0.1", "192.168.0.1", ["internal", "internal", "east-west"]],
    ["10.0.0.1", "203.0.113.5", ["internal", "internal", "east-west"]],
    ["fd00::1", "fe80::1", ["internal", "internal", "east-west"]],
    ["10.0.0.1", "8.8.8.8", ["internal", "external", "north-south"]],
    ["8.8.8.8", "10.0.0.1", ["external", "internal", "north-south"]],
    ["10.0.0.1", "10.9.0.1", ["internal", "external", "north-south"]],
    ["8.8.8.8", "2606:4700::1111", ["external", "external", "north-south"]],
    ["10.100.xx.197", "10.0.0.1", ["invalid", "internal", "north-south"]],
    ["10.0.0.1", "161.26.0.10", ["internal", "provider", "north-south"]],
    ["10.0.0.1", "255.255.255.255", ["internal", "broadcast", "north-south"]],
    ["10.0.0.1", undefined, ["internal", undefined, undefined]],
    [undefined, "10.0.0.1", [undefined, "internal", undefined]],
    [undefined, undefined, [undefined, undefined, undefined]],
  ] as const)("%s to %s", (source, destination, expected) => {
    expect(zones(source, destination)).toEqual(expected);
  });

  test("an approved destination has its name; an approved source has none", async () => {
    const tables = await tablesOf({ approvedDestinations: "cidr,name\n198.51.100.0/24,Mirror\n" });
    const [out, back] = [
      flowOf({ sourceAddress: "10.0.0.1", destinationAddress: "198.51.100.7" }),
      flowOf({ sourceAddress: "198.51.100.7", destinationAddress: "10.0.0.1" }),
    ];
    for (const flow of [out, back]) zonesEnricher(tables)(flow);
    expect([out.approvedDestination, back.approvedDestination]).toEqual(["Mirror", undefined]);
  });

  test("the network's name comes along", () => {
    const flow = flowOf({ sourceAddress: "10.9.1.1", destinationAddress: "192.168.0.1" });
    enrich(flow);
    expect([flow.sourceNetwork, flow.destinationNetwork]).toEqual(["Partner", undefined]);
  });

  test("zones agree with the IANA special-purpose ranges as ipaddr.js knows them", async () => {
    const bare = zonesEnricher(await tablesOf({}));
    const zones = new Map(
      Object.entries({
        internal: ["private", "carrierGradeNat", "linkLocal", "loopback", "uniqueLocal"],
        multicast: ["multicast"],
        broadcast: ["broadcast"],
      }).flatMap(([zone, ranges]) => ranges.map((range) => [range, zone] as const)),
    );
    /** Link-local addresses of IPv4, of which clouds answer themselves, and IBM's service networks. */
    const provider = /^(169\.254\.|161\.26\.|166\.(8|9|10|11)\.)/;
    // Of ::192.0.2.1, ipaddr.js makes an IPv4-mapped address; RFC 4291 2.5.5.1 says otherwise.
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((text) => !/^::(\d+\.){3}\d+$/.test(text)),
      fc
        .tuple(fc.constantFrom("10", "100", "127", "161.26", "166", "169.254", "172", "192.168", "224", "255.255.255"), fc.ipV4())
        .map(([head, tail]) => [...head.split("."), ...tail.split(".")].slice(0, 4).join(".")),
      fc
        .tuple(fc.constantFrom("fc", "fd", "fe8", "feb", "fec", "ff0"), fc.nat(0xf))
        .map(([head, tail]) => `${head}${tail.toString(16)}::1`),
    );
    fc.assert(
      fc.property(address, (sourceAddress) => {
        const flow = flowOf({ sourceAddress });
        bare(flow);
        const address = ipaddr.process(sourceAddress);
        const zone = provider.test(address.toString()) ? "provider" : (zones.get(address.range()) ?? "external");
        expect(flow.sourceZone).toBe(zone);
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe("direction", async () => {
  const tables = await tablesOf({
    subnets: "subnet,cidr,name\nsub-a,10.0.1.0/24,app\nsub-a,2001:db8:1::/64,app\nsub-b,10.0.2.0/24,\n",
  });
  const enrich = directionEnricher(tables);
  const direction = (sourceAddress: string | undefined, destinationAddress: string | undefined, subnet: string | undefined) => {
    const flow = flowOf({ sourceAddress, destinationAddress }, { subnet });
    enrich(flow);
    return flow.direction;
  };

  test.each([
    ["10.0.1.7", "8.8.8.8", "sub-a", "egress"],
    ["8.8.8.8", "10.0.1.7", "sub-a", "ingress"],
    ["10.0.1.7", "10.0.1.8", "sub-a", "egress"],
    ["10.0.2.7", "10.0.1.8", "sub-a", "ingress"],
    ["10.0.2.7", "10.0.1.8", "sub-b", "egress"],
    ["2001:db8:1::5", "2001:db8:2::5", "sub-a", "egress"],
    ["2001:db8:2::5", "2001:db8:1::5", "sub-a", "ingress"],
    ["::ffff:10.0.1.7", "8.8.8.8", "sub-a", "egress"],
    ["8.8.8.8", "9.9.9.9", "sub-a", "unknown"],
    ["10.0.1.7", "8.8.8.8", "sub-c", "unknown"],
    ["10.0.1.7", "8.8.8.8", undefined, "unknown"],
    ["10.0.1.x", "10.0.1.8", "sub-a", "ingress"],
    ["10.0.1.x", "8.8.8.8", "sub-a", "unknown"],
    [undefined, "10.0.1.8", "sub-a", "ingress"],
    [undefined, undefined, "sub-a", "unknown"],
  ] as const)("%s to %s on %s is %s", (source, destination, subnet, expected) => {
    expect(direction(source, destination, subnet)).toBe(expected);
  });

  test("what the record states wins, unless it states that it does not know", () => {
    const addresses = { sourceAddress: "10.0.1.7", destinationAddress: "8.8.8.8" };
    for (const [directionLogged, expected] of [
      ["ingress", "ingress"],
      ["egress", "egress"],
      ["unknown", "egress"],
    ] as const) {
      const flow = flowOf({ ...addresses, directionLogged }, { subnet: "sub-a" });
      enrich(flow);
      expect(flow.direction).toBe(expected);
    }
  });

  test("the subnet's name comes from the table, else from the log", () => {
    const name = (subnet: string | undefined, subnetName: string | undefined) => {
      const flow = flowOf({}, { subnet, subnetName });
      enrich(flow);
      return flow.subnetName;
    };
    expect(name("sub-a", "logged")).toBe("app");
    expect(name("sub-b", "logged")).toBe("logged");
    expect(name("sub-c", "logged")).toBe("logged");
    expect(name("sub-c", undefined)).toBeUndefined();
  });
});

describe("all together", async () => {
  const texts = {
    ports: "port,protocol,name\n22,any,SSH\n",
    servers: "address,server,owner\n10.0.1.7,App 1,payments\n",
    networks: "cidr,zone,name\n10.0.0.0/16,internal,Prod\n",
    subnets: "subnet,cidr,name\nsub-a,10.0.1.0/24,app\n",
  };

  test("a chain runs its enrichers in order", () => {
    const calls: string[] = [];
    const step = (name: string) => (flow: Flow) => void calls.push(`${name} ${flow.record}`);
    chain([step("a"), step("b")])(flowOf({}));
    expect(calls).toEqual(["a 1", "b 1"]);
  });

  test("a flow gets every derived field and the version of the tables", async () => {
    const tables = await tablesOf(texts);
    const flow = flowOf(
      { sourceAddress: "8.8.8.8", sourcePort: 40_000, destinationAddress: "10.0.1.7", destinationPort: 22, protocol: 6 },
      { subnet: "sub-a" },
    );
    enricherOf(tables)(flow);
    expect(flow).toMatchObject({
      direction: "ingress",
      sourceZone: "external",
      destinationZone: "internal",
      trafficType: "north-south",
      sourceService: undefined,
      destinationService: "SSH",
      sourceServer: undefined,
      destinationServer: "App 1",
      destinationColumns: { owner: "payments" },
      sourceNetwork: undefined,
      destinationNetwork: "Prod",
      subnetName: "app",
      lookupsVersion: tables.version,
    });
    expect(tables.version).toMatch(/^[0-9a-f]{12}$/);
  });

  test("a quality record without addresses or ports is left as it is", async () => {
    const flow = flowOf({}, { subnet: "sub-a" });
    enricherOf(await tablesOf(texts))(flow);
    expect(flow).toMatchObject({
      direction: "unknown",
      sourceZone: undefined,
      trafficType: undefined,
      destinationService: undefined,
    });
  });

  test("what is remembered of earlier flows never changes an answer", async () => {
    const tables = await tablesOf(texts);
    const enrich = enricherOf(tables);
    const address = fc.oneof(
      fc.constantFrom(
        "10.0.1.7",
        "10.0.1.8",
        "10.0.2.7",
        "8.8.8.8",
        "fd00::1",
        "::ffff:10.0.1.7",
        "2001:db8::1",
        "x",
        "10.0.1.7 ",
      ),
      fc.ipV4(),
      fc.ipV6(),
      fc.constant(undefined),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(address, address, fc.constantFrom("sub-a", "sub-b")), { maxLength: 50 }),
        async (flows) => {
          for (const [sourceAddress, destinationAddress, subnet] of flows) {
            const flow = flowOf({ sourceAddress, destinationAddress }, { subnet });
            const again = flowOf({ sourceAddress, destinationAddress }, { subnet });
            enrich(flow);
            enricherOf(await tablesOf(texts))(again);
            expect(flow).toEqual(again);
          }
        },
      ),
      { numRuns: runs(10) },
    );
  });
});
