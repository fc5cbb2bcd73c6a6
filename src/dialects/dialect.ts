import type { Construct } from "../detect/constructs.ts";
import type { FieldRef } from "../detect/fields.ts";
import type { Rule } from "../detect/rule.ts";
import type { Search } from "../searches/search.ts";

/** An attribute of the output schema that records are stored in. */
export interface StoredAttribute {
  readonly name: string;
  /** Of the resource, not of the record. */
  readonly resource: boolean;
  readonly type: "string" | "integer" | "boolean" | "strings";
}

/** Which attributes stored records have. */
export interface StoredAttributes {
  /** All of them, but for the columns of the server table. */
  readonly all: readonly StoredAttribute[];
  /** The attribute that holds the field as it is; undefined when no attribute does. */
  of(ref: FieldRef): StoredAttribute | undefined;
}

/** A rule or search in a dialect, or what in it the dialect cannot say. Nothing in between. */
export type Printed = { readonly query: string } | Refusal;

export interface Refusal {
  readonly refused: Construct | SearchConstruct | "field" | "text" | "group" | "length";
  /** Half a sentence: why. */
  readonly reason: string;
}

/** Something that only searches ask for. */
export type SearchConstruct =
  | "interval"
  | "hour-of-week"
  | "names"
  | "where"
  | "share"
  | "sum"
  | "min"
  | "max"
  | "distinct"
  | "earliest"
  | "latest"
  | "outliers"
  | "sort"
  | "limit"
  /** Written for another dialect alone. */
  | "native";

/** A rule and its text in one dialect. */
export interface PrintedRule {
  readonly rule: Rule;
  readonly query: string;
}

/** A search and its text in one dialect. */
export interface PrintedSearch {
  readonly search: Search;
  readonly query: string;
}

export interface DialectContent {
  readonly rules: readonly PrintedRule[];
  readonly searches: readonly PrintedSearch[];
  readonly alerting: Alerting;
}

/** How the backend is to evaluate rules. */
export interface Alerting {
  /** How long after its time a flow may become visible; see `DEFAULT_LAG_MS`. */
  readonly lagMs: number;
  /** Who is told, in the form of the dialect; undefined for nobody, or whoever the backend tells by default. */
  readonly receiver?: string | undefined;
}

export interface Dialect {
  /** As in the folder's name: `deploy/<name>/`. */
  readonly name: string;
  readonly title: string;
  rule(rule: Rule): Printed;
  /** The query asks about whatever time its asker chooses; the search's period is for those who choose none. */
  search(search: Search): Printed;
  /** The files, by name within the dialect's folder; the same content makes the same bytes. */
  files(content: DialectContent): ReadonlyMap<string, string>;
}

/** Thrown within printers when the dialect has no words for something. */
class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** Ends the printing of a rule. */
export function refuse(refused: Refusal["refused"], reason: string): never {
  throw new RefusedError({ refused, reason });
}

/** What the function prints, or the refusal that ended it. */
export function printed(print: () => string): Printed {
  try {
    return { query: print() };
  } catch (error) {
    if (error instanceof RefusedError) return error.refusal;
    throw error;
  }
}

/** The field's attribute; refuses a field that is not stored. */
export function attributeOf(attributes: StoredAttributes, ref: FieldRef): StoredAttribute {
  return attributes.of(ref) ?? refuse("field", `no stored attribute holds ${ref.name}`);
}
