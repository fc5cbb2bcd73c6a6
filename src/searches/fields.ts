import { type Condition, predicates } from "../detect/condition.ts";
import type { FieldRef } from "../detect/fields.ts";
import type { Search } from "./search.ts";

/** Every field that the search reads, by the name it uses. */
export function fieldsOfSearch({ condition, by, measures }: Search): ReadonlyMap<string, FieldRef> {
  const found = new Map<string, FieldRef>();
  const add = (ref: FieldRef): void => {
    found.set(ref.name, ref);
  };
  const addAll = (conditions: readonly (Condition | undefined)[]): void => {
    for (const one of conditions) {
      if (one === undefined) continue;
      for (const predicate of predicates(one)) {
        add(predicate.field);
        if (predicate.kind === "fieldref") add(predicate.other);
      }
    }
  };
  addAll([condition, ...measures.map((measure) => ("where" in measure ? measure.where : undefined))]);
  for (const { field } of by) add(field);
  for (const measure of measures) if ("field" in measure) add(measure.field);
  return found;
}
