import type { FieldName } from "../../flow/fields.ts";
import { and, type Condition, not, or, type Predicate } from "../condition.ts";

/** Fields whose value is given; undefined stands for a flow that lacks the field. */
export type Known = ReadonlyMap<FieldName, string | number | undefined>;

/** What remains of a condition for flows of which some fields are known. Equal to the condition on all such flows. */
export function specialise(condition: Condition, known: Known): Condition {
  switch (condition.kind) {
    case "constant":
      return condition;
    case "and":
      return and(condition.terms.map((term) => specialise(term, known)));
    case "or":
      return or(condition.terms.map((term) => specialise(term, known)));
    case "not":
      return not(specialise(condition.term, known));
    default: {
      const { column, field } = condition.field;
      const value = column === undefined && known.has(field) ? answerTo(condition, known.get(field)) : undefined;
      return value === undefined ? condition : { kind: "constant", value };
    }
  }
}

/** Whether the predicate holds for that value of its field, a number or one of an enumeration; undefined when that does not tell. */
export function answerTo(predicate: Predicate, value: string | number | undefined): boolean | undefined {
  switch (predicate.kind) {
    case "one-of":
      return value !== undefined && predicate.values.includes(value);
    case "exists":
      return value !== undefined;
    case "compare":
      return typeof value === "number" && holds(predicate.operator, value, predicate.value);
    default:
      return undefined;
  }
}

function holds(operator: "gt" | "gte" | "lt" | "lte", value: number, limit: number): boolean {
  switch (operator) {
    case "gt":
      return value > limit;
    case "gte":
      return value >= limit;
    case "lt":
      return value < limit;
    case "lte":
      return value <= limit;
  }
}
