import type { DuckDBConnection } from "@duckdb/node-api";
import { answer, type Value } from "../../query/ask.ts";
import type { Flows } from "../../query/flows.ts";
import { ENDS, JUDGED, TRANSFERS } from "../../query/transfers.ts";
import { unusualTransfers } from "../../query/unusual.ts";
import type { ShortAdvice } from "../advise/output.ts";
import type { Cluster, End, ReportData, Suspect, Totals } from "./data.ts";
import * as questions from "./questions.ts";
import { cutsOf } from "./ranges.ts";

const HOUR_MS = 3_600_000;
/** How many slots of time a picture shows at most. */
const MOST_MOMENTS = 96;
const MOST_BUBBLE_SLOTS = 28;
const MOST_BUBBLES = 400;
const MOST_UNUSUAL = 20;
const MOST_SERVICES = 200;
/** Services of the time before, of which any may be among the most of now. */
const MOST_COMPARED = 10_000;

export interface GatherOptions {
  /** Of the flows, and of those of the window before. */
  readonly totals: Totals;
  readonly before: Totals | undefined;
  readonly since: number;
  readonly until: number;
  /** Rows of the Link table. */
  readonly pairs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What the flows leave of the rules, or why nothing is said of them. */
  readonly advise: () => Promise<ShortAdvice | string>;
  /** What is asked next, in words. */
  readonly onStep: (step: string) => void;
}

type Row = Readonly<Record<string, Value>>;

const number = (value: Value | undefined): number => Number(value ?? 0);
const text = (value: Value | undefined): string => String(value ?? "");
const known = (value: Value | undefined): string | undefined =>
  value === null || value === undefined ? undefined : String(value);
const time = (value: Value | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
/** Of a column of times that `ask` writes as ISO 8601. */
const instant = (value: Value | undefined): number | undefined => (typeof value === "string" ? Date.parse(value) : undefined);
const end = (row: Row, address: string, server: string): End => ({ address: text(row[address]), server: known(row[server]) });

/** What is known of the flows of a window. Memory grows with pairs and hours, and goes to the disk where there are too many, never with flows. */
export async function gather(flows: Flows, options: GatherOptions): Promise<ReportData> {
  const { connection } = flows;
  const { since, until, totals, before, onStep } = options;
  const rows = (sql: string, most = 100_000) => rowsOf(connection, sql, most, options);
  const first = Number.isFinite(since) ? Math.max(since, 0) : totals.first;
  const last = Number.isFinite(until) ? until : totals.last + 1;
  const span = Number.isNaN(first) ? 0 : last - first;

  onStep("flows over time");
  const make = (name: string, sql: string) => rows(makeTable(name, sql));
  const slots = await rows(questions.MOMENTS, 1_000_000);
  const step = Math.max(finestOf(options), stepFor(span, MOST_MOMENTS));
  const moments = new Map<number, { at: number; accepted: number; rejected: number; bytes: number }>();
  if (span > 0)
    for (let at = Math.floor(first / step) * step; at < last; at += step)
      moments.set(at, { at, accepted: 0, rejected: 0, bytes: 0 });
  const week = Array.from({ length: 7 }, () => Array<number>(24).fill(0));
  const hours = new Set<number>();
  for (const row of slots) {
    const at = number(row.since);
    const moment = moments.get(Math.floor(at / step) * step);
    if (moment !== undefined) {
      moment.accepted += number(row.accepted);
      moment.rejected += number(row.rejected);
      moment.bytes += number(row.bytes);
    }
    const date = new Date(at);
    const day = week[(date.getUTCDay() + 6) % 7] as number[];
    day[date.getUTCHours()] = (day[date.getUTCHours()] ?? 0) + number(row.flows);
    hours.add(Math.floor(at / HOUR_MS));
  }

  onStep("services");
  const services = (await rows(questions.services(MOST_SERVICES))).map((row) => ({
    name: text(row.name),
    flows: number(row.flows),
    bytes: number(row.bytes),
    before: undefined,
  }));
  onStep("transfers");
  await make("ends", ENDS);
  const [addresses = {}] = await rows(questions.ADDRESSES);
  await make("transfers", TRANSFERS);
  onStep("pairs by day");
  const pairs = await rows(questions.pairs(options.pairs));
  onStep("clusters of transfers");
  const histogram = await rows(questions.HISTOGRAM);
  const cuts = cutsOf(new Map(histogram.map((row) => [number(row.bin), number(row.transfers)])));
  const ranges = [...cuts, Number.POSITIVE_INFINITY].flatMap((cut, index) => {
    const within = histogram.filter(
      ({ bin }) => number(bin) < cut && number(bin) >= (cuts[index - 1] ?? Number.NEGATIVE_INFINITY),
    );
    if (within.length === 0) return [];
    return {
      from: Math.min(...within.map((row) => number(row.smallest))),
      to: Math.max(...within.map((row) => number(row.largest))),
      transfers: within.reduce((sum, row) => sum + number(row.transfers), 0),
    };
  });
  const bubbleHours = Math.max(1, stepFor(span, MOST_BUBBLE_SLOTS) / HOUR_MS);
  const bubbles = await rows(questions.bubbles({ hours: bubbleHours, cuts, from: 11, to: 7 }));
  onStep("unusual transfers");
  await make("judged", JUDGED);
  const [largest] = await rows(unusualTransfers({ areGathered: true, of: "largest" }), 1);
  const unusual = await rows(unusualTransfers({ areGathered: true }));
  onStep("top talkers");
  const talkers = await rows(questions.talkers(15));
  onStep("ports");
  const ports = await rows(questions.ports(60));
  onStep("ways through the network");
  const ways = await rows(questions.WAYS);
  onStep("rejected sources");
  await make("noted", questions.NOTED);
  await make("rejects", questions.REJECTS);
  const rejected = await rows(questions.rejectedSources(15));
  onStep("exposures");
  await make("entries", questions.ENTRIES);
  const exposures = await rows(questions.exposures(25));
  onStep("suspects");
  const suspects = await suspectsOf(rows);
  const findings = await rows(questions.findings(30));
  onStep("rules");
  const advice = await options.advise();

  return {
    since: first,
    until: last,
    totals,
    sources: number(addresses.sources),
    destinations: number(addresses.destinations),
    before,
    step,
    moments: [...moments.values()],
    silent: silentHours(hours),
    week,
    services,
    pairs: pairs.map((row) => ({
      day: time(row.day),
      source: end(row, "source", "source_server"),
      destination: end(row, "destination", "destination_server"),
      from: text(row.traffic_from),
      to: text(row.traffic_to),
      flows: number(row.flows),
      bytes: number(row.bytes),
    })),
    pairCount: number(pairs[0]?.rows),
    bubbles: bubbles.slice(0, MOST_BUBBLES).map((row) => ({
      at: number(row.since),
      from: text(row.traffic_from),
      to: text(row.traffic_to),
      transfers: number(row.transfers),
      bytes: number(row.bytes),
      smallest: number(row.smallest),
      largest: number(row.largest),
    })),
    bubblesLeft: Math.max(0, bubbles.length - MOST_BUBBLES),
    bubbleStep: bubbleHours * HOUR_MS,
    ranges,
    largest: largest && clusterOf(largest),
    unusual: unusual.slice(0, MOST_UNUSUAL).map(clusterOf),
    unusualCount: unusual.length,
    talkers: talkers.map((row) => ({
      ...end(row, "address", "server"),
      zone: known(row.zone),
      sent: number(row.sent),
      received: number(row.received),
      peers: number(row.peers),
    })),
    ports: ports.map((row) => ({
      protocol: text(row.protocol),
      port: time(row.port),
      service: known(row.service),
      flows: number(row.flows),
      bytes: number(row.bytes),
    })),
    portCount: number(ports[0]?.rows),
    portFlows: number(ports[0]?.all_flows),
    ways: ways.map((row) => ({
      zone: text(row.zone),
      subnet: text(row.subnet),
      service: text(row.service),
      action: text(row.action),
      flows: number(row.flows),
    })),
    rejectedSources: rejected.map((row) => ({
      ...end(row, "address", "server"),
      zone: known(row.zone),
      country: known(row.country),
      rejected: number(row.rejected),
      hosts: number(row.hosts),
      ports: number(row.ports),
      last: time(row.last),
    })),
    exposures: exposures.map((row) => ({
      ...end(row, "address", "server"),
      port: number(row.port),
      service: known(row.service),
      sources: number(row.sources),
      flows: number(row.flows),
      last: time(row.last),
      rule: known(row.rule),
    })),
    suspects,
    findings: findings.map((row) => ({
      rule: text(row.rule),
      flows: number(row.flows),
      sources: number(row.sources),
      last: time(row.last),
    })),
    advice,
    passedOver: flows.passedOver.map(({ file, reason }) => `${file} ${reason}`),
    doubts: [],
  };
}

const makeTable = (name: string, sql: string): string => `CREATE OR REPLACE TEMP TABLE ${name} AS ${sql}`;

/** The finest slots of time that are told apart in that window. */
const finestOf = ({ since, until }: Pick<GatherOptions, "since" | "until">): number =>
  Math.min(HOUR_MS, stepFor(until - since, MOST_MOMENTS));

/** Makes the relation `cells`, of which most pictures are, and gives the totals of all flows that the connection shows. */
export async function totalsOf(
  connection: DuckDBConnection,
  options: Pick<GatherOptions, "since" | "until" | "timeoutMs" | "signal">,
): Promise<Totals> {
  await rowsOf(connection, makeTable("cells", questions.cells(finestOf(options))), 1, options);
  const [row = {}] = await rowsOf(connection, questions.TOTALS, 1, options);
  const { first, last, ...counts } = row;
  const totals = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, number(value)]));
  return { ...totals, first: time(first) ?? Number.NaN, last: time(last) ?? Number.NaN } as Totals;
}

/** The bytes of each service, once there are the totals. */
export async function servicesOf(
  connection: DuckDBConnection,
  options: Pick<GatherOptions, "timeoutMs" | "signal">,
): Promise<Map<string, number>> {
  const rows = await rowsOf(connection, questions.services(MOST_COMPARED), MOST_COMPARED, options);
  return new Map(rows.map((row) => [text(row.name), number(row.bytes)]));
}

async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
  most: number,
  { timeoutMs, signal }: Pick<GatherOptions, "timeoutMs" | "signal">,
): Promise<Row[]> {
  const { columns, rows } = await answer(connection, sql, { rows: most, timeoutMs }, signal);
  return rows.map((row) => Object.fromEntries(row.map((value, index) => [columns[index] ?? "", value])));
}

function clusterOf(row: Row): Cluster {
  return {
    since: instant(row.From),
    until: instant(row.Until),
    from: text(row["Traffic From"]),
    to: text(row["Traffic To"]),
    transfers: number(row.Transfers),
    flows: number(row.Flows),
    bytes: number(row["Bytes Transferred"]),
    smallest: number(row.Smallest),
    largest: number(row.Largest),
    usual: number(row.Usual),
    compared: text(row["Compared With"]),
    score: number(row.Score),
    correlated: Array.isArray(row.Correlated) ? row.Correlated.map(text) : [],
  };
}

async function suspectsOf(rows: (sql: string) => Promise<Row[]>): Promise<Suspect[]> {
  const scans = (await rows(questions.scans(12))).map(
    (row): Suspect => ({
      kind: "scan",
      source: end(row, "address", "server"),
      target: number(row.hosts) >= 25 ? `${row.hosts} hosts` : `${row.ports} ports of a host`,
      evidence: `in five minutes; ${row.rejected} of ${row.flows} tries were rejected`,
      last: time(row.last),
    }),
  );
  const guesses = (await rows(questions.guesses(12))).map(
    (row): Suspect => ({
      kind: "brute force",
      source: end(row, "source", "source_server"),
      target: `${row.server ?? row.address} port ${row.port}`,
      evidence: number(row.sessions) >= 15 ? `${row.sessions} short sessions in five minutes` : `rejected ${row.rejected} times`,
      last: time(row.last),
    }),
  );
  const beacons = (await rows(questions.beacons(12))).map(
    (row): Suspect => ({
      kind: "beacon",
      source: end(row, "address", "server"),
      target: `${row.host} port ${row.port}`,
      evidence: `${row.flows} connections, one each ${Math.round(number(row.gap) / 1000)} s; gaps vary by ${Math.round(number(row.variation) * 100)} %`,
      last: time(row.last),
    }),
  );
  return [...scans, ...guesses, ...beacons];
}

/** Ranges of hours without a flow, between the first hour and the last that have some. */
function silentHours(hours: ReadonlySet<number>): { since: number; until: number }[] {
  const sorted = [...hours].sort((one, other) => one - other);
  return sorted.slice(1).flatMap((hour, index) => {
    const before = sorted[index] as number;
    return hour === before + 1 ? [] : { since: (before + 1) * HOUR_MS, until: hour * HOUR_MS };
  });
}

const STEPS = [1, 5, 15, 60, 180, 360, 720, 1440, 2880, 10_080, 20_160, 40_320].map((minutes) => minutes * 60_000);

/** The shortest usual slot of time of which at most so many make the span. */
function stepFor(span: number, most: number): number {
  return STEPS.find((step) => span / step <= most) ?? Math.ceil(span / most / 86_400_000) * 86_400_000;
}
