import { codeOf, describeError, drawerOf, Failure } from "../../../lib/errors.ts";

/** Pauses before a failed question is asked again: they double from the first to the last. */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 300_000;
interface Failing {
  /** In a row. Questions that were asked again before their time count as one. */
  readonly times: number;
  /** When it is due to be asked again, ms since the epoch. */
  readonly nextAt: number;
  /** For how long the service wants to be left alone. */
  readonly retryAfterMs: number;
  readonly code: string;
  /** Whether it may pass in seconds. A brief failure is told when it comes again. */
  readonly brief: boolean;
  readonly told: boolean;
}

/** Questions that failed and were not answered since, by OCID. Each code is told once, until no question fails with it any more. */
export class Failures {
  readonly all = new Map<string, Failing>();
  /** How many questions fail with a code, of the failures that were told. */
  readonly #told = new Map<string, number>();

  /** Takes a failure in; gives the line that is to be told of it, if any. */
  add(ocid: string, error: unknown): string | undefined {
    const code = codeOf(error);
    const before = this.all.get(ocid);
    const times = before === undefined ? 1 : before.times + (before.nextAt <= Date.now() ? 1 : 0);
    const retryAfterMs = error instanceof Failure ? (error.retryAfterMs ?? 0) : 0;
    const pauseMs = Math.max(retryAfterMs, Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1)));
    const brief = drawerOf(error) === "passing";
    const told = !brief || before !== undefined;
    this.all.set(ocid, { times, nextAt: Date.now() + pauseMs, retryAfterMs, code, brief, told });
    if (!told || (before?.told && before.code === code)) return undefined;
    this.#ease(before);
    const others = this.#told.get(code) ?? 0;
    this.#told.set(code, others + 1);
    return others > 0 ? undefined : `${describeError(error)}; what was known of the network stays in use`;
  }

  /** Takes a failure out; true if it was the last of those that were told. */
  remove(ocid: string): boolean {
    const failure = this.all.get(ocid);
    this.all.delete(ocid);
    this.#ease(failure);
    return failure?.told === true && this.#told.size === 0;
  }

  #ease(failure: Failing | undefined): void {
    if (!failure?.told) return;
    const others = (this.#told.get(failure.code) ?? 0) - 1;
    if (others > 0) this.#told.set(failure.code, others);
    else this.#told.delete(failure.code);
  }
}
