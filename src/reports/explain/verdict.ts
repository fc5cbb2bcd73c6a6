import type { Flow, FlowContext } from "../../flow/flow.ts";
import { counted } from "../../lib/counted.ts";
import type { End } from "./ends.ts";
import type { Evidence, Leg, Point, Side } from "./evidence.ts";
import {
  askRules,
  listName,
  type Packets,
  type RuleAnswer,
  type Surroundings,
  smallestRule,
  subnetsHolding,
  vnicOf,
  type WantedRule,
} from "./rules.ts";

/** What became of a conversation, in one word. */
export type Outcome =
  | "accepted"
  | "no-answer"
  | "rejected-in"
  | "rejected-out"
  | "rejected-back"
  | "not-arrived"
  | "not-sent"
  | "logs-off"
  | "unknown-network"
  | "no-flows";

export interface Verdict {
  readonly outcome: Outcome;
  /** The answer in one line. */
  readonly headline: string;
  /** What it rests on, and what to look at next. */
  readonly reasons: readonly string[];
  /** What the rules say, where they matter for the answer. */
  readonly answer: RuleAnswer | undefined;
  /** Where no rule lets it pass. */
  readonly wanted: WantedRule | undefined;
}

/** All that an interface on this leg and side has logged, together. */
interface Where {
  readonly points: readonly Point[];
  readonly last: Flow | undefined;
  /** The last record says that it was rejected. */
  readonly rejected: boolean;
}

/** Says what became of the conversation, by what the interfaces have logged and what the rules say now. */
export function judge(evidence: Evidence, surroundings: Surroundings, flows: number): Verdict {
  const { source, destination, service } = evidence;
  const at = (leg: Leg, side: Side) => whereOf([...evidence.points.values()], leg, side);
  const [out, into, somewhere] = [at("there", "source"), at("there", "destination"), at("there", "unknown")];
  const [backOut, backIn] = [at("back", "destination"), at("back", "source")];
  const judged = new Judge(evidence, surroundings);
  if (flows === 0) return judged.plain("no-flows", "there are no flows to answer from", []);
  if (into.rejected) return judged.rejected("rejected-in", into, `rejected at the network interface of ${destination.label}`);
  if (out.rejected) return judged.rejected("rejected-out", out, `rejected on its way out of ${source.label}`);
  if (somewhere.rejected) return judged.rejected("rejected-in", somewhere, "rejected");
  if (backOut.rejected || backIn.rejected) return judged.rejectedBack(backOut.rejected ? backOut : backIn);
  const arrived = into.last ?? somewhere.last;
  if (arrived !== undefined) {
    const where = into.last === undefined ? somewhere : into;
    const answer = judged.ask(where);
    const reasons = judged.accepted(answer, where);
    if (evidence.answered) {
      return { ...judged.plain("accepted", `accepted, and answered by ${destination.label}`, reasons), answer };
    }
    return {
      ...judged.plain("no-answer", `accepted at the network interface of ${destination.label}, and nothing came back`, [
        ...reasons,
        `the network let it pass: look at the host itself: does something listen on ${service.label}, does its own firewall let it in, and where does its route back to ${source.label} lead`,
      ]),
      answer,
    };
  }
  if (out.last !== undefined) {
    if (evidence.answered) {
      const answer = judged.ask(out);
      return {
        ...judged.plain("accepted", `accepted on its way out of ${source.label}, and answered`, ruleLines(answer)),
        answer,
      };
    }
    return judged.notArrived(`it left ${source.label}, the last time at ${isoOf(out.last)}`);
  }
  return judged.notArrived(undefined);
}

/** Whether the answer is known by what was logged of the conversation: what else the ends have logged, or older flows, cannot change it. */
export function isSettled({ points, answered }: Evidence): boolean {
  const all = [...points.values()];
  const at = (leg: Leg, side: Side) => whereOf(all, leg, side);
  if ([at("there", "destination"), at("there", "unknown")].some(({ last }) => last !== undefined)) return true;
  const out = at("there", "source");
  return (
    out.rejected || at("back", "destination").rejected || at("back", "source").rejected || (out.last !== undefined && answered)
  );
}

class Judge {
  readonly #evidence: Evidence;
  readonly #surroundings: Surroundings;

  constructor(evidence: Evidence, surroundings: Surroundings) {
    this.#evidence = evidence;
    this.#surroundings = surroundings;
  }

  plain(outcome: Outcome, headline: string, reasons: readonly string[]): Verdict {
    return { outcome, headline, reasons, answer: undefined, wanted: undefined };
  }

  /** What the rules say of the last request there, which is nobody's answer. */
  ask(where: Where): RuleAnswer {
    const flow = where.last as Flow;
    const known = flow.rule?.status === "reply" ? undefined : flow.rule;
    return askRules(this.#surroundings, flow.context, { ...packetsOf(flow), action: "reject" }, known);
  }

  /** The same for people, of what was accepted. */
  accepted(answer: RuleAnswer, { points }: Where): string[] {
    const lines = ruleLines(answer);
    if (answer.rule?.status === "unexplained") {
      lines.push(
        "it was accepted all the same: the rules were changed since, or the description of the network is of another time",
      );
    }
    const rejected = points.reduce((sum, point) => sum + point.rejected, 0);
    const last = newest(points.map((point) => point.lastRejected));
    if (last !== undefined) lines.push(`${rejected} requests were rejected there before, the last at ${isoOf(last)}`);
    return lines;
  }

  rejected(outcome: Outcome, where: Where, headline: string): Verdict {
    const answer = this.ask(where);
    const { rule } = answer;
    const reasons = [...ruleLines(answer), ...earlier(where)];
    const isDenied = rule?.text?.startsWith("deny ") === true;
    const allowed = (rule?.status === "matched" || rule?.status === "reply") && !isDenied;
    if (allowed) {
      reasons.push(
        "a rule covers it all the same: the rules were changed since, the description of the network is of another time, or something else rejects (a network ACL, a host's security attribute)",
      );
      return { outcome, headline, reasons, answer, wanted: undefined };
    }
    return { outcome, headline, reasons, answer, wanted: smallestRule(this.#surroundings, answer) };
  }

  rejectedBack(where: Where): Verdict {
    const { source, destination } = this.#evidence;
    const flow = where.last as Flow;
    const packets: Packets = { ...packetsOf(flow), destinationPort: -1 };
    const answer = askRules(this.#surroundings, flow.context, packets, flow.rule);
    const side = flow.direction === "egress" ? destination : source;
    const reasons = [
      ...ruleLines(answer),
      "the request is let through, its answer is not: the rule that lets the request in is stateless, and needs a rule for the answers; or make that rule stateful",
      ...earlier(where),
    ];
    const wanted = smallestRule(this.#surroundings, answer);
    return {
      outcome: "rejected-back",
      headline: `rejected on the way back, at the network interface of ${side.label}`,
      reasons,
      answer,
      wanted,
    };
  }

  /** Nothing was logged at the destination. `sent` says what was logged at the source. */
  notArrived(sent: string | undefined): Verdict {
    const { source, destination, service, atDestination, atSource } = this.#evidence;
    const first = sent === undefined ? [] : [sent];
    const there = this.#placeOf(destination, atDestination.last);
    if (there.logs) {
      const { flows, sameService } = atDestination;
      const others =
        flows === 0
          ? `its subnet ${there.name} has logged ${counted(there.records, "record")}, and none of them is of ${destination.label}`
          : `it has logged ${counted(flows, "flow")} of other conversations ${since(atDestination)}, ${sameService || "none"} of them at ${service.label} from others`;
      const before = `what stands before the interface: the address (is it the private one?), routes, gateways, a firewall between, and the rules on the way out of ${source.label}`;
      const answer = this.#ifItArrived(there.context);
      const reasons = [...first, others, `look at ${before}`, ...(answer === undefined ? [] : ruleLines(answer, "if it came"))];
      const wanted = answer?.rule?.status === "unexplained" ? smallestRule(this.#surroundings, answer) : undefined;
      const headline = `nothing from ${source.label} reached the network interface of ${destination.label}`;
      return { outcome: "not-arrived", headline, reasons, answer, wanted };
    }
    if (there.name !== undefined) return this.#logsOff(there.name, destination, first);
    const here = this.#placeOf(source, atSource.last);
    if (sent !== undefined) {
      const headline = `${sent}, and nothing came back`;
      const unknown = `no subnet that is known holds ${destination.label}: what became of it there is not in this log`;
      return this.plain("no-answer", headline, [unknown]);
    }
    if (here.logs) {
      const known =
        atSource.flows === 0
          ? `its subnet ${here.name} logs, and nothing in this time is of ${source.label}`
          : `its interface has logged ${counted(atSource.flows, "flow")} of other conversations ${since(atSource)}`;
      const headline = `nothing left the network interface of ${source.label} for ${destination.label}`;
      return this.plain("not-sent", headline, [
        known,
        "look at the host itself: does it send, to this address, and by this interface",
      ]);
    }
    if (here.name !== undefined) return this.#logsOff(here.name, source, first);
    return this.plain("unknown-network", `neither ${source.label} nor ${destination.label} is in this log`, [
      "no record is of either, and no table or network names a subnet that holds one: is it the right log, and the right time; a load balancer or NAT may stand between, so that the log has other addresses",
    ]);
  }

  #logsOff(name: string, end: End, first: readonly string[]): Verdict {
    const headline = `flow logs are not on for subnet ${name}, which holds ${end.label}`;
    const advice = `no record of this subnet was found, not even one that says that there was no traffic: turn its flow log on, or look whether the log goes to this bucket`;
    return this.plain("logs-off", headline, [...first, advice]);
  }

  /** Where an end is, and whether that logs. */
  #placeOf(end: End, last: Flow | undefined): { name?: string; logs: boolean; records: number; context?: Partial<FlowContext> } {
    if (last !== undefined) {
      const { subnet, subnetName } = last.context;
      return { name: last.subnetName ?? subnetName ?? subnet ?? "?", logs: true, records: 1, context: last.context };
    }
    const held = end.address === undefined ? [] : subnetsHolding(this.#surroundings, end.address);
    const logging = held.find(({ id }) => this.#evidence.subnets.has(id));
    const [first] = logging === undefined ? held : [logging];
    if (first === undefined) return { logs: false, records: 0 };
    const context = { subnet: first.id, vnic: vnicOf(this.#surroundings, end.address ?? "") };
    const name = first.name ?? first.id;
    return { name, logs: logging !== undefined, records: this.#evidence.subnets.get(first.id)?.records ?? 0, context };
  }

  #ifItArrived(context: Partial<FlowContext> | undefined): RuleAnswer | undefined {
    const { source, destination, service } = this.#evidence;
    if (context === undefined || source.address === undefined || destination.address === undefined) return undefined;
    if (service.port === undefined && service.protocol === undefined) return undefined;
    const packets: Packets = {
      ...{ direction: "ingress", action: "reject", protocol: service.protocol ?? 6 },
      // Any port of those that clients draw.
      ...{ sourcePort: 50_000, destinationPort: service.port ?? -1, peer: source.address, local: destination.address },
    };
    const where = { subnet: context.subnet, vnic: context.vnic, provider: context.provider };
    const answer = askRules(this.#surroundings, where, packets);
    return answer.rule === undefined ? undefined : answer;
  }
}

function whereOf(all: readonly Point[], leg: Leg, side: Side): Where {
  const points = all.filter((point) => point.leg === leg && point.side === side);
  const [accepted, rejected] = [newest(points.map((p) => p.lastAccepted)), newest(points.map((p) => p.lastRejected))];
  const isRejected = rejected !== undefined && (accepted === undefined || rejected.time >= accepted.time);
  return { points, last: isRejected ? rejected : accepted, rejected: isRejected };
}

function newest(flows: readonly (Flow | undefined)[]): Flow | undefined {
  let last: Flow | undefined;
  for (const flow of flows) if (flow !== undefined && (last === undefined || flow.time > last.time)) last = flow;
  return last;
}

/** That it was otherwise before. */
function earlier({ points }: Where): string[] {
  const accepted = newest(points.map((point) => point.lastAccepted));
  return accepted === undefined ? [] : [`it was accepted there until ${isoOf(accepted)}`];
}

export function isoOf({ time }: Flow): string {
  return Number.isFinite(time) ? new Date(time).toISOString() : "an unknown time";
}

function packetsOf(flow: Flow): Packets {
  const isOut = flow.direction === "egress";
  const [source, destination] = [flow.sourceAddress ?? "", flow.destinationAddress ?? ""];
  return {
    direction: isOut ? "egress" : "ingress",
    action: flow.action,
    protocol: flow.protocol ?? 256,
    sourcePort: flow.sourcePort ?? -1,
    destinationPort: flow.destinationPort ?? -1,
    peer: isOut ? destination : source,
    local: isOut ? source : destination,
  };
}

const since = ({ since: from }: Evidence["atSource"]): string =>
  from === undefined ? "in this time" : `since ${new Date(from).toISOString()}`;

/** What the rules say, a line each. */
export function ruleLines({ packets, rule, sets }: RuleAnswer, when = ""): string[] {
  const lead = when === "" ? "" : `${when}: `;
  if (rule === undefined && sets.length === 0) {
    return [`${lead}the rules are not known: describe the network in \`enrich.oci\` or \`enrich.ibm\` of the configuration`];
  }
  if (rule === undefined) return [`${lead}the rules are not known well enough to say which covers it`];
  if (rule.status === "unexplained") {
    const counts = sets.map((set) => {
      const own = set.rules.filter(({ direction }) => direction === packets.direction).length;
      return `no ${packets.direction} rule of ${listName(set)} covers it (it has ${own})`;
    });
    return counts.length === 0 ? [`${lead}no ${packets.direction} rule covers it`] : counts.map((line) => lead + line);
  }
  const { kind, listId, listName: name, index, text, partial } = rule;
  const place =
    kind === undefined
      ? "a rule"
      : `${kind === "security-list" ? `${rule.direction} rule` : "rule"} ${(index ?? 0) + 1} of ${listName({ kind, id: listId ?? "", name })}`;
  const verb = text?.startsWith("deny ")
    ? "denies it"
    : rule.status === "reply"
      ? "covers the connection that it answers"
      : "covers it";
  const doubt = partial ? "; that is not sure: the rule asks for what the log does not say" : "";
  return [`${lead}${place} ${verb}: ${text}${doubt}`];
}
