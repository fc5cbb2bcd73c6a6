import { z } from "zod";
import { alertmanager } from "../alerts/alertmanager.ts";
import { AlertDispatch } from "../alerts/dispatch.ts";
import { linksOf } from "../alerts/links.ts";
import { slack } from "../alerts/slack.ts";
import { webhook } from "../alerts/webhook.ts";
import { asset } from "../assets.ts";
import type { Alert, Component, Ledger, Notifier } from "../contracts.ts";
import { CHECKPOINT, type Stateful } from "../delivery/checkpoint.ts";
import { alertOf } from "../detections/alert.ts";
import { createDetector, type StreamDetector } from "../detections/evaluate.ts";
import { formatRuleError, loadRules } from "../detections/load.ts";
import { LEVELS } from "../detections/rule.ts";
import { durationText, parseDuration } from "../durations.ts";
import { describeError, UsageError } from "../errors.ts";
import type { RetryPolicy } from "../retry.ts";
import type { Instruments, Logger } from "../telemetry.ts";

/** Every kind of notifier, by the key of its block. */
const NOTIFIERS: readonly Component<unknown, unknown, Notifier>[] = [slack, alertmanager, webhook];

export const alertOptions = z.strictObject({
  rules: z.string().min(1).optional().describe("Folder of detection rules; by default those that ship with the program"),
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
  slack: slack.options.optional().describe(slack.summary),
  alertmanager: alertmanager.options.optional().describe(alertmanager.summary),
  webhook: webhook.options.optional().describe(webhook.summary),
});

export type AlertOptions = z.output<typeof alertOptions>;

export interface Detections extends Stateful {
  readonly dispatch: AlertDispatch;
}

interface Surroundings {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly instruments: Instruments;
  readonly retry: RetryPolicy;
}

/** Loads the rules (a wrong one is refused with file and line, the others run), takes up the state, and joins the notifiers. */
export async function openDetections(options: AlertOptions, surroundings: Surroundings): Promise<Detections> {
  const { ledger, log } = surroundings;
  const { rules, errors } = await loadRules(options.rules ?? asset("deploy/detections"));
  for (const error of errors) log.error(`rule refused: ${formatRuleError(error)}`);
  if (rules.length === 0) throw new UsageError("no-rules", `there is no valid rule in ${options.rules}`);
  const dispatch = await createDispatch(options, surroundings);
  const detector = createDetector(rules);
  takeUp(detector, ledger, log);
  const least = LEVELS.indexOf(options.minLevel);
  detector.onMatch((match) => {
    surroundings.instruments.matches.add(1, { rule: match.rule.name });
    if (LEVELS.indexOf(match.rule.level) >= least) dispatch.raise(alertOf(match));
  });
  return {
    inspect: (flows, count) => {
      for (const flow of flows) detector.inspect(flow, count);
    },
    dispatch,
    state: () => JSON.stringify(detector.snapshot()),
  };
}

/** The notifiers that the options name. Throws UsageError for a wrong URL. */
export async function openNotifiers(options: AlertOptions): Promise<Map<string, Notifier>> {
  const notifiers = new Map<string, Notifier>();
  for (const component of NOTIFIERS) {
    const own = options[component.type as "slack" | "alertmanager" | "webhook"];
    if (own !== undefined) notifiers.set(component.type, await component.create(own, {}));
  }
  return notifiers;
}

function takeUp(detector: StreamDetector, ledger: Ledger, log: Logger): void {
  const saved = ledger.state(CHECKPOINT);
  if (saved === undefined) return;
  try {
    detector.restore(JSON.parse(saved));
  } catch (error) {
    log.error(`the state of the detections cannot be taken up, they start anew: ${describeError(error)}`);
  }
}

async function createDispatch(options: AlertOptions, { ledger, log, instruments, retry }: Surroundings): Promise<AlertDispatch> {
  const told = (outcome: string, alert: Alert) => instruments.alerts.add(1, { rule: alert.rule, outcome });
  const settings = {
    latenessMs: parseDuration(options.lateness),
    linksOf: (alert: Alert) => linksOf(options.links, alert),
    retry,
  };
  return new AlertDispatch(ledger.alerts, await openNotifiers(options), settings, {
    onHeldBack: (alert, why) => {
      told(why, alert);
      log.debug({ rule: alert.rule, key: alert.key }, `alert held back (${why}): ${alert.summary}`);
    },
    onTold: (alert, notifier) => {
      told("told", alert);
      log.info({ rule: alert.rule, notifier }, `alert: ${alert.summary}`);
    },
    onFailing: (notifier, error, failures) => {
      if (failures > 1 && (failures & (failures - 1)) !== 0) return;
      log.warn({ notifier, failures }, `cannot tell, will try again: ${describeError(error)}`);
    },
    onRefused: (alert, notifier, error) => {
      told("refused", alert);
      log.error({ rule: alert.rule, notifier }, `${describeError(error)}; the alert was: ${alert.summary}`);
    },
  });
}
