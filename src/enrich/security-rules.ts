import type { Enricher } from "../contracts/enricher.ts";
import type { Flow, FlowContext } from "../flow/flow.ts";
import type { IpBits } from "../lib/ip/address.ts";
import { contains } from "../lib/ip/prefix.ts";
import type { Governance, Question } from "./rules/governance.ts";
import type { NetworkSnapshot, NetworkSubnet, Vnic } from "./rules/snapshot.ts";
import type { Tables } from "./tables/tables.ts";

/** How much of the security lists a flow gets, beside the rule that governs it. */
export type SecurityListDetail = "none" | "matched" | "full";

/**
 * Sets the rule that governs a flow, and with `full` all security lists of its subnet, with `matched` those with rules that cover
 * it, cut down to these rules. A flow between two addresses of its subnet is on both of their VNICs: where the snapshot has the
 * VNIC's addresses they say which end it is, else the flow's direction does. Comes after the direction. `none` sets nothing.
 */
export function securityRulesEnricher(
  { addresses }: Pick<Tables, "addresses">,
  network: NetworkSnapshot,
  detail: SecurityListDetail,
): Enricher {
  if (detail === "none") return () => {};
  const known = new WeakMap<FlowContext, Governed>();
  let context: FlowContext | undefined;
  let governed: Governed = UNGOVERNED;
  const question: Question = {
    direction: "ingress",
    action: undefined,
    protocol: 0,
    sourcePort: 0,
    destinationPort: 0,
    peer: addresses.sourceIp,
    local: addresses.destinationIp,
    withinSubnet: false,
  };

  const inside = (ip: IpBits): boolean => {
    for (const { prefix } of governed.networks) if (contains(prefix, ip)) return true;
    return false;
  };

  return (flow) => {
    if (flow.context !== context) {
      context = flow.context;
      // Flows of different VNICs follow one another.
      const before = known.get(context);
      governed = before ?? governedBy(network, context);
      if (before === undefined) known.set(context, governed);
    }
    const { governance, addresses: own } = governed;
    if (governance === undefined || flow.status !== "OK") return;
    if (detail === "full") flow.securityLists = governance.lists;
    addresses.look(flow);
    const { sourceIp: source, destinationIp: destination } = addresses;
    if (source.family === 0 || destination.family === 0) return;
    const withinSubnet = inside(source) && inside(destination);
    const direction = withinSubnet ? directionAt(flow, source, destination, own) : flow.direction;
    if (direction === "unknown") return;
    const ingress = direction === "ingress";
    question.direction = direction;
    question.action = flow.action;
    question.protocol = flow.protocol ?? 256;
    question.sourcePort = flow.sourcePort ?? -1;
    question.destinationPort = flow.destinationPort ?? -1;
    question.peer = ingress ? source : destination;
    question.local = ingress ? destination : source;
    question.withinSubnet = withinSubnet;
    const explanation = governance.explain(question);
    if (explanation === undefined) return;
    flow.rule = explanation.rule;
    if (detail === "matched") flow.securityLists = explanation.lists;
  };
}

/** The direction of a flow between two addresses of its subnet, at a VNIC that has these addresses. */
export function directionAt(flow: Flow, source: IpBits, destination: IpBits, own: readonly IpBits[]): Flow["direction"] {
  if (flow.directionLogged !== undefined) return flow.direction;
  return holds(own, destination) ? "ingress" : holds(own, source) ? "egress" : flow.direction;
}

/** What the snapshot says of the flows of one context. */
interface Governed {
  readonly governance: Governance | undefined;
  readonly networks: NetworkSubnet["networks"];
  /** The VNIC's. */
  readonly addresses: Vnic["addresses"];
}

const UNGOVERNED: Governed = { governance: undefined, networks: [], addresses: [] };

function governedBy(network: NetworkSnapshot, context: FlowContext): Governed {
  const { subnet, vnic } = context;
  const governance = network.governing(context);
  if (governance === undefined) return UNGOVERNED;
  return {
    governance,
    networks: (subnet === undefined ? undefined : network.subnet(subnet))?.networks ?? [],
    addresses: (vnic === undefined ? undefined : network.vnic(vnic))?.addresses ?? [],
  };
}

function holds(addresses: readonly IpBits[], ip: IpBits): boolean {
  for (const address of addresses) {
    if (
      address.family === ip.family &&
      address.w0 === ip.w0 &&
      address.w1 === ip.w1 &&
      address.w2 === ip.w2 &&
      address.w3 === ip.w3
    )
      return true;
  }
  return false;
}
