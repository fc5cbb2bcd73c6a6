import type { Rule } from "../rule.ts";
import { oneLine } from "./text.ts";

/** Labels of a Prometheus-style alert, beside those of the group. */
export function alertLabels(rule: Rule): Record<string, string> {
  const techniques = rule.tags.filter((tag) => /^attack\.t\d/.test(tag)).map((tag) => tag.slice("attack.".length).toUpperCase());
  return { severity: rule.level, ...(techniques.length > 0 && { attack: techniques.join(",") }) };
}

/** Braces would be a template's. */
export function alertAnnotations(rule: Rule): Record<string, string> {
  const plain = (text: string): string => oneLine(text).replaceAll("{{", "{ {");
  return {
    summary: plain(rule.title),
    description: plain(rule.description),
    ...(rule.runbook !== undefined && { runbook: rule.runbook }),
  };
}
