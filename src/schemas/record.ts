import type { Flow } from "../flow/flow.ts";

/** The event name and severity of a log record, which every schema shares. */
export interface RecordClass {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly severityText: string;
}

const classOf = (eventName: string, severityNumber: number, severityText: string): RecordClass => ({
  eventName,
  severityNumber,
  severityText,
});

const ACCEPT = classOf("flow.accept", 9, "INFO");
const REJECT = classOf("flow.reject", 13, "WARN");
const NO_DATA = classOf("flow.no_data", 9, "INFO");
const SKIP_DATA = classOf("flow.skip_data", 13, "WARN");
/** A flow of which the log does not say whether it was accepted. */
const UNKNOWN = classOf("flow.unknown", 9, "INFO");

/** All there are. */
export const RECORD_CLASSES: readonly RecordClass[] = [ACCEPT, REJECT, NO_DATA, SKIP_DATA, UNKNOWN];

/** Severity numbers and texts are those of the OpenTelemetry log data model. */
export function recordClassOf(flow: Flow): RecordClass {
  if (flow.status === "NODATA") return NO_DATA;
  if (flow.status === "SKIPDATA") return SKIP_DATA;
  if (flow.action === "accept") return ACCEPT;
  return flow.action === "reject" ? REJECT : UNKNOWN;
}

/** One line for people: `accept tcp 10.0.0.1:5044 -> 10.0.1.2:22`, `reject icmp 10.0.0.1 -> 10.0.1.2`, `no data`, `skip data`. */
export function summaryOf(flow: Flow): string {
  if (flow.status === "NODATA") return "no data";
  if (flow.status === "SKIPDATA") return "skip data: flows are missing from the log";
  const source = endpointOf(flow.sourceAddress, flow.sourcePort, flow.protocol);
  const destination = endpointOf(flow.destinationAddress, flow.destinationPort, flow.protocol);
  return `${flow.action ?? "flow"} ${protocolOf(flow)}${source} -> ${destination}`;
}

/**
 * The body of a record: a line for people, none, or with `unique` that line and the record's uid, for receivers that take two equal lines
 * of one instant for the same one (Loki's queries do).
 */
export const BODIES = ["summary", "unique", "none"] as const;
export type Body = (typeof BODIES)[number];

/** Undefined for none. */
export function bodyOf(flow: Flow, body: Body): string | undefined {
  switch (body) {
    case "summary":
      return summaryOf(flow);
    case "unique":
      return `${summaryOf(flow)} ${flow.uid}`;
    case "none":
      return undefined;
  }
}

const lowerCase = new Map<string, string>();

function protocolOf(flow: Flow): string {
  const name = flow.protocolName;
  if (name === undefined) return flow.protocol === undefined ? "" : `protocol ${flow.protocol} `;
  let lower = lowerCase.get(name);
  if (lower === undefined) {
    lower = `${name.toLowerCase()} `;
    if (lowerCase.size < 256) lowerCase.set(name, lower);
  }
  return lower;
}

/** Protocols with ports: TCP, UDP, DCCP, SCTP, UDP-Lite; others show theirs only when the log has one. */
export const hasPorts = (protocol: number | undefined): boolean =>
  protocol === 6 || protocol === 17 || protocol === 33 || protocol === 132 || protocol === 136;

function endpointOf(address: string | undefined, port: number | undefined, protocol: number | undefined): string {
  if (address === undefined) return "?";
  if (port === undefined || (port === 0 && !hasPorts(protocol))) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
