import type { Condition } from "../../detect/condition.ts";
import type { Measure, Search } from "../../searches/search.ts";

/** A step of Grafana that changes what a datasource answered before it is drawn. */
export interface Transformation {
  readonly id: string;
  readonly options: object;
}

/** A question to a datasource, and what makes the frames of its answer ready to be drawn. */
export interface Asked {
  /** Without reference and datasource. */
  readonly target: { readonly expr: string; readonly queryType: string } & Readonly<Record<string, unknown>>;
  readonly transformations: readonly Transformation[];
}

/**
 * How panels ask what keeps the records, of the service that the variable `service` names and over the dashboard's time
 * range, whatever the period of a search.
 */
export interface Backend {
  /** As in the file's name: `deploy/grafana/<name>.json`. */
  readonly name: string;
  readonly title: string;
  /** Id of the datasource plugin. */
  readonly datasource: string;
  /**
   * One table: a column under its heading for each part of time, group and measure, in that order. Texts are texts, numbers
   * numbers and times times; of what is missing a group is called `NONE`.
   */
  rows(search: Search): Asked;
  /** The only measure of a search without groups. */
  number(search: Search): Asked;
  /** One series for each group and measure, in intervals that Grafana chooses. */
  series(search: Search): Asked;
  /** The newest records that meet the condition. */
  records(condition: Condition, most: number): Asked;
}

/** What a group is called whose records have no value. */
export const NONE = "(none)";

/** Headings of the columns of time. */
export function timeColumns({ time }: Search): readonly string[] {
  if (time === undefined) return [];
  return time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
}

/** Headings of the columns of groups. */
export function keyColumns(search: Search): readonly string[] {
  return [...timeColumns(search), ...search.by.map(({ label }) => label)];
}

export function isTime({ kind }: Measure): boolean {
  return kind === "earliest" || kind === "latest";
}

/** Puts columns in the order of the headings; `names` are what columns are called until then, where it is not their heading. */
export function arrange(headings: readonly string[], names: ReadonlyMap<string, string> = new Map()): Transformation {
  const nameOf = (heading: string): string => names.get(heading) ?? heading;
  return {
    id: "organize",
    options: {
      indexByName: Object.fromEntries(headings.map((heading, index) => [nameOf(heading), index])),
      renameByName: Object.fromEntries([...names].map(([heading, name]) => [name, heading])),
    },
  };
}

export interface Conversion {
  readonly targetField: string;
  readonly destinationType: "number" | "string" | "time";
  readonly dateFormat?: string;
}

export function convert(conversions: readonly Conversion[]): readonly Transformation[] {
  return conversions.length === 0 ? [] : [{ id: "convertFieldType", options: { conversions } }];
}

/** The legend of a series by its labels: those of its groups, and which measure it is where there are several. */
export function legend({ measures, by }: Search, labels: readonly string[], measure: string): string {
  const parts = [...labels, ...(measures.length > 1 ? [measure] : [])];
  return by.length === 0 && measures.length === 1 ? (measures[0]?.label ?? "") : parts.map((label) => `{{${label}}}`).join(" · ");
}
