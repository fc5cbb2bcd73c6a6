import type { FieldRef } from "./fields.ts";

/**
 * What a single flow must be, lowered from a rule's `detection`. Two-valued: a predicate on a field that the flow does
 * not have is false, and its negation true.
 */
export type Condition = Constant | And | Or | Not | Predicate;

export interface Constant {
  readonly kind: "constant";
  readonly value: boolean;
}
export interface And {
  readonly kind: "and";
  readonly terms: readonly Condition[];
}
export interface Or {
  readonly kind: "or";
  readonly terms: readonly Condition[];
}
export interface Not {
  readonly kind: "not";
  readonly term: Condition;
}

export type Predicate = OneOf | Compare | Text | InNetwork | Matches | Exists | Same;

/** The field equals one of the values. Text is compared without regard to case. */
export interface OneOf {
  readonly kind: "one-of";
  readonly field: FieldRef;
  readonly values: readonly (string | number | boolean)[];
}
export interface Compare {
  readonly kind: "compare";
  readonly field: FieldRef;
  readonly operator: "gt" | "gte" | "lt" | "lte";
  readonly value: number;
}
/** Part of a text, without regard to case. */
export interface Text {
  readonly kind: "text";
  readonly field: FieldRef;
  readonly operator: "contains" | "startswith" | "endswith";
  readonly value: string;
}
/** The address lies in one of the networks (IPv4 or IPv6 CIDR). */
export interface InNetwork {
  readonly kind: "cidr";
  readonly field: FieldRef;
  readonly networks: readonly string[];
}
/** The pattern (RE2 syntax) is found anywhere in the text. */
export interface Matches {
  readonly kind: "re";
  readonly field: FieldRef;
  readonly pattern: string;
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}
/** The flow has the field. */
export interface Exists {
  readonly kind: "exists";
  readonly field: FieldRef;
}
/** Both fields are there and equal; text without regard to case. */
export interface Same {
  readonly kind: "fieldref";
  readonly field: FieldRef;
  readonly other: FieldRef;
}

const TRUE: Constant = { kind: "constant", value: true };
const FALSE: Constant = { kind: "constant", value: false };

/** Conjunction, flattened; constants are folded. */
export function and(terms: readonly Condition[]): Condition {
  const flat: Condition[] = [];
  for (const term of terms) {
    if (term.kind === "constant") {
      if (!term.value) return FALSE;
    } else if (term.kind === "and") flat.push(...term.terms);
    else flat.push(term);
  }
  const [only] = flat;
  return only === undefined ? TRUE : flat.length === 1 ? only : { kind: "and", terms: flat };
}

/** Disjunction, flattened; constants are folded. */
export function or(terms: readonly Condition[]): Condition {
  const flat: Condition[] = [];
  for (const term of terms) {
    if (term.kind === "constant") {
      if (term.value) return TRUE;
    } else if (term.kind === "or") flat.push(...term.terms);
    else flat.push(term);
  }
  const [only] = flat;
  return only === undefined ? FALSE : flat.length === 1 ? only : { kind: "or", terms: flat };
}

export function not(term: Condition): Condition {
  if (term.kind === "constant") return term.value ? FALSE : TRUE;
  return term.kind === "not" ? term.term : { kind: "not", term };
}

/** Every predicate of a condition, in the order in which it is written. */
export function* predicates(condition: Condition): Generator<Predicate> {
  switch (condition.kind) {
    case "constant":
      return;
    case "and":
    case "or":
      for (const term of condition.terms) yield* predicates(term);
      return;
    case "not":
      yield* predicates(condition.term);
      return;
    default:
      yield condition;
  }
}
