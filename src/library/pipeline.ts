import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Meter } from "@opentelemetry/api";
import { type Config, type ConfigInput, readConfig } from "../config/load.ts";
import type { Keeper } from "../contracts/keeper.ts";
import type { Problem } from "../contracts/ledger.ts";
import type { Totals } from "../delivery/account.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { addEnvironment } from "../lib/secrets/of-environment.ts";
import { Scrubber } from "../lib/secrets/scrubber.ts";
import { Registry } from "../registry.ts";
import { compose } from "../run/compose.ts";
import type { Hint } from "../run/pipeline.ts";
import { keepProblems } from "../run/problems.ts";
import { isComplete, type Results, runComposed } from "../run/run.ts";
import { Health } from "../telemetry/health.ts";
import { createInstruments, entryLog, type LogEntry } from "../telemetry/telemetry.ts";

/** With what a pipeline is opened. */
export interface OpenOptions {
  /** Parts that a configuration may name; the built-in ones, unless others were registered. */
  readonly registry?: Registry;
  /** Folder that relative paths start from: that of a configuration that is a file, else the current one. */
  readonly baseDir?: string;
  /** What `${NAME}` and credentials are taken from; that of the process by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets each line of the pipeline's log that is of `telemetry.level` or above, without secrets. Nobody does by default. */
  readonly onLog?: (entry: LogEntry) => void;
  /** Gets what does not do its work at the moment, whenever that changes; empty when all is well. */
  readonly onProblems?: (problems: readonly Problem[]) => void;
  /** Counts what the pipeline does; by default a meter of the provider that the program has set for OpenTelemetry, if it has. */
  readonly meter?: Meter;
  /** What keeps flows beside the sinks. The pipeline flushes them, and closes none. */
  readonly keepers?: readonly Keeper[];
}

/** How a pipeline runs. */
export interface RunOptions {
  /** End when everything that is in the bucket is delivered, or set aside; else tail until the signal. */
  readonly untilCaughtUp?: boolean;
  /** Ends the run: what is in flight gets `run.shutdownMs` to be acknowledged. */
  readonly signal?: AbortSignal;
  /**
   * Called when the run begins with a function that takes hints: key prefixes below which there may be something new, such as a bucket's
   * events name them, and the name of the source, where there are several. A look there follows at once. Returns a function that ends it.
   */
  readonly hints?: (hint: Hint) => () => void;
  /** Gets the counts whenever they change. */
  readonly onProgress?: (totals: Totals) => void;
}

/** What a run has done. */
export interface Summary extends Results {
  /** Everything that was read is delivered, and everybody told: nothing was set aside, parked, refused or lost. */
  readonly complete: boolean;
  /** The signal ended the run. */
  readonly interrupted: boolean;
}

/** A pipeline that is open: its ledger is locked, its sinks are there. */
export interface Pipeline extends AsyncDisposable {
  /**
   * Brings what is new from the source to every sink, once. Rejects with the first error that no repetition heals; every position in the
   * ledger is an acknowledged one, however the run ends.
   */
  run(options?: RunOptions): Promise<Summary>;
  /** Releases everything, the ledger last. */
  close(): Promise<void>;
}

/**
 * Opens what a configuration names: a text in YAML, the URL of a file, or an object as such a file comes to, in which no `${NAME}` is replaced.
 * The blocks are those of the command `run`; `telemetry` counts for its level alone, since log, metrics and health are the program's. Nothing
 * is set for the whole process, no signal is listened to, and several pipelines may be open, each with a ledger of its own. Throws UsageError
 * with a line for each fault.
 */
export async function openPipeline(configuration: string | URL | object, options: OpenOptions = {}): Promise<Pipeline> {
  const { registry = new Registry(), env = process.env, meter, onLog, onProblems = () => {}, keepers = [] } = options;
  const secrets = new Scrubber();
  addEnvironment(secrets, env);
  const { baseDir, ...input } = await inputOf(configuration, options.baseDir);
  const config: Config = await readConfig(input, { registry, env, baseDir, secrets });
  const log = entryLog(onLog === undefined ? "silent" : config.telemetry.level, secrets.scrub, onLog ?? (() => {}));
  let keep: (problems: readonly Problem[]) => void = () => {};
  const health = new Health(secrets.scrub, (problems) => {
    keep(problems);
    onProblems(problems);
  });
  const composed = await compose(config, { env, log, health, keepers, ...(meter && { instruments: createInstruments(meter) }) });
  const kept = keepProblems(composed.parts.ledger, composed.options.retry);
  keep = kept.tell;
  let used = false;
  let closed: Promise<void> | undefined;
  const close = () => {
    kept.close();
    closed ??= composed.close();
    return closed;
  };
  return {
    async run({ untilCaughtUp = false, signal = new AbortController().signal, onProgress, hints } = {}) {
      if (used) throw new UsageError("pipeline-used", "a pipeline runs once: open another one");
      used = true;
      const results = await runComposed(
        composed,
        { untilCaughtUp, ...(onProgress && { onProgress }), ...(hints && { hints }) },
        signal,
      );
      return { ...results, complete: isComplete(results), interrupted: signal.aborted };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function inputOf(
  configuration: string | URL | object,
  baseDir = process.cwd(),
): Promise<ConfigInput & { readonly baseDir: string }> {
  const folder = resolve(baseDir);
  if (typeof configuration === "string") return { file: "configuration", text: configuration, baseDir: folder };
  if (!(configuration instanceof URL)) return { file: "configuration", value: configuration, baseDir: folder };
  const file = fileURLToPath(configuration);
  try {
    return { file, text: await readFile(file, "utf8"), baseDir: dirname(file) };
  } catch (cause) {
    throw new UsageError("config-missing", `cannot read configuration ${file}: ${describeError(cause)}`, { cause });
  }
}
