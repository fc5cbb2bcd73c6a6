import { createHash } from "node:crypto";
import { and } from "../../detect/condition.ts";
import type { Measure, Search } from "../../searches/search.ts";
import { type PrintedSearch, refuse } from "../dialect.ts";
import { oneLine } from "../text.ts";
import type { Lucene } from "./conditions.ts";

/** What the names of all that is made for the service begin with: views and dashboards have nothing else that says whose they are. */
export const OURS = "flowferry: ";
const QUESTIONS = `${OURS}questions`;
const nameOfGauges = (seconds: string): string => `${OURS}the last ${seconds}`;
/** All names that dashboards have, whatever searches there are; a search looks back an hour, a day, a week or 30 days. */
export const DASHBOARD_NAMES: readonly string[] = [
  ...[1, 24, 7 * 24, 30 * 24].map((hours) => nameOfGauges(`${hours * 3_600}s`)),
  QUESTIONS,
];

/** A dashboard's description in characters. */
const LONGEST_DESCRIPTION = 200;

/**
 * The query of a gauge, which says one number about flows that Lucene finds. Widgets that group do not say what they do
 * with records that lack a field nor how many groups they leave out.
 */
export function printSearch(search: Search, { where, pathOf }: Lucene): string {
  const { condition, time, by, measures, outliers } = search;
  if (time !== undefined) refuse(time.kind, "a widget chooses its intervals by its width");
  if (by.length > 0) refuse("group", "a widget leaves open which groups it does not show");
  if (outliers !== undefined) refuse("outliers", "a gauge has one number");
  const [measure] = measures;
  if (measure === undefined || measures.length > 1) {
    const other = measures.find(({ kind }) => kind !== "count");
    return refuse(other === undefined || other.kind === "count" ? "where" : other.kind, "a gauge has one number");
  }
  const narrowed = "where" in measure && measure.where !== undefined ? and([condition, measure.where]) : condition;
  const logs_aggregation = aggregation(measure, pathOf);
  return JSON.stringify({ logs: { lucene_query: { value: where(narrowed) }, logs_aggregation } });
}

function aggregation(measure: Measure, pathOf: Lucene["pathOf"]): object {
  switch (measure.kind) {
    case "count":
      return { count: {} };
    case "share":
      return refuse("share", "a gauge divides nothing");
    case "distinct":
      return refuse("distinct", "whether different values are counted or estimated is left open");
    case "earliest":
    case "latest":
      return refuse(measure.kind, "a gauge shows numbers");
    default: {
      const [scope = "", ...name] = pathOf(measure.field).replaceAll("\\", "").split(".");
      return { [measure.kind]: { observation_field: { keypath: [scope, name.join(".")], scope: "user_data" } } };
    }
  }
}

/** For `POST /v1/dashboards`: the gauges of searches that look equally far back are one dashboard. */
export function gaugeDashboards(searches: readonly PrintedSearch[]): readonly object[] {
  const periods = [...new Set(searches.map(({ search }) => search.periodMs))].sort((a, b) => a - b);
  return periods.map((periodMs) => {
    const seconds = `${periodMs / 1_000}s`;
    const found = searches.filter(({ search }) => search.periodMs === periodMs);
    return {
      name: nameOfGauges(seconds),
      description: "Numbers about flows, each of a saved search.",
      layout: {
        sections: [
          {
            id: { value: uuid(`section ${seconds}`) },
            rows: [{ id: { value: uuid(`row ${seconds}`) }, appearance: { height: 10 }, widgets: found.map(gauge) }],
          },
        ],
      },
      relative_time_frame: seconds,
    };
  });
}

/** The gauges of questions about single flows, of whatever period, are one dashboard over a day. */
export function questionDashboard(questions: readonly PrintedSearch[]): object {
  return {
    name: QUESTIONS,
    description: "How many records each view of flowferry shows.",
    layout: {
      sections: [
        {
          id: { value: uuid("section questions") },
          rows: [{ id: { value: uuid("row questions") }, appearance: { height: 10 }, widgets: questions.map(gauge) }],
        },
      ],
    },
    relative_time_frame: "86400s",
  };
}

function gauge({ search, query }: PrintedSearch): object {
  const [measure] = search.measures;
  const bytes = measure !== undefined && "field" in measure && measure.field.field.startsWith("bytes");
  return {
    id: { value: uuid(`search ${search.id}`) },
    title: search.title,
    description: oneLine(search.description).slice(0, LONGEST_DESCRIPTION),
    definition: {
      gauge: {
        query: JSON.parse(query) as object,
        min: 0,
        max: 100,
        show_inner_arc: false,
        show_outer_arc: false,
        unit: bytes ? "bytes" : "number",
        data_mode_type: "high_unspecified",
        threshold_by: "unspecified",
      },
    },
  };
}

/** The same for the same text, in the form of a random one. */
function uuid(text: string): string {
  const hex = createHash("sha256").update(`flowferry ${text}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
