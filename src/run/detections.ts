import { existsSync, readFileSync } from "node:fs";
import type { ObservableCallback } from "@opentelemetry/api";
import { countOf } from "../alerts/books.ts";
import type { AlertDispatch } from "../alerts/dispatch.ts";
import type { AlertOptions } from "../config/alerts.ts";
import type { Alert, Notifier, NotifierDependencies } from "../contracts/alert.ts";
import type { AlertLedger } from "../contracts/alert-ledger.ts";
import type { StateLedger } from "../contracts/state-ledger.ts";
import { CHECKPOINT, type Stateful } from "../delivery/checkpoint.ts";
import { alertOf } from "../detect/alert.ts";
import { createDetector, type StreamDetector } from "../detect/evaluate.ts";
import { formatRuleError } from "../detect/load.ts";
import { isDigest, LEVELS, type Rule } from "../detect/rule.ts";
import { asset } from "../lib/assets.ts";
import type { Clock } from "../lib/clock.ts";
import { codeOf, describeError } from "../lib/errors.ts";
import type { Logger } from "../telemetry/telemetry.ts";
import { closeNotifiers, createDispatch, type DispatchSurroundings, openNotifiers } from "./alerts.ts";
import { hidesShipped, readTexts, rulesOf, SHIPPED_HIDDEN } from "./rule-set.ts";
import { watchRules } from "./rules-watch.ts";

export interface Detections extends Stateful {
  /** Names of the rules that mark flows. */
  readonly rules: readonly string[];
  readonly dispatch: AlertDispatch;
  /** As the dispatch's: alerts that were raised are to be in the ledger before a position is saved that covers their flows. */
  flush(): void;
  /** Releases the notifiers; nothing is delivered after it. */
  close(): Promise<void>;
}

export interface DetectionSurroundings extends Omit<DispatchSurroundings, "ledger">, Omit<NotifierDependencies, "onNotice"> {
  readonly ledger: { readonly alerts: AlertLedger; readonly states: Pick<StateLedger, "read" | "forget"> };
  /** Awaited before anybody is told of an alert. Rejects where nobody is to be told. */
  readonly beforeTelling?: () => Promise<void>;
  /** Of how many objects it is remembered which of their flows have come; as a detector's. */
  readonly maxObjects?: number;
  /** Told of each alert that a rule raises. */
  readonly onAlert?: (alert: Alert) => void;
  /** Throws UsageError where rules of these names will not do. */
  readonly requireRules?: (names: readonly string[]) => void;
  /** By which the files of rules are watched; that of the machine, but for tests. */
  readonly clock?: Clock;
}

/** What the rules are called among the parts of the worker. */
const RULES = "rules";

/**
 * Loads the rules (a wrong one is refused with file and line, the others run), takes up the state, and joins the notifiers. Files of rules are
 * watched, and taken up when they change.
 */
export async function openDetections(options: AlertOptions, surroundings: DetectionSurroundings): Promise<Detections> {
  const { ledger, log, health, isAsked = true, beforeTelling, maxObjects } = surroundings;
  const texts = await readTexts(options);
  const start = rulesOf(texts, options);
  let { rules } = start;
  for (const error of start.errors) log.error(`rule refused: ${formatRuleError(error)}`);
  if (hidesShipped(options)) log.warn(SHIPPED_HIDDEN);
  const opened = await openNotifiers(options, { ...surroundings, onNotice: (message) => log.warn(message) });
  const notifiers =
    beforeTelling === undefined ? opened : new Map([...opened].map(([name, one]) => [name, after(beforeTelling, one)]));
  for (const { notifier, waiting } of ledger.alerts.books()) {
    if (waiting === 0 || notifiers.has(notifier)) continue;
    const where = isAsked ? ": `flowferry alerts list` shows them" : "";
    const line = `${countOf(waiting)} for ${notifier}, which is not configured, wait${where}`;
    log.warn({ notifier }, line);
  }
  const { alertsWaiting, matches } = surroundings.instruments;
  const observe: ObservableCallback = (result) => {
    for (const { notifier, waiting } of ledger.alerts.books()) result.observe(waiting, { notifier });
  };
  alertsWaiting.addCallback(observe);
  const dispatch = createDispatch(options, notifiers, surroundings);
  const detector = createDetector(rules, maxObjects === undefined ? {} : { maxObjects });
  takeUp(detector, ledger, log);
  const least = LEVELS.indexOf(options.minLevel);
  const firstStepOf = runbookSteps();
  detector.onMatch((match) => {
    matches.add(1, { rule: match.rule.name });
    const isWanted = LEVELS.indexOf(match.rule.level) >= least || (isDigest(match.rule) && least <= LEVELS.indexOf("medium"));
    if (!isWanted) return;
    const alert = alertOf(match, { timeZone: options.timeZone, firstStep: firstStepOf(match.rule.runbook) });
    dispatch.raise(alert);
    surroundings.onAlert?.(alert);
  });
  const watch = await watchRules(
    options,
    { ...start, texts },
    {
      onRules(next, message) {
        surroundings.requireRules?.(namesOf(next));
        rules = next;
        detector.use(next);
        log.info(message);
      },
      onRefused(message) {
        log.error(message);
        health.problem(RULES, { drawer: "worker", code: "rules-stale", reason: message });
      },
      onRecovered() {
        log.info("the files of rules are good again");
        health.well(RULES);
      },
    },
    surroundings.clock,
  );
  return {
    get rules() {
      return namesOf(rules);
    },
    inspect: (flows, count) => {
      for (const flow of flows) detector.inspect(flow, count);
    },
    settle: () => detector.settle(),
    dispatch,
    save: () => detector.save(),
    flush: () => dispatch.flush(),
    async close() {
      watch.close();
      alertsWaiting.removeCallback(observe);
      await closeNotifiers(opened);
    },
  };
}

function after(before: () => Promise<void>, notifier: Notifier): Notifier {
  return {
    paceMs: notifier.paceMs,
    async notify(alert, links, signal) {
      await before();
      await notifier.notify(alert, links, signal);
    },
  };
}

function namesOf(rules: readonly Rule[]): string[] {
  return rules.filter((rule) => rule.alerts).map(({ name }) => name);
}

/** The first thing to check that the runbook names; undefined of a rule whose runbook is not among those that ship with the program. */
function runbookSteps(): (runbook: string | undefined) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (runbook) => {
    if (runbook === undefined || runbook.startsWith("https:")) return undefined;
    if (!known.has(runbook)) known.set(runbook, readStep(asset(`deploy/runbooks/${runbook}.md`)));
    return known.get(runbook);
  };
}

function readStep(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const step = /^1\. (.+(?:\n {3}.+)*)/m.exec(readFileSync(file, "utf8"))?.[1];
  return step?.replaceAll(/\s+/g, " ");
}

/** A state that cannot be read is removed, so that its remains are not taken for parts of the one to come. */
function takeUp(detector: StreamDetector, ledger: Pick<DetectionSurroundings["ledger"], "states">, log: Logger): void {
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
