import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { hourIn, type Window } from "../archive/layout.ts";
import { type WritableStore, writable } from "../archive/uploads.ts";
import type { Config } from "../config/load.ts";
import { at } from "../config/validate.ts";
import type { FieldRef } from "../detect/fields.ts";
import { parseInstant } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";
import { type Answer, ask, type Limits } from "../query/ask.ts";
import { chartLines, type Drawn, shown } from "../query/chart.ts";
import { FilesChanged } from "../query/failure.ts";
import { COPIES, fetchObject, filesByHour } from "../query/fetch.ts";
import { hoursBelow } from "../query/files.ts";
import { type Flows, openFlows } from "../query/flows.ts";
import { type Cell, csvLines, tableLines } from "../reports/table.ts";
import { configOption } from "./config-option.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";

export const FORMATS = ["table", "csv", "json", "chart"] as const;

/** Options of every command that asks the archive. */
export interface AskingFlags {
  readonly config: string;
  readonly input?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly timeout: number;
  readonly format: (typeof FORMATS)[number];
}

export const count = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError("expected a whole number from 1 on");
  return number;
};

/** Adds the options to a command. */
export function withAsking(command: Command, { env }: CliContext): Command {
  return command
    .addOption(configOption(env, "configuration file (YAML), whose archive is asked"))
    .option("-i, --input <path...>", "files or folders to ask instead: Parquet of an archive, enriched JSON, NDJSON")
    .option("--since <time>", "only flows from then on: a time, a date, or how long ago (7d)")
    .option("--until <time>", "only flows before then")
    .addOption(new Option("--limit <rows>", "most rows").argParser(count))
    .addOption(new Option("--timeout <seconds>", "how long it may take").argParser(count).default(60))
    .addOption(new Option("--format <format>", "how the answer is printed").choices(FORMATS).default("table"));
}

/** The archive of a configuration, as a bucket. */
export async function archiveStore(config: Config, env: NodeJS.ProcessEnv): Promise<{ store: WritableStore; prefix: string }> {
  const { archive, baseDir, secrets } = config;
  if (archive === undefined) {
    throw new UsageError("archive-none", `${config.file} has no archive: add the block \`archive\`, or name files with --input`);
  }
  if (archive.format !== "parquet")
    throw new UsageError("archive-none", `${config.file}: the archive is no Parquet: name its folder with --input`);
  const { to, prefix } = archive;
  const store = await at(to.place, () => to.component.create(to.options, { baseDir, env, onEvent: () => {}, secrets }));
  return { store: writable(store), prefix };
}

export interface Question {
  readonly sql: string;
  readonly fields: readonly FieldRef[];
  /** Without --since and --until. */
  readonly window: Window;
  readonly rows: number;
  /** What a chart shows. */
  readonly drawn?: Drawn | undefined;
  /** Only of its flows. */
  readonly host?: string | undefined;
}

/** Asks and prints; what was passed over is told on stderr. */
export async function answerQuestion(context: CliContext, flags: AskingFlags, question: Question): Promise<ExitCode> {
  const now = Date.now();
  const { since, until } = flags;
  const window: Window = {
    since: since === undefined ? question.window.since : parseInstant(since, now),
    until: until === undefined ? question.window.until : parseInstant(until, now),
  };
  if (window.since >= window.until)
    throw new UsageError("bad-filter", `--since (${since ?? ""}) is not before --until (${until ?? ""})`);
  const stop = progressOf(context);
  try {
    const limits = { rows: question.rows, timeoutMs: flags.timeout * 1000 };
    const { answer, flows } = await asked(context, flags, window, question, limits);
    stop();
    print(context, answer, flags.format, question.drawn);
    const notes = [
      ...flows.passedOver.map(({ file, reason }) => `${file} ${reason}: passed over`),
      ...(flows.timeless && (since ?? until) !== undefined ? ["enriched JSON holds no times: all of it is asked"] : []),
      ...(flows.files === 0
        ? [`there are no files of flows${flows.pruned > 0 ? ` of that time, but ${flows.pruned} of others` : ""}`]
        : []),
      ...(question.host !== undefined && answer.rows.length === 0
        ? [`no such flow is from or to ${question.host}: is it an address, or a server of the tables as the worker had them?`]
        : []),
      ...(answer.more ? [`there are more than ${question.rows} rows: --limit shows more`] : []),
    ];
    for (const note of notes) context.stderr.write(`flowferry: ${context.secrets.scrub(note)}\n`);
    return flows.passedOver.length > 0 ? EXIT.incomplete : EXIT.done;
  } finally {
    stop();
  }
}

type Looked = Pick<Flows, "passedOver" | "timeless" | "files" | "pruned">;

/** A compaction may replace files between their listing and their reading: they are listed once more. */
async function asked(
  context: CliContext,
  flags: AskingFlags,
  window: Window,
  { sql, fields }: Question,
  limits: Limits,
): Promise<{ answer: Answer; flows: Looked }> {
  for (let attempt = 1; ; attempt += 1) {
    const input = await inputsOf(context, flags, window);
    try {
      const flows = await openFlows(input.paths, { window, fields, signal: context.signal });
      try {
        return { answer: await ask(flows.connection, sql, limits, context.signal), flows };
      } finally {
        flows.close();
      }
    } catch (error) {
      if (!(error instanceof FilesChanged) || attempt === 3) throw error;
    } finally {
      input.remove();
    }
  }
}

/** What is asked: what was named, the archive's folder, or copies of what its bucket holds of that time. */
export async function inputsOf(
  context: CliContext,
  { input, config: file }: Pick<AskingFlags, "input" | "config">,
  window: Window,
): Promise<{ paths: readonly string[]; remove(): void }> {
  if (input !== undefined) return { paths: input, remove: () => {} };
  return archiveInputs(context, await context.loadConfig(file), window);
}

/** The archive's folder, or copies of what its bucket holds of that time. */
export async function archiveInputs(
  context: CliContext,
  config: Config,
  window: Window,
): Promise<{ paths: readonly string[]; remove(): void }> {
  const { path } = (config.archive?.to.options ?? {}) as { readonly path?: string };
  const { store, prefix } = await archiveStore(config, context.env);
  try {
    if (path !== undefined) return { paths: [resolve(config.baseDir, path, prefix)], remove: () => {} };
    const folder = mkdtempSync(join(tmpdir(), COPIES));
    const remove = () => rmSync(folder, { recursive: true, force: true });
    try {
      const hours = await filesByHour(store, prefix, window, context.signal);
      for (const object of [...hours.values()].flat()) await fetchObject(store, object, folder, context.signal);
    } catch (error) {
      remove();
      throw error;
    }
    return { paths: [folder], remove };
  } finally {
    await store.close();
  }
}

/** The hours of which the archive has files; undefined where its files do not tell. */
export async function archiveHours(context: CliContext, config: Config, window: Window): Promise<readonly Window[] | undefined> {
  const { path } = (config.archive?.to.options ?? {}) as { readonly path?: string };
  const { store, prefix } = await archiveStore(config, context.env);
  try {
    if (path !== undefined) return hoursBelow(resolve(config.baseDir, path, prefix));
    const folders = [...(await filesByHour(store, prefix, window, context.signal)).keys()];
    return folders.flatMap((folder) => hourIn(folder) ?? []);
  } finally {
    await store.close();
  }
}

function print(context: CliContext, answer: Answer, format: AskingFlags["format"], drawn: Drawn | undefined): void {
  const { columns, rows } = answer;
  const cells = (): Cell[][] => rows.map((row) => row.map((value) => (typeof value === "number" ? value : shown(value))));
  switch (format) {
    case "json":
      for (const row of rows)
        context.print(JSON.stringify(Object.fromEntries(row.map((value, index) => [columns[index], value]))));
      return;
    case "chart":
      context.stdout.write(`${chartLines(answer, drawn).join("\n")}\n`);
      return;
    default:
      context.stdout.write(`${(format === "csv" ? csvLines : tableLines)(columns, cells()).join("\n")}\n`);
  }
}

/** On a terminal, what takes longer than two seconds shows that it goes on. */
export function progressOf(
  { stderr }: CliContext,
  line: (seconds: number) => string = (seconds) => `asking, ${seconds} s`,
): () => void {
  if (!stderr.isTTY) return () => {};
  const started = performance.now();
  let isShown = false;
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    if (seconds < 2) return;
    isShown = true;
    stderr.write(`\r${line(seconds)} `);
  }, 1000);
  return () => {
    clearInterval(timer);
    if (isShown) stderr.write("\r\u001b[K");
    isShown = false;
  };
}
