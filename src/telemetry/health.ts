import type { Problem } from "../contracts/ledger.ts";
import { codeOf, describeError, drawerOf } from "../lib/errors.ts";

/** An attempt that fails in passing is a problem when it is not the first one. */
const PATIENT_FAILURES = 3;

/** What of this worker does not do its work: the words of `/readyz`, of `status` and of the gauges. */
export class Health {
  readonly #problems = new Map<string, Problem>();
  readonly #scrub: (text: string) => string;
  readonly #onChange: (problems: readonly Problem[]) => void;

  /** `scrub` takes secrets out of reasons. */
  constructor(scrub: (text: string) => string = (text) => text, onChange: (problems: readonly Problem[]) => void = () => {}) {
    this.#scrub = scrub;
    this.#onChange = onChange;
  }

  /** Failed attempts of a part, so many in a row: a problem at once, but for what passes, which has some attempts first. */
  failing(part: string, error: unknown, failures: number): void {
    const drawer = drawerOf(error);
    if (drawer === "passing" && failures < PATIENT_FAILURES) return;
    this.problem(part, { drawer, code: codeOf(error), reason: describeError(error) });
  }

  problem(part: string, { drawer, code, reason: said }: Pick<Problem, "drawer" | "code" | "reason">): void {
    const reason = this.#scrub(said);
    const known = this.#problems.get(part);
    if (known?.code === code && known.reason === reason) return;
    this.#problems.set(part, { part, drawer, code, reason, since: known?.since ?? Date.now() });
    this.#onChange(this.problems);
  }

  /** The part does its work. */
  well(part: string): void {
    if (this.#problems.delete(part)) this.#onChange(this.problems);
  }

  /** Nothing is known any more of the parts, but of those for which `stays` is true. */
  forget(stays: (part: string) => boolean): void {
    const gone = [...this.#problems.keys()].filter((part) => !stays(part));
    for (const part of gone) this.#problems.delete(part);
    if (gone.length > 0) this.#onChange(this.problems);
  }

  get problems(): readonly Problem[] {
    return [...this.#problems.values()];
  }
}
