import { type FieldName, fieldOf, formOf, isField } from "./fields.ts";
import { Flow, type FlowContext } from "./flow.ts";
import type { Origin } from "./origin.ts";
import { counterOf, orUndefined } from "./packed-values.ts";
import { NONE } from "./types.ts";

/** What stands in the columns of rows: which fields, and a number that is the same for the same fields. */
export interface Columns {
  readonly layout: number;
  /** Behind the number of the record. */
  readonly numbers: readonly string[];
  /** Behind origin and context. */
  readonly references: readonly string[];
}

export function numbersOf({ numbers }: Columns): number {
  return 1 + numbers.length;
}

export function referencesOf({ references }: Columns): number {
  return 2 + references.length;
}

interface Values {
  readonly origins: readonly unknown[];
  readonly contexts: readonly unknown[];
  readonly values: readonly unknown[];
}

/** Makes the flows of rows that another version has written: by the names of its fields. What it alone has is left out. */
export function readNamed(
  count: number,
  { numbers, references }: { readonly numbers: Float64Array; readonly references: Uint32Array },
  { origins, contexts, values }: Values,
  columns: Columns,
): Flow[] {
  const known = (name: string): FieldName | undefined => (isField(name) ? name : undefined);
  const [numberNames, names] = [columns.numbers.map(known), columns.references.map(known)];
  const timeAt = columns.numbers.indexOf("time") + 1;
  return Array.from({ length: count }, (_, row) => {
    const start = row * numbersOf(columns);
    const at = row * referencesOf(columns);
    const flow = new Flow(
      origins[references[at] as number] as Origin,
      numbers[start] as number,
      contexts[references[at + 1] as number] as FlowContext,
      numbers[start + timeAt] as number,
    );
    const set = flow as unknown as Record<string, unknown>;
    numberNames.forEach((name, index) => {
      if (name === undefined || name === "time") return;
      const number = numbers[start + index + 1] as number;
      set[name] = formOf(name) === "counter" ? counterOf(values, number) : orUndefined(number);
    });
    names.forEach((name, index) => {
      if (name === undefined) return;
      const value = values[references[at + index + 2] as number];
      set[name] = value === undefined && fieldOf(name).type === "strings" ? NONE : value;
    });
    return flow;
  });
}
