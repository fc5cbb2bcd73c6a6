import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { SingleBar } from "cli-progress";
import { Command, InvalidArgumentError, Option } from "commander";
import { DAMAGE, type DamageKind, damageKinds } from "../generator/damage/kinds.ts";
import { generate } from "../generator/generate.ts";
import { INCIDENTS, type IncidentId } from "../generator/incidents.ts";
import { lookupFiles } from "../generator/lookup-files.ts";
import { DEFAULT_START, FORMATS, type FormatName, type GenerateOptions } from "../generator/options.ts";
import type { Truth } from "../generator/truth.ts";
import { writeBucket } from "../generator/write.ts";
import { parseDuration, parseInstant } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import type { Terminal } from "../lib/terminal.ts";
import type { CliContext } from "./context.ts";

const DAY_MS = 86_400_000;
/** What is older is no news any more (`alerts.lateness`). */
const RECENT_MS = 3_600_000;

interface Flags {
  readonly format: FormatName;
  readonly out: string;
  readonly flows: number;
  readonly objects?: number;
  readonly flowsPerObject?: number;
  readonly seed: string;
  readonly start: number;
  readonly span?: number;
  readonly recent?: boolean;
  readonly vnics: number;
  readonly incidents: readonly IncidentId[];
  readonly damage: readonly string[];
  readonly prefix: string;
  readonly wrapped?: boolean;
  readonly encodedKeys?: boolean;
  readonly quality: boolean;
  readonly gzipLevel: number;
  readonly lookups?: string;
  readonly truth?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function generateCommand(context: CliContext): Command {
  return new Command("generate")
    .description("Make up a bucket of flow logs from a seed, with incidents in it and a file that says what it holds.")
    .addOption(new Option("--format <format>", "log format").choices(FORMATS).makeOptionMandatory())
    .requiredOption("--out <dir>", "folder that becomes the bucket; it must be empty or absent")
    .option("--flows <n>", "flow records, those of the incidents among them", wholeNumber, 100_000)
    .addOption(
      new Option("--objects <n>", "number of objects (default: the pace of the real writer)")
        .argParser(wholeNumber)
        .conflicts("flowsPerObject"),
    )
    .option("--flows-per-object <n>", "flows of one object, on average (ibm: at most)", wholeNumber)
    .option("--seed <text>", "the same seed and options give the same bytes", "1")
    .addOption(
      new Option("--start <time>", "when the traffic begins: a time, or how long ago, as in 1d")
        .argParser(instant)
        .default(DEFAULT_START, new Date(DEFAULT_START).toISOString()),
    )
    .addOption(
      new Option("--span <duration>", "how long it goes on, as in 6h or 7d (default: 1d, with --recent 1h)").argParser(
        parseDuration,
      ),
    )
    .addOption(new Option("--recent", "the traffic ends now, so that it is news and somebody is told").conflicts("start"))
    .option("--vnics <n>", "servers, each with one VNIC that logs (8 to 2000)", wholeNumber, 24)
    .addOption(
      new Option("--incidents <list>", `all, none, or some of ${INCIDENTS.join(",")}`)
        .argParser(incidentList)
        .default(INCIDENTS, "all"),
    )
    .addOption(
      new Option("--damage <list>", `all, none, or some of ${Object.keys(DAMAGE).join(",")}`).argParser(list).default([], "none"),
    )
    .addOption(new Option("--prefix <text>", "what every key begins with").default("", "nothing"))
    .option("--wrapped", "oci: each event in the wrapper that the console's export has")
    .option("--encoded-keys", "ibm: CRNs in keys are URL-encoded")
    .option("--no-quality", "no NODATA and SKIPDATA records, no headers that say so or miscount")
    .option("--gzip-level <n>", "1 (fast) to 9 (small)", wholeNumber, 3)
    .option(
      "--lookups <dir>",
      "also write servers.csv, subnets.csv, networks.csv and approved-destinations.csv that fit the bucket",
    )
    .option("--truth <file>", "where to write what the bucket holds (default: <out>.truth.json)")
    .option("--force", "write into a folder that is not empty; files of the same name are replaced")
    .option("--json", "end with one JSON line that sums up the bucket")
    .action((flags: Flags) => run(context, flags));
}

async function run(context: CliContext, flags: Flags): Promise<void> {
  const out = resolve(flags.out);
  const truthFile = resolve(flags.truth ?? `${out}.truth.json`);
  checkTargets(out, truthFile, flags);
  const generation = generate(optionsOf(flags));
  const started = performance.now();
  const progress = showProgress(context.stderr, flags.flows);
  mkdirSync(out, { recursive: true });
  try {
    await writeBucket(generation, out, ({ records }) => progress.add(records), context.signal);
  } finally {
    progress.stop();
  }
  const truth = generation.truth();
  mkdirSync(dirname(truthFile), { recursive: true });
  writeFileSync(truthFile, `${JSON.stringify(truth, undefined, 2)}\n`);
  if (flags.lookups !== undefined) {
    const folder = resolve(flags.lookups);
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(lookupFiles(generation))) writeFileSync(join(folder, name), text);
  }
  summarize(context, flags, truth, truthFile, (performance.now() - started) / 1000);
}

function checkTargets(out: string, truthFile: string, { force, out: given }: Flags): void {
  if (existsSync(out)) {
    if (!statSync(out).isDirectory()) throw new UsageError("bad-generate-option", `--out ${given} is a file: name a folder`);
    if (!force && readdirSync(out).length > 0) {
      throw new UsageError("not-empty", `--out ${given} is not empty: name another folder, or add --force to write into it`);
    }
  }
  if (`${truthFile}/`.startsWith(`${out}/`)) {
    throw new UsageError("bad-generate-option", "--truth lies inside --out, where it would be taken for an object: move it out");
  }
}

function optionsOf(flags: Flags): GenerateOptions {
  const { format, flows, objects, flowsPerObject, seed, vnics, incidents, prefix, quality, gzipLevel } = flags;
  const spanMs = flags.span ?? (flags.recent ? RECENT_MS : DAY_MS);
  const start = flags.recent ? instant(`${spanMs}ms`) : flags.start;
  return {
    ...{ format, flows, seed, start, spanMs, vnics, incidents, prefix, quality, gzipLevel },
    damage: damageList(format, flags.damage),
    wrapped: flags.wrapped === true,
    encodedKeys: flags.encodedKeys === true,
    ...(objects === undefined ? {} : { objects }),
    ...(flowsPerObject === undefined ? {} : { flowsPerObject }),
  };
}

function summarize({ print }: CliContext, flags: Flags, truth: Truth, truthFile: string, seconds: number): void {
  const { objects, records, flows, storedBytes, incidents, damage } = truth;
  if (flags.json) {
    const total = flows.accept + flows.reject;
    const rounded = Math.round(seconds * 1000) / 1000;
    print(JSON.stringify({ objects, records, flows: total, storedBytes, out: flags.out, truth: truthFile, seconds: rounded }));
    return;
  }
  print(`${objects} objects, ${records} records, ${(storedBytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s: ${flags.out}`);
  print(`${flows.accept} accepted and ${flows.reject} rejected flows; what the bucket holds: ${truthFile}`);
  for (const { id, source, destination, port, recordCount, start } of incidents) {
    print(`${id}: ${source} to ${destination}${port === null ? "" : ` port ${port}`}, ${recordCount} records from ${start}`);
  }
  for (const { kind, key, record } of damage) print(`damage ${kind}: ${key}${record === null ? "" : ` record ${record}`}`);
}

function showProgress(stderr: Terminal, flows: number): { add(records: number): void; stop(): void } {
  if (!stderr.isTTY) return { add: () => {}, stop: () => {} };
  const bar = new SingleBar({
    stream: stderr,
    format: "{bar} {percentage}% | {value} of {total} flows | {eta} s left",
    hideCursor: true,
  });
  bar.start(flows, 0);
  return { add: (records) => bar.increment(records), stop: () => bar.stop() };
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It is no whole number.");
  return Number(text);
}

/** To the second, as the log counts. */
function instant(text: string): number {
  return Math.floor(parseInstant(text, Date.now()) / 1000) * 1000;
}

function list(text: string): string[] {
  return text === "none" ? [] : text.split(",").map((word) => word.trim());
}

function incidentList(text: string): readonly IncidentId[] {
  return text === "all" ? INCIDENTS : list(text).map((word) => known(word, INCIDENTS, "incident"));
}

function damageList(format: FormatName, words: readonly string[]): DamageKind[] {
  const kinds = damageKinds(format);
  return words.length === 1 && words[0] === "all" ? kinds : words.map((word) => known(word, kinds, `damage of format ${format}`));
}

function known<Word extends string>(word: string, words: readonly Word[], what: string): Word {
  const found = words.find((each) => each === word);
  if (found !== undefined) return found;
  const near = nearest(word, words);
  const hint = near === undefined ? `choose among ${words.join(", ")}` : `did you mean ${near}?`;
  throw new UsageError("bad-generate-option", `there is no ${what} "${word}": ${hint}`);
}
