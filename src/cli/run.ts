import { statSync } from "node:fs";
import { metrics } from "@opentelemetry/api";
import { Command } from "commander";
import type { AlertTotals } from "../alerts/dispatch.ts";
import type { Config } from "../config/load.ts";
import type { Problem } from "../contracts/ledger.ts";
import type { Role } from "../coordination/roles.ts";
import type { Totals } from "../delivery/account.ts";
import type { Flow } from "../flow/flow.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { Live } from "../live/live.ts";
import { noStatusPage, POLICY, statusPage } from "../live/page.ts";
import { Passing } from "../live/passing.ts";
import { serveSocket, socketOf } from "../live/socket.ts";
import { compose } from "../run/compose.ts";
import { type NamedOutcome, partsFor } from "../run/named-objects.ts";
import type { Hint } from "../run/pipeline.ts";
import type { Surroundings } from "../run/prepare.ts";
import { keepProblems } from "../run/problems.ts";
import { isComplete, type Results, runComposed } from "../run/run.ts";
import { Worker } from "../run/worker.ts";
import { isStandardOutput } from "../sinks/standard-output.ts";
import { Health } from "../telemetry/health.ts";
import { createInstruments, type Logger, openLog, serveTelemetry } from "../telemetry/telemetry.ts";
import { eventOption, type NamingOptions, namedIn, objectOption } from "./announced.ts";
import { configOption } from "./config-option.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { EventIntake } from "./events.ts";
import { heldBackWords } from "./held-back.ts";
import { levelOf, logLevelOption, quietOption, type Talk } from "./log-level.ts";
import { showProgress } from "./progress.ts";
import { reloading, watchOption } from "./reload.ts";
import { checkRole, roleOption, rolesOf } from "./role.ts";

export function runCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return new Command("run")
    .description("Tail the bucket and deliver every flow, for ever or until caught up.")
    .addOption(configOption(context.env))
    .option("--until-caught-up", "end when everything in the bucket is delivered", false)
    .addOption(roleOption())
    .addOption(objectOption())
    .addOption(eventOption())
    .addOption(watchOption())
    .addOption(logLevelOption())
    .addOption(quietOption())
    .option("--json", "end with one JSON line that sums up the run", false)
    .action(async ({ config: file, ...mode }: { config: string } & RunMode & NamingOptions) => {
      if (file === "-" && mode.event === "-") {
        throw new UsageError(
          "bad-arguments",
          "standard input holds either the configuration or the event: name a file for one of the two",
        );
      }
      const config = await context.loadConfig(file);
      checkRole(config, mode);
      const named = await namedIn(context, config, mode);
      finish(await run(context, config, named === undefined ? { ...mode, file } : { ...mode, untilCaughtUp: true, named }));
    });
}

/** What the configuration is called among the parts of the worker. */
const CONFIGURATION = "configuration";

export interface RunMode extends Talk {
  readonly untilCaughtUp: boolean;
  readonly json: boolean;
  /** What this worker does of what several share. */
  readonly role?: Role;
  /** Where the configuration of a worker is read from again, and whether it is watched. */
  readonly file?: string;
  readonly watch?: boolean;
  /** The keys of a job that is about some objects alone, by the names of their sources. */
  readonly named?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Runs a pipeline to its end, with its log, its metrics, its progress and its summary. */
export async function run(context: CliContext, first: Config, mode: RunMode): Promise<ExitCode> {
  const { env } = context;
  const hungUp = new AbortController();
  const signal = AbortSignal.any([context.signal, hungUp.signal]);
  let config = first;
  const { telemetry } = config;
  const { log, close: closeLog } = await openLog(
    levelOf(mode, telemetry.level),
    telemetry.otlpEndpoint,
    version,
    config.secrets.scrub,
    context.stderr,
  );
  const state = { starting: true, tell: (_problems: readonly Problem[]) => {} };
  const health = new Health(config.secrets.scrub, (problems) => state.tell(problems));
  let page = () => noStatusPage("flowferry is starting");
  let live: Live | undefined;
  const server =
    telemetry.listen === undefined
      ? undefined
      : await serveTelemetry(
          telemetry.listen,
          {
            get problems() {
              return health.problems;
            },
            get starting() {
              return state.starting;
            },
          },
          { token: () => config.telemetry.token, policy: POLICY, html: () => config.secrets.scrub(page()) },
        );
  const started = performance.now();
  const traces = await tracesOf(config);
  let code: ExitCode = EXIT.failed;
  const events = new EventIntake(log);
  const ready = Promise.withResolvers<Worker>();
  const apply = async (next: Config) => {
    try {
      await events.open(next);
      await (await ready.promise).reload(next);
    } catch (error) {
      await events.open(config);
      throw error;
    }
    config = next;
    log.level = levelOf(mode, next.telemetry.level);
  };
  const { file, watch = false, named, untilCaughtUp, role } = mode;
  const reloadable = {
    watch,
    load: () => context.loadConfig(file ?? ""),
    current: () => config,
    apply,
    tell: (reason: string | undefined) =>
      reason === undefined
        ? health.well(CONFIGURATION)
        : health.problem(CONFIGURATION, { drawer: "worker", code: "config-refused", reason }),
    hangUp: () => hungUp.abort("SIGTERM"),
  };
  const endReloading = file === undefined || untilCaughtUp ? undefined : reloading({ ...reloadable, file }, ready.promise, log);
  try {
    if (!mode.untilCaughtUp) await events.open(config);
    const surroundings: Surroundings = {
      env,
      log,
      health,
      onAlert: (alert) => live?.raised(alert, Date.now()),
      instruments: createInstruments(server?.meter ?? metrics.getMeter("flowferry", version)),
      journeys: traces?.journeys,
      ...rolesOf(role),
    };
    const composed = await compose(config, surroundings);
    const worker = new Worker(composed, surroundings);
    const observed = new Live({
      version,
      startedAt: Date.now(),
      problems: () => health.problems,
      ledger: composed.parts.ledger,
      tables: () => worker.composed.tables().map((table) => ({ ...table, changedAt: changeOf(table.file) })),
      topics: () => worker.composed.topics(),
    });
    live = observed;
    page = () => pageOf(observed);
    const passing = new Passing();
    const socket = await openSocket(config.ledgerPath, observed, passing, log);
    const clock = setInterval(() => observed.sample(Date.now()), 1000).unref();
    const problems = keepProblems(composed.parts.ledger, composed.options.retry);
    const progress = await showProgress(context.stderr, mode.untilCaughtUp, {
      quiet: mode.quiet === true,
      problems: () => health.problems,
    });
    try {
      const onProgress = (totals: Totals) => {
        observed.progressed(totals);
        progress.update(totals);
      };
      const watcher = {
        get looks() {
          return passing.isWatched(Date.now());
        },
        show: (flows: readonly Flow[]) => passing.passed(flows, Date.now()),
      };
      state.tell = problems.tell;
      state.starting = false;
      log.info(startLine(config, mode));
      signal.addEventListener("abort", () => log.info(stopLine(signal.reason, config.run.shutdownMs)), { once: true });
      if (server !== undefined) log.info({ address: server.address }, "serves the status page, /metrics, /healthz and /readyz");
      ready.resolve(worker);
      const run = { untilCaughtUp, onProgress, watcher, hints: (hint: Hint) => takeHints(hint, events) };
      const { parts, outcome } = named === undefined ? {} : partsFor(composed.parts, named);
      const results = await (parts === undefined ? worker.run(run, signal) : runComposed({ ...composed, parts }, run, signal));
      progress.stop();
      code = exitCodeOf(signal, mode, results);
      if (outcome !== undefined && tellNamed(outcome(), log) && code === EXIT.done) code = EXIT.incomplete;
      if (!mode.quiet || mode.json) summarize(context, config, results, (performance.now() - started) / 1000, mode.json);
    } finally {
      progress.stop();
      clearInterval(clock);
      socket?.close();
      problems.close();
      await worker.composed.close();
    }
    return code;
  } finally {
    endReloading?.();
    await events.close();
    await server?.close();
    // A receiver that does not answer is no reason for a run to have failed.
    await traces?.close().catch((error: unknown) => log.warn(`the last traces did not arrive: ${describeError(error)}`));
    await closeLog();
  }
}

/** Where `tap` and `top` ask; a worker goes on without it. */
async function openSocket(ledgerPath: string, live: Live, passing: Passing, log: Logger) {
  const path = socketOf(ledgerPath);
  if (path === undefined) return undefined;
  try {
    return await serveSocket(path, live, passing);
  } catch (error) {
    log.warn(`cannot listen at ${path}, so that tap and top have nobody to ask: ${describeError(error)}`);
    return undefined;
  }
}

function pageOf(live: Live): string {
  try {
    return statusPage(live.snapshot(Date.now()));
  } catch (error) {
    return noStatusPage(describeError(error));
  }
}

/** When a file was written last, ms since the epoch. */
function changeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/** Who this is, and what goes where. */
/** Traces of some objects' journeys, where the configuration asks for them. */
async function tracesOf({ telemetry: { otlpEndpoint, traceOneIn }, secrets }: Config) {
  if (traceOneIn === undefined || otlpEndpoint === undefined) return undefined;
  const [{ openOtlpTraces }, { Journeys }] = await Promise.all([
    import("../telemetry/traces.ts"),
    import("../telemetry/journeys.ts"),
  ]);
  const { tracer, close } = openOtlpTraces(otlpEndpoint, version);
  return { journeys: new Journeys(tracer, traceOneIn, secrets.scrub), close };
}

function startLine({ sources, sinks, archive, ledgerPath }: Config, { untilCaughtUp, named }: RunMode): string {
  const names = (parts: readonly { readonly name: string }[]) => parts.map(({ name }) => name).join(", ");
  const ledger = ledgerPath === ":memory:" ? "in memory" : ledgerPath;
  const objects = [...(named?.values() ?? [])].reduce((sum, keys) => sum + keys.size, 0);
  const what = named === undefined ? "" : `${objects} ${objects === 1 ? "object" : "objects"} of `;
  const takers = names([...sinks, ...(archive === undefined ? [] : [{ name: "archive" }])]);
  return `flowferry ${version} ${untilCaughtUp ? "reads" : "tails"} ${what}${names(sources)} for ${takers}; ledger ${ledger}`;
}

function stopLine(reason: unknown, shutdownMs: number): string {
  const again = reason === "SIGTERM" ? "a second SIGTERM" : "Ctrl-C again";
  return `stopping: what is on its way has up to ${shutdownMs / 1000} s to be acknowledged; ${again} ends now`;
}

/** SIGUSR2, and events, ask a worker to look for new objects at once, instead of at the next poll. */
function takeHints(hint: Hint, events: EventIntake): () => void {
  const onSignal = () => hint("");
  process.on("SIGUSR2", onSignal);
  const detach = events.attach(hint);
  return () => {
    process.off("SIGUSR2", onSignal);
    detach();
  };
}

/** What became of the objects that a job was asked for; returns whether some are not there. */
function tellNamed({ missing, known }: NamedOutcome, log: Logger): boolean {
  if (known > 0) log.info(`${known} of the objects are known to the ledger, and are not delivered twice`);
  for (const key of missing) {
    log.error({ key }, `no such object: ${key} is not in the listing, or prefix, include and exclude of the source leave it out`);
  }
  return missing.length > 0;
}

/** Stopping a tail is how it ends; a job that is stopped has not done its work. */
function exitCodeOf(signal: AbortSignal, { untilCaughtUp }: RunMode, totals: Results): ExitCode {
  if (signal.aborted) return signal.reason === "SIGTERM" && !untilCaughtUp ? EXIT.done : EXIT.interrupted;
  return isComplete(totals) ? EXIT.done : EXIT.incomplete;
}

function summarize(context: CliContext, config: Config, totals: Results, seconds: number, json: boolean): void {
  const { objects, records, bad, skipped, filtered, quality, sources, sinks, keepers, alerts, parked, lost } = totals;
  if (json) {
    const rounded = Math.round(seconds * 1000) / 1000;
    const counts = { objects, records, bad, skipped, filtered, quality };
    const ofSources = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, countsOf(source)]));
    context.print(JSON.stringify({ ...counts, sources: ofSources, sinks, keepers, alerts, parked, lost, seconds: rounded }));
    return;
  }
  const isTaken = config.sinks.some(({ options }) => isStandardOutput((options as { path?: string }).path ?? ""));
  const out = isTaken ? context.stderr : context.stdout;
  const named = Object.entries(sources);
  const lines = [
    `${readLine({ objects, records, bad, skipped, filtered })} in ${seconds.toFixed(1)} s`,
    ...(named.length === 1 ? [] : named.map(([name, source]) => `from ${name}: ${readLine(source)}`)),
    ...Object.entries(sinks).map(
      ([name, sink]) =>
        `${name}: ${sink.delivered} delivered, ${sink.rejected} rejected, ${sink.deadLettered} set aside${heldBackWords(sink)}${sink.waiting > 0 ? `, ${sink.waiting} objects wait` : ""}`,
    ),
    ...Object.entries(keepers).map(([name, { kept, filtered, files, waiting }]) => {
      const inFiles = files === undefined ? "" : ` in ${files} files`;
      return `${name}: ${kept} flows${inFiles} kept${filtered > 0 ? `, ${filtered} left out` : ""}, ${waiting} objects wait`;
    }),
    ...(config.alerts === undefined ? [] : [alertsLine(alerts)]),
    ...(parked > 0 ? [`${parked} objects are parked: they cannot be read now (flowferry status)`] : []),
    ...(lost > 0 ? [`${lost} objects were lost before they were delivered (flowferry status --dead-letters)`] : []),
  ];
  out.write(`${lines.join("\n")}\n`);
}

type SourceCounts = Results["sources"][string];

function countsOf({ objects, records, bad, skipped, filtered, parked, lost }: SourceCounts) {
  return { objects, records, bad, skipped, filtered, parked, lost };
}

function readLine({
  objects,
  records,
  bad,
  skipped,
  filtered,
}: Pick<SourceCounts, "objects" | "records" | "bad" | "skipped" | "filtered">): string {
  const rest = Object.entries({ bad, skipped, filtered }).filter(([, count]) => count > 0);
  return `${objects} objects, ${records} records${rest.map(([name, count]) => `, ${count} ${name}`).join("")}`;
}

function alertsLine({ told, waiting, refused, withheld }: AlertTotals): string {
  return `alerts: ${told} told, ${waiting} wait, ${refused} refused, ${withheld} withheld as too old`;
}
