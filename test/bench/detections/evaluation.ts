import { createHash } from "node:crypto";
import { createDetector } from "../../../src/detect/evaluate.ts";
import type { Match } from "../../../src/detect/match.ts";
import { LEVELS, type Rule } from "../../../src/detect/rule.ts";
import { enricherOf } from "../../../src/enrich/chain.ts";
import type { TableName } from "../../../src/enrich/tables/kinds.ts";
import { readTable, snapshotOf, type Tables } from "../../../src/enrich/tables/tables.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../../../src/flow/flow.ts";
import { type Origin, originOf } from "../../../src/flow/origin.ts";
import { Random } from "../../../src/generator/random.ts";
import { type Attack, attacks } from "./attacks.ts";
import { BACKGROUND } from "./background.ts";
import { type Conversation, type FlowRecord, packetsOf, recordsOf } from "./conversation.ts";
import { DAY } from "./day.ts";
import { Estate, publicAddress, subnetCidr, subnetOcid, VPN_NETWORK } from "./estate.ts";
import { MORE_BACKGROUND } from "./more-background.ts";

/** Seconds of one object's records, as the connector cuts them. */
const ROLLOVER = 600;
/** A match belongs to an attack on whose actors it is, up to so long (s) after its last packet: sums of a day are told when it is over. */
const AFTERMATH = 26 * 3_600;

export interface Finding {
  readonly rule: string;
  readonly key: string;
  readonly time: number;
  readonly reason: string;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly port: number | undefined;
}

export interface Evaluation {
  readonly flows: number;
  readonly hosts: number;
  /** Each attack with the findings at level medium and above that name one of its actors. */
  readonly attacks: readonly { readonly attack: Attack; readonly findings: readonly Finding[] }[];
  /** Findings at level medium and above that are of no attack. */
  readonly falseFindings: readonly Finding[];
}

export interface EvaluationOptions {
  readonly rules: readonly Rule[];
  readonly hosts: number;
  readonly seed: string;
  /** `live` as objects arrive, `shuffled` within 70 minutes of that: objects of OCI have held up to 65. */
  readonly order: "live" | "shuffled";
  /** What the operator has written down: names, roles and networks, or subnets alone, or nothing at all. */
  readonly tables: "full" | "bare" | "none";
  /** Whether a day without attacks goes before, so that what is usual has been seen once. Of that day nothing is counted. */
  readonly learned?: boolean;
  /** Version of the Internet Protocol, which all of the estate speaks. */
  readonly family: 4 | 6;
}

const START = Date.UTC(2026, 0, 14) / 1000;

/** Plays one day (a Wednesday, UTC) of the estate, with every attack in it, through enrichment and rules, all of it unseen before. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { rules, hosts, seed, order, tables, family, learned = false } = options;
  const estate = new Estate(hosts);
  const played = attacks(estate, START, seed).map((attack) => ({
    ...attack,
    actors: new Set([...attack.actors].map((address) => inFamily(address, family))),
  }));
  const usual = (from: number, ...label: readonly string[]): Conversation[] =>
    [...BACKGROUND, ...MORE_BACKGROUND].flatMap(({ name, conversations }) => [
      ...conversations(estate, from, new Random(seed, name, ...label)),
    ]);
  const days = [{ from: START, conversations: [...played.flatMap(({ conversations }) => conversations), ...usual(START)] }];
  if (learned) days.unshift({ from: START - DAY, conversations: usual(START - DAY, "the day before") });
  for (const { conversations } of days) conversations.sort((a, b) => a.start - b.start);

  const enrich = enricherOf(await tablesOf(estate, tables, family));
  const contexts = estate.hosts.map(
    ({ host, subnet }): FlowContext => ({
      ...EMPTY_CONTEXT,
      provider: "oracle_cloud",
      vcn: "ocid1.vcn.oc1.iad.evaluation",
      subnet: subnetOcid(subnet),
      vnic: `ocid1.vnic.oc1.iad.evaluation${host}`,
    }),
  );
  const detector = createDetector(rules, { now: () => (START + 3 * DAY) * 1000 });
  const found: { readonly finding: Finding; readonly addresses: readonly string[] }[] = [];
  const medium = LEVELS.indexOf("medium");
  detector.onMatch((match) => {
    if (LEVELS.indexOf(match.rule.level) < medium || match.time < START * 1000) return;
    found.push({ finding: findingOf(match), addresses: addressesOf(match) });
  });

  let flows = 0;
  for (const { from, conversations } of days)
    for (const object of objectsOf(conversations, from, estate, order, new Random(seed, "order"))) {
      for (const [index, record] of object.records.entries()) {
        const flow = flowOf(object.origin, index + 1, record, contexts[record.host] as FlowContext, family);
        enrich(flow);
        detector.inspect(flow);
        if (from === START) flows++;
      }
    }

  detector.settle();

  const spans = played.map(({ conversations }) => {
    const [from, to] = [
      Math.min(...conversations.map((c) => c.start)),
      Math.max(...conversations.map((c) => c.start + c.duration)),
    ];
    return { from: from * 1000, to: (to + AFTERMATH) * 1000 };
  });
  const byAttack = played.map((): Finding[] => []);
  const falseFindings: Finding[] = [];
  for (const { finding, addresses } of found) {
    const index = played.findIndex(({ actors }, number) => {
      const { from, to } = spans[number] as { from: number; to: number };
      return finding.time >= from && finding.time <= to && addresses.some((address) => actors.has(address));
    });
    (byAttack[index] ?? falseFindings).push(finding);
  }
  return {
    flows,
    hosts: estate.hosts.length,
    attacks: played.map((attack, index) => ({ attack, findings: byAttack[index] as Finding[] })),
    falseFindings,
  };
}

function findingOf({ rule, key, time, reason, flow }: Match): Finding {
  return {
    rule: rule.name,
    key,
    time,
    reason,
    source: flow.sourceAddress,
    destination: flow.destinationAddress,
    port: flow.destinationPort,
  };
}

/** Whom a match is about: its group's addresses, else the ends of its last flow. */
function addressesOf({ group, flow }: Match): readonly string[] {
  const named = Object.entries(group).flatMap(([name, value]) =>
    /address/i.test(name) && value !== undefined && value !== null ? [String(value)] : [],
  );
  const ends = [flow.sourceAddress, flow.destinationAddress].flatMap((address) => address ?? []);
  return [...named, ...ends];
}

/** One object a rollover and subnet, in the order in which they arrive; within one the records by the end of their minute. */
function* objectsOf(
  day: readonly Conversation[],
  start: number,
  estate: Estate,
  order: EvaluationOptions["order"],
  random: Random,
): Generator<{ readonly origin: Origin; readonly records: FlowRecord[] }> {
  const slots = Math.ceil(DAY / ROLLOVER);
  let next = 0;
  let active: Conversation[] = [];
  let held: { readonly origin: Origin; readonly records: FlowRecord[] }[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const from = start + slot * ROLLOVER;
    const to = from + ROLLOVER;
    while (next < day.length && (day[next] as Conversation).start < to) active.push(day[next++] as Conversation);
    const objects = Array.from({ length: estate.subnets }, (_, subnet) => ({
      origin: originOf("file:///evaluation", `${start + slot * ROLLOVER}-${subnet}`, "1"),
      records: [] as FlowRecord[],
    }));
    for (const conversation of active) {
      for (const record of recordsOf(conversation, from, to))
        objects[(estate.hosts[record.host] as { subnet: number }).subnet]?.records.push(record);
    }
    active = active.filter(({ start, duration }) => start + duration >= to);
    for (const object of objects) object.records.sort((a, b) => a.end - b.end);
    if (order === "live") yield* objects;
    else {
      held.push(...objects);
      if (slot % 7 !== 6 && slot < slots - 1) continue;
      yield* held
        .map((object) => ({ object, at: random.fraction() }))
        .sort((a, b) => a.at - b.at)
        .map(({ object }) => object);
      held = [];
    }
  }
}

function flowOf(
  origin: Origin,
  number: number,
  { start, end, conversation, reply, bytes }: FlowRecord,
  context: FlowContext,
  family: EvaluationOptions["family"],
): Flow {
  const { client, clientPort, server, serverPort, protocol, accepted } = conversation;
  const flow = new Flow(origin, number, context, start * 1000);
  flow.start = start * 1000;
  flow.end = end * 1000;
  flow.action = accepted ? "accept" : "reject";
  flow.sourceAddress = inFamily(reply ? server.address : client.address, family);
  flow.sourcePort = reply ? serverPort : clientPort;
  flow.destinationAddress = inFamily(reply ? client.address : server.address, family);
  flow.destinationPort = reply ? clientPort : serverPort;
  flow.protocol = protocol === 1 && family === 6 ? 58 : protocol;
  flow.bytes = bytes;
  flow.packets = packetsOf(bytes, conversation);
  return flow;
}

/** The address in an estate that speaks IPv6 alone: unique local ones inside, a /64 for each address outside. */
function inFamily(address: string, family: EvaluationOptions["family"]): string {
  if (family === 4 || address.includes(":")) return address;
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  if (a >= 224 || (a === 10 && d === 255)) return `ff02::${a}:${b}:${c}:${d}`;
  if (a === 10) return `fd40:0:0:${Math.floor(c / 4)}::${c}:${d}`;
  if (a === 172) return `fd20::${b}:${c}:${d}`;
  return `2600:${a}:${b}:${c}::${d}`;
}

function cidrOf(subnet: number, family: EvaluationOptions["family"]): string {
  return family === 4 ? subnetCidr(subnet) : `fd40:0:0:${subnet}::/64`;
}

/** What an operator of this estate would have written down: names with roles, subnets, the VPN, and where backups go. */
async function tablesOf(
  estate: Estate,
  wanted: EvaluationOptions["tables"],
  family: EvaluationOptions["family"],
): Promise<Tables> {
  const subnets = Array.from({ length: estate.subnets }, (_, n) => `${subnetOcid(n)},${cidrOf(n, family)},subnet-${n}\n`);
  const servers = estate.hosts.map(({ address, name, role }) => `${inFamily(address, family)},${name},${role}\n`);
  const [vpn, store] =
    family === 4
      ? [VPN_NETWORK, `${publicAddress("store", 1)}/32`]
      : ["fd20::/32", `${inFamily(publicAddress("store", 1), 6)}/128`];
  const files: readonly (readonly [TableName, string])[] = [
    ["subnets", `subnet,cidr,name\n${subnets.join("")}`],
    ["servers", `address,server,role\n${servers.join("")}`],
    ["networks", `cidr,zone,name\n${vpn},internal,vpn\n${store},external,backup store\n`],
  ];
  const tables = [];
  for (const [name, text] of files.slice(0, { full: 3, bare: 1, none: 0 }[wanted])) {
    const bytes = Buffer.from(text);
    const { table, issues } = await readTable(name, `${name}.csv`, {
      bytes,
      digest: createHash("sha256").update(bytes).digest("hex"),
    });
    if (table === undefined) throw new Error(`${name}: ${JSON.stringify(issues)}`);
    tables.push(table);
  }
  return snapshotOf(tables);
}
