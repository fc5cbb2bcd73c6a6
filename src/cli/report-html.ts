import { Command, Option } from "commander";
import { ALWAYS, type Window } from "../archive/layout.ts";
import { parseInstant } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";
import { FilesChanged } from "../query/failure.ts";
import { type Flows, openFlows } from "../query/flows.ts";
import { USUAL_OPTIONS } from "../reports/advise/advise.ts";
import { type ShortAdvice, shortAdvice } from "../reports/advise/output.ts";
import type { ReportData, Totals } from "../reports/html/data.ts";
import { gather, servicesOf, totalsOf } from "../reports/html/gather.ts";
import { page } from "../reports/html/page.ts";
import { openCharts } from "../reports/html/svg.ts";
import { advisingOf, hasRules } from "./advising.ts";
import { takeRows } from "./archived.ts";
import { count, inputsOf, progressOf } from "./asking.ts";
import { configOption, USUAL, usualConfig } from "./config-option.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { fileOut, IN_BUCKET, isInBucket, requireOut, writeOut } from "./output.ts";
import { openReading, type Reading, tell } from "./reading.ts";
import { noTotals, type Take } from "./reading-totals.ts";
import { readToFiles, type SourceFiles } from "./source-files.ts";

interface HtmlFlags {
  readonly config: string;
  readonly input?: readonly string[];
  readonly out: string;
  readonly since: string;
  readonly until?: string;
  readonly title: string;
  readonly pairs: number;
  readonly timeout: number;
  readonly compare: boolean;
}

const USUAL_NAME = "flowferry-report.html";

/** `flowferry report html`: what the flows of a time say, on one page. */
export function htmlCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return new Command("html")
    .description("One page of the archive's flows with pictures and tables: a file without script that asks for nothing else.")
    .addOption(configOption(context.env, "configuration file (YAML), whose archive is read, or its sources where it has none"))
    .option("-i, --input <path...>", "files or folders to read instead: Parquet of an archive, enriched JSON, NDJSON")
    .option("--out <file>", `the page; - for standard output; ${IN_BUCKET}`, USUAL_NAME)
    .option("--since <time>", "flows from then on: a time, a date, or how long ago", "7d")
    .option("--until <time>", "flows before then (default: now)")
    .option("--no-compare", "no comparison with the time of the same length before")
    .option("--title <text>", "what stands above it", "Network flows")
    .addOption(new Option("--pairs <rows>", "most rows of the Link table").argParser(count).default(100))
    .addOption(new Option("--timeout <seconds>", "how long one question may take").argParser(count).default(300))
    .action(async (flags: HtmlFlags) => finish(await reportHtml(context, flags)));
}

async function reportHtml(context: CliContext, flags: HtmlFlags): Promise<ExitCode> {
  const now = Date.now();
  const window = {
    since: parseInstant(flags.since, now),
    until: flags.until === undefined ? now : parseInstant(flags.until, now),
  };
  if (window.since >= window.until)
    throw new UsageError("bad-filter", `--since (${flags.since}) is not before --until (${flags.until ?? "now"})`);
  const { out } = flags;
  const config = isInBucket(out) ? await context.loadConfig(flags.config) : undefined;
  if (config !== undefined) requireOut(out, config);
  const draw = await openCharts();
  const sources = await sourcesOf(
    context,
    flags,
    flags.compare ? { since: beforeOf(window).since, until: window.until } : window,
  );
  const reading = await rulesOf(context, flags);
  let doing = "opening the files";
  const stop = progressOf(context, (seconds) => `${doing}, ${seconds} s`);
  try {
    const onStep = (step: string) => {
      doing = step;
    };
    const found =
      sources === undefined
        ? await gathered(context, flags, window, reading, onStep)
        : { ...(await ofFiles(context, flags, sources.paths, window, reading, onStep)), doubts: sources.doubts };
    const scrubbed = (some: readonly string[]) => some.map((line) => context.secrets.scrub(line));
    const data = { ...found, passedOver: scrubbed(found.passedOver), doubts: scrubbed(found.doubts) };
    const html = page(data, { title: flags.title, at: now, isCompared: flags.compare && data.totals.timeless === 0, draw });
    context.signal.throwIfAborted();
    stop();
    if (out === "-") context.stdout.write(html);
    else {
      const [folder, name] = fileOut(out, USUAL_NAME);
      await writeOut(folder, [[name, html]], config, context);
      context.print(`a report of ${data.totals.flows} flows: ${out}`);
    }
    tell(context, notesOf(data));
    return data.passedOver.length > 0 || sources?.isDoubtful === true ? EXIT.incomplete : EXIT.done;
  } finally {
    stop();
    sources?.remove();
    await reading?.close();
  }
}

/** The tables and networks of the configuration, where a file of it is named or lies where the user stands. */
async function rulesOf(context: CliContext, { input, config }: HtmlFlags): Promise<Reading | undefined> {
  // Beside files that are named there need not be a configuration; standard input can be read once.
  if (config === "-" || (input !== undefined && config === USUAL && usualConfig(context.env) === undefined)) return undefined;
  const { archive } = await context.loadConfig(config);
  return openReading({ config, from: archive?.format === "parquet" ? "archive" : "source" }, context);
}

const NO_RULES = "No rules are known: name a file (-c) that describes the network in enrich.oci or enrich.ibm.";

/** What the flows leave of the rules, or why nothing is said of them. */
async function advised(flows: Flows, reading: Reading, totals: Totals, signal: AbortSignal): Promise<ShortAdvice | string> {
  const { observations, question, advice } = advisingOf(reading);
  if (!hasRules(reading)) return NO_RULES;
  const read = noTotals();
  const take: Take = (flow, times, first, last) => observations.add(flow, times, first, last);
  try {
    for await (const rows of question(flows, signal)) await takeRows(rows, reading.enrichments[0], signal, take, read);
  } catch (error) {
    if (!(error instanceof UsageError) || error.code !== "report-too-large") throw error;
    return `Nothing is said of the rules: ${error.message}.`;
  }
  const evidence = { earliest: totals.first, latest: totals.last, unread: read.bad + flows.passedOver.length, lost: 0 };
  return shortAdvice(advice(evidence, USUAL_OPTIONS));
}

/** The time of the same length before. */
const beforeOf = ({ since, until }: Window): Window => ({ since: since - (until - since), until: since });

/** Where a configuration has no archive that can be asked, its sources are read. */
async function sourcesOf(
  context: CliContext,
  { input, config: file }: HtmlFlags,
  window: Window,
): Promise<SourceFiles | undefined> {
  if (input !== undefined || file === "-") return undefined;
  const { archive } = await context.loadConfig(file);
  return archive?.format === "parquet" ? undefined : readToFiles(context, file, window);
}

function notesOf({ passedOver, doubts, totals }: ReportData): string[] {
  const lines = [...passedOver.map((line) => `${line}: passed over`), ...doubts];
  if (totals.timeless > 0) lines.push("enriched JSON holds no times: all of it is in the report, and in no picture over time");
  if (totals.subnetless > 0) {
    const advice = "name them in `enrich.subnets` of the configuration";
    lines.push(`${totals.subnetless} of ${totals.flows} flows are of no named subnet: ${advice}`);
  }
  return lines;
}

/** A compaction may replace files between their listing and their reading: they are listed once more. */
async function gathered(
  context: CliContext,
  flags: HtmlFlags,
  window: Window,
  reading: Reading | undefined,
  onStep: (step: string) => void,
): Promise<ReportData> {
  for (let attempt = 1; ; attempt += 1) {
    const all = { since: flags.compare ? beforeOf(window).since : window.since, until: window.until };
    const input = await inputsOf(context, flags, all);
    try {
      return await ofFiles(context, flags, input.paths, window, reading, onStep);
    } catch (error) {
      if (!(error instanceof FilesChanged) || attempt === 3) throw error;
    } finally {
      input.remove();
    }
  }
}

async function ofFiles(
  { signal }: CliContext,
  { compare, pairs, timeout }: HtmlFlags,
  paths: readonly string[],
  window: Window,
  reading: Reading | undefined,
  onStep: (step: string) => void,
): Promise<ReportData> {
  const limits = { timeoutMs: timeout * 1000, signal };
  return using(await openFlows(paths, { window, signal: limits.signal }), async (flows) => {
    onStep("flows over time");
    const totals = await totalsOf(flows.connection, { ...window, ...limits });
    if (totals.flows === 0) throw await nothingFound(paths, window, flows.passedOver, limits);
    // Without times all records are of both windows.
    const compared = compare && !flows.timeless ? await comparedWith(paths, beforeOf(window), limits, onStep) : undefined;
    const advise = async () => (reading === undefined ? NO_RULES : advised(flows, reading, totals, signal));
    const data = await gather(flows, { ...window, ...limits, totals, before: compared?.totals, pairs, advise, onStep });
    if (compared === undefined) return data;
    return { ...data, services: data.services.map((one) => ({ ...one, before: compared.services.get(one.name) ?? 0 })) };
  });
}

type LimitsOfAll = { readonly timeoutMs: number; readonly signal: AbortSignal };

async function comparedWith(paths: readonly string[], window: Window, limits: LimitsOfAll, onStep: (step: string) => void) {
  onStep("the time before");
  return using(await openFlows(paths, { window, signal: limits.signal }), async ({ connection }) => {
    const totals = await totalsOf(connection, { ...window, ...limits });
    return totals.flows === 0 ? undefined : { totals, services: await servicesOf(connection, limits) };
  });
}

async function nothingFound(
  paths: readonly string[],
  { since, until }: Window,
  [passedOver, ...others]: Flows["passedOver"],
  limits: LimitsOfAll,
): Promise<UsageError> {
  const iso = (time: number) => new Date(time).toISOString();
  const { first, last } = await using(await openFlows(paths, { window: ALWAYS, signal: limits.signal }), ({ connection }) =>
    totalsOf(connection, { ...ALWAYS, ...limits }),
  );
  const there = Number.isNaN(first)
    ? "there are none at all"
    : `there are flows from ${iso(first)} to ${iso(last)} (--since, --until)`;
  const more = others.length === 0 ? "" : ` (so are ${others.length} others)`;
  const unread = passedOver === undefined ? "" : `; passed over${more}: ${passedOver.file} ${passedOver.reason}`;
  return new UsageError("report-empty", `there is no flow from ${iso(since)} to ${iso(until)}: ${there}${unread}`);
}

async function using<T>(flows: Flows, of: (flows: Flows) => Promise<T>): Promise<T> {
  try {
    return await of(flows);
  } finally {
    flows.close();
  }
}
