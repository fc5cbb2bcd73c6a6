import type { Construct } from "../constructs.ts";
import type { FieldRef } from "../fields.ts";
import type { Rule } from "../rule.ts";

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

/** A rule in a dialect, or what in it the dialect cannot say. Nothing in between. */
export type Printed = { readonly query: string } | Refusal;

export interface Refusal {
  readonly refused: Construct | "field" | "text" | "group" | "length";
  /** Half a sentence: why. */
  readonly reason: string;
}

/** A rule and its text in one dialect. */
export interface PrintedRule {
  readonly rule: Rule;
  readonly query: string;
}

export interface Dialect {
  /** As in the folder's name: `deploy/<name>/`. */
  readonly name: string;
  readonly title: string;
  print(rule: Rule): Printed;
  /** The files (by name within the dialect's folder) that hold the rules; the same rules make the same bytes. */
  files(rules: readonly PrintedRule[]): ReadonlyMap<string, string>;
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
