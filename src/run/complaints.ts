import { describeError, drawerOf } from "../lib/errors.ts";

/** What passes is told of when it has lasted so long, in ms: leaders change, and brokers close connections, as a matter of course. */
const PATIENCE_MS = 5_000;
/** What was told is told again after so long, in ms. */
const AGAIN_MS = 60_000;

/** Which failures of parts that try again and again are told, so that each is heard of, and no log is full of it. */
export class Complaints {
  readonly #clock: () => number;
  /** Since when the part fails. */
  readonly #since = new Map<string, number>();
  /** When a line was told last. */
  readonly #told = new Map<string, number>();

  /** `clock` is monotonic, in ms. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Whether this failure is to be told now. */
  isDue(part: string, error: unknown): boolean {
    const now = this.#clock();
    const since = this.#since.get(part) ?? now;
    this.#since.set(part, since);
    if (drawerOf(error) === "passing" && now - since < PATIENCE_MS) return false;
    for (const [line, at] of this.#told) if (now - at >= AGAIN_MS) this.#told.delete(line);
    const line = describeError(error);
    if (this.#told.has(line)) return false;
    this.#told.set(line, now);
    return true;
  }

  /** The part does its work. */
  well(part: string): void {
    this.#since.delete(part);
  }
}
