/** Columns of the rows that a search gives, as a picture uses them. */
export interface Columns {
  /** Where the rows come from: Kibana puts them in place of it. */
  readonly url: object;
  readonly keys: readonly string[];
  /** What is drawn: the measure that the search sorts by, or its first. */
  readonly measure: string;
}

/** What a heading of a column is in an expression, and what its value is shown as. */
export function value(heading: string): string {
  return `datum[${JSON.stringify(heading)}]`;
}
export function shown(heading: string): string {
  const read = value(heading);
  return `(${read} == null || ${read} === '' ? '(none)' : '' + ${read})`;
}
