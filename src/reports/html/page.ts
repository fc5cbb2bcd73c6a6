import { createHash } from "node:crypto";
import { version } from "../../lib/version.ts";
import type { ReportData } from "./data.ts";
import { missingSection, tiles } from "./overview.ts";
import { advice, exposures, rejectedSources, suspects } from "./security.ts";
import { STYLE } from "./style.ts";
import type { Draw } from "./svg.ts";
import { applications, bytesOfTime, flowsOfTime, ports, talkers, waysSection, weekSection } from "./traffic.ts";
import { analysis, largest, linkTable, unusual } from "./transfers.ts";
import { escaped, minute, span } from "./words.ts";

/** What a browser may do with the page: apply its one style sheet. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`;

export interface PageOptions {
  readonly title: string;
  /** When it was made, in ms since the epoch. */
  readonly at: number;
  /** Whether a comparison with the time before was asked for. */
  readonly isCompared: boolean;
  readonly draw: Draw;
}

/** The report: one file that asks for nothing else, holds no script, and shows text of logs and tables as text. */
export function page(data: ReportData, { title, at, isCompared, draw }: PageOptions): string {
  const sections: readonly (readonly [id: string, name: string, html: string])[] = [
    ["missing", "What is missing", missingSection(data)],
    ["time", "Flows over time", flowsOfTime(data, draw)],
    ["bytes", "Bytes over time", bytesOfTime(data, draw)],
    ["week", "Hours of the week", weekSection(data, draw)],
    ["applications", "Top applications", applications(data)],
    ["link", "Link table", linkTable(data)],
    ["analysis", "Network traffic analysis", analysis(data, draw)],
    ["largest", "Largest transfer", largest(data)],
    ["unusual", "Unusual transfers", unusual(data)],
    ["talkers", "Top talkers", talkers(data, draw)],
    ["ports", "Ports", ports(data, draw)],
    ["ways", "From zone to action", waysSection(data, draw)],
    ["rejected", "Rejected sources", rejectedSources(data)],
    ["exposures", "Exposures", exposures(data)],
    ["suspects", "Suspects", suspects(data)],
    ["advice", "Advice in short", advice(data)],
  ];
  const links = sections.map(([id, name]) => `<li><a href="#${id}">${escaped(name)}</a></li>`).join("");
  const window = `${minute(data.since)} to ${minute(data.until)} UTC`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="generator" content="flowferry ${escaped(version)}">
<title>${escaped(`${title}, ${window}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
<div class="wrap">
<header>
<h1>${escaped(title)}</h1>
<p class="quiet">${escaped(`${window} (${span(data.until - data.since)})`)}</p>
<nav aria-label="Sections"><ul>${links}</ul></nav>
</header>
<main id="main">
${tiles(data, isCompared)}
${sections.map(([, , html]) => html).join("\n")}
</main>
<footer><p>${escaped(`Made by flowferry ${version} at ${minute(at)} UTC. Times are UTC, bytes in decimal units. A flow that is logged at both of its ends counts at each.`)}</p></footer>
</div>
</body>
</html>
`;
}
