import type { Measure, Search } from "../../searches/search.ts";
import { keyColumns, type Transformation } from "./backend.ts";
import { override, type Picture, unitOf } from "./picture.ts";

/** Colours from few to many. */
const SCALE = { mode: "continuous-BlYlRd" } as const;

/** A tile for each value of the first group, in a box for each of the second. Needs the plugin `marcusolsson-treemap-panel`. */
export function treemap({ by }: Search, drawn: Measure): Picture {
  const [first, second] = by;
  return {
    type: "marcusolsson-treemap-panel",
    fieldConfig: { defaults: { unit: unitOf(drawn), color: SCALE }, overrides: [] },
    options: {
      tiling: "treemapSquarify",
      textField: first?.label ?? "",
      sizeField: drawn.label,
      colorByField: drawn.label,
      ...(second !== undefined && { groupByField: second.label }),
    },
  };
}

/**
 * The ways through the columns of groups, as wide as the measure, which is the last column. Needs the plugin
 * `netsage-sankey-panel`.
 */
export function sankey(_: Search, drawn: Measure): Picture {
  return {
    type: "netsage-sankey-panel",
    fieldConfig: { defaults: { unit: unitOf(drawn) }, overrides: [] },
    options: {
      monochrome: false,
      nodeColor: "grey",
      nodeWidth: 20,
      nodePadding: 12,
      valueField: drawn.label,
      iteration: 15,
    },
  };
}

/** A table of coloured cells: a row for each value of the first column, a column for each of the second. */
export function heatmap(search: Search, drawn: Measure): Picture {
  const [row = "", column = ""] = keyColumns(search);
  const corner = `${row}\\${column}`;
  const sorted = (field: string): Transformation => ({ id: "sortBy", options: { fields: {}, sort: [{ field }] } });
  return {
    type: "table",
    transformations: [
      sorted(column),
      {
        id: "groupingToMatrix",
        options: { rowField: row, columnField: column, valueField: drawn.label, emptyValue: "null" },
      },
      sorted(corner),
    ],
    fieldConfig: {
      defaults: {
        unit: unitOf(drawn),
        color: SCALE,
        custom: { align: "center", width: 48, cellOptions: { type: "color-background", mode: "basic" } },
      },
      overrides: [
        override(corner, {
          displayName: row,
          "custom.width": 90,
          "custom.cellOptions": { type: "auto" },
          ...(row === "Weekday" && { unit: "none", mappings: WEEKDAYS }),
        }),
      ],
    },
    options: { showHeader: true, cellHeight: "sm", sortBy: [] },
  };
}

const WEEKDAYS = [
  {
    type: "value",
    options: Object.fromEntries(
      ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].map((text, index) => [
        String(index + 1),
        { text, index },
      ]),
    ),
  },
];

/**
 * A circle for each row over its first column: its size and height (Grafana takes nothing but numbers there) are the
 * measure, its colour the last group; the other groups stand in its tooltip.
 */
export function bubble(search: Search, drawn: Measure): Picture {
  const columns = keyColumns(search);
  const [across = ""] = columns;
  const colour = columns.length > 2 ? columns.at(-1) : undefined;
  const matcher = (options: string): object => ({ matcher: { id: "byName", options } });
  return {
    type: "xychart",
    transformations: [
      // No column is used twice.
      {
        id: "calculateField",
        options: { mode: "unary", unary: { operator: "abs", fieldName: drawn.label }, alias: SIZE, replaceFields: false },
      },
      ...(colour === undefined
        ? []
        : [{ id: "partitionByValues", options: { fields: [colour], keepFields: true, naming: { asLabels: true } } }]),
    ],
    fieldConfig: {
      defaults: {
        custom: { show: "points", pointShape: "circle", pointSize: { fixed: 5, min: 4, max: 50 }, fillOpacity: 50 },
      },
      overrides: [
        override(drawn.label, { unit: unitOf(drawn), "custom.scaleDistribution": { type: "log", log: 10 } }),
        override(SIZE, { unit: unitOf(drawn) }),
      ],
    },
    options: {
      mapping: "auto",
      series: [{ x: matcher(across), y: matcher(drawn.label), size: matcher(SIZE) }],
      legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
      tooltip: { mode: "single", sort: "none" },
    },
  };
}

const SIZE = "Size";
