import { describe, expect, test } from "vitest";
import { directionEnricher } from "../../../src/enrich/direction.ts";
import type { NetworkSnapshot } from "../../../src/enrich/rules/snapshot.ts";
import { type SecurityListDetail, securityRulesEnricher } from "../../../src/enrich/security-rules.ts";
import { GETTERS } from "../../../src/flow/access.ts";
import type { Flow, FlowContext } from "../../../src/flow/flow.ts";
import { from, LIST, NSG, ociSnapshot, oneList, range, SUBNET, tcp, to, udp, VNIC } from "./rules/parts.ts";
import { flowOf, tablesOf } from "./snapshot.ts";

const tables = await tablesOf({ subnets: `subnet,cidr,name\n${SUBNET},10.0.1.0/24,app\n` });

type Extra = Partial<Pick<Flow, "action" | "protocolName" | "status">>;

/** The flow `source port > destination port`, enriched; the protocol is TCP unless told. */
function explained(
  snapshot: NetworkSnapshot,
  text: string,
  {
    protocol = 6,
    vnic,
    subnet = SUBNET,
    detail = "matched",
    ...extra
  }: Extra & {
    protocol?: number;
    vnic?: string;
    subnet?: string;
    detail?: SecurityListDetail;
  } = {},
): Flow {
  const [, sourceAddress, sourcePort, destinationAddress, destinationPort] = /^(\S+) (\d+) > (\S+) (\d+)$/.exec(text) ?? [];
  const context: Partial<FlowContext> = { subnet, vnic };
  const flow = flowOf(
    { sourceAddress, destinationAddress, sourcePort: Number(sourcePort), destinationPort: Number(destinationPort), protocol },
    context,
  );
  Object.assign(flow, { action: "accept", ...extra });
  directionEnricher(tables)(flow);
  securityRulesEnricher(tables, snapshot, detail)(flow);
  return flow;
}

const textOf = (flow: Flow) => [flow.rule?.status, GETTERS.ruleText(flow)];

describe("the rule that governs a flow", () => {
  const { snapshot } = ociSnapshot(
    oneList(
      [
        from("0.0.0.0/0", "6", tcp(range(443))),
        from("0.0.0.0/0", "6", tcp(range(22))),
        from("10.0.0.0/8", "6", tcp(range(20, 30))),
        from("10.0.0.0/8", "1", { "icmp-options": { type: 3, code: 4 } }),
        from("10.0.0.0/8", "17", udp(range(53), range(1024, 65_535))),
      ],
      [to("0.0.0.0/0", "all")],
    ),
  );

  test("has its list, its place and its text", () => {
    const flow = explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 22");
    expect(flow.rule).toMatchObject({
      status: "matched",
      kind: "security-list",
      listId: LIST,
      listName: "default",
      index: 1,
      text: "ingress tcp 22 from 0.0.0.0/0",
      stateless: false,
      partial: false,
    });
    expect(flow.rule?.version).toMatch(/^[0-9a-f]{12}$/);
    expect(GETTERS.ruleReply(flow)).toBe(false);
  });

  test("is the narrowest of those that cover it; the others are named", () => {
    const flow = explained(snapshot, "10.9.9.9 50000 > 10.0.1.7 22");
    expect(flow.rule?.text).toBe("ingress tcp 22 from 0.0.0.0/0");
    expect(flow.rule?.others.map(({ index, text }) => [index, text])).toEqual([[2, "ingress tcp 20-30 from 10.0.0.0/8"]]);
  });

  test("the reply of a service is explained by the rule that let its client in", () => {
    expect(textOf(explained(snapshot, "10.0.1.7 443 > 192.0.2.1 50000"))).toEqual(["reply", "ingress tcp 443 from 0.0.0.0/0"]);
    expect(GETTERS.ruleReply(explained(snapshot, "10.0.1.7 443 > 192.0.2.1 50000"))).toBe(true);
  });

  test("a client's own connection is explained by the egress rule, and the answer to it is its reply", () => {
    expect(textOf(explained(snapshot, "10.0.1.7 50000 > 192.0.2.1 443"))).toEqual(["matched", "egress all to 0.0.0.0/0"]);
    expect(textOf(explained(snapshot, "192.0.2.1 443 > 10.0.1.7 50000"))).toEqual(["reply", "egress all to 0.0.0.0/0"]);
  });

  test("source ports count", () => {
    expect(textOf(explained(snapshot, "10.2.2.2 5353 > 10.0.1.7 53", { protocol: 17 }))).toEqual([
      "matched",
      "ingress udp 53 from 10.0.0.0/8 source port 1024-65535",
    ]);
  });

  test("ICMP matches by protocol and address alone, and says so", () => {
    const flow = explained(snapshot, "10.2.2.2 0 > 10.0.1.7 0", { protocol: 1 });
    // Egress `all` covers the echo reply as surely as anything, but a rule that may cover it is no reason against a sure one.
    expect(flow.rule).toMatchObject({ status: "reply", text: "egress all to 0.0.0.0/0", partial: false });
    const { snapshot: alone } = ociSnapshot(oneList([from("10.0.0.0/8", "1", { "icmp-options": { type: 3, code: 4 } })]));
    expect(explained(alone, "10.2.2.2 0 > 10.0.1.7 0", { protocol: 1 }).rule).toMatchObject({
      status: "matched",
      text: "ingress icmp type 3 code 4 from 10.0.0.0/8",
      partial: true,
    });
  });

  test("no rule: unexplained, and what none allows", () => {
    const { snapshot: closed } = ociSnapshot(oneList([from("10.0.0.0/8", "all")]));
    const flow = explained(closed, "192.0.2.1 50000 > 10.0.1.7 22", { action: "reject", protocolName: "TCP" });
    expect(flow.rule).toMatchObject({ status: "unexplained", listId: undefined, index: undefined });
    expect(GETTERS.ruleText(flow)).toBe("no rule allows ingress tcp 22 from 192.0.2.1");
    expect(textOf(explained(closed, "10.0.1.7 50000 > 192.0.2.1 22", { protocolName: "TCP" }))[1]).toBe(
      "no rule allows egress tcp 22 to 192.0.2.1",
    );
    expect([GETTERS.ruleReply(flow), GETTERS.rulePartial(flow)]).toEqual([undefined, undefined]);
  });

  test("a rejected flow that a rule covers carries the rule", () => {
    expect(textOf(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 22", { action: "reject" }))[0]).toBe("matched");
  });

  test("a rejected flow is no reply, whatever the rules of the other direction are", () => {
    const { snapshot: open } = ociSnapshot(oneList([], [to("0.0.0.0/0", "all")]));
    expect(textOf(explained(open, "192.0.2.1 50000 > 10.0.1.7 22"))[0]).toBe("reply");
    expect(textOf(explained(open, "192.0.2.1 50000 > 10.0.1.7 22", { action: "reject" }))[0]).toBe("unexplained");
  });

  test("nothing is said of another subnet, an address that is none, a quality record, or by `none`", () => {
    const flow = "192.0.2.1 50000 > 10.0.1.7 22";
    expect(explained(snapshot, flow, { subnet: "ocid1.subnet.oc1.iad.elsewhere" }).rule).toBeUndefined();
    expect(explained(snapshot, "10.100.xx.197 1 > 10.0.1.7 22").rule).toBeUndefined();
    expect(explained(snapshot, flow, { status: "NODATA" }).rule).toBeUndefined();
    const quiet = explained(snapshot, flow, { detail: "none" });
    expect([quiet.rule, quiet.securityLists]).toEqual([undefined, undefined]);
  });

  test("the version changes with the rules, not with the order of the file", () => {
    const version = (...rules: object[]) =>
      explained(ociSnapshot(oneList(rules)).snapshot, "192.0.2.1 1 > 10.0.1.7 22").rule?.version;
    const [a, b] = [from("0.0.0.0/0", "6", tcp(range(22))), from("10.0.0.0/8", "all")];
    expect(version(a, b)).toBe(version(a, b));
    expect(version(a, b)).not.toBe(version(a));
  });
});

describe("stateless rules", () => {
  test("do not explain replies", () => {
    const { snapshot } = ociSnapshot(oneList([from("0.0.0.0/0", "6", { ...tcp(range(443)), "is-stateless": true })]));
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 443").rule).toMatchObject({ status: "matched", stateless: true });
    expect(explained(snapshot, "10.0.1.7 443 > 192.0.2.1 50000").rule?.status).toBe("unexplained");
  });

  test("take precedence over a stateful rule for the same traffic, which is then not tracked", () => {
    const { snapshot } = ociSnapshot(
      oneList([from("192.0.2.1/32", "6", tcp(range(443))), from("0.0.0.0/0", "6", { ...tcp(range(443)), "is-stateless": true })]),
    );
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 443").rule).toMatchObject({ index: 1, stateless: true });
    expect(explained(snapshot, "10.0.1.7 443 > 192.0.2.1 50000").rule?.status).toBe("unexplained");
  });
});

describe("NSGs", () => {
  const web = {
    ...oneList([from("0.0.0.0/0", "6", tcp(range(22)))]),
    "network-security-groups": [{ id: NSG, "display-name": "web" }],
    "nsg-rules": {
      [NSG]: {
        data: [
          { direction: "INGRESS", protocol: "6", source: "0.0.0.0/0", "source-type": "CIDR_BLOCK", ...tcp(range(443)) },
          {
            direction: "EGRESS",
            protocol: "6",
            destination: NSG,
            "destination-type": "NETWORK_SECURITY_GROUP",
            ...tcp(range(8080)),
          },
        ],
      },
    },
  };
  const vnics = [
    { id: VNIC, "nsg-ids": [NSG], "private-ip": "10.0.1.7", "ipv6-addresses": [] },
    { id: "ocid1.vnic.oc1.iad.web2", "nsg-ids": [NSG], "private-ip": "10.0.2.8", "ipv6-addresses": ["2001:db8::8"] },
    { id: "ocid1.vnic.oc1.iad.bare", "nsg-ids": [], "private-ip": "10.0.1.9" },
  ];
  const { snapshot, faults } = ociSnapshot({ ...web, vnics });

  test("add to the security lists, for the VNICs that are in them", () => {
    expect(faults).toEqual([]);
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 443", { vnic: VNIC }).rule).toMatchObject({
      kind: "nsg",
      listId: NSG,
      listName: "web",
      index: 0,
      text: "ingress tcp 443 from 0.0.0.0/0",
    });
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 22", { vnic: VNIC }).rule?.listId).toBe(LIST);
    const bare = explained(snapshot, "192.0.2.1 50000 > 10.0.1.9 443", { vnic: "ocid1.vnic.oc1.iad.bare" });
    expect(bare.rule?.status).toBe("unexplained");
  });

  test("as the far end are the addresses of their VNICs", () => {
    const at = (address: string) => explained(snapshot, `10.0.1.7 50000 > ${address} 8080`, { vnic: VNIC }).rule;
    expect(at("10.0.2.8")).toMatchObject({ status: "matched", text: "egress tcp 8080 to group web", partial: false });
    expect(at("10.0.2.9")?.status).toBe("unexplained");
    expect(at("192.0.2.1")?.status).toBe("unexplained");
  });

  test("whose VNICs are not known may hold any private address, and that is said", () => {
    const { snapshot: alone } = ociSnapshot({
      ...oneList([{ ...from("x", "6", tcp(range(8080))), source: NSG, "source-type": "NETWORK_SECURITY_GROUP" }]),
    });
    expect(explained(alone, "10.0.2.9 50000 > 10.0.1.7 8080").rule).toMatchObject({
      text: `ingress tcp 8080 from group ${NSG}`,
      partial: true,
    });
    expect(explained(alone, "192.0.2.1 50000 > 10.0.1.7 8080").rule?.status).toBe("unexplained");
  });

  test("a VNIC of which nothing is known is judged by the security lists alone, and never called unexplained", () => {
    const unknown = "ocid1.vnic.oc1.iad.unknown";
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 22", { vnic: unknown }).rule?.listId).toBe(LIST);
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 443", { vnic: unknown }).rule).toBeUndefined();
  });

  test("between two VNICs of the subnet, the VNIC's own address says which end it is", () => {
    const flow = explained(snapshot, "10.0.1.9 50000 > 10.0.1.7 22", { vnic: VNIC });
    expect([flow.direction, flow.rule?.text]).toEqual(["egress", "ingress tcp 22 from 0.0.0.0/0"]);
  });
});

describe("services as the far end", () => {
  const label = "all-iad-services-in-oracle-services-network";
  const { snapshot } = ociSnapshot(
    oneList([], [{ ...to("x", "6", tcp(range(443))), destination: label, "destination-type": "SERVICE_CIDR_BLOCK" }]),
  );

  test("may be any public address, and that is said", () => {
    expect(explained(snapshot, "10.0.1.7 50000 > 134.70.24.1 443").rule).toMatchObject({
      text: `egress tcp 443 to ${label}`,
      partial: true,
    });
    expect(explained(snapshot, "10.0.1.7 50000 > 10.0.9.9 443").rule?.status).toBe("unexplained");
  });
});

describe("what the snapshot does not hold", () => {
  test("a missing list: what is there is used, nothing is called unexplained", () => {
    const document = oneList([from("0.0.0.0/0", "6", tcp(range(22)))]) as { subnets: { "security-list-ids": string[] }[] };
    document.subnets[0]?.["security-list-ids"].push("ocid1.securitylist.oc1.iad.unseen");
    const { snapshot } = ociSnapshot(document);
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 22").rule?.listId).toBe(LIST);
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 23").rule).toBeUndefined();
  });

  test("a rule that cannot be understood: the same", () => {
    const { snapshot } = ociSnapshot(oneList([from("0.0.0.0/0", "tpc"), from("0.0.0.0/0", "6", tcp(range(22)))]));
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 22").rule?.index).toBe(1);
    expect(explained(snapshot, "192.0.2.1 50000 > 10.0.1.7 23").rule).toBeUndefined();
  });
});
