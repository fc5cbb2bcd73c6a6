import { type Columns, shown, value } from "./columns.ts";

const NODE_WIDTH = 12;

/** The groups' columns from left to right, and bands as broad as the measure between neighbouring ones. */
export function sankey({ url, keys, measure }: Columns): object {
  const stages = keys.map((_, index) => `key_${index + 1}`);
  const links = stages.slice(1).map((to, index) => ({ name: `links_${index + 1}`, from: stages[index] ?? to, to, index }));
  const left = (index: number): string => `${index / Math.max(1, stages.length - 1)} * (width - ${NODE_WIDTH})`;
  return {
    $schema: "https://vega.github.io/schema/vega/v5.json",
    autosize: { type: "fit", contains: "padding" },
    data: [
      {
        name: "rows",
        url,
        transform: [
          { type: "filter", expr: `${value(measure)} > 0` },
          { type: "formula", expr: value(measure), as: "amount" },
          ...keys.map((key, index) => ({ type: "formula", expr: shown(key), as: stages[index] })),
        ],
      },
      ...stages.map((stage) => ({
        name: nodesOf(stage),
        source: "rows",
        transform: [
          { type: "aggregate", groupby: [stage], ops: ["sum"], fields: ["amount"], as: ["amount"] },
          { type: "stack", field: "amount", sort: { field: "amount", order: "descending" }, as: ["top", "bottom"] },
        ],
      })),
      ...links.map(({ name, from, to }) => ({
        name,
        source: "rows",
        transform: [
          { type: "aggregate", groupby: [from, to], ops: ["sum"], fields: ["amount"], as: ["amount"] },
          { type: "lookup", from: nodesOf(from), key: from, fields: [from], values: ["top"], as: ["from_top"] },
          { type: "lookup", from: nodesOf(to), key: to, fields: [to], values: ["top"], as: ["to_top"] },
          { type: "stack", groupby: [from], field: "amount", sort: { field: "to_top" }, as: ["from_start", "from_end"] },
          { type: "stack", groupby: [to], field: "amount", sort: { field: "from_top" }, as: ["to_start", "to_end"] },
        ],
      })),
    ],
    scales: [
      // Every column adds up to the same amount.
      {
        name: "down",
        type: "linear",
        domain: { data: nodesOf(stages[0] ?? ""), field: "bottom" },
        range: [0, { signal: "height" }],
        zero: true,
        nice: false,
      },
      {
        name: "colour",
        type: "ordinal",
        domain: { fields: stages.map((stage) => ({ data: nodesOf(stage), field: stage })) },
        range: { scheme: "tableau20" },
      },
    ],
    marks: [
      ...links.map(({ name, from, to, index }) => ({
        type: "path",
        name: `bands_${index + 1}`,
        from: { data: name },
        encode: {
          update: {
            path: { signal: band(`${left(index)} + ${NODE_WIDTH}`, left(index + 1)) },
            fill: { scale: "colour", field: from },
            fillOpacity: { value: 0.4 },
            tooltip: { signal: `datum.${from} + ' → ' + datum.${to} + ': ' + format(datum.amount, ',')` },
          },
        },
      })),
      ...stages.flatMap((stage, index) => [
        {
          type: "rect",
          name: `nodes_of_${stage}`,
          from: { data: nodesOf(stage) },
          encode: {
            update: {
              x: { signal: left(index) },
              width: { value: NODE_WIDTH },
              y: { scale: "down", field: "top" },
              y2: { scale: "down", field: "bottom" },
              fill: { scale: "colour", field: stage },
              stroke: { value: "white" },
              tooltip: { signal: `datum.${stage} + ': ' + format(datum.amount, ',')` },
            },
          },
        },
        {
          type: "text",
          interactive: false,
          from: { data: nodesOf(stage) },
          encode: {
            update: {
              x: { signal: index === stages.length - 1 ? `${left(index)} - 4` : `${left(index)} + ${NODE_WIDTH + 4}` },
              y: { signal: "scale('down', (datum.top + datum.bottom) / 2)" },
              align: { value: index === stages.length - 1 ? "right" : "left" },
              baseline: { value: "middle" },
              limit: { value: 120 },
              opacity: { signal: "scale('down', datum.bottom - datum.top) > 9 ? 1 : 0" },
              text: { field: stage },
            },
          },
        },
      ]),
    ],
  };
}

const nodesOf = (stage: string): string => `nodes_${stage}`;

/** A band between two places across, each edge a curve that leaves and arrives level. */
function band(from: string, to: string): string {
  const y = (top: string, part: string): string => `scale('down', datum.${top} + datum.${part})`;
  const middle = `(${from} + ${to}) / 2`;
  const curve = (toX: string, fromY: string, toY: string): string =>
    `'C' + ${`(${middle})`} + ',' + ${fromY} + ' ' + (${middle}) + ',' + ${toY} + ' ' + (${toX}) + ',' + ${toY}`;
  return [
    `'M' + (${from}) + ',' + ${y("from_top", "from_start")}`,
    curve(to, y("from_top", "from_start"), y("to_top", "to_start")),
    `'L' + (${to}) + ',' + ${y("to_top", "to_end")}`,
    curve(from, y("to_top", "to_end"), y("from_top", "from_end")),
    "'Z'",
  ].join(" + ");
}
