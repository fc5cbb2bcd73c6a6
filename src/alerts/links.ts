import type { Alert, AlertLink } from "../contracts/alert.ts";

/** A search in the user's backend reaches this far before the first and after the last flow. */
const MARGIN_MS = 15 * 60_000;

const RUNBOOK = "Runbook";
/** Where the pages of the runbooks are that ship with the program. */
const RUNBOOKS = "deploy/runbooks";

export interface LinkTemplates {
  readonly links: readonly AlertLink[];
  /** URL of a page of the runbooks folder, with the placeholder `{runbook}` for its name. */
  readonly runbookUrl?: string | undefined;
}

/**
 * Fills `{placeholders}` of link templates: `source`, `destination`, `port`, `uid`, `object`, `rule`, and the times `from` and `to`
 * (ISO 8601) or `fromMs` and `toMs`, 15 minutes around the flows. Values are percent-encoded. A link whose placeholder the alert does
 * not have is left out. The runbook comes last: a rule's own URL, or its page by the template.
 */
export function linksOf({ links: templates, runbookUrl }: LinkTemplates, alert: Alert): AlertLink[] {
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
  const { runbook } = alert;
  if (runbook === undefined) return links;
  const url = isUrl(runbook) ? runbook : runbookUrl?.replaceAll("{runbook}", encodeURIComponent(runbook));
  return url === undefined ? links : [...links, { title: RUNBOOK, url }];
}

/** The link to the runbook, if there is one. */
export function runbookLink(links: readonly AlertLink[]): AlertLink | undefined {
  return links.find(({ title }) => title === RUNBOOK);
}

/** The file of the runbook, for an alert whose runbook is a page without a link. */
export function runbookPath({ runbook }: Alert, links: readonly AlertLink[]): string | undefined {
  if (runbook === undefined || isUrl(runbook) || runbookLink(links) !== undefined) return undefined;
  return `${RUNBOOKS}/${runbook}.md`;
}

function isUrl(runbook: string): boolean {
  return runbook.startsWith("https://");
}
