import { countOf, imbalanceText } from "../alerts/books.ts";
import { AlertDispatch } from "../alerts/dispatch.ts";
import { linksOf } from "../alerts/links.ts";
import type { AlertOptions } from "../config/alerts.ts";
import type { Alert, Notifier, NotifierDependencies } from "../contracts/alert.ts";
import type { Ledger } from "../contracts/ledger.ts";
import { parseDuration } from "../lib/durations.ts";
import { describeError } from "../lib/errors.ts";
import type { RetryPolicy } from "../lib/retry.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";

/** The notifiers that the options name, by their types. To be released by `closeNotifiers`. Throws UsageError for a wrong URL. */
export async function openNotifiers(alerts: AlertOptions, dependencies: NotifierDependencies): Promise<Map<string, Notifier>> {
  const notifiers = new Map<string, Notifier>();
  for (const { kind, options } of alerts.notifiers) notifiers.set(kind.type, await kind.create(options, dependencies));
  return notifiers;
}

export async function closeNotifiers(notifiers: ReadonlyMap<string, Notifier>): Promise<void> {
  for (const notifier of notifiers.values()) await notifier.close?.();
}

/** What the dispatch of alerts works with. */
export interface DispatchSurroundings {
  readonly ledger: Pick<Ledger, "alerts">;
  readonly log: Logger;
  readonly instruments: Instruments;
  readonly retry: RetryPolicy;
  /** How long a message that is on its way may take to be taken when the run ends, in ms. */
  readonly shutdownMs: number;
  readonly health: Health;
  /** Whether `flowferry alerts` can be asked for what waits and what was refused; it reads ledgers that are files. */
  readonly isAsked?: boolean;
}

export function createDispatch(
  options: AlertOptions,
  notifiers: ReadonlyMap<string, Notifier>,
  { ledger, log, instruments, retry, shutdownMs, health, isAsked = true }: DispatchSurroundings,
): AlertDispatch {
  const count = (outcome: string, alert: Alert) => instruments.alerts.add(1, { rule: alert.rule, outcome });
  const kept = isAsked ? ", kept for `flowferry alerts replay`" : "";
  const settings = {
    latenessMs: parseDuration(options.lateness),
    linksOf: (alert: Alert) => linksOf(options, alert),
    retry,
    shutdownMs,
  };
  return new AlertDispatch(ledger.alerts, notifiers, settings, {
    onWithheld: (alert, why) => {
      count(why, alert);
      log.debug({ rule: alert.rule, key: alert.key }, `alert withheld (${why}): ${alert.summary}`);
    },
    onLate: (late) =>
      log.info(
        `${countOf(late)} withheld: their flows are older than alerts.lateness (${options.lateness}), and a backfill is not news`,
      ),
    onTold: (alert, notifier) => {
      count("told", alert);
      log.info({ rule: alert.rule, notifier }, `alert: ${alert.summary}`);
    },
    onDoubted: (alert, notifier, failure) =>
      log.warn({ rule: alert.rule, notifier }, `alert refused, will be tried again: ${describeError(failure)}`),
    onRefused: (alert, notifier, failure) => {
      count("refused", alert);
      log.error({ rule: alert.rule, notifier }, `alert refused${kept}: ${describeError(failure)}; the alert: ${alert.summary}`);
    },
    onFailing: (notifier, failure, failures, isNews) => {
      health.failing(partOf(notifier), failure, failures);
      if (!isNews) return;
      const line = `nobody is told, alerts wait and are tried again: ${describeError(failure)}`;
      if (failure.drawer === "person") log.error({ notifier, code: failure.code }, line);
      else log.warn({ notifier, code: failure.code }, line);
    },
    onHealed: (notifier, failures) => {
      health.well(partOf(notifier));
      log.info({ notifier }, `alerts are taken again, after ${failures} failed attempts`);
    },
    onImbalance: (book) => {
      instruments.imbalances.add(1, { notifier: book.notifier });
      log.error({ notifier: book.notifier }, imbalanceText(book));
    },
    ledger: {
      onTrouble: ({ failures, error }) => {
        health.failing("ledger", error, failures);
        if (failures === 1) log.error(`cannot note what became of alerts, will try again: ${describeError(error)}`);
      },
      onRecovery: ({ failures }) => {
        health.well("ledger");
        log.info({ failures }, "what became of alerts can be noted again");
      },
    },
  });
}

/** What a notifier is called among the parts of the worker. */
function partOf(notifier: string): string {
  return `notifier ${notifier}`;
}
