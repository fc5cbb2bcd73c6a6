import type { Rule } from "../detect/rule.ts";
import type { Evaluation } from "./evaluation.ts";
import { ALERT_SOURCE } from "./receivers.ts";
import { duration, runbookPlace, untemplated } from "./text.ts";

const SHORT_MS = 300_000;

/** Labels of a Prometheus-style alert, beside those of the group. */
export function alertLabels(rule: Rule): Record<string, string> {
  const techniques = rule.tags.filter((tag) => /^attack\.t\d/.test(tag)).map((tag) => tag.slice("attack.".length).toUpperCase());
  return { ...ALERT_SOURCE, severity: rule.level, ...(techniques.length > 0 && { attack: techniques.join(",") }) };
}

export function alertAnnotations(rule: Rule): Record<string, string> {
  const runbook = runbookPlace(rule);
  return {
    summary: untemplated(rule.title),
    description: untemplated(rule.description),
    ...(runbook !== undefined && { runbook: untemplated(runbook) }),
  };
}

/** How long an alert goes on after what it found, so that more of the same is no news for the rule's throttle. Evaluations see a match for their range. */
export function keptMs({ throttleMs }: Rule, rangeMs: number): number {
  return Math.max(0, throttleMs - rangeMs);
}

/** The same as rulers write it. */
export function alertKept(rule: Rule, { rangeMs }: Evaluation): { readonly keep_firing_for?: string } {
  const ms = keptMs(rule, rangeMs);
  return ms > 0 ? { keep_firing_for: duration(ms) } : {};
}

/** How often a ruler evaluates a rule: a correlation over a short time often, so that its range is little longer than that. */
export function rulerInterval(rule: Rule): number {
  return isShort(rule) ? 15_000 : 60_000;
}

const isShort = (rule: Rule): boolean => rule.kind === "correlation" && rule.correlation.timespanMs <= SHORT_MS;

/** Alerts in groups by how often they are evaluated. */
export function byInterval<T>(
  alerts: readonly { readonly rule: Rule; readonly alert: T }[],
): readonly { readonly name: string; readonly interval: string; readonly rules: readonly T[] }[] {
  const short = ({ rule }: { readonly rule: Rule }): boolean => isShort(rule);
  const groups = [
    { name: "flowferry", interval: "1m", rules: alerts.filter((one) => !short(one)).map((one) => one.alert) },
    { name: "flowferry-short", interval: "15s", rules: alerts.filter(short).map((one) => one.alert) },
  ];
  return groups.filter((group) => group.rules.length > 0);
}
