import type { IncomingMessage, ServerResponse } from "node:http";
import { WriteStream } from "node:tty";
import { type Meter, metrics } from "@opentelemetry/api";
import pino, { type Logger } from "pino";
import type { Problem } from "../contracts/ledger.ts";
import { hostOf, listenOn } from "../lib/http/listen.ts";
import { presents } from "../lib/http/token.ts";
import { printable } from "../lib/printable.ts";
import { CLEAR_LINE, type Terminal } from "../lib/terminal.ts";
import { isLoopback } from "../lib/urls.ts";
import { version } from "../lib/version.ts";
import { forPeople } from "./for-people.ts";
import { observeProcess } from "./process.ts";

export type { Logger } from "pino";

const FORM: pino.LoggerOptions = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label: string) => ({ level: label }) },
};

/** The program's own log on `stderr`: pretty on a terminal, else one JSON object a line. Silent when healthy. `scrub` takes secrets out. */
export async function openLog(
  level: string,
  otlpEndpoint: string | undefined,
  version: string,
  scrub: (text: string) => string,
  stderr: Terminal,
): Promise<{ log: Logger; close(): Promise<void> }> {
  const local = stderr.isTTY && stderr.fd !== undefined ? toPeople(stderr.fd) : toLines(stderr);
  const options: pino.LoggerOptions = {
    ...FORM,
    level,
    hooks: { streamWrite: (line) => `${printable(withTexts(line, scrub))}\n` },
  };
  if (otlpEndpoint === undefined) return { log: pino(options, local), close: async () => {} };
  const remote = await (await import("./otlp.ts")).openOtlpLog(otlpEndpoint, version);
  return {
    log: pino(
      options,
      pino.multistream([
        { stream: local, level: "trace" },
        { stream: remote.stream, level: "trace" },
      ]),
    ),
    close: remote.close,
  };
}

/** One line of the program's own log, as data. */
export interface LogEntry {
  readonly level: string;
  /** RFC 3339. */
  readonly time: string;
  /** The line that a person reads. */
  readonly msg: string;
  /** What it speaks of: `sink`, `key`, `rule`, `notifier`, … */
  readonly [field: string]: unknown;
}

/** A log that hands each line to `onEntry`. */
export function entryLog(level: string, scrub: (text: string) => string, onEntry: (entry: LogEntry) => void): Logger {
  return pino({ ...FORM, level }, { write: (line) => onEntry(JSON.parse(withTexts(line, scrub))) });
}

/** Each line is written before the next step, where the stream is a file of the system. */
const toLines = (stderr: Terminal): pino.DestinationStream =>
  stderr.fd === undefined ? stderr : pino.destination({ dest: stderr.fd, sync: true });

/** Log lines for people; what is in them cannot steer the terminal. */
function toPeople(fd: number): pino.DestinationStream {
  const colours = WriteStream.prototype.getColorDepth(process.env) > 1;
  const stream = pino.destination({ dest: fd, sync: true });
  return {
    // Progress may stand in the line.
    write: (line) => void stream.write(CLEAR_LINE + forPeople(line, colours)),
  };
}

/** A line of JSON with each text in it, and each name, as `change` makes it. */
function withTexts(line: string, change: (text: string) => string): string {
  const changed = (value: unknown): unknown => {
    if (typeof value === "string") return change(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(changed);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [change(name), changed(member)]));
  };
  return JSON.stringify(changed(JSON.parse(line)));
}

/** From events that are pushed to backlogs of days, in s. */
const LATENCIES = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400];

/** What the program counts about itself, for Prometheus and for any OpenTelemetry meter that a host program has set. */
export function createInstruments(meter: Meter) {
  return {
    objects: meter.createCounter("flowferry.objects", { description: "Objects read to their end" }),
    records: meter.createCounter("flowferry.records", { description: "Records decoded" }),
    bad: meter.createCounter("flowferry.bad_records", {
      description: "Records set aside because they could not be decoded, by code",
    }),
    skipped: meter.createCounter("flowferry.skipped_records", { description: "Records of other event types, by type" }),
    filtered: meter.createCounter("flowferry.filtered_records", { description: "Records that the filter holds back" }),
    quality: meter.createCounter("flowferry.quality_notices", {
      description: "What the log says about its own completeness, by kind",
    }),
    delivered: meter.createCounter("flowferry.sink.delivered_records", { description: "Records acknowledged, by sink" }),
    rejected: meter.createCounter("flowferry.sink.rejected_records", {
      description: "Records that the receiver refused in a partial success, by sink",
    }),
    deadLettered: meter.createCounter("flowferry.sink.dead_lettered_records", {
      description: "Records set aside as pointers, by sink",
    }),
    sinkFiltered: meter.createCounter("flowferry.sink.filtered_records", {
      description: "Records that the sink's own filter holds back, by sink",
    }),
    sampled: meter.createCounter("flowferry.sink.sampled_records", {
      description: "Records that are not in the sink's sample, by sink",
    }),
    aggregated: meter.createCounter("flowferry.sink.aggregated_records", {
      description: "Records in sums that were acknowledged, beside the one that each sum counts as, by sink",
    }),
    retries: meter.createCounter("flowferry.sink.retries", { description: "Failed attempts that are repeated, by sink" }),
    archiveRecords: meter.createCounter("flowferry.archive.records", { description: "Flows that the archive has kept" }),
    archiveFiles: meter.createObservableCounter("flowferry.archive.files", { description: "Files that the archive has written" }),
    archiveRetries: meter.createCounter("flowferry.archive.retries", {
      description: "Failed attempts at writing a file of the archive that are repeated",
    }),
    sourceRetries: meter.createCounter("flowferry.source.retries", {
      description: "Failed attempts at listing or reading that are repeated",
    }),
    listings: meter.createCounter("flowferry.source.passes", { description: "Passes over the bucket for new objects" }),
    unreadable: meter.createGauge("flowferry.source.unreadable", {
      description: "Files and folders of a directory that cannot be looked at, while others are",
    }),
    sourceLag: meter.createObservableGauge("flowferry.source.lag", {
      description: "Messages of a partition that wait to be fetched, by source and partition",
    }),
    matches: meter.createCounter("flowferry.detections.matches", { description: "Incidents that the detections found, by rule" }),
    alerts: meter.createCounter("flowferry.alerts", {
      description: "What became of alerts, by rule and outcome: told, late, repeated, refused",
    }),
    alertsWaiting: meter.createObservableGauge("flowferry.alerts.waiting", {
      description: "Alerts that wait for a notifier, by notifier",
    }),
    lookupReloads: meter.createCounter("flowferry.lookups.reloads", { description: "Changed lookup tables, by outcome" }),
    network: meter.createObservableCounter("flowferry.network.api", {
      description: "Resources of the network that the provider's API was asked about, and of them what failed or is missing",
    }),
    lag: meter.createObservableGauge("flowferry.sink.lag", {
      description: "Age of the oldest object that waits for the sink",
      unit: "s",
    }),
    latency: meter.createHistogram("flowferry.sink.latency", {
      description: "From when an object lay in the bucket until the sink has acknowledged all of it, by sink",
      unit: "s",
      advice: { explicitBucketBoundaries: LATENCIES },
    }),
    imbalances: meter.createCounter("flowferry.books.imbalances", {
      description: "Objects of which more or fewer records were settled than were offered to a sink",
    }),
    parked: meter.createObservableGauge("flowferry.parked_objects", {
      description: "Objects that cannot be read now, and are tried again",
    }),
    coordinationLag: meter.createObservableGauge("flowferry.coordination.lag", {
      description: "Objects that wait in a topic for the workers of a role, by topic and role, as every worker sees it",
    }),
    problems: meter.createObservableGauge("flowferry.problem", {
      description: "1 for each part that does not do its work, by part, drawer and code: what /readyz names",
    }),
    pending: meter.createObservableGauge("flowferry.sink.pending_objects", { description: "Objects that wait for the sink" }),
    trouble: meter.createObservableGauge("flowferry.sink.trouble", {
      description: "1 while the sink does not acknowledge, else 0",
    }),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;

/** The status page at `/`. */
export interface Page {
  /** Whoever asks has to give it for all but the probes; without one nobody on another machine gets more than those. */
  token(): string | undefined;
  readonly policy: string;
  html(): string;
}

/**
 * Serves the status page at `/`, /metrics, /healthz and /readyz on `host:port`. `health` says what does not do its work; `starting` whether
 * it has begun.
 */
export async function serveTelemetry(
  listen: string,
  health: { readonly problems: readonly Problem[]; readonly starting: boolean },
  page: Page,
): Promise<{ meter: Meter; address: string; close(): Promise<void> }> {
  const [{ createServer }, { PrometheusExporter }, { MeterProvider }, { resourceFromAttributes }] = await Promise.all([
    import("node:http"),
    import("@opentelemetry/exporter-prometheus"),
    import("@opentelemetry/sdk-metrics"),
    import("@opentelemetry/resources"),
  ]);
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ "service.name": "flowferry", "service.version": version }),
    readers: [exporter],
  });
  metrics.setGlobalMeterProvider(provider);
  const answer = (response: ServerResponse, status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
    response.end(`${JSON.stringify(body)}\n`);
  };
  const isLocal = isLoopback(hostOf(listen));
  const ready = (request: IncomingMessage, response: ServerResponse) => {
    const { problems, starting } = health;
    const isReady = !starting && problems.length === 0;
    const dated = problems.map(({ since, ...problem }) => ({ ...problem, since: new Date(since).toISOString() }));
    const details = refusal(page.token(), isLocal, request) === undefined ? { problems: dated } : {};
    answer(response, isReady ? 200 : 503, { ready: isReady, ...(starting ? { starting } : {}), ...details });
  };
  const server = createServer((request, response) => {
    // That there is an answer says that the event loop turns.
    if (request.url === "/healthz") answer(response, 200, { alive: true });
    else if (request.url === "/readyz") ready(request, response);
    else if (request.url === "/metrics" || request.url === "/") {
      const refused = refusal(page.token(), isLocal, request);
      if (refused !== undefined) refuse(response, refused);
      else if (request.url === "/metrics") exporter.getMetricsRequestHandler(request, response);
      else servePage(page, response);
    } else response.writeHead(404, { "content-type": "text/plain" }).end("try /, /metrics, /healthz or /readyz\n");
  });
  const address = await listenOn(server, listen, ["telemetry-listen", "cannot serve metrics", "telemetry.listen"]);
  const meter = provider.getMeter("flowferry");
  const endObserving = observeProcess(meter);
  return {
    meter,
    address: `http://${address}`,
    close: async () => {
      endObserving();
      server.close();
      server.closeAllConnections();
      await provider.shutdown();
    },
  };
}

interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Why whoever asks gets no more than the probes, which orchestrators ask without a token: the page names addresses and servers, metrics and
 * problems name where flows come from and go to. Undefined for who presents the token, or, where there is none, for this machine.
 */
function refusal(token: string | undefined, isLocal: boolean, { headers }: IncomingMessage): Refusal | undefined {
  if (token !== undefined) {
    if (presents(token, headers.authorization)) return undefined;
    const challenge = { "www-authenticate": 'Basic realm="flowferry"' };
    return { status: 401, text: "the token of telemetry.token is wanted", headers: challenge };
  }
  // A page of another site that a browser shows under this address must not be let in by it.
  const isNamedLocally = isLoopback((headers.host ?? "").replace(/:\d+$/, ""));
  if (isLocal && isNamedLocally) return undefined;
  return {
    status: 403,
    text: "without a token other machines get /healthz and /readyz alone: set telemetry.token, or ask by 127.0.0.1 where telemetry.listen is that",
  };
}

function refuse(response: ServerResponse, { status, text, headers = {} }: Refusal): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers }).end(`${text}\n`);
}

function servePage({ policy, html }: Page, response: ServerResponse): void {
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": policy,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  response.end(html());
}
