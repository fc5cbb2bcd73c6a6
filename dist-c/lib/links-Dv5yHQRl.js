// src/alerts/links.ts
/** A search in the user's backend reaches this far before the first and after the last flow. */
const MARGIN_MS = 9e5;
const RUNBOOK = "Runbook";
/** Where the pages of the runbooks are that ship with the program. */
const RUNBOOKS = "deploy/runbooks";
/**
* Fills `{placeholders}` of link templates: `source`, `destination`, `port`, `uid`, `object`, `rule`, and the times `from` and `to`
* (ISO 8601) or `fromMs` and `toMs`, 15 minutes around the flows. Values are percent-encoded. A link whose placeholder the alert does
* not have is left out. The runbook comes last: a rule's own URL, or its page by the template.
*/
function linksOf({ links: templates, runbookUrl }, alert) {
	const [from, to] = [alert.firstSeen - MARGIN_MS, alert.lastSeen + MARGIN_MS];
	const values = {
		...alert.subject,
		rule: alert.rule,
		from: new Date(from).toISOString(),
		to: new Date(to).toISOString(),
		fromMs: String(from),
		toMs: String(to)
	};
	const links = templates.flatMap(({ title, url }) => {
		if ([...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").some((name) => values[name] === void 0)) return [];
		return [{
			title,
			url: url.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""))
		}];
	});
	const { runbook } = alert;
	if (runbook === void 0) return links;
	const url = isUrl(runbook) ? runbook : runbookUrl?.replaceAll("{runbook}", encodeURIComponent(runbook));
	return url === void 0 ? links : [...links, {
		title: RUNBOOK,
		url
	}];
}
/** The link to the runbook, if there is one. */
function runbookLink(links) {
	return links.find(({ title }) => title === RUNBOOK);
}
/** The file of the runbook, for an alert whose runbook is a page without a link. */
function runbookPath({ runbook }, links) {
	if (runbook === void 0 || isUrl(runbook) || runbookLink(links) !== void 0) return void 0;
	return `${RUNBOOKS}/${runbook}.md`;
}
function isUrl(runbook) {
	return runbook.startsWith("https://");
}
export { runbookLink as n, runbookPath as r, linksOf as t };
