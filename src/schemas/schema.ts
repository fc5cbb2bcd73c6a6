import type { FieldName } from "../flow/fields.ts";
import type { Flow } from "../flow/flow.ts";

/**
 * What an attribute's `get` returns beside undefined, which leaves the attribute out: `string` a string; `uid` the flow's uid;
 * `integer` a number up to 2^53 - 1 or a bigint; `boolean`; `strings` a non-empty list; `columns` names and texts, each of which
 * becomes an attribute of its own; `any` whatever JSON can hold, and bigint.
 */
export type Kind = "string" | "uid" | "integer" | "boolean" | "strings" | "columns" | "any";

/** How often a value changes: encoders keep what is the same for all flows, for all flows of a context, or mostly repeats. */
export type Variation = "never" | "context" | "little" | "much";

/** One attribute of an output schema, compiled. */
export interface Attribute {
  /** The attribute's name; for `columns` what stands before the column's name. */
  readonly name: string;
  readonly kind: Kind;
  readonly varies: Variation;
  /** Whose values it is made of. */
  readonly fields: readonly FieldName[];
  /** All values that `get` returns, compared with ===, where they are few and known beforehand. */
  readonly values?: readonly unknown[];
  readonly get: (flow: Flow) => unknown;
  /** Where `readSlots` puts what `get` returns, for an attribute that is a field as it stands. */
  readonly slot?: number;
}

/** An output schema, compiled: which attributes a flow has, under which names. */
export interface Schema {
  readonly name: string;
  readonly summary: string;
  /** A line of JSON: `record` a log record around the attributes, `flat` the attributes alone, `nested` the same with dots as objects. */
  readonly layout: "record" | "flat" | "nested";
  /** Depends on the flow's context alone: flows of one context have one resource. */
  readonly resource: readonly Attribute[];
  readonly attributes: readonly Attribute[];
  /** The schema that a line is written in, for one that only spares requests what their records have in common; undefined for itself. */
  readonly line?: Schema;
  /** The attribute's name for a column: its own behind the prefix, or behind `<prefix>column.` where that name is another attribute's. */
  columnName(attribute: Attribute, column: string): string;
}
