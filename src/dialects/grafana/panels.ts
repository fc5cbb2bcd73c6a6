import type { Measure, Search, Visualisation } from "../../searches/search.ts";
import { oneLine } from "../text.ts";
import { type Asked, type Backend, isTime, keyColumns, type Transformation } from "./backend.ts";
import { type FieldConfig, override, type Picture, unitOf } from "./picture.ts";
import { bubble, heatmap, sankey, treemap } from "./pictures.ts";

/** A panel without its place. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly targets: readonly Asked["target"][];
  readonly transformations: readonly Transformation[];
  readonly fieldConfig: FieldConfig;
  readonly options: object;
}

/** The search as Grafana draws it. */
export function searchPanel(search: Search, backend: Backend): Panel {
  const drawn = drawnMeasure(search);
  switch (search.visualisation) {
    case "number":
      return panel(search, backend.number(search), number(drawn));
    case "line":
    case "area":
      return panel(search, backend.series(search), overTime(search.visualisation, drawn));
    case "bar":
      return search.time?.kind === "interval"
        ? panel(search, backend.series(search), overTime("bar", drawn))
        : panel(search, backend.rows(search), table(search, drawn));
    case "sankey": {
      const only = { ...search, measures: [drawn], sort: search.sort && drawn };
      return panel(only, backend.rows(only), sankey(only, drawn));
    }
    default:
      return panel(search, backend.rows(search), PICTURES[search.visualisation](search, drawn));
  }
}

/** What a picture of one measure shows: the measure that the search sorts by, or its first. */
function drawnMeasure({ sort, measures: [first], file }: Search): Measure {
  if (first === undefined) throw new Error(`${file} has no measure`);
  return sort ?? first;
}

type OfRows = Exclude<Visualisation, "number" | "line" | "area" | "bar" | "sankey">;

const PICTURES: Readonly<Record<OfRows, (search: Search, drawn: Measure) => Picture>> = {
  table: (search) => table(search, undefined),
  pie: (search, drawn) => ({
    type: "piechart",
    fieldConfig: { defaults: { unit: unitOf(drawn) }, overrides: [] },
    options: {
      pieType: "donut",
      reduceOptions: { values: true, calcs: [], fields: `/^${drawn.label}$/`, limit: search.limit ?? 100 },
      legend: { displayMode: "table", placement: "right", showLegend: true, values: ["value", "percent"] },
    },
  }),
  treemap,
  heatmap,
  bubble,
};

/** A panel that says of itself what the search says. */
export function panel({ title, description }: Pick<Search, "title" | "description">, asked: Asked, picture: Picture): Panel {
  return {
    title,
    description: oneLine(description),
    type: picture.type,
    targets: [asked.target],
    transformations: [...asked.transformations, ...(picture.transformations ?? [])],
    fieldConfig: picture.fieldConfig,
    options: picture.options,
  };
}

/** Colours of what became of flows, whether it is a value or the heading of a measure. */
const ACTIONS = [
  { names: ["Accepted", "accept"], color: "green" },
  { names: ["Rejected", "reject"], color: "red" },
] as const;

function number(drawn: Measure): Picture {
  return {
    type: "stat",
    fieldConfig: { defaults: { unit: unitOf(drawn), noValue: "0" }, overrides: [] },
    options: {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      colorMode: "value",
      graphMode: "none",
      textMode: "value",
    },
  };
}

function overTime(mark: "line" | "area" | "bar", drawn: Measure): Picture {
  const stacked = { drawStyle: "bars", fillOpacity: 60, stacking: { mode: "normal", group: "A" } };
  return {
    type: "timeseries",
    fieldConfig: {
      defaults: {
        unit: unitOf(drawn),
        custom: mark === "line" ? { drawStyle: "line", fillOpacity: 10, showPoints: "auto" } : stacked,
      },
      overrides: ACTIONS.flatMap(({ names, color }) =>
        names.map((name) => override(name, { color: { mode: "fixed", fixedColor: color } })),
      ),
    },
    options: {
      legend: { displayMode: "list", placement: "bottom", showLegend: true },
      tooltip: { mode: "multi", sort: "desc" },
    },
  };
}

/** With `drawn`, its cells hold bars. */
function table(search: Search, drawn: Measure | undefined): Picture {
  const { measures, by, sort, time } = search;
  const cells = measures.map((measure) =>
    override(measure.label, {
      ...(!isTime(measure) && { unit: unitOf(measure) }),
      ...(measure === drawn && {
        "custom.cellOptions": { type: "gauge", mode: "basic", valueDisplayMode: "text" },
        color: { mode: "fixed", fixedColor: "blue" },
        min: 0,
      }),
    }),
  );
  const actions = by.filter(({ field }) => field.name === "action").map(({ label }) => actionColumn(label));
  const first = sort?.label ?? (time === undefined ? undefined : keyColumns(search)[0]);
  return {
    type: "table",
    fieldConfig: { defaults: { custom: { filterable: true } }, overrides: [...cells, ...actions] },
    options: {
      showHeader: true,
      cellHeight: "sm",
      sortBy: first === undefined ? [] : [{ displayName: first, desc: sort !== undefined }],
    },
  };
}

function actionColumn(label: string): object {
  const options = Object.fromEntries(ACTIONS.flatMap(({ names, color }) => names.map((name) => [name, { color }])));
  return override(label, { mappings: [{ type: "value", options }], "custom.cellOptions": { type: "color-text" } });
}
