import ipaddr from "ipaddr.js";
import { type Counter, EMPTY_CONTEXT, Flow, type FlowContext, type Origin, type Zone } from "../../flow.ts";
import { protocolKeyword } from "../../protocols.ts";
import { hint } from "../hint.ts";

/** What a test case may say of a flow, with how the value is read. */
const FIELDS: Readonly<Record<string, "text" | "number" | "counter" | "boolean" | "columns" | "context">> = {
  action: "text",
  status: "text",
  sourceAddress: "text",
  sourcePort: "number",
  destinationAddress: "text",
  destinationPort: "number",
  protocol: "number",
  protocolName: "text",
  bytes: "counter",
  packets: "counter",
  bytesReverse: "counter",
  packetsReverse: "counter",
  initiated: "boolean",
  terminated: "boolean",
  direction: "text",
  sourceZone: "text",
  destinationZone: "text",
  trafficType: "text",
  sourceService: "text",
  destinationService: "text",
  sourceServer: "text",
  destinationServer: "text",
  sourceNetwork: "text",
  destinationNetwork: "text",
  approvedDestination: "text",
  sourceColumns: "columns",
  destinationColumns: "columns",
  subnetName: "text",
  provider: "context",
  account: "context",
  region: "context",
  compartment: "context",
  vcn: "context",
  subnet: "context",
  vnic: "context",
  instance: "context",
  publicIp: "context",
};

/** An ordinary accepted HTTPS connection between two internal hosts: what a case leaves out. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  action: "accept",
  status: "OK",
  sourceAddress: "10.0.1.10",
  sourcePort: 51515,
  destinationAddress: "10.0.2.20",
  destinationPort: 443,
  protocol: 6,
  bytes: 1200,
  packets: 8,
};

const PRIVATE = ["private", "uniqueLocal", "linkLocal", "carrierGradeNat", "loopback"];

export interface CaseFlow {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly time: number;
  /** How long before its end the flow's connection began, in ms. */
  readonly connectionAgeMs: number | undefined;
}

/**
 * The flow of a test case. Zones, traffic type, direction and protocol name are derived where the case is silent; `null`
 * takes a field away. Returns one line when the case says something impossible.
 */
export function buildFlow(origin: Origin, record: number, { fields, time, connectionAgeMs }: CaseFlow): Flow | string {
  const context: Record<string, string | undefined> = {};
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries({ ...DEFAULTS, ...fields })) {
    const kind = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (kind === undefined)
      return `unknown field '${name}'${hint(name, [...Object.keys(FIELDS), "at", "repeat", "every", "connectionAge"])}`;
    const read = value === null ? undefined : readValue(kind, value);
    if (read === WRONG) return `${name}: ${JSON.stringify(value)} is no ${kind}`;
    if (kind === "context") context[name] = read as string | undefined;
    else own[name] = read;
  }
  const flow = new Flow(origin, record, { ...EMPTY_CONTEXT, ...context } as FlowContext, time);
  Object.assign(flow, { start: time, end: time }, own);
  if (connectionAgeMs !== undefined) flow.connectionStart = time - connectionAgeMs;
  derive(flow, own);
  return flow;
}

const WRONG = Symbol("wrong");

function readValue(kind: string, value: unknown): unknown {
  switch (kind) {
    case "number": {
      const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
      return Number.isSafeInteger(number) ? number : WRONG;
    }
    case "counter":
      return readCounter(value);
    case "boolean":
      return typeof value === "boolean" ? value : WRONG;
    case "columns":
      return typeof value === "object" && !Array.isArray(value) ? value : WRONG;
    default:
      return typeof value === "string" ? value : WRONG;
  }
}

function readCounter(value: unknown): Counter | typeof WRONG {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : WRONG;
  if (typeof value !== "string" || !/^\d{1,20}$/.test(value)) return WRONG;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

function derive(flow: Flow, given: Readonly<Record<string, unknown>>): void {
  if (!("sourceZone" in given)) flow.sourceZone = zoneOf(flow.sourceAddress);
  if (!("destinationZone" in given)) flow.destinationZone = zoneOf(flow.destinationAddress);
  const { sourceZone, destinationZone } = flow;
  if (!("trafficType" in given) && sourceZone !== undefined && destinationZone !== undefined) {
    flow.trafficType = sourceZone === "internal" && destinationZone === "internal" ? "east-west" : "north-south";
  }
  if (!("direction" in given)) {
    flow.direction = sourceZone === "internal" ? "egress" : destinationZone === "internal" ? "ingress" : "unknown";
  }
  if (!("protocolName" in given) && flow.protocol !== undefined) flow.protocolName = protocolKeyword(flow.protocol);
}

function zoneOf(address: string | undefined): Zone | undefined {
  if (address === undefined) return undefined;
  if (!ipaddr.isValid(address)) return "invalid";
  return PRIVATE.includes(ipaddr.process(address).range()) ? "internal" : "external";
}
