import { UsageError } from "../lib/errors.ts";

/** Gathers what is wrong with a configuration, so that all of it is told at once. */
export class Faults {
  readonly #found: UsageError[] = [];

  /** What `work` comes to; undefined when that is wrong, which is noted. */
  of<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#found.push(error);
      return undefined;
    }
  }

  /** What is right of what each of the values comes to. */
  ofEach<Value, T>(values: readonly Value[], work: (value: Value, index: number) => T): T[] {
    const right: T[] = [];
    values.forEach((value, index) => void this.of(() => right.push(work(value, index))));
    return right;
  }

  /** Throws UsageError if anything was wrong: with a line for each fault, in the order of the file. */
  refuse(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const lines = this.#found.flatMap(({ message }) => message.split("\n"));
    throw new UsageError("config-invalid", [...new Set(lines)].sort((a, b) => placeOf(a) - placeOf(b)).join("\n"));
  }
}

/** Where the fault stands, as one number: faults without a place come first. */
function placeOf(line: string): number {
  const [, row = "0", column = "0"] = /:(\d+)(?::(\d+))?: /.exec(line) ?? [];
  return Number(row) * 1e6 + Number(column);
}
