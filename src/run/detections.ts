import { existsSync, readFileSync } from "node:fs";
import type { ObservableCallback } from "@opentelemetry/api";
import { countOf } from "../alerts/books.ts";
import type { AlertDispatch } from "../alerts/dispatch.ts";
import { type AlertOptions, BUILTIN_RULES } from "../config/alerts.ts";
import type { Alert, NotifierDependencies } from "../contracts/alert.ts";
import type { Ledger } from "../contracts/ledger.ts";
import { CHECKPOINT, type Stateful } from "../delivery/checkpoint.ts";
import { alertOf } from "../detect/alert.ts";
import { disableRules } from "../detect/disable.ts";
import { createDetector, type StreamDetector } from "../detect/evaluate.ts";
import { formatRuleError, loadRules, type RuleSet } from "../detect/load.ts";
import { LEVELS } from "../detect/rule.ts";
import { asset } from "../lib/assets.ts";
import { codeOf, describeError, UsageError } from "../lib/errors.ts";
import type { Logger } from "../telemetry/telemetry.ts";
import { closeNotifiers, createDispatch, type DispatchSurroundings, openNotifiers } from "./alerts.ts";

export interface Detections extends Stateful {
  /** Names of the rules that mark flows. */
  readonly rules: readonly string[];
  readonly dispatch: AlertDispatch;
  /** As the dispatch's: alerts that were raised are to be in the ledger before a position is saved that covers their flows. */
  flush(): void;
  /** Releases the notifiers; nothing is delivered after it. */
  close(): Promise<void>;
}

interface Surroundings extends DispatchSurroundings, Omit<NotifierDependencies, "onNotice"> {
  /** Told of each alert that a rule raises. */
  readonly onAlert?: (alert: Alert) => void;
}

/** Loads the rules (a wrong one is refused with file and line, the others run), takes up the state, and joins the notifiers. */
export async function openDetections(options: AlertOptions, surroundings: Surroundings): Promise<Detections> {
  const { ledger, log } = surroundings;
  const { rules, errors } = await loadEnabledRules(options);
  for (const error of errors) log.error(`rule refused: ${formatRuleError(error)}`);
  if (options.rules !== undefined && ![options.rules].flat().includes(BUILTIN_RULES)) {
    log.info(
      `the rules that ship with flowferry do not run: alerts.rules names others alone (\`[${BUILTIN_RULES}, …]\` has both)`,
    );
  }
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
  const firstStepOf = runbookSteps();
  detector.onMatch((match) => {
    matches.add(1, { rule: match.rule.name });
    if (LEVELS.indexOf(match.rule.level) < least) return;
    const alert = alertOf(match, { timeZone: options.timeZone, firstStep: firstStepOf(match.rule.runbook) });
    dispatch.raise(alert);
    surroundings.onAlert?.(alert);
  });
  return {
    rules: rules.filter((rule) => rule.alerts).map(({ name }) => name),
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

/**
 * The rules of a configuration, as it tunes them, without those that are switched off. Throws UsageError where there is no valid rule, where
 * a file or folder cannot be read, and for a rule to switch off that is none.
 */
export async function loadEnabledRules({
  rules: places = BUILTIN_RULES,
  tune,
  except,
  disabled,
}: AlertOptions): Promise<RuleSet> {
  const folders = [places].flat().map((place) => (place === BUILTIN_RULES ? asset("deploy/detections") : place));
  const files = except.filter((item) => typeof item === "string");
  const exceptions = except.filter((item) => typeof item !== "string");
  const { rules, errors } = await loadRules([...folders, ...files], { tune, exceptions });
  const own = errors.filter(({ file }) => file.startsWith("alerts."));
  if (own.length > 0) throw new UsageError("bad-alerts", own.map(formatRuleError).join("\n"));
  if (rules.length === 0) {
    throw new UsageError(
      "no-rules",
      [`there is no valid rule in ${folders.join(", ")}`, ...errors.map(formatRuleError)].join("\n"),
    );
  }
  return { rules: disableRules(rules, disabled), errors };
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
