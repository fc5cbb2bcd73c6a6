import { type Columns, shown, value } from "./columns.ts";

/** Nested rectangles in the order of the groups' columns, as large as the measure, in the colour of the first column. */
export function treemap({ url, keys, measure }: Columns): object {
  const headings = keys.map((_, index) => `key_${index + 1}`);
  const words = headings.map((heading) => `datum.${heading}`).join(" + ' · ' + ");
  return {
    $schema: "https://vega.github.io/schema/vega/v5.json",
    autosize: { type: "fit", contains: "padding" },
    data: [
      {
        name: "rows",
        url,
        transform: [
          { type: "filter", expr: `${value(measure)} > 0` },
          ...keys.map((key, index) => ({ type: "formula", expr: shown(key), as: headings[index] })),
        ],
      },
      {
        name: "tree",
        source: "rows",
        transform: [
          { type: "nest", generate: true, keys: headings },
          {
            type: "treemap",
            field: measure,
            sort: { field: "value", order: "descending" },
            method: "squarify",
            round: true,
            paddingInner: 1,
            size: [{ signal: "width" }, { signal: "height" }],
          },
        ],
      },
      { name: "leaves", source: "tree", transform: [{ type: "filter", expr: "!datum.children" }] },
    ],
    scales: [{ name: "colour", type: "ordinal", domain: { data: "rows", field: "key_1" }, range: { scheme: "tableau20" } }],
    marks: [
      {
        type: "rect",
        name: "rectangles",
        from: { data: "leaves" },
        encode: {
          update: {
            x: { field: "x0" },
            x2: { field: "x1" },
            y: { field: "y0" },
            y2: { field: "y1" },
            fill: { scale: "colour", field: "key_1" },
            stroke: { value: "white" },
            tooltip: { signal: `${words} + ': ' + format(${value(measure)}, ',')` },
          },
        },
      },
      {
        type: "text",
        interactive: false,
        from: { data: "leaves" },
        encode: {
          update: {
            x: { signal: "(datum.x0 + datum.x1) / 2" },
            y: { signal: "(datum.y0 + datum.y1) / 2" },
            align: { value: "center" },
            baseline: { value: "middle" },
            limit: { signal: "datum.x1 - datum.x0 - 4" },
            opacity: { signal: "datum.x1 - datum.x0 > 24 && datum.y1 - datum.y0 > 12 ? 1 : 0" },
            text: { signal: words },
          },
        },
      },
    ],
  };
}
