import { identifier, literal } from "../dialects/duckdb/conditions.ts";
import type { Tally } from "./tallies.ts";

/** What a flow's direction and initiator are made from, where they are not known. */
const FROM_ENDS = [
  "source.address",
  "source.port",
  "destination.address",
  "destination.port",
  "flow.protocol.number",
  "flow.action",
  "flow.source.service",
  "flow.destination.service",
  "flow.reverse.bytes",
  "flow.reverse.packets",
];
/**
 * Of whose direction or initiator nothing is known, in cases that do not overlap: each asks so that parts of files which have none are not
 * opened. Files that were written before the field was there lack the initiator.
 */
const UNDECIDED = [
  `"flow.direction" IS NULL`,
  `"flow.direction" = 'unknown'`,
  `"flow.initiator" IS NULL AND "flow.direction" <> 'unknown'`,
];
const DECIDED = `"flow.direction" <> 'unknown' AND "flow.initiator" IS NOT NULL`;
const undecided = { cases: UNDECIDED, otherwise: DECIDED, by: FROM_ENDS };

/** What is the same for all flows of a network interface. */
const CONTEXT = [
  "flow.subnet.name",
  "cloud.provider",
  "cloud.account.id",
  "cloud.region",
  "cloud.availability_zone",
  "flow.compartment.id",
  "flow.vcn.id",
  "host.id",
  "flow.vnic.public_ip",
];

/** What `report ports` counts. */
export interface PortTallies {
  /** Which flows go into a subnet, in SQL. */
  readonly asked: string;
  /** Those of which it is not known who began, where that matters. */
  readonly uncertain: Tally;
  /** Those whose subnet is not known. */
  readonly placeless: Tally;
  /** Those whose direction, or who began, is to be found. */
  readonly undecided: readonly Tally[];
}

export function portTallies(action: "accept" | "reject" | "all", initiatedOnly: boolean): PortTallies {
  const of = action === "all" ? "" : ` AND coalesce("flow.action", 'accept') = ${literal(action)}`;
  const counts = `"flow.protocol.number" IN (6, 17) AND "destination.port" IS NOT NULL AND "flow.status" = 'OK'${of}`;
  const into = `${counts} AND ${DECIDED} AND "flow.direction" = 'ingress' AND "flow.subnet.id" IS NOT NULL`;
  const any = ["flow.subnet.name"];
  const by = ["flow.subnet.id", "destination.port", "flow.protocol.number", "flow.source.zone"];
  return {
    asked: initiatedOnly ? `${into} AND "flow.initiator" = 'source'` : into,
    uncertain: { by: [], any: [], where: initiatedOnly ? `${into} AND "flow.initiator" = 'unknown'` : "FALSE" },
    placeless: { by: [], any: [], where: `${counts} AND ${DECIDED} AND "flow.subnet.id" IS NULL` },
    undecided: UNDECIDED.map((isUndecided) => ({
      by: [...new Set([...by, ...FROM_ENDS, "flow.direction", "flow.initiator", "flow.status"])],
      any,
      where: `${counts} AND ${isUndecided}`,
    })),
  };
}

/**
 * What `report advise` observes. `clientPorts`: of a client's ports from one of these to the next no rule tells apart, so that the first
 * stands for all.
 */
export function adviseTally(clientPorts: readonly number[]): Tally {
  const by = [
    ...["flow.status", "flow.action", "flow.direction", "flow.initiator", "flow.protocol.number"],
    ...["source.address", "destination.address", "source.port", "destination.port"],
  ];
  const standing = (port: string): string =>
    `(${clientPorts.reduceRight((rest, from) => `CASE WHEN ${port} >= ${from} THEN ${from} ELSE ${rest} END`, port)})`;
  const ofClient = (end: string, initiator: string): [string, string] => {
    const port = identifier(`${end}.port`);
    const sorted = `CASE WHEN "flow.initiator" = ${literal(initiator)} THEN ${standing(port)} ELSE ${port} END`;
    return [`${end}.port`, sorted];
  };
  return {
    by,
    instead: new Map([ofClient("source", "source"), ofClient("destination", "destination")]),
    any: [],
    context: { by: ["flow.subnet.id", "flow.vnic.id"], names: CONTEXT },
    undecided,
  };
}

/** An end that is asked about: addresses from one to another in the form that compares, and the server of a name. */
export interface AskedEnd {
  readonly ranges: readonly (readonly [from: string, to: string])[];
  readonly server: string | undefined;
}

export interface AskedService {
  readonly port: number | undefined;
  readonly protocol: number | undefined;
}

function isEnd(end: "source" | "destination", { ranges, server }: AskedEnd): string {
  const hex = identifier(`${end}.address.hex`);
  const parts = ranges.map(([from, to]) =>
    from === to ? `${hex} = ${literal(from)}` : `${hex} BETWEEN ${literal(from)} AND ${literal(to)}`,
  );
  if (server !== undefined) parts.push(`${identifier(`flow.${end}.server`)} = ${literal(server)}`);
  return parts.length === 0 ? "FALSE" : `(${parts.join(" OR ")})`;
}

/** What `explain` looks at. */
export interface ExplainTallies {
  /**
   * Flows between the ends, told apart as far as the answer depends on it, the newest of each kind whole: one way, and the other. Of each way
   * both columns are asked for themselves, so that files skip what has neither.
   */
  readonly between: readonly Tally[];
  /** All that the own interfaces of each end have logged: by the column of the source, and by that of the destination. */
  readonly presence: { readonly source: readonly Tally[]; readonly destination: readonly Tally[] };
  /** Which flows are of the conversation itself, in SQL, and what is shown of them. */
  readonly conversation: { readonly where: string; readonly names: readonly string[] };
}

/** What the place of an interface is known by, and what says of which end a flow is. */
const OF_INTERFACE = [
  ...["flow.subnet.id", "flow.vnic.id", "flow.status", "flow.action", "flow.direction", "flow.initiator", ...CONTEXT],
  ...["source.address", "destination.address", "flow.source.server", "flow.destination.server"],
  ...["source.port", "destination.port", "flow.protocol.number", "flow.source.service", "flow.destination.service"],
];

const OF_ANSWER = ["flow.reverse.bytes", "flow.reverse.packets"];
const OF_RECORD = ["log.record.uid", "flow.protocol.name"];

export function explainTallies(
  source: AskedEnd,
  destination: AskedEnd,
  { port, protocol }: AskedService,
  names: readonly string[],
): ExplainTallies {
  const at = {
    fromSource: isEnd("source", source),
    fromDestination: isEnd("source", destination),
    toSource: isEnd("destination", source),
    toDestination: isEnd("destination", destination),
  };
  const ports = port === undefined ? [] : [`"destination.port" = ${port}`, `"source.port" = ${port}`];
  const isProtocol = protocol === undefined ? "TRUE" : `"flow.protocol.number" = ${protocol}`;
  // Where it is not known who began, whoever reads them says.
  const [asks, answersIt] =
    port === undefined
      ? [`coalesce("flow.initiator" <> 'destination', TRUE)`, `coalesce("flow.initiator" = 'destination', TRUE)`]
      : [`"destination.port" = ${port}`, `"source.port" = ${port}`];
  const answers = [`coalesce("flow.reverse.bytes", 0) > 0 OR coalesce("flow.reverse.packets", 0) > 0`];
  const [there, back] = [`${at.fromSource} AND ${at.toDestination}`, `${at.fromDestination} AND ${at.toSource}`];
  // Files skip what neither end is in where each column is asked for itself.
  const within = `(${at.fromSource} OR ${at.fromDestination}) AND (${at.toSource} OR ${at.toDestination})`;
  const by = ["flow.subnet.id", "flow.vnic.id", "flow.status", "flow.action", "flow.direction", "flow.initiator"];
  const besides = [...Object.values(at), ...ports, isProtocol];
  const namesIn = (...lists: readonly string[]) => names.filter((name) => OF_INTERFACE.includes(name) || lists.includes(name));
  const presence = (from: string, to: string): Tally[] => {
    const out = `${from} AND "flow.direction" IS DISTINCT FROM 'ingress'`;
    const into = `${to} AND "flow.direction" IS DISTINCT FROM 'egress' AND (${out}) IS NOT TRUE`;
    return [out, into].map((where) => ({ by, besides, any: [], undecided, where, newest: namesIn() }));
  };
  return {
    between: [there, `${back} AND (${there}) IS NOT TRUE`].map((where) => ({
      ...{ by, besides: [...besides, ...answers, `"flow.reverse.bytes" IS NULL`], any: [], undecided },
      ...{ where, newest: namesIn(...OF_ANSWER, ...names.filter((name) => name.startsWith("flow.rule."))) },
    })),
    presence: { source: presence(at.fromSource, at.toSource), destination: presence(at.fromDestination, at.toDestination) },
    conversation: {
      names: namesIn(...OF_ANSWER, ...OF_RECORD),
      where: `${within} AND ${isProtocol} AND "flow.status" = 'OK' AND ((${at.fromSource} AND ${at.toDestination} AND ${asks}) OR (${at.fromDestination} AND ${at.toSource} AND ${answersIt}))`,
    },
  };
}

/** Flows of each subnet. */
export const SUBNET_TALLY: Tally = { by: ["flow.subnet.id"], any: ["flow.subnet.name"] };
