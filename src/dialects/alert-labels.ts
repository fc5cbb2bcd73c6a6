import type { Rule } from "../detect/rule.ts";
import type { Evaluation } from "./evaluation.ts";
import { ALERT_SOURCE } from "./receivers.ts";
import { duration, oneLine, runbookPlace } from "./text.ts";

const SHORT_MS = 300_000;

/** Labels of a Prometheus-style alert, beside those of the group. */
export function alertLabels(rule: Rule): Record<string, string> {
  const techniques = rule.tags.filter((tag) => /^attack\.t\d/.test(tag)).map((tag) => tag.slice("attack.".length).toUpperCase());
  return { ...ALERT_SOURCE, severity: rule.level, ...(techniques.length > 0 && { attack: techniques.join(",") }) };
}

/** Braces would be a template's. */
export function alertAnnotations(rule: Rule): Record<string, string> {
  const plain = (text: string): string => oneLine(text).replaceAll("{{", "{ {");
  const runbook = runbookPlace(rule);
  return {
    summary: plain(rule.title),
    description: plain(rule.description),
    ...(runbook !== undefined && { runbook }),
  };
}

/** An alert goes on for the rule's throttle after what it found, so that more of the same is no news. Evaluations see a match for their range. */
export function alertKept({ throttleMs }: Rule, { rangeMs }: Evaluation): { readonly keep_firing_for?: string } {
  return throttleMs > rangeMs ? { keep_firing_for: duration(throttleMs - rangeMs) } : {};
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
