import type { Alert, AlertLink } from "../contracts.ts";

/** A search in the user's backend reaches this far before the first and after the last flow. */
const MARGIN_MS = 15 * 60_000;

/**
 * Fills `{placeholders}` of link templates: `source`, `destination`, `port`, `uid`, `object`, `rule`, and the times `from` and `to`
 * (ISO 8601) or `fromMs` and `toMs`, 15 minutes around the flows. Values are percent-encoded. A link whose placeholder the alert does
 * not have is left out.
 */
export function linksOf(templates: readonly AlertLink[], alert: Alert): AlertLink[] {
  const [from, to] = [alert.firstSeen - MARGIN_MS, alert.lastSeen + MARGIN_MS];
  const values: Record<string, string> = {
    ...alert.subject,
    rule: alert.rule,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    fromMs: String(from),
    toMs: String(to),
  };
  const links = templates.flatMap(({ title, url }) => {
    const names = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    if (names.some((name) => values[name] === undefined)) return [];
    return [{ title, url: url.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? "")) }];
  });
  return alert.runbook?.startsWith("https://") ? [...links, { title: "Runbook", url: alert.runbook }] : links;
}
