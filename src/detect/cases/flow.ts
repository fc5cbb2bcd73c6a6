import ipaddr from "ipaddr.js";
import { FIELD_NAMES, fieldOf, formOf, isField, isOfContext, isStored } from "../../flow/fields.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../../flow/flow.ts";
import type { Origin } from "../../flow/origin.ts";
import { type Counter, type Form, wordsOf, type Zone } from "../../flow/types.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import { isUsable } from "../fields.ts";
import { hint } from "../hint.ts";

/** What a test case may say of a flow: what a rule may ask of it, but for times, which `at` and `connectionAge` set, and what is derived. */
const SETTABLE: ReadonlySet<string> = new Set(
  FIELD_NAMES.filter((name) => isStored(name) && isUsable(name) && formOf(name) !== "time"),
);

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

/** As `networks.csv` has them built in. */
const PROVIDERS = ["169.254.0.0/16", "161.26.0.0/16", "166.8.0.0/14"].map((cidr) => ipaddr.IPv4.parseCIDR(cidr));
const PRIVATE = ["private", "uniqueLocal", "linkLocal", "carrierGradeNat", "loopback"];

/** What a test case says of flows, and what is derived from it. */
export interface CaseFields {
  readonly context: FlowContext;
  readonly own: Readonly<Record<string, unknown>>;
}

/**
 * Reads the fields of a test case. Zones, traffic type, direction and protocol name are derived where the case is silent, and its source has
 * opened the connection; `null` takes a field away. Returns one line when the case says something impossible.
 */
export function readFields(fields: Readonly<Record<string, unknown>>): CaseFields | string {
  const context: Record<string, string | undefined> = {};
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries({ ...DEFAULTS, ...fields })) {
    if (!isField(name) || !SETTABLE.has(name))
      return `unknown field '${name}'${hint(name, [...SETTABLE, "at", "repeat", "every", "connectionAge"])}`;
    const form = formOf(name);
    const read = value === null ? undefined : readValue(form, value);
    if (read === WRONG) return `${name}: ${JSON.stringify(value)} is no ${form === "string" ? "text" : form}`;
    const words = wordsOf(fieldOf(name).type);
    if (read !== undefined && words?.includes(read as string) === false)
      return `${name}: ${JSON.stringify(value)} is no value of ${name}${hint(String(value), words)}`;
    if (isOfContext(name)) context[name] = read as string | undefined;
    else own[name] = read;
  }
  derive(own);
  return { context: { ...EMPTY_CONTEXT, ...context } as FlowContext, own };
}

/** A flow of those fields; its connection began `connectionAgeMs` before its end, where that is told. */
export function flowOf(
  origin: Origin,
  record: number,
  { context, own }: CaseFields,
  time: number,
  connectionAgeMs: number | undefined,
): Flow {
  const flow = new Flow(origin, record, context, time);
  flow.start = time;
  flow.end = time;
  Object.assign(flow, own);
  if (connectionAgeMs !== undefined) flow.connectionStart = time - connectionAgeMs;
  return flow;
}

const WRONG = Symbol("wrong");

function readValue(form: Form, value: unknown): unknown {
  switch (form) {
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

function derive(own: Partial<Flow>): void {
  if (!("sourceZone" in own)) own.sourceZone = zoneOf(own.sourceAddress);
  if (!("destinationZone" in own)) own.destinationZone = zoneOf(own.destinationAddress);
  const { sourceZone, destinationZone } = own;
  if (!("trafficType" in own) && sourceZone !== undefined && destinationZone !== undefined) {
    own.trafficType = sourceZone === "internal" && destinationZone === "internal" ? "east-west" : "north-south";
  }
  if (!("direction" in own)) {
    own.direction = sourceZone === "internal" ? "egress" : destinationZone === "internal" ? "ingress" : "unknown";
  }
  if (!("initiator" in own)) own.initiator = "source";
  if (!("protocolName" in own) && own.protocol !== undefined) own.protocolName = protocolKeyword(own.protocol);
}

function zoneOf(address: string | undefined): Zone | undefined {
  if (address === undefined) return undefined;
  const read = readAddress(address);
  if (read === undefined) return "invalid";
  const range = read.range();
  if (range === "multicast" || range === "broadcast") return range;
  if (read.kind() === "ipv4" && PROVIDERS.some(([network, length]) => read.match(network, length))) return "provider";
  return PRIVATE.includes(range) ? "internal" : "external";
}

/** Read once, which is what takes time; undefined for what is no address. */
function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  try {
    return ipaddr.process(text);
  } catch {
    return undefined;
  }
}
