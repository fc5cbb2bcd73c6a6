import type { Flow } from "../../flow/flow.ts";
import { counted } from "../../lib/counted.ts";
import { tableLines } from "../table.ts";
import type { Evidence, Point } from "./evidence.ts";
import type { RuleAnswer } from "./rules.ts";
import { isoOf, ruleLines, type Verdict } from "./verdict.ts";

/** What the answer was read from. */
export interface ReadOf {
  /** The window in words, as in `from 2026-01-01T00:00:00.000Z`; empty without one. */
  readonly window: string;
  /** Flows from then on were enough (ms since the epoch); undefined where all of the window was read. */
  readonly from: number | undefined;
  readonly flows: number;
  readonly seconds: number;
}

/** The answer for people, line by line. */
export function explanationLines(evidence: Evidence, verdict: Verdict, read: ReadOf): string[] {
  const { source, destination, service } = evidence;
  const { window } = read;
  const when = window === "" ? "" : `, ${window}`;
  const lines = [`${source.label} to ${destination.label}, ${service.label}${when}`, "", `${verdict.headline}.`];
  lines.push(...verdict.reasons.map((reason) => `- ${reason}`));
  const { wanted } = verdict;
  if (wanted !== undefined) {
    lines.push(
      "",
      `The smallest rule that would let it pass${wanted.list === undefined ? "" : `, in ${wanted.list}`}: ${wanted.text}`,
    );
    lines.push(...wanted.console.map((line, index) => `${index === 0 ? "" : "    "}${line}`));
  }
  if (evidence.points.size > 0) {
    const header = ["leg", "at", "direction", "subnet", "interface", "accepted", "rejected", "last accepted", "last rejected"];
    lines.push("", ...tableLines(header, pointsOf(evidence).map(row)));
    lines.push("", "The last records:", ...evidence.newest.map(recordLine));
  }
  lines.push("", readLine(read));
  return lines;
}

/** The same as one JSON document. */
export function explanationJson(evidence: Evidence, verdict: Verdict, { window, from }: ReadOf): object {
  const { source, destination, service } = evidence;
  return {
    source: source.label,
    destination: destination.label,
    service: service.label,
    window: window === "" ? null : window,
    readFrom: from === undefined ? null : new Date(from).toISOString(),
    outcome: verdict.outcome,
    headline: verdict.headline,
    reasons: verdict.reasons,
    rule: ruleJson(verdict.answer),
    wanted: verdict.wanted === undefined ? null : { ...verdict.wanted, rule: undefined },
    interfaces: pointsOf(evidence).map(({ leg, side, context, subnetName, accepted, rejected, lastAccepted, lastRejected }) => ({
      ...{ leg, at: side, subnet: context.subnet ?? null, subnetName: subnetName ?? null, vnic: context.vnic ?? null },
      ...{ accepted, rejected, lastAccepted: timeOf(lastAccepted), lastRejected: timeOf(lastRejected) },
    })),
    records: evidence.newest.map((flow) => ({
      ...{ time: isoOf(flow), action: flow.action ?? null, direction: flow.direction, uid: flow.uid },
      ...{ sourceAddress: flow.sourceAddress, sourcePort: flow.sourcePort ?? null, protocol: flow.protocol ?? null },
      ...{ destinationAddress: flow.destinationAddress, destinationPort: flow.destinationPort ?? null },
    })),
  };
}

function readLine({ from, flows, seconds }: ReadOf): string {
  const read = `looked through ${counted(flows, "flow")} in ${seconds.toFixed(1)} s`;
  if (from === undefined) return read;
  return `${read}, back to ${new Date(from).toISOString()}, which is enough: --since counts older ones, too`;
}

function ruleJson(answer: RuleAnswer | undefined): object | null {
  if (answer === undefined) return null;
  const { rule, sets } = answer;
  return { ...rule, says: ruleLines(answer), lists: sets.map(({ kind, id, name }) => ({ kind, id, name: name ?? null })) };
}

const ORDER = ["there source", "there unknown", "there destination", "back destination", "back unknown", "back source"];

/** As the packets go, the busiest first, and always in the same order. */
function pointsOf({ points }: Evidence): Point[] {
  const place = ({ leg, side }: Point) => ORDER.indexOf(`${leg} ${side}`);
  const name = ({ context }: Point) => `${context.vnic} ${context.subnet}`;
  return [...points.values()].sort(
    (a, b) => place(a) - place(b) || b.accepted + b.rejected - a.accepted - a.rejected || (name(a) < name(b) ? -1 : 1),
  );
}

function row({ leg, side, context, subnetName, accepted, rejected, lastAccepted, lastRejected }: Point): (string | number)[] {
  const isOut = (leg === "there") === (side === "source");
  const direction = side === "unknown" ? "unknown" : isOut ? "egress" : "ingress";
  return [
    ...[leg === "there" ? "request" : "answer", side, direction, subnetName ?? context.subnet ?? "?", context.vnic ?? "?"],
    ...[accepted, rejected, timeOf(lastAccepted) ?? "never", timeOf(lastRejected) ?? "never"],
  ];
}

function timeOf(flow: Flow | undefined): string | null {
  return flow === undefined ? null : isoOf(flow);
}

function recordLine(flow: Flow): string {
  const end = (address: string | undefined, port: number | undefined) => {
    const host = address?.includes(":") ? `[${address}]` : (address ?? "?");
    return port === undefined ? host : `${host}:${port}`;
  };
  const { action, direction, protocolName, protocol, sourceAddress, sourcePort, destinationAddress, destinationPort } = flow;
  const name = (protocolName ?? `protocol ${protocol ?? "?"}`).toLowerCase();
  const ends = `${end(sourceAddress, sourcePort)} -> ${end(destinationAddress, destinationPort)}`;
  return `  ${isoOf(flow)}  ${action ?? "flow"} ${direction} ${name} ${ends}`;
}
