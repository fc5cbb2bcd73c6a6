import { existsSync } from "node:fs";
import { Command } from "commander";
import { type ArchiveSize, openArchiveMeasure } from "../archive/measure.ts";
import type { Config, NamedSource } from "../config/load.ts";
import type { Ledger } from "../contracts/ledger.ts";
import type { Seen, Source } from "../contracts/source.ts";
import type { ObjectRef } from "../contracts/store.ts";
import { sizeOf } from "../coordination/sizing.ts";
import { type Enrichment, openEnrichment } from "../enrich/enrichment.ts";
import { originIn } from "../flow/origin.ts";
import { decoderFor } from "../formats/formats.ts";
import { NOTHING_SEEN } from "../ledger/nothing-seen.ts";
import { inspectLedger } from "../ledger/sqlite.ts";
import { parseInstant } from "../lib/durations.ts";
import { openSource } from "../run/prepare.ts";
import { filterOf } from "../run/threads.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";
import { openSavings, type Saving } from "./plan-savings.ts";
import { above0, describeWorkers, loadOf, type WorkersOptions } from "./plan-workers.ts";

/** How many objects are read to learn what one holds, and how many stored bytes of them. */
const SAMPLE_OBJECTS = 5;
const SAMPLE_BYTES = 32 * 1024 ** 2;

interface Plan {
  /** Name of the source. */
  readonly source: string;
  readonly objects: number;
  readonly bytes: number;
  readonly partitions: number;
  readonly listPages: number;
  readonly oldest: string | null;
  readonly newest: string | null;
  /** From a sample, null when there is nothing to sample. */
  readonly estimate: { readonly sampledObjects: number; readonly records: number; readonly seconds: number } | null;
  /** What the options of sinks save, by the same sample; none where no sink has such options. */
  readonly savings: readonly Saving[];
  /** What the archive would hold, by the same sample; null without one, or when there is nothing to sample. */
  readonly archive: ArchiveSize | null;
  /** What an operator should know before the run, one line each. */
  readonly warnings: readonly string[];
}

interface PlanOptions extends Omit<WorkersOptions, "workers"> {
  readonly config: string;
  readonly json: boolean;
  readonly workers?: number;
}

export function planCommand(context: CliContext): Command {
  return new Command("plan")
    .description(
      "Say what a run would read: objects, bytes, requests, and an estimate of records, time, and the archive's size. Nothing is shipped.",
    )
    .addOption(configOption(context.env))
    .option("--json", "one JSON line for each source", false)
    .option(
      "--workers <flows>",
      "say instead what a fleet that shares the work (coordination) needs for so many flows a second: workers, partitions, bytes, with the reasons",
      above0,
    )
    .option("--flows-per-object <n>", "with --workers: flows in an object", above0, 10_000)
    .option("--bytes-per-flow <n>", "with --workers: bytes of a flow as stored, compressed", above0, 85)
    .option("--cpu-per-flow <µs>", "with --workers: CPU from the object to the acknowledgement, in µs", above0, 19.3)
    .option("--cores <n>", "with --workers: cores of a worker", above0, 4)
    .option("--retention-hours <n>", "with --workers: how long the topics keep a message", above0, 24)
    .option("--price-per-gb <n>", "with --workers: what a GB costs that goes into a topic or out of it", above0)
    .action(async ({ config: file, json, ...fleet }: PlanOptions) => {
      const { workers } = fleet;
      if (workers !== undefined) {
        const load = loadOf({ ...fleet, workers });
        if (json) context.print(JSON.stringify({ ...load, ...sizeOf(load) }));
        else for (const line of describeWorkers(load, fleet.pricePerGb)) context.print(line);
        return;
      }
      const config = await context.loadConfig(file);
      for (const source of config.sources) {
        const plan = await makePlan(config, source, context);
        if (json) context.print(JSON.stringify(plan));
        else if (config.sources.length > 1) context.print(`source ${source.name}`);
        if (!json) for (const line of describe(plan)) context.print(line);
      }
    });
}

async function makePlan(config: Config, named: NamedSource, context: CliContext): Promise<Plan> {
  const { name } = named;
  const source = await openSource(config, named, context.env, () => {});
  const { ledgerPath } = config;
  const isThere = ledgerPath !== ":memory:" && existsSync(ledgerPath);
  let ledger: Ledger | undefined;
  try {
    ledger = isThere ? inspectLedger(ledgerPath, [{ name, store: source.name }]) : undefined;
    const sample: ObjectRef[] = [];
    const partitions = new Set<string>();
    let [objects, bytes, listPages, oldest, newest] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const seen: Seen = ledger?.of(name).seen ?? NOTHING_SEEN;
    for await (const page of source.discover(seen, context.signal)) {
      listPages += 1;
      if (page.objects.length > 0) partitions.add(page.partition);
      for (const object of page.objects) {
        objects += 1;
        bytes += object.size;
        oldest = Math.min(oldest, object.time);
        newest = Math.max(newest, object.time);
        if (sample.length < SAMPLE_OBJECTS) sample.push(object);
        else if (objects % 97 === 0) sample[(objects / 97) % SAMPLE_OBJECTS] = object;
      }
    }
    const sampled = sample.length === 0 ? null : await readSample(sample, bytes, source, { config, named, context });
    const iso = (time: number) => (Number.isFinite(time) ? new Date(time).toISOString() : null);
    const warnings = [
      ...tooOldFor(config, named, Math.min(oldest, sampled?.oldestFlow ?? oldest), Date.now()),
      ...unmeasured(config),
    ];
    return {
      source: name,
      objects,
      bytes,
      partitions: partitions.size,
      listPages,
      oldest: iso(oldest),
      newest: iso(newest),
      estimate: sampled?.estimate ?? null,
      savings: sampled?.savings ?? [],
      archive: sampled?.archive ?? null,
      warnings,
    };
  } finally {
    await source.close();
    ledger?.close();
  }
}

/** A line for each sink that refuses records as old as the oldest known, unless the filter keeps them from it. In ms since the epoch. */
function tooOldFor({ sinks }: Config, { filter }: NamedSource, oldest: number, now: number): string[] {
  const since = filter.since === undefined ? Number.NEGATIVE_INFINITY : parseInstant(filter.since, now);
  return sinks.flatMap(({ name, component: { type, timeWindow } }) => {
    if (timeWindow === undefined || oldest >= now - timeWindow.pastMs || since >= now - timeWindow.pastMs) return [];
    const hours = timeWindow.pastMs / 3_600_000;
    const held = `the bucket holds records of ${new Date(oldest).toISOString()} or before`;
    const advice = `older ones become dead letters of this sink; set filter.since: ${hours}h to leave them out`;
    return [`sink ${name} (${type}) takes no record older than ${hours} h, and ${held}: ${advice}`];
  });
}

/** A line for each sink of which a sample does not tell what it would get. */
function unmeasured({ sinks }: Config): string[] {
  return sinks.flatMap(({ name, filter }) =>
    filter?.asksDetections
      ? [`the filter of sink ${name} asks for detections, which a plan does not evaluate: what it saves is not known`]
      : [],
  );
}

/** Reads the sample to its end. `oldestFlow` is in ms since the epoch, undefined when there is no flow in it. */
async function readSample(
  sample: ObjectRef[],
  bytes: number,
  source: Source,
  { config, named, context }: { readonly config: Config; readonly named: NamedSource; readonly context: CliContext },
): Promise<Pick<Plan, "savings" | "archive"> & { estimate: NonNullable<Plan["estimate"]>; oldestFlow: number | undefined }> {
  const { maxObjectBytes: maxBytes, maxRecordBytes } = config.limits;
  const { signal, env } = context;
  const decode = decoderFor(config.registry.formats, named.format);
  const options = { skip: 0, maxBytes, maxRecordBytes };
  const savings = openSavings(config, env);
  const measure = config.archive && openArchiveMeasure(config.archive.format);
  const enrichment = savings === undefined && measure === undefined ? undefined : await enrichmentOf(config, named, context);
  const keep = filterOf(named.filter, Date.now());
  let [sampledObjects, sampledBytes, records, measuringMs] = [0, 0, 0, 0];
  let oldestFlow: number | undefined;
  let sampledArchive: ArchiveSize | null = null;
  const started = performance.now();
  try {
    for (const object of sample) {
      if (sampledObjects > 0 && sampledBytes + object.size > SAMPLE_BYTES) continue;
      const bytes = await source.open(object, signal);
      const pieces = decode(bytes, originIn(source, object), { ...options, framed: bytes.framed });
      for await (const { flows } of pieces) {
        records += flows.length;
        for (const { time } of flows) oldestFlow = Math.min(oldestFlow ?? time, time);
        const before = performance.now();
        await enrichment?.prepare(flows, signal);
        enrichment?.enrich(flows);
        const kept = flows.filter(keep);
        savings?.take(kept);
        measure?.take(kept);
        measuringMs += performance.now() - before;
      }
      savings?.endObject();
      sampledObjects += 1;
      sampledBytes += object.size;
    }
    const before = performance.now();
    sampledArchive = measure?.end() ?? null;
    measuringMs += performance.now() - before;
  } finally {
    measure?.close();
    await enrichment?.close();
  }
  const share = bytes / Math.max(1, sampledBytes);
  const seconds = Math.round(((performance.now() - started - measuringMs) / 1000) * share);
  const inAll = <T extends { records: number; bytes: number }>(some: T): T => ({
    ...some,
    records: Math.round(some.records * share),
    bytes: Math.round(some.bytes * share),
  });
  const estimate = { sampledObjects, records: Math.round(records * share), seconds };
  return {
    estimate,
    savings: (savings?.all ?? []).map(({ sink, steps }) => ({ sink, steps: steps.map(inAll) })),
    archive: sampledArchive && inAll<ArchiveSize>(sampledArchive),
    oldestFlow,
  };
}

/** The tables and networks of a source, by which its flows are enriched before sinks get them. */
function enrichmentOf(
  { registry, baseDir, secrets }: Config,
  { enrich }: NamedSource,
  { env, stderr }: CliContext,
): Promise<Enrichment> {
  const tell = ({ ok, message }: { readonly ok: boolean; readonly message: string }) =>
    void (ok || stderr.write(`${secrets.scrub(message)}\n`));
  const surroundings = { networks: registry.networks, baseDir, env, secrets, onLookups: tell, onNetwork: tell };
  return openEnrichment({ ...enrich, lastGood: undefined }, surroundings);
}

function describe({
  objects,
  bytes,
  partitions,
  listPages,
  oldest,
  newest,
  estimate,
  savings,
  archive,
  warnings,
}: Plan): string[] {
  if (objects === 0) return ["nothing new: every object in the bucket was discovered before, or there is none"];
  const lines = [
    `objects:   ${objects} in ${partitions} ${partitions === 1 ? "partition" : "partitions"}, stored from ${oldest} to ${newest}`,
    `bytes:     ${(bytes / 1e6).toFixed(1)} MB as stored`,
    `requests:  ${objects} reads and about ${listPages} listings`,
  ];
  if (estimate !== null) {
    const { sampledObjects, records, seconds } = estimate;
    lines.push(
      `records:   about ${records} (from ${sampledObjects} sampled ${sampledObjects === 1 ? "object" : "objects"})`,
      `time:      about ${seconds} s to read and decode one object after the other, without delivery`,
    );
  }
  if (archive !== null) lines.push(archiveLine(archive));
  lines.push(...savings.map(savingLine), ...warnings.map((warning) => `warning:   ${warning}`));
  return lines;
}

/** `sink otlp: about 91.4 MB in 120000 records instead of 745.2 MB in 600000, before compression: sample 149.0 MB, aggregate 91.4 MB`. */
function savingLine({ sink, steps }: Saving): string {
  const size = ({ bytes }: Pick<Saving["steps"][number], "bytes">) => `${(bytes / 1e6).toFixed(1)} MB`;
  const [first, ...others] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return "";
  const saved = first.bytes === 0 ? 0 : Math.round((1 - last.bytes / first.bytes) * 100);
  const share = saved === 0 ? "" : ` (${Math.abs(saved)} % ${saved > 0 ? "less" : "more"})`;
  const way = others.map((step) => `${step.option} ${size(step)}`).join(", ");
  return `sink ${sink}: about ${size(last)} in ${last.records} records instead of ${size(first)} in ${first.records}${share}, before compression: ${way}`;
}

/** `archive:   about 14.1 MB of Parquet for 60031 flows, in a file or more for each hour of them`. */
function archiveLine({ format, records, bytes }: ArchiveSize): string {
  const [what, where] =
    format === "json"
      ? ["enriched JSON", "in one object for each that holds flows"]
      : ["Parquet", "in a file or more for each hour of them"];
  return `archive:   about ${(bytes / 1e6).toFixed(1)} MB of ${what} for ${records} flows, ${where}`;
}
