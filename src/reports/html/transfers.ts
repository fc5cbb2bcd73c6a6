import { bubbleChart, bubbleColor, destinationsOf } from "./charts.ts";
import type { Bubble, Cluster, ReportData } from "./data.ts";
import { type Cell, type Column, figure, folded, key, nothing, section, table } from "./parts.ts";
import type { Draw } from "./svg.ts";
import { AT_BOTH_ENDS, bytes, count, date, endHtml, escaped, minute, plural, span } from "./words.ts";

const name = (text: string): Cell => ({ html: `<bdi>${escaped(text)}</bdi>` });
const range = (smallest: number, largest: number): string =>
  smallest === largest ? bytes(largest) : `${bytes(smallest)} to ${bytes(largest)}`;
const NO_TRANSFERS = "No accepted flow moved anything.";

/** A row for each two ends and day, as Log Analytics' Link has it. */
export function linkTable({ pairs, pairCount }: ReportData): string {
  const lead = `Transfers between two addresses on a day, those with most bytes first. ${AT_BOTH_ENDS}`;
  if (pairs.length === 0) return section("link", "Link table", lead, nothing(NO_TRANSFERS));
  const columns: Column[] = [
    { name: "Day", kind: "time" },
    ...["Source", "Destination", "Traffic From", "Traffic To"].map((one) => ({ name: one })),
    { name: "Flows", kind: "number" },
    { name: "Bytes Transferred", kind: "number" },
  ];
  const rows = pairs.map(({ day, source, destination, from, to, flows, bytes: moved }) => [
    day === undefined ? "" : date(day),
    ...[endHtml(source), endHtml(destination), name(from), name(to), flows, bytes(moved)],
  ]);
  const [first, rest] = [rows.slice(0, 15), rows.slice(15)];
  const caption = `The ${first.length} largest of ${count(pairCount)}`;
  const more = rest.length === 0 ? "" : folded(`The next ${rest.length}`, table(`Places 16 to ${rows.length}`, columns, rest));
  return section("link", "Link table", lead, `${table(caption, columns, first)}${more}`);
}

/** The Analyze chart: transfers by start time and Traffic From; size is bytes, colour Traffic To. */
export function analysis(data: ReportData, draw: Draw): string {
  const { bubbles, bubblesLeft, bubbleStep, ranges } = data;
  const title = "Network traffic analysis";
  const lead = `Each bubble is the transfers of ${span(bubbleStep)} between the same services and in the same range of bytes: start time and Traffic From by its place, bytes by its size (the fourth root), Traffic To by its colour.`;
  const [first] = bubbles;
  if (first === undefined) return section("analysis", title, lead, nothing(NO_TRANSFERS));
  const description = `The largest of ${count(bubbles.length)} bubbles is ${sentenceOf(first, bubbleStep)}.`;
  const rows = new Set(bubbles.map(({ from }) => from)).size;
  const picture = figure(draw, {
    ...{ id: "analysis-p", title, description },
    option: (shape, height) => bubbleChart(data, shape, height),
    heights: [Math.max(220, 60 + 44 * rows), Math.max(200, 60 + 34 * rows)],
  });
  const all = destinationsOf(bubbles);
  const colours = key(all.map((to) => [(/var\(--(c\d)\)/.exec(bubbleColor(to, all)) ?? ["", "c0"])[1] as string, to]));
  const sizes = ranges.map(({ from, to, transfers }) => `${range(from, to)} (${plural(transfers, "transfer")})`);
  const columns: Column[] = [
    { name: "From", kind: "time" },
    { name: "Traffic From" },
    { name: "Traffic To" },
    { name: "Transfers", kind: "number" },
    { name: "Bytes of a transfer", kind: "number" },
    { name: "Bytes Transferred", kind: "number" },
  ];
  const cells = bubbles
    .slice(0, 30)
    .map((one) => [
      minute(one.at),
      name(one.from),
      name(one.to),
      one.transfers,
      range(one.smallest, one.largest),
      bytes(one.bytes),
    ]);
  const left = bubblesLeft === 0 ? "" : ` ${count(bubblesLeft)} smaller bubbles are not drawn.`;
  return section(
    "analysis",
    title,
    lead,
    `${colours}${picture}<p class="small">${escaped(`${description}${left} Ranges of bytes: ${sizes.join("; ")}.`)}</p>${folded(`Table of the picture (the ${cells.length} largest)`, table("Bubbles by bytes", columns, cells))}`,
  );
}

function sentenceOf({ at, from, to, transfers, smallest, largest: most, bytes: moved }: Bubble, step: number): string {
  return `${plural(transfers, "transfer")} from ${from} to ${to} in ${span(step)} from ${minute(at)} on, of ${range(smallest, most)} each, ${bytes(moved)} in all`;
}

/** The largest transfer with those of its size beside it, and what they have in common. */
export function largest({ largest: cluster }: ReportData): string {
  const lead =
    "The largest transfer with those of its services, size and time, and what is more frequent among them than elsewhere.";
  if (cluster === undefined) return section("largest", "Largest transfer", lead, nothing(NO_TRANSFERS));
  const facts: readonly (readonly [string, string])[] = [
    ["When", whenOf(cluster)],
    ["Traffic From → Traffic To", `${cluster.from} → ${cluster.to}`],
    ["Transfers", `${count(cluster.transfers)}, of ${range(cluster.smallest, cluster.largest)}`],
    ["Bytes Transferred", bytes(cluster.bytes)],
    ["Usual", `${bytes(cluster.usual)} (${COMPARED[cluster.compared] ?? cluster.compared}); robust score ${cluster.score}`],
  ];
  const html = facts.map(([term, value]) => `<div><dt>${escaped(term)}</dt><dd>${escaped(value)}</dd></div>`).join("");
  const correlated =
    cluster.correlated.length === 0
      ? nothing("They have nothing in common that is rare elsewhere.")
      : `<h3>Correlated</h3><p>${correlates(cluster)}</p>`;
  return section("largest", "Largest transfer", lead, `<dl class="fact">${html}</dl>${correlated}`);
}

const COMPARED: Readonly<Record<string, string>> = {
  pair: "of the same two addresses",
  service: "of the same services",
  all: "of all transfers",
};

const whenOf = ({ since, until }: Cluster): string =>
  since === undefined || until === undefined ? "unknown" : `${minute(since)} to ${minute(until)}`;

/** What a cluster is correlated with, one after the other; empty for nothing. */
const correlates = ({ correlated }: Cluster): string =>
  correlated.map((one) => `<span class="chip">${escaped(one)}</span>`).join(" ");

export function unusual({ unusual: all, unusualCount }: ReportData): string {
  const lead =
    "Transfers of an hour that stand out from what is usual for the same two addresses, else for the services, by a robust score of 3.5 or more on the logarithm of bytes, and by twice the usual bytes at least. Those of the same services, size and time are one cluster. Correlated is what more than half of a cluster has in common, at least twice as often as all transfers (lift).";
  if (all.length === 0) return section("unusual", "Unusual transfers", lead, nothing("No transfer stands out."));
  const columns: Column[] = [
    { name: "From", kind: "time" },
    { name: "Traffic From → To" },
    { name: "Transfers", kind: "number" },
    { name: "Bytes Transferred", kind: "number" },
    { name: "Usual", kind: "number" },
    { name: "Score", kind: "number" },
  ];
  const rows = all.map((one) => [
    one.since === undefined ? "" : minute(one.since),
    { html: `<bdi>${escaped(one.from)}</bdi> → <bdi>${escaped(one.to)}</bdi>` },
    ...[one.transfers, bytes(one.bytes), bytes(one.usual), one.score.toFixed(1)],
  ]);
  const under = all.map((one) => correlates(one));
  return section(
    "unusual",
    "Unusual transfers",
    lead,
    table(`The ${all.length} with most bytes of ${count(unusualCount)} clusters`, columns, rows, under),
  );
}
