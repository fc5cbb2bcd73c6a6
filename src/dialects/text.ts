import { enumeration, type FieldRef } from "../detect/fields.ts";
import type { RuleMeta } from "../detect/rule.ts";

/** The text for RE2, found as it stands. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Whether upper and lower case make no difference. */
function hasNoCase(text: string): boolean {
  return text.toLowerCase() === text.toUpperCase();
}

/** Whether an exact comparison with the values would miss what differs in case alone. */
export function regardsCase(field: FieldRef, values: readonly (string | number | boolean)[]): boolean {
  return field.class === "text" && enumeration(field) === undefined && !values.every((value) => hasNoCase(String(value)));
}

/** Values that are compared as texts, in lower case. */
export function folded(values: readonly (string | number | boolean)[]): string[] {
  return values.map((value) => String(value).toLowerCase());
}

/** Seconds as durations are written: `90s`, `5m`, `24h`. */
export function duration(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`;
}

/** Where the runbook of a rule is: its URL, or the page's path; undefined for a rule without one. */
export function runbookPlace({ runbook }: RuleMeta): string | undefined {
  return runbook === undefined || runbook.startsWith("https:") ? runbook : `deploy/runbooks/${runbook}.md`;
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** On one line, and without what templates take for their own: two braces. */
export function untemplated(text: string): string {
  return oneLine(text).replaceAll("{{", "{ {");
}
