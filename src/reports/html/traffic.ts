import {
  bytesOverTime,
  folded as foldedWays,
  HEATS,
  heatMap,
  overTime,
  portMap,
  portName,
  sankey,
  talkerBars,
} from "./charts.ts";
import type { Moment, ReportData } from "./data.ts";
import { type Column, figure, folded, key, nothing, section, table } from "./parts.ts";
import type { Draw } from "./svg.ts";
import { AT_BOTH_ENDS, bytes, change, count, endHtml, escaped, minute, nameOf, percent, short, span, WEEKDAYS } from "./words.ts";

const NO_TIMES = "No flow of the window has a time.";
const times = (moments: readonly Moment[], step: number): string =>
  folded(
    "Table of the picture",
    table(
      `Flows and bytes in each ${span(step)}`,
      [
        { name: "From", kind: "time" },
        { name: "Accepted", kind: "number" },
        { name: "Rejected", kind: "number" },
        { name: "Bytes", kind: "number" },
      ],
      moments.map(({ at, accepted, rejected, bytes: moved }) => [minute(at), accepted, rejected, bytes(moved)]),
    ),
  );

const most = (moments: readonly Moment[], of: (moment: Moment) => number): Moment | undefined =>
  moments.reduce<Moment | undefined>((best, one) => (best === undefined || of(one) > of(best) ? one : best), undefined);

export function flowsOfTime({ moments, step, totals }: ReportData, draw: Draw): string {
  const top = most(moments, ({ accepted, rejected }) => accepted + rejected);
  const title = "Flows over time";
  const lead = `Accepted and rejected flows in each ${span(step)}.`;
  if (top === undefined) return section("time", title, lead, nothing(NO_TIMES));
  const description = `${count(totals.accepted)} accepted and ${count(totals.rejected)} rejected flows; most, ${count(top.accepted + top.rejected)}, from ${minute(top.at)} on.`;
  const picture = figure(draw, {
    id: "time-p",
    title,
    description,
    option: (shape) => overTime(moments, step, shape),
    heights: [250, 190],
  });
  const colours = key([
    ["accepted", "Accepted"],
    ["rejected", "Rejected"],
  ]);
  return section("time", title, lead, `${colours}${picture}<p class="small">${escaped(description)}</p>${times(moments, step)}`);
}

export function bytesOfTime({ moments, step, totals }: ReportData, draw: Draw): string {
  const top = most(moments, (moment) => moment.bytes);
  const title = "Bytes over time";
  const lead = `Bytes of all flows in each ${span(step)}; the table above has the numbers. ${AT_BOTH_ENDS}`;
  if (top === undefined) return section("bytes", title, lead, nothing(NO_TIMES));
  const description = `${bytes(totals.bytes)} in all; most, ${bytes(top.bytes)}, from ${minute(top.at)} on.`;
  const picture = figure(draw, {
    id: "bytes-p",
    title,
    description,
    option: (shape) => bytesOverTime(moments, step, shape),
    heights: [200, 170],
  });
  return section("bytes", title, lead, `${picture}<p class="small">${escaped(description)}</p>`);
}

export function weekSection({ week }: ReportData, draw: Draw): string {
  const title = "Hours of the week";
  const lead = "When there are flows, by weekday and hour (UTC).";
  const largest = Math.max(...week.flat());
  if (largest === 0) return section("week", title, lead, nothing(NO_TIMES));
  const day = week.findIndex((hours) => hours.includes(largest));
  const hour = week[day]?.indexOf(largest) ?? 0;
  const description = `Most flows, ${count(largest)}, on ${WEEKDAYS[day]} from ${String(hour).padStart(2, "0")}:00 on.`;
  const picture = figure(draw, {
    id: "week-p",
    title,
    description,
    option: (shape, height) => heatMap(week, shape, height),
    heights: [250, 190],
  });
  const upTo = (heat: number) => short((largest * heat) / HEATS);
  const colours = key([["h0", "none"], ...[1, 2, 3, 4, 5].map((heat) => [`h${heat}`, `up to ${upTo(heat)}`] as const)]);
  const head = Array.from({ length: 24 }, (_, at) => `<th scope="col">${String(at).padStart(2, "0")}</th>`).join("");
  const rows = week.map(
    (hours, at) =>
      `<tr><th scope="row">${WEEKDAYS[at]}</th>${hours.map((value) => `<td>${value === 0 ? "0" : short(value)}</td>`).join("")}</tr>`,
  );
  const numbers = `<table class="week"><caption>Flows by weekday and hour</caption><thead><tr><th scope="col">Day</th>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  return section(
    "week",
    title,
    lead,
    `${picture}${colours}<p class="small">${escaped(description)}</p>${folded("Table of the picture", numbers)}`,
  );
}

export function applications({ services, totals }: ReportData): string {
  const lead = `Services that accepted connections were opened to, by bytes. ${AT_BOTH_ENDS}`;
  if (services.length === 0) return section("applications", "Top applications", lead, nothing("No flow was accepted."));
  const hasBefore = services.some(({ before }) => before !== undefined);
  const columns: Column[] = [
    { name: "Application" },
    { name: "Bytes", kind: "number" },
    { name: "Share of bytes", kind: "number" },
    { name: "Flows", kind: "number" },
    ...(hasBefore ? [{ name: "Bytes against before", kind: "number" } as const] : []),
  ];
  const rows = services
    .slice(0, 15)
    .map(({ name, bytes: moved, flows, before }) => [
      { html: `<bdi>${escaped(name)}</bdi>` },
      ...[bytes(moved), percent(moved, totals.bytes), flows],
      ...(hasBefore ? [before === undefined ? "none before" : change(moved, before)] : []),
    ]);
  return section("applications", "Top applications", lead, table(`The ${rows.length} with most bytes`, columns, rows));
}

export function talkers({ talkers: all }: ReportData, draw: Draw): string {
  const title = "Top talkers";
  const lead = `Addresses by bytes that they sent and received in accepted flows. ${AT_BOTH_ENDS}`;
  const [first] = all;
  if (first === undefined) return section("talkers", title, lead, nothing("No accepted flow moved anything."));
  const description = `${nameOf(first)} moved most: it sent ${bytes(first.sent)} and received ${bytes(first.received)}.`;
  const picture = figure(draw, {
    id: "talkers-p",
    title,
    description,
    option: (shape) => talkerBars(all, shape),
    heights: [30 + 26 * all.length, 30 + 24 * all.length],
  });
  const rows = all.map((one) => [endHtml(one), one.zone, bytes(one.sent), bytes(one.received), one.peers]);
  const columns: Column[] = [
    { name: "Address" },
    { name: "Zone" },
    { name: "Sent", kind: "number" },
    { name: "Received", kind: "number" },
    { name: "Peers", kind: "number" },
  ];
  return section(
    "talkers",
    title,
    lead,
    `${key([
      ["c1", "Sent"],
      ["c7", "Received"],
    ])}${picture}${table(description, columns, rows)}`,
  );
}

export function ports({ ports: all, portCount, portFlows }: ReportData, draw: Draw): string {
  const title = "Ports";
  const lead = "Ports at which connections were accepted, by flows.";
  const [first] = all;
  if (first === undefined) return section("ports", title, lead, nothing("No flow was accepted."));
  const description = `${count(portCount)} ports were asked; most flows, ${count(first.flows)}, at ${portName(first)}.`;
  const picture = figure(draw, {
    id: "ports-p",
    title,
    description,
    option: (shape) => portMap(all.slice(0, shape.isNarrow ? 24 : 60), shape),
    heights: [320, 300],
  });
  const columns: Column[] = [
    { name: "Port" },
    { name: "Service" },
    { name: "Flows", kind: "number" },
    { name: "Share", kind: "number" },
    { name: "Bytes", kind: "number" },
  ];
  const rows = all
    .slice(0, 20)
    .map((one) => [
      one.port === undefined ? one.protocol : `${one.protocol} ${one.port}`,
      ...[one.service, one.flows, percent(one.flows, portFlows), bytes(one.bytes)],
    ]);
  const colours = key([
    ["c1", "TCP"],
    ["c7", "UDP"],
    ["c0", "Other protocols"],
  ]);
  return section(
    "ports",
    title,
    lead,
    `${colours}${picture}<p class="small">${escaped(description)}</p>${table(`The ${rows.length} with most flows`, columns, rows)}`,
  );
}

export function waysSection({ ways }: ReportData, draw: Draw): string {
  const title = "From zone to action";
  const lead =
    "The way of connections: zone of the source, subnet that logged it, service, and what became of it. Records of answers are left out.";
  if (ways.length === 0) return section("ways", title, lead, nothing("No flow was captured."));
  const shown = foldedWays(ways);
  const all = shown.reduce((sum, { flows }) => sum + flows, 0);
  const [first] = shown;
  const description = `Of ${count(all)} flows most, ${percent(first?.flows ?? 0, all)}, came from ${first?.zone} over ${first?.subnet} to ${first?.service}: ${first?.action}.`;
  const picture = figure(draw, {
    id: "ways-p",
    title,
    description,
    option: (shape) => sankey(shown, shape),
    heights: [440, 460],
  });
  const columns: Column[] = [
    { name: "Zone" },
    { name: "Subnet" },
    { name: "Service" },
    { name: "Action" },
    { name: "Flows", kind: "number" },
  ];
  const rows = shown.slice(0, 25).map(({ zone, subnet, service, action, flows }) => [zone, subnet, service, action, flows]);
  const colours = key([
    ["c4", "Zone"],
    ["c3", "Subnet"],
    ["c7", "Service"],
    ["accepted", "Accepted"],
    ["rejected", "Rejected"],
  ]);
  return section(
    "ways",
    title,
    lead,
    `${colours}${picture}<p class="small">${escaped(description)}</p>${folded(`Table of the picture (the ${rows.length} commonest ways)`, table("Flows by way", columns, rows))}`,
  );
}
