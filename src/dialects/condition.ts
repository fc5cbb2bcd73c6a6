import type { Condition, Predicate } from "../detect/condition.ts";

/** How a dialect writes conditions. Dialects differ in what a missing value does to `not`, so each predicate is told whether it is denied. */
export interface ConditionSyntax {
  /** The predicate, or with `denied` its exact opposite, true for records without the field. Binds tighter than `and`. */
  predicate(predicate: Predicate, denied: boolean): string;
  readonly and: string;
  readonly or: string;
  constant(value: boolean): string;
}

/** The condition with `not` pushed down to its predicates. */
export function printCondition(condition: Condition, syntax: ConditionSyntax): string {
  return print(condition, false, syntax, undefined);
}

function print(condition: Condition, denied: boolean, syntax: ConditionSyntax, within: "and" | "or" | undefined): string {
  switch (condition.kind) {
    case "constant":
      return syntax.constant(condition.value !== denied);
    case "not":
      return print(condition.term, !denied, syntax, within);
    case "and":
    case "or": {
      const kind = (condition.kind === "and") === denied ? "or" : "and";
      const text = condition.terms
        .map((term) => print(term, denied, syntax, kind))
        .join(` ${syntax[kind]} `.replaceAll(/ +/g, " "));
      return within === undefined || within === kind ? text : `(${text})`;
    }
    default:
      return syntax.predicate(condition, denied);
  }
}
