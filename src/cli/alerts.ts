import { metrics } from "@opentelemetry/api";
import { Command } from "commander";
import { bookJson, bookLine, countOf } from "../alerts/books.ts";
import { linksOf } from "../alerts/links.ts";
import { whileTelling } from "../alerts/telling.ts";
import type { Config } from "../config/load.ts";
import type { Alert, Notifier } from "../contracts/alert.ts";
import type { AlertLedger } from "../contracts/alert-ledger.ts";
import { inspectLedger, openLedger } from "../ledger/sqlite.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { closeNotifiers, createDispatch, openNotifiers } from "../run/alerts.ts";
import { identitiesOf } from "../run/prepare.ts";
import { Health } from "../telemetry/health.ts";
import { createInstruments, openLog } from "../telemetry/telemetry.ts";
import { configOption } from "./config-option.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { positive } from "./status.ts";

export function alertsCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  const test = new Command("test")
    .description("Send one made-up alert to every notifier of the configuration, and say what each answered.")
    .addOption(configOption(context.env))
    .action(async ({ config }: { config: string }) => finish(await testAlerts(context, config)));
  const list = new Command("list")
    .description("Show who was told of how many alerts, and those that wait or were refused. Works beside a running worker.")
    .addOption(configOption(context.env))
    .option("--notifier <type>", "only alerts for this notifier, as in slack")
    .option("--limit <n>", "of each notifier, at most so many alerts that wait and so many that were refused", positive, 1000)
    .option("--json", "one JSON object", false)
    .action(async (options: ListOptions) => listAlerts(context, options));
  const replay = new Command("replay")
    .description("Tell once more of the alerts that were refused, and of those that wait; the worker must not be running.")
    .addOption(configOption(context.env))
    .option("--notifier <type>", "only alerts for this notifier, as in slack")
    .option("--json", "end with one JSON line", false)
    .action(async (options: ReplayOptions) => finish(await replayAlerts(context, options)));
  return new Command("alerts")
    .description("Try the way on which people are told, see whom nobody told of what, and tell them.")
    .addCommand(test)
    .addCommand(list)
    .addCommand(replay);
}

async function testAlerts({ loadConfig, print, env, secrets, signal }: CliContext, file: string): Promise<ExitCode> {
  const { alerts, baseDir } = await loadConfig(file);
  if (alerts === undefined) throw new UsageError("no-alerts", `${file} has no alerts block`);
  const notifiers = await openNotifiers(alerts, { baseDir, env, secrets });
  const alert = testAlert(Date.now());
  let code: ExitCode = EXIT.done;
  try {
    refuseNone(file, notifiers);
    for (const [name, notifier] of notifiers) {
      try {
        await notifier.notify(alert, linksOf(alerts, alert), signal);
        print(`ok     ${name}`);
      } catch (error) {
        print(`FAILED ${name}: ${describeError(error)}`);
        code = EXIT.failed;
      }
    }
  } finally {
    await closeNotifiers(notifiers);
  }
  return code;
}

interface ListOptions {
  readonly config: string;
  readonly notifier?: string;
  readonly limit: number;
  readonly json: boolean;
}

async function listAlerts(
  { loadConfig, print }: CliContext,
  { config: file, notifier, limit, json }: ListOptions,
): Promise<void> {
  const ledger = inspectLedger(pathOf(await loadConfig(file)));
  try {
    const all = ledger.alerts.books();
    const books = notifier === undefined ? all : all.filter((book) => book.notifier === notifier);
    if (notifier !== undefined && books.length === 0)
      throw unknownNotifier(
        notifier,
        all.map((book) => book.notifier),
      );
    if (json) {
      const notifiers = books.map((book) => ({ ...bookJson(book), ...alertsOf(ledger.alerts, book.notifier, limit) }));
      print(JSON.stringify({ notifiers }));
      return;
    }
    if (books.length === 0) print("there were no alerts to tell anybody of");
    for (const book of books) {
      print(bookLine(book));
      const { refusedAlerts, waitingAlerts } = alertsOf(ledger.alerts, book.notifier, limit);
      for (const { alert, at, code, reason } of refusedAlerts) print(`  refused ${at}  ${alertLine(alert)}  ${code}: ${reason}`);
      for (const { alert } of waitingAlerts) print(`  waits  ${alertLine(alert)}`);
      if (book.refused > limit || book.waiting > limit) print(`  … more: raise --limit (now ${limit})`);
    }
  } finally {
    ledger.close();
  }
}

function alertsOf(ledger: AlertLedger, notifier: string, limit: number) {
  return {
    refusedAlerts: ledger.refused(notifier, limit).map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })),
    waitingAlerts: ledger.waiting(notifier, limit),
  };
}

function alertLine({ rule, level, lastSeen, summary }: Alert): string {
  return `${new Date(lastSeen).toISOString()}  ${level}  ${rule}  ${summary}`;
}

interface ReplayOptions {
  readonly config: string;
  readonly notifier?: string;
  readonly json: boolean;
}

/** Tells the notifiers of what is in the ledger, until nothing waits or a notifier makes no progress, as a run does at its end. */
async function replayAlerts(context: CliContext, { config: file, notifier: only, json }: ReplayOptions): Promise<ExitCode> {
  const { loadConfig, print, env, signal } = context;
  const config = await loadConfig(file);
  const { alerts, baseDir, telemetry, secrets } = config;
  const path = pathOf(config);
  if (alerts === undefined) throw new UsageError("no-alerts", `${file} has no alerts block`);
  const { log, close: closeLog } = await openLog(telemetry.level, telemetry.otlpEndpoint, version, secrets.scrub, context.stderr);
  const notifiers = await openNotifiers(alerts, { baseDir, env, secrets, onNotice: (message) => log.warn(message) });
  try {
    refuseNone(file, notifiers);
    if (only !== undefined && !notifiers.has(only)) throw unknownNotifier(only, [...notifiers.keys()]);
    const chosen = new Map([...notifiers].filter(([name]) => only === undefined || name === only));
    const sources = await identitiesOf(config, env);
    const ledger = openLedger({ path, sources, scrub: secrets.scrub, onNotice: (line) => log.warn(line) });
    try {
      const queued = [...chosen.keys()].reduce((sum, name) => sum + ledger.alerts.requeue(name), 0);
      const { retry, shutdownMs } = config.run;
      const instruments = createInstruments(metrics.getMeter("flowferry", version));
      const dispatch = createDispatch(alerts, chosen, {
        ledger,
        log,
        instruments,
        retry,
        shutdownMs,
        health: new Health(secrets.scrub),
      });
      await whileTelling(dispatch, signal, async () => {});
      const { told, refused, waiting } = dispatch.close();
      if (json) print(JSON.stringify({ queued, told, refused, waiting }));
      else print(`${countOf(queued)} queued again; ${told} told, ${refused} refused, ${waiting} wait`);
      if (signal.aborted) return EXIT.interrupted;
      return refused + waiting > 0 ? EXIT.incomplete : EXIT.done;
    } finally {
      ledger.close();
    }
  } finally {
    await closeNotifiers(notifiers);
    await closeLog();
  }
}

function pathOf({ coordination, ledgerPath }: Config): string {
  if (coordination !== undefined) {
    const line =
      "workers that share their work have no ledger: what was refused stands in the log of the worker that looks after the rules";
    throw new UsageError("coordination-role", line);
  }
  if (ledgerPath === ":memory:") throw new UsageError("ledger-memory", "ledger.path is :memory: and keeps no alerts");
  return ledgerPath;
}

function refuseNone(file: string, notifiers: ReadonlyMap<string, Notifier>): void {
  if (notifiers.size > 0) return;
  const known = "slack, alertmanager, webhook or ociNotifications";
  throw new UsageError("no-notifiers", `${file}: alerts names no notifier: add ${known}`);
}

function unknownNotifier(name: string, known: readonly string[]): UsageError {
  const meant = known.length === 0 ? "there is none" : `there are: ${known.join(", ")}`;
  return new UsageError("unknown-notifier", `there is no notifier ${name}: ${meant}`);
}

/** An alert that nobody can take for a real one: its addresses are those of documentation (RFC 5737). */
function testAlert(now: number): Alert {
  return {
    key: `test/${now}`,
    rule: "alerts_test",
    title: "Test alert from flowferry",
    level: "informational",
    summary: "This is a test: TCP from 203.0.113.7 to web-01 (192.0.2.10) port 22 (SSH) was accepted.",
    facts: [
      { label: "From", value: "203.0.113.7" },
      { label: "To", value: "web-01 (192.0.2.10)" },
      { label: "Port", value: "22 (SSH)" },
      { label: "First seen", value: new Date(now).toISOString() },
    ],
    labels: { source: "203.0.113.7", destination: "192.0.2.10" },
    firstSeen: now,
    lastSeen: now,
    subject: { source: "203.0.113.7", destination: "192.0.2.10", port: "22" },
  };
}
