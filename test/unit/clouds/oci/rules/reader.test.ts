import { describe, expect, test } from "vitest";
import { EMPTY_CONTEXT } from "../../../../../src/flow/flow.ts";
import { from, LIST, NSG, ociSnapshot, oneList, range, SUBNET, tcp, to, udp, VNIC } from "../../../enrich/rules/parts.ts";

/** What a snapshot complains about, as `place: reason`. */
const faultsOf = (...documents: unknown[]) => ociSnapshot(...documents).faults.map(({ place, reason }) => `${place}: ${reason}`);
const ruleTexts = (...documents: unknown[]) =>
  [...(ociSnapshot(...documents).snapshot.data[0]?.ruleSets.values() ?? [])].flatMap(({ rules }) =>
    rules.map(({ text }) => text),
  );

describe("what the command line prints", () => {
  const lists = {
    data: [
      {
        "compartment-id": "ocid1.compartment.oc1..x",
        "defined-tags": { "Oracle-Tags": { CreatedBy: "x" } },
        "display-name": "default",
        "egress-security-rules": [to("0.0.0.0/0", "all")],
        id: LIST,
        "ingress-security-rules": [
          from("0.0.0.0/0", "6", tcp(range(22))),
          from("10.0.0.0/8", "17", udp(range(100, 200), range(53))),
          from("10.0.0.0/8", "1", { "icmp-options": { type: 3, code: 4 } }),
          from("10.0.0.0/8", "58", { "icmp-options": { type: 128 } }),
          from("2001:db8::/32", "47"),
        ],
      },
    ],
  };
  const texts = [
    "ingress tcp 22 from 0.0.0.0/0",
    "ingress udp 100-200 from 10.0.0.0/8 source port 53",
    "ingress icmp type 3 code 4 from 10.0.0.0/8",
    "ingress icmpv6 type 128 from 10.0.0.0/8",
    "ingress protocol 47 from 2001:db8::/32",
    "egress all to 0.0.0.0/0",
  ];

  test("lists of resources, told apart by their OCIDs", () => {
    const subnets = { data: [{ id: SUBNET, "display-name": "app", "cidr-block": "10.0.1.0/24", "security-list-ids": [LIST] }] };
    const { snapshot, faults } = ociSnapshot(lists, subnets);
    expect(faults).toEqual([]);
    expect(ruleTexts(lists)).toEqual(texts);
    expect(snapshot.subnet(SUBNET)).toMatchObject({ name: "app", ruleSets: [LIST], networks: [{ cidr: "10.0.1.0/24" }] });
    expect(snapshot.governing({ ...EMPTY_CONTEXT, subnet: SUBNET })?.version).toMatch(/^[0-9a-f]{12}$/);
  });

  test.each([
    ["as the API and the SDKs write keys", (key: string) => key.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())],
    ["with underscores", (key: string) => key.replaceAll("-", "_")],
  ])("%s", (_, rename) => {
    const renamed = JSON.parse(JSON.stringify(lists), function (this: unknown, _key, value) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [rename(key), member]));
    });
    expect(faultsOf(renamed)).toEqual([]);
    expect(ruleTexts(renamed)).toEqual(texts);
  });

  test("one resource, as `get` prints it", () => {
    const vnic = { data: { id: VNIC, "nsg-ids": [NSG], "private-ip": "10.0.1.7" }, etag: "x" };
    expect(ociSnapshot(vnic).snapshot.vnic(VNIC)?.groups).toEqual([NSG]);
  });
});

describe("subnets", () => {
  const networks = (subnet: object) =>
    ociSnapshot([{ id: SUBNET, ...subnet }])
      .snapshot.subnet(SUBNET)
      ?.networks.map((n) => n.cidr);

  test("have all their networks, with or without cidr-block", () => {
    expect(networks({ "cidr-block": "10.0.1.0/24", "ipv4-cidr-blocks": ["10.0.1.0/24", "10.7.0.0/16"] })).toEqual([
      "10.0.1.0/24",
      "10.7.0.0/16",
    ]);
    expect(networks({ "cidr-block": null, "ipv6-cidr-block": "2001:db8::/64", "ipv6-cidr-blocks": ["2001:db8:1::/64"] })).toEqual(
      ["2001:db8::/64", "2001:db8:1::/64"],
    );
  });

  test("without any are told", () => {
    expect(faultsOf([{ id: SUBNET, "security-list-ids": [] }])).toEqual([
      "[0]: the subnet has neither cidr-block nor ipv4-cidr-blocks nor ipv6-cidr-blocks: no direction can be told",
    ]);
    expect(faultsOf([{ id: SUBNET, "cidr-block": "10.0.1.0/33" }])[0]).toBe(
      '[0].cidr-block: "10.0.1.0/33": no prefix length: write a number from 0 to 32 after the slash',
    );
  });
});

describe("a rule that cannot be understood", () => {
  const place = "security-lists[0].ingress-security-rules[0]";
  test.each([
    ["protocol", from("0.0.0.0/0", "tpc"), `${place}.protocol: "tpc" is no protocol: write all, or an IANA number`],
    ["protocol above 255", from("0.0.0.0/0", "256"), `${place}.protocol: "256" is no protocol`],
    [
      "option",
      from("0.0.0.0/0", "132", { "sctp-options": { "destination-port-range": range(1) } }),
      `${place}.sctp-options: is an option that this program does not know: update it`,
    ],
    [
      "option of another protocol",
      from("0.0.0.0/0", "17", tcp(range(22))),
      `${place}.tcp-options: belongs to protocol 6, the rule is for 17`,
    ],
    [
      "port range that ends before it begins",
      from("0.0.0.0/0", "6", tcp({ min: 30, max: 20 })),
      `${place}.tcp-options.destination-port-range: the range ends before it begins: exchange min and max`,
    ],
    ["port", from("0.0.0.0/0", "6", tcp(range(70_000))), `${place}.tcp-options.destination-port-range.min: 70000`],
    ["CIDR", from("10.0.0.1/8", "all"), `${place}.source: "10.0.0.1/8": bits are set after the prefix: write 10.0.0.0/8`],
    [
      "far end of an unknown kind",
      { ...from("10.0.0.0/8", "all"), "source-type": "DRG" },
      `${place}.source-type: "DRG" is none of`,
    ],
    ["no far end", { protocol: "all", "is-stateless": false }, `${place}.source: is missing`],
  ])("%s: told with its place, and the rest is used", (_, broken, message) => {
    const document = oneList([broken, from("10.0.0.0/8", "6", tcp(range(443)))]);
    expect(
      faultsOf(document).some((fault) => fault.startsWith(message)),
      faultsOf(document).join("\n"),
    ).toBe(true);
    expect(ruleTexts(document)).toEqual(["ingress tcp 443 from 10.0.0.0/8"]);
  });

  test("the rules of an NSG that is not named", () => {
    expect(faultsOf({ data: [{ direction: "INGRESS", protocol: "6", source: "0.0.0.0/0" }] })).toEqual([
      "data[0]: is a rule of an NSG that is not named: put the list under nsg-rules, by the OCID of the NSG",
    ]);
  });

  test("something else altogether", () => {
    expect(faultsOf("text")[0]).toMatch(/is no snapshot/);
    expect(faultsOf([{ id: "ocid1.instance.oc1.iad.x" }])[0]).toMatch(/is no subnet, security list, NSG or VNIC/);
    expect(faultsOf({ subnet: [] })[0]).toMatch(/^subnet: is no section of a snapshot/);
  });
});

test("a security list in the form of the enrichment script, key for key and in its order", () => {
  const { snapshot } = ociSnapshot(
    oneList(
      [
        from("0.0.0.0/0", "6", tcp(range(22))),
        from("192.168.0.0/16", "1", { "icmp-options": { type: 3, code: null }, description: "unreachable" }),
        from("10.0.0.0/8", "17", udp(null, range(53))),
      ],
      [to("0.0.0.0/0", "all")],
    ),
  );
  const lists = snapshot.governing({ ...EMPTY_CONTEXT, subnet: SUBNET })?.lists;
  const none = { max: null, min: null };
  expect(JSON.stringify(lists)).toBe(
    JSON.stringify([
      {
        display_name: "default",
        security_list_ocid: LIST,
        ingress_security_rules: [
          {
            description: null,
            icmp_options: null,
            is_stateless: false,
            protocol: "6",
            source: "0.0.0.0/0",
            source_type: "CIDR_BLOCK",
            tcp_options: { destination_port_range: { max: 22, min: 22 }, source_port_range: none },
            udp_options: null,
          },
          {
            description: "unreachable",
            icmp_options: { code: null, type: 3 },
            is_stateless: false,
            protocol: "1",
            source: "192.168.0.0/16",
            source_type: "CIDR_BLOCK",
            tcp_options: null,
            udp_options: null,
          },
          {
            description: null,
            icmp_options: null,
            is_stateless: false,
            protocol: "17",
            source: "10.0.0.0/8",
            source_type: "CIDR_BLOCK",
            tcp_options: null,
            udp_options: { destination_port_range: none, source_port_range: { max: 53, min: 53 } },
          },
        ],
        egress_security_rules: [
          {
            description: null,
            icmp_options: null,
            is_stateless: false,
            protocol: "all",
            destination: "0.0.0.0/0",
            destination_type: "CIDR_BLOCK",
            tcp_options: null,
            udp_options: null,
          },
        ],
      },
    ]),
  );
});
