import { createHash } from "node:crypto";
import type { Snapshot } from "./snapshot.ts";
import { count, duration, rate } from "./words.ts";

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--bad:#c62828;--good:#2e7d32}
@media (prefers-color-scheme:dark){:root{--bad:#ff8a80;--good:#81c784}}
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:70rem;overflow-wrap:anywhere}
h1{font-size:1.25rem;margin:0 0 .25rem}h2{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.25rem 0}.bad{color:var(--bad)}.good{color:var(--good)}.quiet{opacity:.7}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
@media (max-width:600px){
thead{display:none}tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--line)}
td,td.number{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.1rem 0;text-align:right}
td::before{content:attr(data-label);opacity:.7;text-align:left;white-space:nowrap}}
`;

/** What the browser may do with the page: apply its one style sheet, and nothing else. */
export const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** What a sink does not get as records of their own. */
const HELD_BACK = ["filtered", "sampled out", "aggregated"];

/** The status of a worker as one page that asks for nothing else, and for itself again every five seconds. */
export function statusPage(snapshot: Snapshot): string {
  const { version, at, startedAt, sources, sinks, topics, tables, alerts, notifiers, missing, parked, undecodable } = snapshot;
  return page(
    `flowferry ${version}`,
    [
      `<h1>flowferry ${escaped(version)}</h1>`,
      `<p class="quiet">up ${duration(at - startedAt)}, as of ${instant(at)}</p>`,
      healthOf(snapshot),
      section("Sources", [
        ["source", "flows/s", "flows read", "objects read", "parked"],
        ...sources.map(({ name, flowsPerSecond, flows, objects, parked: lying }) => [
          name,
          ...numbers(rate(flowsPerSecond), count(flows), count(objects), count(lying)),
        ]),
      ]),
      section("Sinks", [
        ["sink", "flows/s", "delivered", "lag", "objects that wait", "set aside", "rejected", ...HELD_BACK, "last took flows"],
        ...sinks.map((sink) => [
          sink.name,
          ...numbers(rate(sink.flowsPerSecond), count(sink.delivered), sink.lagMs === undefined ? "none" : duration(sink.lagMs)),
          ...numbers(count(sink.waiting), count(sink.setAside), count(sink.rejected)),
          ...numbers(...[sink.filtered, sink.sampled, sink.aggregated].map(count)),
          sink.lastDelivery === undefined ? "never" : `${duration(at - sink.lastDelivery)} ago`,
        ]),
      ]),
      section("Messages that wait in Kafka", [
        ["source or topic", "messages"],
        ...topics.map(({ name, messages }) => [name, ...numbers(count(messages))]),
      ]),
      section("Alerts since the start", [
        ["when", "level", "rule", "what"],
        ...alerts.map(({ at: raised, level, rule, summary }) => [`${duration(at - raised)} ago`, level, rule, summary]),
      ]),
      section("Who is told", [
        ["notifier", "told", "wait", "refused"],
        ...notifiers.map(({ notifier, told, waiting, refused }) => [
          notifier,
          ...numbers(count(told), count(waiting), count(refused)),
        ]),
      ]),
      section("Tables", [
        ["file", "rows", "written", "state"],
        ...tables.map(({ file, rows, changedAt, problem }) => [
          file,
          ...numbers(count(rows)),
          changedAt === undefined ? "gone" : `${duration(at - changedAt)} ago`,
          problem ?? "in use",
        ]),
      ]),
      section("What is missing", [
        ["source", "what", "how often", "last"],
        ...missing.map(({ source, kind, count: often, lastMessage }) => [source, kind, ...numbers(count(often)), lastMessage]),
        ...(undecodable > 0 ? [["", "records that could not be decoded", ...numbers(count(undecodable)), ""]] : []),
      ]),
      section("Objects that cannot be read now", [
        ["source", "object", "attempts", "next", "why"],
        ...parked.map(({ source, key, attempts, nextAt, reason }) => [
          source,
          key,
          ...numbers(count(attempts)),
          nextAt <= at ? "now" : `in ${duration(nextAt - at)}`,
          reason,
        ]),
      ]),
    ].join("\n"),
  );
}

/** The page while the status cannot be had. */
export function noStatusPage(reason: string): string {
  return page("flowferry", `<h1>flowferry</h1>\n<p class="bad">${escaped(reason)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

function healthOf({ problems, at }: Snapshot): string {
  if (problems.length === 0) return '<p class="good">Everything does its work.</p>';
  return problems
    .map(({ part, reason, since }) => {
      return `<p><strong class="bad">${escaped(part)}</strong> does not do its work for ${duration(at - since)}: ${escaped(reason)}</p>`;
    })
    .join("\n");
}

/** A cell whose digits stand below each other. */
interface Numeric {
  readonly number: string;
}

function numbers(...texts: readonly string[]): Numeric[] {
  return texts.map((number) => ({ number }));
}

/** A heading and a table whose first row names the columns; nothing where there are no further rows. */
function section(title: string, [names = [], ...rows]: readonly (readonly (string | Numeric)[])[]): string {
  if (rows.length === 0) return "";
  const label = (index: number) => escaped(String(names[index] ?? ""));
  const cells = (row: readonly (string | Numeric)[]) =>
    row.map((cell, index) =>
      typeof cell === "string"
        ? `<td data-label="${label(index)}">${escaped(cell)}</td>`
        : `<td class="number" data-label="${label(index)}">${escaped(cell.number)}</td>`,
    );
  const isNumber = (index: number) => typeof rows[0]?.[index] !== "string";
  const head = names.map((_, index) => `<th${isNumber(index) ? ' class="number"' : ""}>${label(index)}</th>`).join("");
  const body = rows.map((row) => `<tr>${cells(row).join("")}</tr>`).join("\n");
  return `<h2>${escaped(title)}</h2>\n<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

function instant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
