import type { EChartsCoreOption } from "echarts/core";
import { printable } from "../../lib/printable.ts";
import type { Bubble, Moment, Port, ReportData, Talker, Way } from "./data.ts";
import { nameOf, short, shortBytes, WEEKDAYS } from "./words.ts";

/** The page has the colours, for light and dark: a picture names them. */
const INK = "var(--ink)";
const QUIET = "var(--quiet)";
const LINE = "var(--line)";
const PAPER = "var(--paper)";
const ACCEPTED = "var(--accepted)";
const REJECTED = "var(--rejected)";
const palette = (index: number): string => `var(--c${(index % 7) + 1})`;
const OTHER = "var(--c0)";
const UNKNOWN = "var(--c8)";
export const HEATS = 5;

/** How wide a picture is: for a window, or for a telephone. */
export interface Shape {
  readonly width: number;
  readonly isNarrow: boolean;
}

const SILENT = { silent: true, emphasis: { disabled: true } } as const;

/** A name in a picture: one line, not longer than there is room, without what turns or hides. */
function label(text: string, most: number): string {
  const shown = printable(text.toWellFormed());
  const letters = [...shown];
  return letters.length <= most ? shown : `${letters.slice(0, most - 1).join("")}…`;
}

function timeAxis({ isNarrow }: Shape) {
  return {
    type: "time",
    axisLine: { lineStyle: { color: LINE } },
    axisTick: { lineStyle: { color: LINE } },
    axisLabel: {
      color: QUIET,
      hideOverlap: true,
      alignMinLabel: "left",
      alignMaxLabel: "right",
      fontSize: 12,
      formatter: { year: "{yyyy}", month: "{d} {MMM}", day: "{d} {MMM}", hour: "{HH}:{mm}", minute: "{HH}:{mm}" },
    },
    splitNumber: isNarrow ? 3 : 8,
    splitLine: { show: false },
  };
}

function valueAxis(formatter: (value: number) => string) {
  return {
    type: "value",
    splitNumber: 4,
    axisLabel: { color: QUIET, fontSize: 12, formatter },
    splitLine: { lineStyle: { color: LINE } },
    axisLine: { show: false },
    axisTick: { show: false },
  };
}

/** Accepted and rejected flows, one above the other. */
export function overTime(moments: readonly Moment[], step: number, shape: Shape): EChartsCoreOption {
  const bars = (name: "accepted" | "rejected", color: string) => ({
    ...SILENT,
    type: "bar",
    stack: "flows",
    barWidth: Math.max(1, Math.floor((0.82 * (shape.width - 70)) / Math.max(1, moments.length))),
    itemStyle: { color },
    data: moments.map((moment) => [moment.at + step / 2, moment[name]]),
  });
  return {
    grid: { left: 50, right: 14, top: 12, bottom: 26 },
    xAxis: { ...timeAxis(shape), min: moments[0]?.at, max: (moments.at(-1)?.at ?? 0) + step },
    yAxis: valueAxis(short),
    series: [bars("accepted", ACCEPTED), bars("rejected", REJECTED)],
  };
}

export function bytesOverTime(moments: readonly Moment[], step: number, shape: Shape): EChartsCoreOption {
  return {
    grid: { left: 62, right: 14, top: 12, bottom: 26 },
    xAxis: { ...timeAxis(shape), min: moments[0]?.at, max: (moments.at(-1)?.at ?? 0) + step },
    yAxis: valueAxis(shortBytes),
    series: [
      {
        ...SILENT,
        type: "line",
        step: "middle",
        showSymbol: false,
        lineStyle: { color: palette(0), width: 1.5 },
        itemStyle: { color: palette(0) },
        areaStyle: { color: palette(0), opacity: 0.18 },
        data: moments.map(({ at, bytes }) => [at + step / 2, bytes]),
      },
    ],
  };
}

/** The class of heat of a value: 0 for nothing, 1 to 5 by its share of the most. */
function heatOf(value: number, most: number): number {
  return value === 0 ? 0 : Math.max(1, Math.ceil((value / most) * HEATS));
}

/** Weekday × hour, a square for each. */
export function heatMap(week: ReportData["week"], { width, isNarrow }: Shape, height: number): EChartsCoreOption {
  const most = Math.max(...week.flat());
  const grid = { left: isNarrow ? 36 : 88, right: 2, top: 2, bottom: 26 };
  const gap = isNarrow ? 1 : 3;
  const symbolSize = [(width - grid.left - grid.right) / 24 - gap, (height - grid.top - grid.bottom) / 7 - gap];
  const axis = { type: "category", axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
  const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
  const days = WEEKDAYS.map((day) => (isNarrow ? day.slice(0, 3) : day));
  const axisLabel = { color: QUIET, fontSize: 12 };
  return {
    grid,
    xAxis: { ...axis, data: hours, axisLabel: { ...axisLabel, interval: isNarrow ? 3 : 1 } },
    yAxis: { ...axis, inverse: true, data: days, axisLabel },
    series: [
      {
        ...SILENT,
        type: "scatter",
        symbol: "roundRect",
        data: week.flatMap((row, day) =>
          row.map((value, hour) => ({
            value: [hour, day],
            symbolSize,
            itemStyle: { color: `var(--h${heatOf(value, most)})`, opacity: 1 },
          })),
        ),
      },
    ],
  };
}

/** Bars of what addresses sent and received. */
export function talkerBars(talkers: readonly Talker[], { isNarrow }: Shape): EChartsCoreOption {
  const bars = (of: "sent" | "received", color: string) => ({
    ...SILENT,
    type: "bar",
    stack: "bytes",
    barWidth: "62%",
    itemStyle: { color },
    data: talkers.map((talker) => talker[of]),
  });
  return {
    grid: { left: isNarrow ? 112 : 170, right: 24, top: 4, bottom: 26 },
    yAxis: {
      type: "category",
      inverse: true,
      data: talkers.map((talker) => label(nameOf(talker), isNarrow ? 15 : 24)),
      axisLabel: { color: INK, fontSize: 12 },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    xAxis: { ...valueAxis(shortBytes), splitNumber: isNarrow ? 2 : 5 },
    series: [bars("sent", palette(0)), bars("received", palette(6))],
  };
}

const protocolColor = (protocol: string): string => (protocol === "TCP" ? palette(0) : protocol === "UDP" ? palette(6) : OTHER);

export const portName = ({ protocol, port, service }: Port): string =>
  service ?? (port === undefined ? protocol : `${protocol} ${port}`);

export function portMap(ports: readonly Port[], { isNarrow }: Shape): EChartsCoreOption {
  const all = ports.reduce((sum, { flows }) => sum + flows, 0);
  return {
    series: [
      {
        ...SILENT,
        type: "treemap",
        ...{ left: 0, right: 0, top: 0, bottom: 0 },
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        itemStyle: { color: PAPER, borderColor: PAPER, gapWidth: 2, borderWidth: 0 },
        label: {
          show: true,
          position: "insideTopLeft",
          padding: 4,
          fontSize: isNarrow ? 11 : 13,
          lineHeight: isNarrow ? 14 : 17,
          color: "var(--on)",
          overflow: "truncate",
        },
        data: ports.map((port) => ({
          // Of a small one the text would be cut to a letter: the table has it.
          label: { show: port.flows >= LEAST_NAMED * all },
          name: `${label(portName(port), 22)}\n${short(port.flows)}`,
          value: port.flows,
          itemStyle: { color: protocolColor(port.protocol) },
        })),
      },
    ],
  };
}

/** A port with a smaller share of the flows has no words in the picture. */
const LEAST_NAMED = 0.012;

/** The services by which bubbles are coloured, in the order of their colours; `Other` and `Unknown` have none of their own. */
export function destinationsOf(bubbles: readonly Bubble[]): string[] {
  const moved = new Map<string, number>();
  for (const { to, bytes } of bubbles) moved.set(to, (moved.get(to) ?? 0) + bytes);
  return [...moved].sort(([, one], [, other]) => other - one).map(([to]) => to);
}

export function bubbleColor(to: string, all: readonly string[]): string {
  const named = all.filter((name) => name !== "Other" && name !== "Unknown");
  if (to === "Unknown") return UNKNOWN;
  return named.includes(to) ? palette(named.indexOf(to)) : OTHER;
}

/** Start time × Traffic From; the size of a bubble is its bytes, its colour Traffic To, by which those of a row also stand one below the other. */
export function bubbleChart({ bubbles, bubbleStep, since, until }: ReportData, shape: Shape, height: number): EChartsCoreOption {
  const { isNarrow } = shape;
  const from = [...new Set(bubbles.map((bubble) => bubble.from))].sort(
    (one, other) => sumOf(bubbles, other) - sumOf(bubbles, one) || (one < other ? -1 : 1),
  );
  const most = Math.max(...bubbles.map(({ bytes }) => bytes), 1);
  const all = destinationsOf(bubbles);
  const grid = { left: isNarrow ? 92 : 150, right: isNarrow ? 12 : 22, top: isNarrow ? 8 : 14, bottom: 28 };
  const row = (height - grid.top - grid.bottom) / from.length;
  const largest = Math.min(row * 0.95, isNarrow ? 30 : 44);
  // The fourth root: of bytes that differ by millions the small can be seen, too.
  const size = (bytes: number) => Math.max(isNarrow ? 2 : 3, largest * (bytes / most) ** 0.25);
  const offset = ({ from: name, to }: Bubble) => {
    const beside = all.filter((one) => bubbles.some((bubble) => bubble.from === name && bubble.to === one));
    return beside.length < 2 ? 0 : (beside.indexOf(to) / (beside.length - 1) - 0.5) * row * 0.55;
  };
  return {
    grid,
    xAxis: { ...timeAxis(shape), min: since, max: until, splitLine: { show: true, lineStyle: { color: LINE } } },
    yAxis: {
      type: "category",
      inverse: true,
      data: from.map((name) => label(name, isNarrow ? 12 : 20)),
      axisLabel: { color: INK, fontSize: 12 },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: true, lineStyle: { color: LINE } },
    },
    series: [
      {
        ...SILENT,
        type: "scatter",
        data: bubbles.map((bubble) => ({
          value: [Math.min(bubble.at + bubbleStep / 2, until), from.indexOf(bubble.from)],
          symbolSize: size(bubble.bytes),
          symbolOffset: [0, offset(bubble)],
          itemStyle: { color: bubbleColor(bubble.to, all), opacity: 0.66, borderColor: PAPER, borderWidth: 0.75 },
        })),
      },
    ],
  };
}

function sumOf(bubbles: readonly Bubble[], from: string): number {
  return bubbles.reduce((sum, bubble) => (bubble.from === from ? sum + bubble.bytes : sum), 0);
}

const LAYERS = ["zone", "subnet", "service", "action"] as const;
const MOST_NAMES: Readonly<Record<(typeof LAYERS)[number], number>> = { zone: 6, subnet: 7, service: 9, action: 3 };

/** Ways with the rarest subnets and services as one `Other`. */
export function folded(ways: readonly Way[]): Way[] {
  const kept = new Map(
    LAYERS.map((layer) => {
      const sums = new Map<string, number>();
      for (const way of ways) sums.set(way[layer], (sums.get(way[layer]) ?? 0) + way.flows);
      const names = [...sums].sort(([, one], [, other]) => other - one).map(([name]) => name);
      return [layer, new Set(names.slice(0, MOST_NAMES[layer]))];
    }),
  );
  const sums = new Map<string, Way & { flows: number }>();
  for (const way of ways) {
    const name = (layer: (typeof LAYERS)[number]) => (kept.get(layer)?.has(way[layer]) ? way[layer] : "Other");
    const one = { zone: name("zone"), subnet: name("subnet"), service: name("service"), action: name("action") };
    const key = JSON.stringify(one);
    const sum = sums.get(key) ?? { ...one, flows: 0 };
    sum.flows += way.flows;
    sums.set(key, sum);
  }
  return [...sums.values()].sort((one, other) => other.flows - one.flows);
}

export function sankey(ways: readonly Way[], { isNarrow }: Shape): EChartsCoreOption {
  const nodes = new Map<string, { name: string; depth: number; itemStyle: object; label: object }>();
  const links = new Map<string, { source: string; target: string; value: number }>();
  for (const way of ways) {
    LAYERS.forEach((layer, depth) => {
      const id = `${depth} ${way[layer]}`;
      const color =
        layer === "action"
          ? way.action === "rejected"
            ? REJECTED
            : ACCEPTED
          : layer === "zone"
            ? palette(3)
            : layer === "subnet"
              ? palette(2)
              : palette(6);
      const isLast = depth === LAYERS.length - 1;
      nodes.set(id, {
        name: id,
        depth,
        itemStyle: { color, borderWidth: 0 },
        label: { position: isLast ? "left" : "right", formatter: label(way[layer], isNarrow ? 9 : 22) },
      });
      if (isLast) return;
      const target = `${depth + 1} ${way[LAYERS[depth + 1] ?? "action"]}`;
      const key = `${id}\n${target}`;
      const link = links.get(key) ?? { source: id, target, value: 0 };
      link.value += way.flows;
      links.set(key, link);
    });
  }
  return {
    series: [
      {
        ...SILENT,
        type: "sankey",
        ...{ left: 2, right: 2, top: 6, bottom: 6 },
        nodeWidth: isNarrow ? 8 : 14,
        nodeGap: isNarrow ? 12 : 14,
        draggable: false,
        label: { color: INK, fontSize: isNarrow ? 10 : 12 },
        lineStyle: { color: "source", opacity: 0.25, curveness: 0.5 },
        data: [...nodes.values()],
        links: [...links.values()],
      },
    ],
  };
}
