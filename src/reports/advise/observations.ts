import type { Governance } from "../../enrich/rules/governance.ts";
import type { NetworkSnapshot } from "../../enrich/rules/snapshot.ts";
import { directionAt } from "../../enrich/security-rules.ts";
import type { Flow, FlowContext } from "../../flow/flow.ts";
import { UsageError } from "../../lib/errors.ts";
import { type IpAddress, parseAddress } from "../../lib/ip/address.ts";
import { contains } from "../../lib/ip/prefix.ts";
import type { Packets } from "./match.ts";

/** The rules that govern some interfaces, as they are. */
export interface Governed {
  readonly governance: Governance;
  readonly network: NetworkSnapshot;
  /** Where the rules change their answer to the port of a client: of the ports between two such places one stands for all. */
  readonly clientPorts: readonly number[];
  /** Those of all sets that govern. */
  readonly rules: Governance["governors"]["allowing"][number]["rules"];
  /** Whether a rule asks for the near end. */
  readonly local: boolean;
  readonly traffic: Map<string, Traffic>;
}

/** Who began. `unknown` for protocols without ports, and where both ports are the same. */
export type Part = "request" | "answer" | "unknown";

/** Flows that differ in their far end alone, and in the port of the client. */
export interface Traffic {
  readonly action: "accept" | "reject";
  readonly part: Part;
  readonly withinSubnet: boolean;
  /** It is known of a record of the other direction alone, and only an ACL looks at it. */
  readonly implied: boolean;
  readonly ends: Map<string, Observed>;
  /** There are so many far ends that further ones are not told apart: one stands for those which the same rules cover. */
  many: boolean;
}

/** Flows that no rule tells apart. */
export interface Observed {
  readonly packets: Packets;
  readonly peer: string;
  flows: number;
  first: number;
  last: number;
}

/** What was read of a subnet. */
export interface SubnetEvidence {
  records: number;
  ok: number;
  /** Statements that flows were lost. */
  lost: number;
}

const [TCP, UDP] = [6, 17];
/** Far ends of one kind of traffic that are told apart. */
const MOST_ENDS = 2_000;
/** Kinds of traffic that are told apart, over all networks. */
const MOST_TRAFFIC = 300_000;
/** Addresses whose numbers are kept: those of a large estate, with who comes from outside in a day. */
const MOST_ADDRESSES = 262_144;

/** Brings flows down to what rules can tell apart. Memory is bounded by that, and not by the number of flows. */
export class Observations {
  readonly governed = new Map<Governance, Governed>();
  readonly subnets = new Map<string, SubnetEvidence>();
  readonly vnics = new Set<string>();
  accepted = 0;
  rejected = 0;
  /** Flows of subnets of which no rules are known. */
  ungoverned = 0;
  /** Flows whose direction is not known. */
  undirected = 0;
  readonly #networks: () => readonly NetworkSnapshot[];
  #contexts = new WeakMap<FlowContext, Place>();
  readonly #addresses = new Map<string, IpAddress | undefined>();
  #kinds = 0;

  constructor(networks: () => readonly NetworkSnapshot[]) {
    this.#networks = networks;
  }

  /**
   * Takes a flow, or several that differ in nothing that rules look at but the port of a client: how many, and when the first and the last
   * of them was. Throws UsageError when there are too many kinds of traffic.
   */
  add(flow: Flow, times = 1, first = flow.time, last = flow.time): void {
    const { context, status } = flow;
    const span = { times, first, last };
    if (context.subnet !== undefined) this.#count(context.subnet, status, times);
    if (context.vnic !== undefined) this.vnics.add(context.vnic);
    if (status !== "OK") return;
    const place = this.#placeOf(context);
    if (place === undefined) {
      this.ungoverned += times;
      return;
    }
    const [source, destination] = [this.#address(flow.sourceAddress), this.#address(flow.destinationAddress)];
    if (source === undefined || destination === undefined) return;
    const inside = (address: IpAddress) => place.networks.some(({ prefix }) => contains(prefix, address));
    const withinSubnet = inside(source) && inside(destination);
    const direction = withinSubnet ? directionAt(flow, source, destination, place.addresses) : flow.direction;
    if (direction === "unknown") {
      this.undirected += times;
      return;
    }
    const action = flow.action ?? "accept";
    if (action === "accept") this.accepted += times;
    else this.rejected += times;
    const { protocol = 256, initiator } = flow;
    const hasPorts = protocol === TCP || protocol === UDP;
    const ports = hasPorts
      ? { source: flow.sourcePort ?? -1, destination: flow.destinationPort ?? -1 }
      : { source: 0, destination: 0 };
    const part: Part =
      initiator === "source" ? "request" : initiator === "destination" ? "answer" : partByPorts(ports.source, ports.destination);
    const isOut = direction === "egress";
    const [peer, local] = isOut ? [destination, source] : [source, destination];
    const peerText = (isOut ? flow.destinationAddress : flow.sourceAddress) ?? "";
    const localText = (isOut ? flow.sourceAddress : flow.destinationAddress) ?? "";
    const { governed } = place;
    this.#addTo(
      governed,
      span,
      { action, part, withinSubnet, implied: false },
      direction,
      protocol,
      ports,
      peer,
      local,
      peerText,
      localText,
    );
    const { acl, oneWay } = governed.governance.governors;
    if (acl === undefined || oneWay || action === "reject" || withinSubnet) return;
    const back = { source: ports.destination, destination: ports.source };
    const opposite = isOut ? "ingress" : "egress";
    const answer = { action, part: "answer", withinSubnet, implied: true } as const;
    this.#addTo(governed, span, answer, opposite, protocol, back, peer, local, peerText, localText);
  }

  #addTo(
    governed: Governed,
    { times, first, last }: { times: number; first: number; last: number },
    kind: Pick<Traffic, "action" | "part" | "withinSubnet" | "implied">,
    direction: Packets["direction"],
    protocol: number,
    ports: { source: number; destination: number },
    peer: IpAddress,
    local: IpAddress,
    peerText: string,
    localText: string,
  ): void {
    const sourcePort = kind.part === "request" ? clientPort(governed, ports.source) : ports.source;
    const destinationPort = kind.part === "answer" ? clientPort(governed, ports.destination) : ports.destination;
    const key = `${kind.action} ${kind.part} ${kind.withinSubnet} ${kind.implied} ${direction} ${protocol} ${sourcePort} ${destinationPort}`;
    let traffic = governed.traffic.get(key);
    if (traffic === undefined) {
      if (++this.#kinds > MOST_TRAFFIC) {
        const advice = "narrow the window with --since and --until";
        throw new UsageError("report-too-large", `there are more than ${MOST_TRAFFIC} kinds of traffic: ${advice}`);
      }
      traffic = { ...kind, ends: new Map(), many: false };
      governed.traffic.set(key, traffic);
    }
    let end = governed.local ? `${peerText} ${localText}` : peerText;
    let observed = traffic.ends.get(end);
    if (observed === undefined) {
      if (traffic.ends.size >= MOST_ENDS) {
        traffic.many = true;
        end = `like ${signatureOf(governed, peer, local)}`;
        observed = traffic.ends.get(end);
      }
      if (observed === undefined) {
        const packets: Packets = { direction, protocol, sourcePort, destinationPort, peer, local };
        observed = { packets, peer: peerText, flows: 0, first, last };
        traffic.ends.set(end, observed);
      }
    }
    observed.flows += times;
    if (first < observed.first) observed.first = first;
    if (last > observed.last) observed.last = last;
  }

  #count(subnet: string, status: Flow["status"], times: number): void {
    let evidence = this.subnets.get(subnet);
    if (evidence === undefined) {
      evidence = { records: 0, ok: 0, lost: 0 };
      this.subnets.set(subnet, evidence);
    }
    evidence.records += times;
    if (status === "OK") evidence.ok += times;
    else if (status === "SKIPDATA") evidence.lost += times;
  }

  #placeOf(context: FlowContext): Place {
    if (this.#contexts.has(context)) return this.#contexts.get(context);
    let place: Place;
    for (const network of this.#networks()) {
      const governance = network.governing(context);
      if (governance === undefined) continue;
      let governed = this.governed.get(governance);
      if (governed === undefined) {
        governed = governedBy(governance, network);
        this.governed.set(governance, governed);
      }
      const networks = (context.subnet === undefined ? undefined : network.subnet(context.subnet))?.networks ?? [];
      const addresses = (context.vnic === undefined ? undefined : network.vnic(context.vnic))?.addresses ?? [];
      place = { governed, networks, addresses };
      break;
    }
    this.#contexts.set(context, place);
    return place;
  }

  #address(text: string | undefined): IpAddress | undefined {
    if (text === undefined) return undefined;
    let address = this.#addresses.get(text);
    if (address === undefined && !this.#addresses.has(text)) {
      address = parseAddress(text);
      if (this.#addresses.size >= MOST_ADDRESSES) this.#addresses.clear();
      this.#addresses.set(text, address);
    }
    return address;
  }
}

type Place =
  | {
      readonly governed: Governed;
      readonly networks: NonNullable<ReturnType<NetworkSnapshot["subnet"]>>["networks"];
      readonly addresses: readonly IpAddress[];
    }
  | undefined;

/** Where nothing else tells who began, the lower port is the service's. */
function partByPorts(source: number, destination: number): Part {
  if (source === destination) return "unknown";
  return destination < source ? "request" : "answer";
}

function governedBy(governance: Governance, network: NetworkSnapshot): Governed {
  const { allowing, acl } = governance.governors;
  const rules = [...allowing, ...(acl === undefined ? [] : [acl])].flatMap((set) => set.rules);
  return {
    ...{ governance, network, traffic: new Map() },
    rules,
    clientPorts: clientPortsOf(rules),
    local: rules.some(({ local }) => local !== undefined),
  };
}

/** Where some of the rules change their answer to a port. */
export function clientPortsOf(
  rules: Iterable<Pick<Governance["governors"]["allowing"][number]["rules"][number], "sourcePorts" | "destinationPorts">>,
): number[] {
  const starts = new Set([0]);
  for (const { sourcePorts, destinationPorts } of rules) {
    for (const range of [sourcePorts, destinationPorts]) {
      if (range === undefined) continue;
      starts.add(range.from);
      starts.add(range.to + 1);
    }
  }
  return [...starts].sort((a, b) => a - b);
}

/** The port that stands for all that no rule tells apart from this one. */
function clientPort({ clientPorts }: Governed, port: number): number {
  let [low, high] = [0, clientPorts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((clientPorts[middle] as number) <= port) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? port : (clientPorts[low - 1] as number);
}

/** Which of the networks that the rules name hold the ends. */
function signatureOf({ rules }: Governed, peer: IpAddress, local: IpAddress): string {
  return rules
    .map((rule) => {
      const far = rule.peer.kind === "network" ? contains(rule.peer.prefix, peer) : true;
      return far && (rule.local === undefined || contains(rule.local, local)) ? "1" : "0";
    })
    .join("");
}
