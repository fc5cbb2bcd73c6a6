import type { ContextRule, FieldRule, Mapping } from "../../../formats/mapping.ts";

/** Columns of version 2, which a log without a heading has. */
const DEFAULT_COLUMNS = 14;
const NAME = /^[a-z][\w:.-]*$/i;
/** Says only which columns there may be. */
const VERSION = "version";
/** OCI's text form has this where AWS has `log-status`. */
const NOT_OF_AWS = "status";
/** Names that OCI's text form has too. */
const SHARED = ["version", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "action"];

/** A column that no field of a flow takes. */
interface FurtherColumn {
  readonly name: string;
  readonly at: number;
}

/** How the values of a record are read, by their places. */
export interface Columns {
  readonly width: number;
  /** The status first: it says whether the other values may be missing. */
  readonly fields: readonly { readonly rule: FieldRule; readonly at: number }[];
  readonly hasStatus: boolean;
  readonly contexts: readonly { readonly rule: ContextRule; readonly at: number }[];
  readonly further: readonly FurtherColumn[];
  /** Names that AWS's documentation did not have when this was written. */
  readonly unknown: readonly string[];
}

/** The columns that logs may have, by their documentation. */
export class ColumnCatalogue {
  readonly #mapping: Mapping;
  readonly #documented: ReadonlySet<string>;
  readonly #known = new Map<string, Columns>();
  readonly defaults: Columns;

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    this.#documented = new Set(mapping.columns);
    this.defaults = this.of(mapping.columns.slice(0, DEFAULT_COLUMNS));
  }

  /** How records with these columns are read. Underscores stand for dashes, as in Parquet; of a name that comes twice the first counts. */
  of(names: readonly string[]): Columns {
    const key = names.join(" ");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const columns = this.#read(names.map((name) => name.toLowerCase().replaceAll("_", "-")));
    if (this.#known.size < 100) this.#known.set(key, columns);
    return columns;
  }

  /** The names that a heading has; undefined for a line that is none. */
  headingOf(line: string): readonly string[] | undefined {
    const names = line.trimEnd().split(/[ \t]+/);
    return this.isOfAws(names) && names.every((name) => NAME.test(name)) ? names : undefined;
  }

  /** Whether only VPC Flow Logs have such a line. */
  isHeadingOfAws(line: string): boolean {
    const own = this.headingOf(line)?.filter((name) => !SHARED.includes(name.toLowerCase()));
    return own !== undefined && this.isOfAws(own);
  }

  /** Whether records with these columns are VPC Flow Logs. */
  isOfAws(names: readonly string[]): boolean {
    return !names.includes(NOT_OF_AWS) && names.some((name) => this.#documented.has(name.toLowerCase().replaceAll("_", "-")));
  }

  #read(names: readonly string[]): Columns {
    const { fields, contexts } = this.#mapping.record;
    const placed = <Rule extends { readonly name: string }>(rules: readonly Rule[]) =>
      rules.flatMap((rule) => (names.includes(rule.name) ? [{ rule, at: names.indexOf(rule.name) }] : []));
    const isTaken = (name: string) => name === VERSION || [...fields, ...contexts].some((rule) => rule.name === name);
    const placedFields = placed(fields);
    const isStatus = ({ rule }: { readonly rule: FieldRule }) => rule.target.type === "status";
    return {
      width: names.length,
      fields: placedFields.toSorted((a, b) => Number(isStatus(b)) - Number(isStatus(a))),
      hasStatus: placedFields.some(isStatus),
      contexts: placed(contexts),
      further: names.flatMap((name, at) => (isTaken(name) || names.indexOf(name) < at ? [] : [{ name, at }])),
      unknown: [...new Set(names)].filter((name) => !this.#documented.has(name)),
    };
  }
}
