import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Enrichment, openEnrichment } from "../../../src/enrich/enrichment.ts";
import { enrichOptions, resolveEnrichPaths } from "../../../src/enrich/options.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { NETWORKS } from "../../../src/registry.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { loadSchema } from "../../../src/schemas/load.ts";
import { startOci } from "../../simulators/oci/index.ts";
import { vcnResources, virtualNetwork } from "../../simulators/oci/services/vcn.ts";
import { from, LIST, oneList, range, SUBNET, tcp, to } from "./rules/parts.ts";
import { flowOf } from "./snapshot.ts";

let folder: string;
const opened: Enrichment[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "enrichment-"));
});
afterEach(async () => {
  for (const enrichment of opened.splice(0)) await enrichment.close();
  await rm(folder, { recursive: true });
});

async function open(options: Record<string, unknown>, messages: string[] = []): Promise<Enrichment> {
  const resolved = resolveEnrichPaths(enrichOptions(NETWORKS).parse(options), NETWORKS, folder, join(folder, "flowferry.db"));
  const onEvent = ({ message }: { message: string }) => messages.push(message);
  const enrichment = await openEnrichment(resolved, {
    networks: NETWORKS,
    baseDir: folder,
    env: {},
    onLookups: onEvent,
    onNetwork: onEvent,
  });
  opened.push(enrichment);
  return enrichment;
}

const ssh = (): Flow =>
  Object.assign(
    flowOf(
      { sourceAddress: "192.0.2.1", sourcePort: 50_000, destinationAddress: "10.0.1.7", destinationPort: 22, protocol: 6 },
      { subnet: SUBNET },
    ),
    { action: "accept", protocolName: "TCP" },
  );

const rules = oneList([from("0.0.0.0/0", "6", tcp(range(22))), from("10.0.0.0/8", "all")], [to("0.0.0.0/0", "all")]);

async function enriched(options: Record<string, unknown>): Promise<Flow> {
  await writeFile(join(folder, "security-lists.json"), JSON.stringify(rules));
  const enrichment = await open({ oci: { files: "security-lists.json" }, ...options });
  const flow = ssh();
  await enrichment.prepare([flow], new AbortController().signal);
  enrichment.enrich([flow]);
  return flow;
}

describe("from files alone", () => {
  test("direction, subnet and rule come from the snapshot", async () => {
    expect(await enriched({})).toMatchObject({
      direction: "ingress",
      subnetName: "app",
      rule: { status: "matched", text: "ingress tcp 22 from 0.0.0.0/0" },
    });
  });

  test("a subnet that stands in subnets.csv is as it has it", async () => {
    await writeFile(join(folder, "subnets.csv"), `subnet,cidr,name\n${SUBNET},192.0.2.0/24,mine\n`);
    expect(await enriched({ subnets: "subnets.csv" })).toMatchObject({ direction: "egress", subnetName: "mine" });
  });

  test("schema seed has no lists, those with the rules that cover the flow, or all of them", async () => {
    const seed = linePrinter(loadSchema("seed", folder), "flowferry");
    const lists = async (securityLists: string) => JSON.parse(seed(await enriched({ securityLists }), 0)).security_lists;
    expect(await lists("none")).toEqual([]);
    const [matched] = await lists("matched");
    expect(matched.ingress_security_rules.map(({ source }: { source: string }) => source)).toEqual(["0.0.0.0/0"]);
    expect(matched.egress_security_rules).toEqual([]);
    const [full] = await lists("full");
    expect(Object.keys(full)).toEqual(["display_name", "security_list_ocid", "ingress_security_rules", "egress_security_rules"]);
    expect([full.security_list_ocid, full.ingress_security_rules.length, full.egress_security_rules.length]).toEqual([
      LIST,
      2,
      1,
    ]);
  });

  test("schema otel names the rule", async () => {
    const otel = linePrinter(loadSchema("otel", folder), "flowferry");
    const { attributes } = JSON.parse(otel(await enriched({}), 0));
    expect(attributes).toMatchObject({
      "flow.rule.status": "matched",
      "flow.rule.list.name": "default",
      "flow.rule.list.id": LIST,
      "flow.rule.index": 0,
      "flow.rule.text": "ingress tcp 22 from 0.0.0.0/0",
      "flow.rule.reply": false,
      "flow.rule.version": expect.stringMatching(/^[0-9a-f]{12}$/),
    });
  });
});

test("from OCI's API: the first flow of a subnet has its rule", async () => {
  const oci = await startOci();
  try {
    const resources = vcnResources();
    oci.addService(virtualNetwork(resources));
    resources.subnets.set(SUBNET, { id: SUBNET, displayName: "app", ipv4CidrBlocks: ["10.0.1.0/24"], securityListIds: [LIST] });
    resources.securityLists.set(LIST, {
      id: LIST,
      displayName: "default",
      ingressSecurityRules: [{ protocol: "6", source: "0.0.0.0/0", isStateless: false }],
      egressSecurityRules: [],
    });
    const api = { endpoint: oci.endpoint, auth: { type: "config-file", file: oci.config } };
    const messages: string[] = [];
    const enrichment = await open({ oci: { api } }, messages);
    const flow = ssh();
    await enrichment.prepare([flow], new AbortController().signal);
    enrichment.enrich([flow]);
    expect(flow).toMatchObject({ direction: "ingress", subnetName: "app", rule: { text: "ingress tcp from 0.0.0.0/0" } });
    expect(messages).toEqual([]);
  } finally {
    await oci.stop();
  }
});

test("options are described, and paths start from the configuration's folder", () => {
  for (const [name, option] of Object.entries(enrichOptions(NETWORKS).shape)) expect(option.description, name).toBeTruthy();
  const options = enrichOptions(NETWORKS).parse({
    ports: "p.csv",
    oci: { files: ["a.json"], api: {} },
    ibm: { subnets: "s.json" },
  });
  expect(resolveEnrichPaths(options, NETWORKS, "/conf", "/var/flowferry.db")).toMatchObject({
    securityLists: "matched",
    ports: "/conf/p.csv",
    lastGood: "/var/flowferry.db.tables",
    oci: { files: ["/conf/a.json"], api: { cache: "/var/flowferry.db.network.json" } },
    ibm: { subnets: "/conf/s.json" },
  });
  const named = resolveEnrichPaths(enrichOptions(NETWORKS).parse({ lastGood: "good" }), NETWORKS, "/conf", ":memory:");
  expect(named.lastGood).toBe("/conf/good");
  expect(resolveEnrichPaths(options, NETWORKS, "/conf", ":memory:").lastGood).toBeUndefined();
});
