import { createHash } from "node:crypto";
import { OciReader, readOciDocument } from "../../src/clouds/oci/rules/reader.ts";
import { directionEnricher } from "../../src/enrich/direction.ts";
import { Document } from "../../src/enrich/rules/document.ts";
import { NetworkSnapshot } from "../../src/enrich/rules/snapshot.ts";
import { securityRulesEnricher } from "../../src/enrich/security-rules.ts";
import { readTable, snapshotOf, type Tables } from "../../src/enrich/tables/tables.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../../src/flow/flow.ts";
import { originOf } from "../../src/flow/origin.ts";
import type { Table } from "./table.ts";

const SUBNET = "ocid1.subnet.oc1.iad.bench";
const LISTS = 20;
const RULES_OF_LIST = 50;
const VNICS = 500;
const FLOWS = 200_000;
/** Flows are enriched in pieces of this size, as they are on their way through the program. */
const PIECE = 500;
const ROUNDS = 3;

/**
 * What it costs to find the rule that governs a flow, with 20 security lists of 50 rules each on the subnet. Ports and addresses are
 * drawn at random, so that neither the rules' tables nor the processor's caches are met twice in the same way: real traffic is kinder.
 */
export async function rules(say: (line: string) => void): Promise<Table> {
  say(`rules: ${FLOWS} flows, ${LISTS} lists of ${RULES_OF_LIST} rules`);
  const random = generator(1);
  const snapshot = snapshotOfLists(random);
  const tables = await subnetTable();
  const flows = randomFlows(random);
  const direction = directionEnricher(tables);
  const governed = securityRulesEnricher(tables, snapshot, "matched");
  const rows: string[][] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const cost = { direction: 0, rules: 0 };
    for (let at = 0; at < flows.length; at += PIECE) {
      const piece = flows.slice(at, at + PIECE);
      cost.direction += cpuOf(() => piece.forEach(direction));
      cost.rules += cpuOf(() => piece.forEach(governed));
    }
    const each = (microseconds: number) => (microseconds / flows.length).toFixed(2);
    const name = round === 0 ? "first time, tables are built" : `again (${round})`;
    rows.push([name, each(cost.direction), each(cost.rules), (cost.rules / cost.direction).toFixed(1)]);
  }
  return {
    title: `The rule that governs a flow: ${LISTS} lists of ${RULES_OF_LIST} rules, ${VNICS} VNICs, random ports and addresses`,
    header: ["", "direction, CPU µs a flow", "rule, CPU µs a flow", "ratio"],
    rows,
  };
}

/** CPU time in µs: other processes on the machine count for little. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

type Random = (below: number) => number;

function generator(seed: number): Random {
  return (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
}

function snapshotOfLists(random: Random): NetworkSnapshot {
  const rule = (side: "source" | "destination") => {
    const min = 1 + random(9_000);
    const ports = { destinationPortRange: { min, max: min + random(50) } };
    const networks = [
      `10.${random(256)}.0.0/16`,
      `10.${random(8)}.${random(256)}.0/24`,
      `192.0.${random(256)}.0/24`,
      "0.0.0.0/0",
    ];
    const [protocol, options] = [
      ["6", { tcpOptions: ports }] as const,
      ["17", { udpOptions: ports }] as const,
      ["all", {}] as const,
      ["6", { tcpOptions: ports }] as const,
    ][random(4)] ?? ["all", {}];
    return { protocol, ...options, [side]: networks[random(networks.length)], isStateless: false };
  };
  const rulesOf = (side: "source" | "destination") => Array.from({ length: RULES_OF_LIST / 2 }, () => rule(side));
  const securityLists = Array.from({ length: LISTS }, (_, i) => ({
    id: `ocid1.securitylist.oc1.iad.bench${i}`,
    ingressSecurityRules: rulesOf("source"),
    egressSecurityRules: rulesOf("destination"),
  }));
  const subnets = [{ id: SUBNET, cidrBlock: "10.0.1.0/24", securityListIds: securityLists.map(({ id }) => id) }];
  const reader = new OciReader();
  const refuse = ({ place, reason }: { place: string; reason: string }) => {
    throw new Error(`${place}: ${reason}`);
  };
  readOciDocument(new Document(JSON.stringify({ subnets, securityLists }), refuse), reader);
  return new NetworkSnapshot([reader.data(true)]);
}

async function subnetTable(): Promise<Tables> {
  const bytes = Buffer.from(`subnet,cidr,name\n${SUBNET},10.0.1.0/24,bench\n`);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const { table } = await readTable("subnets", "subnets.csv", { bytes, digest });
  if (table === undefined) throw new Error("the subnet table is wrong");
  return snapshotOf([table]);
}

function randomFlows(random: Random): Flow[] {
  const origin = originOf("file:///bench", "flows", "1");
  const contexts = Array.from({ length: VNICS }, (_, i): FlowContext => ({ ...EMPTY_CONTEXT, subnet: SUBNET, vnic: `vnic${i}` }));
  const services = [22, 53, 80, 443, 1521, 3306, 5000, 8080];
  return Array.from({ length: FLOWS }, (_, record) => {
    const flow = new Flow(origin, record + 1, contexts[random(VNICS)] ?? EMPTY_CONTEXT, 0);
    const own = `10.0.1.${1 + random(250)}`;
    const far = `${random(3) === 0 ? 1 + random(220) : 10}.${random(256)}.${random(256)}.${random(256)}`;
    const service = random(5) === 0 ? 1 + random(10_000) : (services[random(services.length)] ?? 443);
    const client = 32_768 + random(28_000);
    const [inbound, request] = [random(2) === 0, random(2) === 0];
    flow.sourceAddress = inbound ? far : own;
    flow.destinationAddress = inbound ? own : far;
    flow.sourcePort = request ? client : service;
    flow.destinationPort = request ? service : client;
    flow.protocol = random(4) === 0 ? 17 : 6;
    flow.action = "accept";
    return flow;
  });
}
