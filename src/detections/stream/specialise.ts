import type { FieldName } from "../../flow.ts";
import { and, type Condition, not, or } from "../condition.ts";

/** Fields whose value is given; undefined stands for a flow that lacks the field. */
export type Known = ReadonlyMap<FieldName, string | number | undefined>;

/** What remains of a condition for flows of which some fields are known. Equal to the condition on all such flows. */
export function specialise(condition: Condition, known: Known): Condition {
  switch (condition.kind) {
    case "and":
      return and(condition.terms.map((term) => specialise(term, known)));
    case "or":
      return or(condition.terms.map((term) => specialise(term, known)));
    case "not":
      return not(specialise(condition.term, known));
    case "one-of": {
      const { field, values } = condition;
      if (field.column !== undefined || !known.has(field.field)) return condition;
      const value = known.get(field.field);
      return { kind: "constant", value: value !== undefined && values.includes(value) };
    }
    case "exists": {
      const { field } = condition;
      if (field.column !== undefined || !known.has(field.field)) return condition;
      return { kind: "constant", value: known.get(field.field) !== undefined };
    }
    default:
      return condition;
  }
}
