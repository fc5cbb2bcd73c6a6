import { expect, test } from "vitest";
import { ibmRuleWriter } from "../../../../src/clouds/ibm/rules/writer.ts";
import { ociRuleWriter } from "../../../../src/clouds/oci/rules/writer.ts";
import type { NetworkSnapshot } from "../../../../src/enrich/rules/snapshot.ts";
import type { Tables } from "../../../../src/enrich/tables/tables.ts";
import type { Flow, FlowContext } from "../../../../src/flow/flow.ts";
import { endOf, serviceOf } from "../../../../src/reports/explain/ends.ts";
import { Evidence } from "../../../../src/reports/explain/evidence.ts";
import { explanationLines } from "../../../../src/reports/explain/text.ts";
import { judge } from "../../../../src/reports/explain/verdict.ts";
import { from, ibmSnapshot, LIST, NSG, ociSnapshot, oneList, range, SUBNET, tcp, to, VNIC } from "../../enrich/rules/parts.ts";
import { tablesOf } from "../../enrich/snapshot.ts";
import { flowOf } from "../flows.ts";

const CLIENT = "203.0.113.9";
const SERVER = "10.0.1.4";
const AT = Date.parse("2026-01-01T00:00:00Z");
const WRITERS = new Map([
  ["oracle_cloud", ociRuleWriter],
  ["ibm_cloud", ibmRuleWriter],
]);

/** A request for SSH, at the server's interface unless the fields say otherwise. */
const request = (action: "accept" | "reject", fields: Partial<Flow> = {}, context: Partial<FlowContext> = {}) =>
  flowOf(
    {
      ...{ action, direction: "ingress", initiator: "source", protocol: 6, time: AT },
      ...{ sourceAddress: CLIENT, sourcePort: 50_123, destinationAddress: SERVER, destinationPort: 22 },
      ...fields,
    },
    { subnet: SUBNET, vnic: VNIC, provider: "oracle_cloud", ...context },
  );
/** Its answer, at the same interface. */
const answer = (action: "accept" | "reject", fields: Partial<Flow> = {}) =>
  request(action, {
    ...{ direction: "egress", initiator: "destination" },
    ...{ sourceAddress: SERVER, sourcePort: 22, destinationAddress: CLIENT, destinationPort: 50_123 },
    ...fields,
  });

async function explained(
  flows: readonly Flow[],
  network?: NetworkSnapshot,
  { ends = [CLIENT, SERVER], tables, port = "22" }: { ends?: [string, string]; tables?: Tables; port?: string } = {},
) {
  const all = [tables ?? (await tablesOf({}))];
  const evidence = new Evidence(endOf(ends[0], all), endOf(ends[1], all), serviceOf(port));
  for (const flow of flows) evidence.add(flow);
  const surroundings = { networks: network === undefined ? [] : [network], tables: all, writers: WRITERS };
  const verdict = judge(evidence, surroundings, Math.max(1, flows.length));
  return {
    ...verdict,
    text: explanationLines(evidence, verdict, { window: "", from: undefined, flows: flows.length, seconds: 0.3 }).join("\n"),
  };
}

const WEB_ONLY = oneList([from("0.0.0.0/0", "6", tcp(range(443)))], [to("0.0.0.0/0", "all")]);

test("rejected: the list that does not cover it, and the smallest rule in the words of OCI's console", async () => {
  const { outcome, headline, text } = await explained([request("reject")], ociSnapshot(WEB_ONLY).snapshot);
  expect(outcome).toBe("rejected-in");
  expect(headline).toBe(`rejected at the network interface of ${SERVER}`);
  expect(text).toContain('no ingress rule of security list "default" covers it (it has 1)');
  expect(text).toContain('in security list "default": ingress tcp 22 from 203.0.113.9/32');
  expect(text).toContain(`Networking > Virtual Cloud Networks > Security Lists > default > Ingress Rules > Add Ingress Rules
    Stateless: no
    Source Type: CIDR
    Source CIDR: 203.0.113.9/32
    IP Protocol: TCP
    Source Port Range: All
    Destination Port Range: 22`);
});

test("a VNIC in a group: the smallest rule stands in the group, which is narrower than the subnet's list", async () => {
  const network = ociSnapshot({
    ...WEB_ONLY,
    nsgs: [{ id: NSG, "display-name": "web" }],
    "nsg-rules": { [NSG]: [] },
    vnics: [{ id: VNIC, "nsg-ids": [NSG], "private-ip": SERVER }],
  }).snapshot;
  const { text } = await explained([request("reject")], network);
  expect(text).toContain('no ingress rule of network security group "web" covers it (it has 0)');
  expect(text).toContain("Networking > Network Security Groups > web > Security Rules > Add Rules (Direction: Ingress)");
});

test("IBM: no rule of the security group, in the words of its console (the Log Analysis article's case)", async () => {
  const network = ibmSnapshot({
    subnets: [{ id: "subnet-1", name: "x-subnet", ipv4_cidr_block: "10.0.1.0/24" }],
    securityGroups: [
      {
        ...{ id: "sg-1", name: "x-sg1", targets: [{ id: VNIC }] },
        rules: [{ direction: "inbound", protocol: "tcp", port_min: 3000, port_max: 3000, remote: { cidr_block: "0.0.0.0/0" } }],
      },
    ],
  }).snapshot;
  const { outcome, text } = await explained([request("reject", {}, { subnet: "subnet-1", provider: "ibm_cloud" })], network);
  expect(outcome).toBe("rejected-in");
  expect(text).toContain('no ingress rule of security group "x-sg1" covers it (it has 1)');
  expect(text).toContain(`VPC > Security groups > x-sg1 > Inbound rules > Create
    Protocol: TCP
    Port range: 22, 22
    Source type: IP address or CIDR block
    Source: 203.0.113.9/32`);
});

test("IBM: a network ACL that denies it is named, and the rule that would help stands in the ACL", async () => {
  const rule = { protocol: "all", source: "0.0.0.0/0", destination: "0.0.0.0/0" };
  const network = ibmSnapshot({
    subnets: [{ id: "subnet-1", name: "x-subnet", ipv4_cidr_block: "10.0.1.0/24", network_acl: { id: "acl-1" } }],
    networkAcls: [{ id: "acl-1", name: "strict", rules: [{ ...rule, action: "deny", direction: "inbound" }] }],
    securityGroups: [{ id: "sg-1", name: "x-sg1", targets: [{ id: VNIC }], rules: [] }],
  }).snapshot;
  const { text } = await explained([request("reject", {}, { subnet: "subnet-1", provider: "ibm_cloud" })], network);
  expect(text).toContain('rule 1 of network ACL "strict" denies it: deny ingress all from 0.0.0.0/0');
  expect(text).toContain("VPC > Access control lists > strict > Inbound rules > Create");
});

test("accepted and answered, with the rule that covers it, and the rejects before", async () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6", tcp(range(22)))], [])).snapshot;
  const before = request("reject", { time: AT - 60_000 });
  const { outcome, text, wanted } = await explained([answer("accept"), request("accept"), before], network);
  expect(outcome).toBe("accepted");
  expect(wanted).toBeUndefined();
  expect(text).toContain('ingress rule 1 of security list "default" covers it: ingress tcp 22 from 0.0.0.0/0');
  expect(text).toContain("1 requests were rejected there before, the last at 2025-12-31T23:59:00.000Z");
});

test("rejected now, and accepted before: the newest record decides", async () => {
  const earlier = request("accept", { time: AT - 60_000 });
  const { outcome, text } = await explained([request("reject"), earlier], ociSnapshot(WEB_ONLY).snapshot);
  expect(outcome).toBe("rejected-in");
  expect(text).toContain("it was accepted there until 2025-12-31T23:59:00.000Z");
});

test("a request is nobody's answer: that everything may go out is no reason for what comes in", async () => {
  const { text } = await explained([request("accept"), answer("accept")], ociSnapshot(WEB_ONLY).snapshot);
  expect(text).toContain('no ingress rule of security list "default" covers it (it has 1)');
  expect(text).toContain("it was accepted all the same");
});

test("rejected although a rule covers it: no rule is proposed", async () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6", tcp(range(22)))], [])).snapshot;
  const { text, wanted } = await explained([request("reject")], network);
  expect(text).toContain("a rule covers it all the same");
  expect(wanted).toBeUndefined();
});

test("rejected on the way back: a stateless rule lacks its other half", async () => {
  const network = ociSnapshot(oneList([from("0.0.0.0/0", "6", { ...tcp(range(22)), "is-stateless": true })], [])).snapshot;
  const { outcome, text } = await explained([request("accept"), answer("reject")], network);
  expect(outcome).toBe("rejected-back");
  expect(text).toContain(`rejected on the way back, at the network interface of ${SERVER}`);
  expect(text).toContain('no egress rule of security list "default" covers it (it has 0)');
  expect(text).toContain("egress tcp to 203.0.113.9/32 source port 22");
  expect(text).toContain("Stateless: yes");
});

test("accepted and nothing came back: the host itself", async () => {
  expect((await explained([request("accept")])).outcome).toBe("no-answer");
  // A record that describes both ways says by itself whether there was an answer.
  expect((await explained([request("accept", { bytesReverse: 0 })])).outcome).toBe("no-answer");
  expect((await explained([request("accept", { bytesReverse: 60 })])).outcome).toBe("accepted");
});

test("rejected on its way out, at the client's interface", async () => {
  const network = ociSnapshot(oneList([], [to("10.0.0.0/8", "6", tcp(range(443)))])).snapshot;
  const out = request("reject", { direction: "egress", sourceAddress: "10.0.1.9", destinationAddress: "10.9.9.9" });
  const { outcome, text } = await explained([out], network, { ends: ["10.0.1.9", "10.9.9.9"] });
  expect(outcome).toBe("rejected-out");
  expect(text).toContain("rejected on its way out of 10.0.1.9");
  expect(text).toContain("Networking > Virtual Cloud Networks > Security Lists > default > Egress Rules > Add Egress Rules");
  expect(text).toContain("Destination CIDR: 10.9.9.9/32");
});

test("nothing reached the interface, though it logs: what the rules would say is said as well", async () => {
  const other = request("accept", { sourceAddress: "198.51.100.1" });
  const { outcome, headline, text } = await explained([other], ociSnapshot(WEB_ONLY).snapshot);
  expect(outcome).toBe("not-arrived");
  expect(headline).toBe(`nothing from ${CLIENT} reached the network interface of ${SERVER}`);
  expect(text).toContain("it has logged 1 flow of other conversations in this time, 1 of them at port 22 from others");
  expect(text).toContain('if it came: no ingress rule of security list "default" covers it (it has 1)');
});

test("flow logs are not on for the subnet that holds the server", async () => {
  const elsewhere = request("accept", { destinationAddress: "10.0.2.4" }, { subnet: "another" });
  const { outcome, headline } = await explained([elsewhere], ociSnapshot(WEB_ONLY).snapshot);
  expect(outcome).toBe("logs-off");
  expect(headline).toBe(`flow logs are not on for subnet app, which holds ${SERVER}`);
  // A subnet without traffic logs that there was none.
  const quiet = flowOf({ status: "NODATA" }, { subnet: SUBNET });
  expect((await explained([elsewhere, quiet], ociSnapshot(WEB_ONLY).snapshot)).outcome).toBe("not-arrived");
});

test("an end outside: sent, and nothing came back; or neither is known", async () => {
  const out = request("accept", { direction: "egress", sourceAddress: SERVER, destinationAddress: "198.51.100.1" });
  expect(await explained([out], undefined, { ends: [SERVER, "198.51.100.1"] })).toMatchObject({ outcome: "no-answer" });
  expect(await explained([out], undefined, { ends: ["192.0.2.1", "192.0.2.2"] })).toMatchObject({ outcome: "unknown-network" });
  expect(await explained([out], undefined, { ends: [SERVER, "192.0.2.2"] })).toMatchObject({ outcome: "not-sent" });
});

test("ends by their names in the table of servers, and by networks", async () => {
  const tables = await tablesOf({ servers: `address,server\n${SERVER},bastion\n203.0.113.0/24,office\n` });
  const found = await explained([request("reject")], undefined, { ends: ["office", "Bastion"], tables });
  expect(found.headline).toBe("rejected at the network interface of bastion (10.0.1.4)");
  const byNetwork = await explained([request("reject")], undefined, { ends: ["203.0.113.0/24", SERVER], tables });
  expect(byNetwork.outcome).toBe("rejected-in");
  expect(() => endOf("bastoin", [tables])).toThrow("bastoin is no address, and no server of the tables: did you mean bastion?");
  expect(() => endOf("10.0.0.1/8", [tables])).toThrow("bits are set after the prefix");
  expect(() => serviceOf("ssh")).toThrow('"ssh" is no port');
  expect(() => serviceOf("22/icmp")).toThrow('"22/icmp" is no port');
});

test("other protocols and ports are other conversations", async () => {
  const udp = request("reject", { protocol: 17 });
  const web = request("reject", { destinationPort: 443 });
  expect((await explained([udp, web], undefined, { port: "22/tcp" })).outcome).toBe("not-arrived");
  expect((await explained([udp], undefined, { port: "22/udp" })).outcome).toBe("rejected-in");
});

test("the list of an export is found by its OCID where it has no name", async () => {
  const nameless = { ...WEB_ONLY, "security-lists": [{ id: LIST, "ingress-security-rules": [], "egress-security-rules": [] }] };
  const { text } = await explained([request("reject")], ociSnapshot(nameless).snapshot);
  expect(text).toContain(`no ingress rule of security list "${LIST}" covers it (it has 0)`);
});
