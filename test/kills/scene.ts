import { slackMessage } from "../../src/alerts/slack.ts";
import type { Alert } from "../../src/contracts/alert.ts";
import { Random } from "../../src/generator/random.ts";
import { type Ended, workplace } from "../journeys/program.ts";
import { type FaultPlan, startReceiver } from "../simulators/otlp/receiver.ts";
import { s3Server } from "../simulators/s3/server.ts";
import { AlertAudit } from "./alert-audit.ts";
import { AddedLines } from "./lines.ts";
import { Memory } from "./memory.ts";
import { type Ending, SinkAudit } from "./sink-audit.ts";
import { Supply } from "./supply.ts";
import { Tables } from "./tables.ts";

export const SHUTDOWN_MS = 3_000;
/** Folder of the archive. */
export const ARCHIVE = "archive";
/** Records of a batch, and batches in flight at a receiver. */
const BATCH = 40;
const IN_FLIGHT = 2;
/** Incidents come once in so many objects. */
const SPAN_OBJECTS = 40;
const STACK_TRACE = /^\s+at .*:\d+:\d+\)?$/m;
/** How the third sink fails for a while. */
const TROUBLES: readonly FaultPlan[] = [
  { "*": { status: 503 } },
  { "*": { status: 401, message: "token expired" } },
  { "*": { status: 429, retryAfter: "1" } },
  { "*": { reset: "before-reading" } },
];

/** Of every sixteenth object the third sink refuses one record. */
export const UNWANTED = 77;
export const isUnwanted = (digest: string, record: number) => digest.startsWith("0") && record === UNWANTED;

type Attributes = Readonly<Record<string, unknown>>;
const uidOf = (attributes: Attributes) => String(attributes["log.record.uid"]);
const recordOf = (uid: string) => Number.parseInt(uid.slice(24), 16);
const keyOf = (body: unknown) => (body as Alert).key;

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** What surrounds a worker: a bucket that fills, tables that are rewritten, three sinks, an archive, two who are told; all with an account of it. */
export async function openScene(seed: string, objects: number) {
  const random = new Random(seed, "scene");
  const place = workplace();
  const bucket = await s3Server("flows");
  const spans = Math.ceil(objects / SPAN_OBJECTS);
  const supply = await Supply.plan(bucket, new Random(seed, "supply"), seed, spans, Math.ceil(objects / spans));
  const { servers, files } = supply.network;
  for (const name of ["networks.csv", "subnets.csv"]) place.write(name, files[name] as string);
  const tables = new Tables(place, new Random(seed, "tables"), files["servers.csv"] as string);

  /** What is wrong, in words. */
  const faults: string[] = [];
  const news = { delivery: Promise.withResolvers<void>(), alert: Promise.withResolvers<void>() };
  const sinks = {
    steady: new SinkAudit("steady", { inFlight: IN_FLIGHT, records: BATCH, whole: true }),
    file: new SinkAudit("file", { inFlight: 1, records: BATCH, whole: false }),
    troubled: new SinkAudit("troubled", { inFlight: IN_FLIGHT, records: BATCH, whole: false }),
  };
  const take = (sink: SinkAudit, attributes: Attributes, request: number) => {
    sink.take(uidOf(attributes), request, supply.versions);
    for (const end of ["source", "destination"]) {
      const wanted = servers.get(String(attributes[`${end}.address`]));
      const named = attributes[`flow.${end}.server`];
      if (wanted !== undefined && named !== wanted)
        faults.push(`${sink.name}: ${uidOf(attributes)} came with the ${end} ${String(named)} instead of ${wanted}`);
    }
  };
  const steady = await startReceiver({
    keep: "uids",
    inspect: (records, request) => {
      for (const { attributes } of records) take(sinks.steady, attributes, request);
      news.delivery.resolve();
      return undefined;
    },
  });
  const troubled = await startReceiver({
    keep: "uids",
    inspect: (records, request) => {
      const uids = records.map(({ attributes }) => uidOf(attributes));
      if (uids.some((uid) => isUnwanted(uid, recordOf(uid)))) return "one of these records is not wanted";
      for (const { attributes } of records) take(sinks.troubled, attributes, request);
      return undefined;
    },
  });
  const isWell = () => Object.keys(troubled.faults).length === 0;
  const added = new AddedLines(place.path("out.ndjson"));

  const webhook = new AlertAudit("webhook", keyOf, keyOf);
  const slack = new AlertAudit("slack", JSON.stringify, (alert) => JSON.stringify(slackMessage(alert, [])));
  const undisturbed = new AlertAudit("webhook", keyOf, keyOf);
  const notifiers = [webhook, slack];
  const [toWebhook, toSlack, toUndisturbed] = await Promise.all(
    [...notifiers, undisturbed].map((notifier) => notifier.open(new Random(seed, notifier.name))),
  );
  for (const notifier of notifiers) notifier.onMessage = () => news.alert.resolve();

  const common = {
    source: {
      ...{ type: "s3", bucket: "flows", endpoint: bucket.endpoint, region: "us-east-1" },
      ...{ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI+bPxRfiCYEXAMPLEKEY" },
    },
    enrich: { servers: "servers.csv", networks: "networks.csv", subnets: "subnets.csv" },
    run: { pollMs: 100, stallMs: 200, shutdownMs: SHUTDOWN_MS, checkpointMs: 150, retry: { initialMs: 20, maxMs: 200 } },
  };
  const alerts = { lateness: "3650d", minLevel: "low" };
  const batch = { records: BATCH, lingerMs: 20 };
  const config = place.config({
    ...common,
    sinks: [
      { type: "otlp", name: "steady", endpoint: steady.url, batch, inFlight: IN_FLIGHT },
      { type: "ndjson", name: "file", path: "out.ndjson", batch },
      { type: "otlp", name: "troubled", endpoint: troubled.url, encoding: "json", batch, inFlight: IN_FLIGHT },
    ],
    // Files are finished so often that most kills meet one that is being written, or on its way.
    archive: { to: { type: "directory", path: ARCHIVE }, rollMs: 150 },
    alerts: { ...alerts, webhook: { url: toWebhook }, slack: { webhookUrl: toSlack } },
  });
  /** Of another worker, that nothing disturbs. */
  const quietConfig = place.config(
    {
      ...common,
      sinks: [{ type: "ndjson", path: "quiet.ndjson" }],
      alerts: { ...alerts, webhook: { url: toUndisturbed } },
      ledger: { path: "quiet.db" },
    },
    "quiet.yaml",
  );
  const memoryOf = (name: string) => Memory.of(place.path(name));
  let memory = memoryOf("flowferry.db");
  let mostParked = 0;

  return {
    ...{ place, supply, tables, faults, config, quietConfig, memoryOf, webhook, slack, undisturbed, notifiers },
    sinks: Object.values(sinks),
    /** What the ledger held after the last run. */
    get memory() {
      return memory;
    },
    get mostParked() {
      return mostParked;
    },
    /** Resolves when a sink gets something, or somebody is told. */
    happens: (what: keyof typeof news) => news[what].promise,
    /** A run is about to begin: some of it fares otherwise than in the run before. */
    change() {
      news.delivery = Promise.withResolvers();
      news.alert = Promise.withResolvers();
      if (random.chance(0.2)) troubled.faults = random.chance(0.5) ? {} : random.pick(TROUBLES);
      steady.faults = { "*": { delayMs: random.between(5, 120) } };
      for (const notifier of notifiers) notifier.well = random.chance(0.85);
    },
    /** While a run goes on: a sink that failed is well again, or the other way round. */
    turn() {
      troubled.faults = isWell() ? random.pick(TROUBLES) : {};
    },
    /** All are well from now on, and everything is in the bucket. Returns the table that is in place. */
    heal(): string {
      supply.complete((version) => memory.knows(version));
      steady.faults = {};
      troubled.faults = {};
      for (const notifier of notifiers) notifier.well = true;
      return tables.mend();
    },
    /** A run has ended: holds what came against the ledger. */
    async settle({ stderr }: Ended, ending: Ending) {
      await Promise.all([steady, troubled, ...notifiers].map((each) => each.idle()));
      for (const line of added.take()) take(sinks.file, (line as { attributes: Attributes }).attributes, 0);
      const after = memoryOf("flowferry.db");
      const answers = (sink: SinkAudit) => sink !== sinks.troubled || Object.keys(troubled.faults).length === 0;
      for (const sink of Object.values(sinks)) faults.push(...sink.settle(memory, after, ending, answers(sink), supply.versions));
      for (const notifier of notifiers) faults.push(...notifier.settle(memory, after, ending));
      const copy = tables.copy();
      if (copy !== undefined && !tables.isGood(copy)) faults.push("the copy of a table is none that was ever whole");
      if (STACK_TRACE.test(stderr) || stderr.includes("do not balance")) faults.push(stderr);
      mostParked = Math.max(mostParked, after.parked);
      memory = after;
      supply.settle((version) => after.knows(version));
    },
    async close() {
      for (const each of [webhook, slack, undisturbed]) each.close();
      await Promise.all([steady.close(), troubled.close(), bucket.close()]);
      place.remove();
    },
  };
}
