import type { Measure } from "../../searches/search.ts";
import type { Transformation } from "./backend.ts";

/** What is drawn of the rows, apart from the question. */
export interface Picture {
  readonly type: string;
  /** Behind those of the question. */
  readonly transformations?: readonly Transformation[];
  readonly fieldConfig: FieldConfig;
  readonly options: object;
}

export interface FieldConfig {
  readonly defaults: object;
  readonly overrides: readonly object[];
}

/** Grafana's name of what a measure counts. */
export function unitOf(measure: Measure): string {
  switch (measure.kind) {
    case "count":
    case "distinct":
      return "short";
    case "share":
      return "percent";
    case "sum":
      return measure.field.name === "bytes" ? "bytes" : "short";
    case "min":
    case "max":
      return measure.field.name === "bytes" ? "bytes" : "none";
    default:
      return "dateTimeAsIso";
  }
}

/** Settings of the column or series of that name. */
export function override(name: string, settings: Readonly<Record<string, unknown>>): object {
  const properties = Object.entries(settings).map(([id, value]) => ({ id, value }));
  return { matcher: { id: "byName", options: name }, properties };
}
