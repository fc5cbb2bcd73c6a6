import type { FieldName } from "../../flow/fields.ts";
import { type Condition, type Predicate, predicates } from "../condition.ts";
import { answerTo } from "./specialise.ts";

/** The whole numbers from 0 up to a limit in classes: no condition tells those of one class apart. */
export interface Classes {
  readonly count: number;
  /** `MISSING` for undefined, `OTHER` for what is no whole number up to the limit. */
  of(value: number | undefined): number;
  /** A number of that class. */
  example(number: number): number;
}

export const MISSING = 0;
export const OTHER = 1;
const FIRST = 2;

/** Sorts the numbers by what the conditions ask of the field. `limit`: 65,535 at most. */
export function classify(conditions: readonly Condition[], field: FieldName, limit: number): Classes {
  const asked = conditions
    .flatMap((condition) => [...predicates(condition)])
    .filter(({ field: ref }) => ref.field === field && ref.column === undefined);
  const starts = asked.flatMap(startsOf).filter((start) => start > 0 && start <= limit);
  const classes = new Uint16Array(limit + 1);
  const examples: number[] = [];
  const known = new Map<string, number>();
  let from = 0;
  for (const end of [...new Set(starts), limit + 1].toSorted((a, b) => a - b)) {
    const answers = asked.map((predicate) => answerTo(predicate, from)).join();
    const number = known.get(answers) ?? FIRST + examples.push(from) - 1;
    known.set(answers, number);
    classes.fill(number, from, end);
    from = end;
  }
  return {
    count: FIRST + examples.length,
    of: (value) => (value === undefined ? MISSING : (classes[value] ?? OTHER)),
    example: (number) => examples[number - FIRST] as number,
  };
}

/** Whole numbers for which the answer may be another than for the number before. */
function startsOf(predicate: Predicate): number[] {
  if (predicate.kind === "one-of") return predicate.values.map(Number).flatMap((value) => [value, value + 1]);
  if (predicate.kind === "compare") return [Math.ceil(predicate.value), Math.floor(predicate.value) + 1];
  return [];
}
