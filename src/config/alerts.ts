import type { ObservableCallback } from "@opentelemetry/api";
import { z } from "zod";
import { alertmanager } from "../alerts/alertmanager.ts";
import { countOf, imbalanceText } from "../alerts/books.ts";
import { AlertDispatch } from "../alerts/dispatch.ts";
import { linksOf } from "../alerts/links.ts";
import { slack } from "../alerts/slack.ts";
import { webhook } from "../alerts/webhook.ts";
import { ociNotifications } from "../clouds/oci/notifications.ts";
import type { Alert, Notifier, NotifierDependencies } from "../contracts/alert.ts";
import type { Component } from "../contracts/component.ts";
import type { Ledger } from "../contracts/ledger.ts";
import { CHECKPOINT, type Stateful } from "../delivery/checkpoint.ts";
import { alertOf } from "../detect/alert.ts";
import { disableRules } from "../detect/disable.ts";
import { createDetector, type StreamDetector } from "../detect/evaluate.ts";
import { formatRuleError, loadRules, type RuleSet } from "../detect/load.ts";
import { LEVELS } from "../detect/rule.ts";
import { asset } from "../lib/assets.ts";
import { durationText, parseDuration } from "../lib/durations.ts";
import { codeOf, describeError, UsageError } from "../lib/errors.ts";
import type { RetryPolicy } from "../lib/retry.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";

/** Every kind of notifier, by the key of its block. */
const NOTIFIERS = { slack, alertmanager, webhook, ociNotifications };

export const alertOptions = z.strictObject({
  rules: z.string().min(1).optional().describe("Folder of detection rules; by default those that ship with the program"),
  disabled: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Names of rules that are switched off: they mark no flow and tell nobody. A correlation that looks at a rule that is switched off still does; to switch off the correlation too, name it",
    ),
  minLevel: z
    .enum(LEVELS)
    .default("medium")
    .describe("Least level of a rule that tells somebody; rules below it still mark flows"),
  lateness: durationText().default("1h").describe("Flows older than this tell nobody: a replay or a backfill is not news"),
  links: z
    .array(
      z.strictObject({
        title: z.string().min(1).describe("What the link is called"),
        url: z
          .string()
          .regex(/^https?:\/\//, "expected a URL that begins with http:// or https://")
          .describe("URL with placeholders: {source} {destination} {port} {uid} {object} {rule} {from} {to} {fromMs} {toMs}"),
      }),
    )
    .max(10)
    .default([])
    .describe("Links into your backend, for each alert"),
  runbookUrl: z
    .string()
    .regex(
      /^https?:\/\/.*\{runbook\}/,
      "expected a URL with the placeholder {runbook}, as in https://wiki.example/runbooks/{runbook}",
    )
    .optional()
    .describe(
      "URL of the runbook pages, with {runbook} for the name of the page, as in https://wiki.example/runbooks/{runbook}; without it messages name the file, as in deploy/runbooks/beacon.md",
    ),
  slack: slack.options.optional().describe(slack.summary),
  alertmanager: alertmanager.options.optional().describe(alertmanager.summary),
  webhook: webhook.options.optional().describe(webhook.summary),
  ociNotifications: ociNotifications.options.optional().describe(ociNotifications.summary),
});

export type AlertOptions = z.output<typeof alertOptions>;

/** The options under which rules mark flows and nobody is told. */
export function tellingNobody(options: AlertOptions): AlertOptions {
  const silent = Object.fromEntries(Object.keys(NOTIFIERS).map((key) => [key, undefined]));
  return { ...options, ...silent };
}

export interface Detections extends Stateful {
  readonly dispatch: AlertDispatch;
  /** As the dispatch's: alerts that were raised are to be in the ledger before a position is saved that covers their flows. */
  flush(): void;
  /** Releases the notifiers; nothing is delivered after it. */
  close(): Promise<void>;
}

interface Surroundings extends Omit<NotifierDependencies, "onNotice"> {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly instruments: Instruments;
  readonly retry: RetryPolicy;
  /** How long a message that is on its way may take to be taken when the run ends, in ms. */
  readonly shutdownMs: number;
  readonly health: Health;
}

/** Loads the rules (a wrong one is refused with file and line, the others run), takes up the state, and joins the notifiers. */
export async function openDetections(options: AlertOptions, surroundings: Surroundings): Promise<Detections> {
  const { ledger, log } = surroundings;
  const { rules, errors } = await loadEnabledRules(options);
  for (const error of errors) log.error(`rule refused: ${formatRuleError(error)}`);
  const notifiers = await openNotifiers(options, { ...surroundings, onNotice: (message) => log.warn(message) });
  for (const { notifier, waiting } of ledger.alerts.books()) {
    if (waiting === 0 || notifiers.has(notifier)) continue;
    const line = `${countOf(waiting)} for ${notifier}, which is not configured, wait: \`flowferry alerts list\` shows them`;
    log.warn({ notifier }, line);
  }
  const { alertsWaiting, matches } = surroundings.instruments;
  const observe: ObservableCallback = (result) => {
    for (const { notifier, waiting } of ledger.alerts.books()) result.observe(waiting, { notifier });
  };
  alertsWaiting.addCallback(observe);
  const dispatch = createDispatch(options, notifiers, surroundings);
  const detector = createDetector(rules);
  takeUp(detector, ledger, log);
  const least = LEVELS.indexOf(options.minLevel);
  detector.onMatch((match) => {
    matches.add(1, { rule: match.rule.name });
    if (LEVELS.indexOf(match.rule.level) >= least) dispatch.raise(alertOf(match));
  });
  return {
    inspect: (flows, count) => {
      for (const flow of flows) detector.inspect(flow, count);
    },
    dispatch,
    save: () => detector.save(),
    flush: () => dispatch.flush(),
    async close() {
      alertsWaiting.removeCallback(observe);
      await closeNotifiers(notifiers);
    },
  };
}

/** The rules that are not switched off. Throws UsageError for a folder without a valid rule, and for a rule to switch off that is none. */
export async function loadEnabledRules({ rules: own, disabled }: AlertOptions): Promise<RuleSet> {
  const folder = own ?? asset("deploy/detections");
  const { rules, errors } = await loadRules(folder);
  if (rules.length === 0) {
    throw new UsageError("no-rules", [`there is no valid rule in ${folder}`, ...errors.map(formatRuleError)].join("\n"));
  }
  return { rules: disableRules(rules, disabled), errors };
}

/** Calls `check` of the notifiers that the options name; `at` puts the place of a block before what is wrong. */
export function checkNotifiers(options: AlertOptions, env: NodeJS.ProcessEnv, at: (key: string, work: () => void) => void): void {
  for (const [key, component] of Object.entries(NOTIFIERS)) {
    const own = options[key as keyof typeof NOTIFIERS];
    if (own !== undefined) at(key, () => (component as Component<unknown, NotifierDependencies, Notifier>).check?.(own, env));
  }
}

/** The notifiers that the options name, by their types. To be released by `closeNotifiers`. Throws UsageError for a wrong URL. */
export async function openNotifiers(options: AlertOptions, dependencies: NotifierDependencies): Promise<Map<string, Notifier>> {
  const notifiers = new Map<string, Notifier>();
  for (const [key, component] of Object.entries(NOTIFIERS)) {
    const own = options[key as keyof typeof NOTIFIERS];
    const { type, create } = component as Component<unknown, NotifierDependencies, Notifier>;
    if (own !== undefined) notifiers.set(type, await create(own, dependencies));
  }
  return notifiers;
}

export async function closeNotifiers(notifiers: ReadonlyMap<string, Notifier>): Promise<void> {
  for (const notifier of notifiers.values()) await notifier.close?.();
}

/** A state that cannot be read is removed, so that its remains are not taken for parts of the one to come. */
function takeUp(detector: StreamDetector, ledger: Ledger, log: Logger): void {
  const saved = ledger.states.read(CHECKPOINT);
  if (saved === undefined) return;
  try {
    const { discarded } = detector.restore(saved);
    if (discarded.length > 0) log.info(`rules that have changed or gone start anew: ${discarded.join(", ")}`);
  } catch (error) {
    if (codeOf(error) !== "bad-detection-state") throw error;
    log.error(`the state of the detections cannot be taken up, they start anew: ${describeError(error)}`);
    ledger.states.forget(CHECKPOINT);
  }
}

/** What the dispatch of alerts works with. */
export type DispatchSurroundings = Pick<Surroundings, "ledger" | "log" | "instruments" | "retry" | "shutdownMs" | "health">;

export function createDispatch(
  options: AlertOptions,
  notifiers: ReadonlyMap<string, Notifier>,
  { ledger, log, instruments, retry, shutdownMs, health }: DispatchSurroundings,
): AlertDispatch {
  const count = (outcome: string, alert: Alert) => instruments.alerts.add(1, { rule: alert.rule, outcome });
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
      log.error(
        { rule: alert.rule, notifier },
        `alert refused, kept for \`flowferry alerts replay\`: ${describeError(failure)}; the alert: ${alert.summary}`,
      );
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
