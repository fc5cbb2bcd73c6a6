import type { Alert, AlertFact } from "../contracts/alert.ts";
import { GETTERS } from "../flow/access.ts";
import type { Flow } from "../flow/flow.ts";
import { describeBytes, describeMoment } from "../lib/quantities.ts";
import type { Match } from "./match.ts";

/** How a person is told. */
export interface Telling {
  /** Of the IANA database. */
  readonly timeZone: string;
  /** What to do first, as the runbook has it; undefined where there is none. */
  readonly firstStep?: string | undefined;
}

/** What a person is told of a match: who did what to whom, through which rule, how often, how much, since when, and what to do first. */
export function alertOf(match: Match, telling: Telling = { timeZone: "UTC" }): Alert {
  if (match.entries !== undefined) return digestOf(match, telling);
  const { rule, flow, key, firstSeen, lastSeen } = match;
  return {
    key,
    rule: rule.name,
    title: rule.title,
    level: rule.level,
    summary: summaryOf(match),
    facts: factsOf(match, telling),
    labels: labelsOf(match),
    firstSeen,
    lastSeen,
    subject: subjectOf(flow),
    runbook: rule.runbook,
  };
}

/** A digest is about no single flow. */
function digestOf({ rule, key, firstSeen, lastSeen, count, bytes, reason, entries = [] }: Match, telling: Telling): Alert {
  const { timeZone, firstStep } = telling;
  const facts: [string, string | undefined][] = [
    ...entries.map((entry, index): [string, string] => [String(index + 1), entry]),
    ["Flows", String(count)],
    ["Bytes", describeBytes(bytes)],
    ["First seen", describeMoment(firstSeen, timeZone)],
    ["Check first", firstStep],
  ];
  return {
    key,
    rule: rule.name,
    title: rule.title,
    level: rule.level,
    summary: `${rule.title}: ${reason}; ${entries.slice(0, 3).join("; ")}.`,
    facts: facts.flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }])),
    labels: {},
    firstSeen,
    lastSeen,
    subject: {},
    runbook: rule.runbook,
  };
}

/** `name (address)` where the server is known. */
function end(server: string | undefined, address: string | undefined): string {
  if (address === undefined) return server ?? "an unknown address";
  return server === undefined ? address : `${server} (${address})`;
}

function portOf(port: number | undefined, service: string | undefined): string | undefined {
  if (port === undefined) return service;
  return service === undefined ? String(port) : `${port} (${service})`;
}

function summaryOf({ rule, flow, count, reason }: Match): string {
  if (flow.sourceAddress === undefined) return `${rule.title}: ${reason}, at VNIC ${flow.context.vnic ?? "unknown"}.`;
  const from = end(flow.sourceServer, flow.sourceAddress);
  const to = end(flow.destinationServer, flow.destinationAddress);
  const port = portOf(flow.destinationPort, flow.destinationService);
  const happened = flow.action === "reject" ? "was rejected" : "was accepted";
  const traffic = `${flow.protocolName ?? "traffic"} from ${from} to ${to}${port === undefined ? "" : ` port ${port}`}`;
  if (rule.kind === "detection") return `${traffic} ${happened}.`;
  return `${reason}; the latest of ${count} flows: ${traffic} ${happened}.`;
}

/** The rule of the network that let the flow in or that it lacks, after the name of the list or group; undefined without a snapshot. */
function networkRuleOf(flow: Flow): string | undefined {
  const text = GETTERS.ruleText(flow);
  const list = flow.rule?.listName ?? flow.rule?.listId;
  return typeof text !== "string" || list === undefined ? text?.toString() : `${list}: ${text}`;
}

const COUNTED: Readonly<Record<string, string>> = {
  sourceAddress: "Sources",
  destinationAddress: "Destinations",
  destinationPort: "Ports",
};

/** `3 so far; first 203.0.113.7, 2026-01-05 10:00 UTC; last 203.0.113.9, 2026-01-05 11:30 UTC` */
function spreadOf({ count, isExact, first, last }: NonNullable<Match["spread"]>, timeZone: string): string {
  const [from, to] = [first, last].map(({ value, time }) => `${value}, ${describeMoment(time, timeZone)}`);
  return `${isExact ? "" : "about "}${count} so far; first ${from}; last ${to}`;
}

function factsOf(match: Match, { timeZone, firstStep }: Telling): AlertFact[] {
  const { rule, flow, firstSeen, lastSeen, count, bytes, spread, recurrence, reason } = match;
  const { context, origin } = flow;
  const facts: [string, string | undefined][] = [
    ["From", end(flow.sourceServer, flow.sourceAddress)],
    ["To", end(flow.destinationServer, flow.destinationAddress)],
    ["Port", portOf(flow.destinationPort, flow.destinationService)],
    ["Action", flow.action],
    ["Network rule", networkRuleOf(flow)],
    ["Check first", firstStep],
    ["Direction", `${flow.direction}${flow.trafficType === undefined ? "" : `, ${flow.trafficType}`}`],
    ["Subnet", flow.subnetName ?? context.subnetName ?? context.subnet],
    ["VNIC", context.vnic],
    ["First seen", describeMoment(firstSeen, timeZone)],
    ["Last seen", describeMoment(lastSeen, timeZone)],
    ["Flows", String(count)],
    ["Bytes", describeBytes(bytes)],
    [spread === undefined ? "" : (COUNTED[spread.field] ?? `Values of ${spread.field}`), spread && spreadOf(spread, timeZone)],
    ["Seen before", recurrence === 0 ? "no, new" : `${recurrence} times`],
    ["Why", reason],
    [
      "ATT&CK",
      rule.tags
        .filter((tag) => /^attack\.t\d/.test(tag))
        .map((tag) => tag.slice("attack.".length).toUpperCase())
        .join(", "),
    ],
    ["Record", `${origin.key} record ${flow.record}`],
  ];
  return facts.flatMap(([label, value]) => (value === undefined || value === "" ? [] : [{ label, value }]));
}

function labelsOf({ flow, group }: Match): Record<string, string> {
  const labels: Record<string, string | number | boolean | null | undefined> = {
    source: flow.sourceAddress,
    destination: flow.destinationAddress,
    vcn: flow.context.vcn,
    subnet: flow.subnetName ?? flow.context.subnet,
    ...group,
  };
  const entries = Object.entries(labels).map(
    ([name, value]) => [name.replaceAll(/[^a-zA-Z0-9_]/g, "_"), String(value ?? "")] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

function subjectOf({ sourceAddress, destinationAddress, destinationPort, uid, origin }: Flow): Record<string, string> {
  const subject = {
    source: sourceAddress,
    destination: destinationAddress,
    port: destinationPort?.toString(),
    uid,
    object: origin.key,
  };
  return Object.fromEntries(Object.entries(subject).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
