import { Command } from "commander";
import type { Config } from "../config/load.ts";
import type { Source } from "../contracts/source.ts";
import type { Inlet } from "../delivery/inlet.ts";
import { replay } from "../delivery/replay.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { type Composed, compose } from "../run/compose.ts";
import { runPipeline } from "../run/pipeline.ts";
import { openLog } from "../telemetry/telemetry.ts";
import { configOption } from "./config-option.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { levelOf, logLevelOption, quietOption, type Talk } from "./log-level.ts";
import { run } from "./run.ts";
import { letterFilter, positive } from "./status.ts";

interface ReplayOptions extends Talk {
  readonly config: string;
  readonly deadLetters: boolean;
  readonly sink?: string;
  readonly source?: string;
  readonly code?: string;
  readonly limit: number;
  readonly since?: string;
  readonly until?: string;
  readonly alerts: boolean;
  readonly json: boolean;
}

export function replayCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return new Command("replay")
    .description("Deliver again: what dead letters point at, or all flows of a span of time. Record uids stay the same.")
    .addOption(configOption(context.env))
    .option("--dead-letters", "read what was set aside once more; the worker must not be running", false)
    .option("--since <time>", "deliver all flows of this time and later again (a time, or an age as in 30d)")
    .option("--until <time>", "… and before this time")
    .option(
      "--alerts",
      "with --since: tell people of what the rules find in flows that are not older than `alerts.lateness`",
      false,
    )
    .option("--sink <name>", "only for this sink; with --dead-letters, `none` for records that could not be decoded")
    .option("--source <name>", "only what comes from this source")
    .option("--code <code>", "with --dead-letters: only those with this code")
    .option("--limit <n>", "with --dead-letters: at most so many", positive, 100_000)
    .addOption(logLevelOption())
    .addOption(quietOption())
    .option("--json", "end with one JSON line", false)
    .action(async (options: ReplayOptions) => {
      const config = await context.loadConfig(options.config);
      if (options.source !== undefined) requireSource(config, options.source);
      const span = options.since !== undefined || options.until !== undefined;
      if (options.deadLetters === span) {
        throw new UsageError("replay-what", "say what to replay: either --dead-letters, or --since and --until");
      }
      if (span) finish(await run(context, spanOf(config, options), { ...options, untilCaughtUp: true }));
      else finish(await replayDeadLetters(context, config, options));
    });
}

function requireSource({ sources }: Config, name: string): void {
  const names = sources.map((source) => source.name);
  if (!names.includes(name)) throw new UsageError("unknown-source", `there is no source ${name}: ${names.join(", ")}`);
}

/** The configuration with the span as its filter, the chosen sinks, and a ledger of its own, so that no position changes. Nobody is told unless asked for. */
function spanOf(config: Config, { since, until, sink, source, alerts: tell }: ReplayOptions): Config {
  const sources = config.sources
    .filter(({ name }) => source === undefined || name === source)
    .map((named) => ({ ...named, filter: { ...named.filter, since, until }, rereads: true }));
  const sinks = sink === undefined ? config.sinks : config.sinks.filter(({ name }) => name === sink);
  if (sinks.length === 0)
    throw new UsageError("unknown-sink", `there is no sink ${sink}: ${config.sinks.map(({ name }) => name).join(", ")}`);
  const alerts = config.alerts === undefined || tell ? config.alerts : { ...config.alerts, notifiers: [] };
  return { ...config, sources, sinks, alerts, ledgerPath: ":memory:" };
}

async function replayDeadLetters(context: CliContext, config: Config, options: ReplayOptions): Promise<ExitCode> {
  const { log, close: closeLog } = await openLog(
    levelOf(options, config.telemetry.level),
    config.telemetry.otlpEndpoint,
    version,
    config.secrets.scrub,
    context.stderr,
  );
  const composed = await compose(config, { env: context.env, log });
  try {
    const { ledger } = composed.parts;
    const letters = ledger.deadLetters(letterFilter(options), options.limit);
    const { delivered, settled, kept } = await replay(
      letters,
      composed.parts,
      {
        maxBytes: config.limits.maxObjectBytes,
        maxRecordBytes: config.limits.maxRecordBytes,
        retry: config.run.retry,
        onRetry: ({ error }) => log.warn(`cannot deliver, will try again: ${describeError(error)}`),
      },
      context.signal,
    );
    const inlets = composed.parts.inlets.filter(({ name }) => options.source === undefined || name === options.source);
    const countParked = () => inlets.reduce((sum, { name }) => sum + ledger.of(name).countParked(), 0);
    const wasParked = countParked();
    if (wasParked > 0 && options.sink === undefined) await readParked(composed, inlets, context);
    const parked = countParked();
    for (const { letter, code, reason } of kept)
      log.warn({ key: letter.key, from: letter.from, code }, `still refused: ${reason}`);
    if (options.json)
      context.print(JSON.stringify({ deadLetters: letters.length, settled, kept: kept.length, delivered, parked }));
    else {
      context.print(`${letters.length} dead letters: ${settled} settled, ${kept.length} kept; ${delivered} records delivered`);
      if (wasParked > 0)
        context.print(`${wasParked} objects were parked: ${wasParked - parked} read now, ${parked} still cannot be`);
    }
    return kept.length + parked > 0 ? EXIT.incomplete : EXIT.done;
  } finally {
    await composed.close();
    await closeLog();
  }
}

/** Tries parked objects of these sources again, and delivers what waits in the ledger. Nothing new is looked for. */
async function readParked({ parts, options }: Composed, inlets: readonly Inlet[], { signal }: CliContext): Promise<void> {
  const still = inlets.map((inlet) => ({ ...inlet, source: { ...inlet.source, async *discover() {} } satisfies Source }));
  await runPipeline({ ...parts, inlets: still }, { ...options, untilCaughtUp: true }, signal);
}
