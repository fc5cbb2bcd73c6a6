import type { Condition } from "../detect/condition.ts";
import type { FieldRef } from "../detect/fields.ts";

/** How an answer is shown. A backend without such a picture shows a table. */
export const VISUALISATIONS = [
  "table",
  "number",
  "line",
  "area",
  "bar",
  "pie",
  "treemap",
  "heatmap",
  "bubble",
  "sankey",
] as const;
export type Visualisation = (typeof VISUALISATIONS)[number];

/** What a search says of itself. */
export interface SearchMeta {
  /** The file's name without its ending; unique. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly visualisation: Visualisation;
  /** How far the search looks back unless it is told otherwise. */
  readonly periodMs: number;
  /** Where it is written: path as given to the loader, and line of the first key. */
  readonly file: string;
  readonly line: number;
}

/**
 * A question about many flows: those of the period that meet the condition are grouped, measured, and the groups put in
 * order. A flow without a field that it is grouped by belongs to the group whose value is empty. A search that groups by
 * nothing has one group of all flows, which need not be given when there are none. Nor need a group all of whose columns
 * are empty.
 */
export interface Search extends SearchMeta {
  readonly condition: Condition;
  /** Grouped by time as well. */
  readonly time: TimeGroup | undefined;
  readonly by: readonly GroupKey[];
  /** At least one. */
  readonly measures: readonly Measure[];
  /** Keeps only groups whose measure stands out; see `Outliers`. */
  readonly outliers: Outliers | undefined;
  /** Largest first, groups without a value last; equal groups in any order. A search over time without it is in the order of time. */
  readonly sort: Measure | undefined;
  /** Most groups that are given. Of groups that equal the last, a backend gives any, or all. */
  readonly limit: number | undefined;
}

/** A search that cannot be said neutrally: the query as one backend takes it. Every other dialect refuses it by name. */
export interface NativeSearch extends SearchMeta {
  /** By name of the dialect. */
  readonly native: ReadonlyMap<string, string>;
}

/**
 * Intervals of so many ms that begin at multiples of it since the epoch (UTC), given by their beginning in a column `Time`;
 * or the hours of the week (UTC), in columns `Weekday` (1 Monday to 7 Sunday) and `Hour` (0 to 23). The columns of time
 * stand before the others.
 */
export type TimeGroup = { readonly kind: "interval"; readonly ms: number } | { readonly kind: "hour-of-week" };

/** A column of groups. */
export interface GroupKey {
  readonly field: FieldRef;
  /** Replaces values by names; others become `otherwise`, as does a field that is missing. */
  readonly names: { readonly cases: ReadonlyMap<string | number, string>; readonly otherwise: string } | undefined;
  /** Heading of the column: words of letters, digits and spaces, unique in the search. */
  readonly label: string;
}

/** A number about the flows of a group. `label` is the column's heading, unique in the search. */
export type Measure =
  | { readonly kind: "count"; readonly label: string; readonly where: Condition | undefined }
  /** Percent of the group's flows that meet the condition, from 0 to 100, not rounded. */
  | { readonly kind: "share"; readonly label: string; readonly where: Condition }
  /**
   * Of the values that are there; `distinct` counts them exactly. Least and greatest of no values are empty, their sum is
   * empty or 0. `sum`, `min` and `max` are of a number.
   */
  | {
      readonly kind: "sum" | "min" | "max" | "distinct";
      readonly label: string;
      readonly field: FieldRef;
      readonly where: Condition | undefined;
    }
  /** Time of the first or the last flow. */
  | { readonly kind: "earliest" | "latest"; readonly label: string };

/**
 * Of a search over intervals: keeps the intervals whose measure is above the mean of their group's intervals plus so many
 * (sample) standard deviations. Intervals without flows count for nothing; a group with one interval has no deviation, and
 * nothing of it is kept.
 */
export interface Outliers {
  readonly measure: Measure;
  readonly deviations: number;
}
