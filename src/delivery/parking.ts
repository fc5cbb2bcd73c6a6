import type { Ledger, ParkedObject, QueuedObject } from "../contracts.ts";
import { codeOf, describeError, drawerOf } from "../errors.ts";
import { pauseBefore, type RetryPolicy } from "../retry.ts";
import type { LedgerWrite } from "./ledger-write.ts";

/** Longest pause before an object is tried again whose trouble is its own: somebody has to restore it, or to allow that it is read. */
const LONGEST_PAUSE_MS = 900_000;
/** So often a job tries an object that the store refuses. */
const OBJECT_ATTEMPTS = 3;
/** So often a job tries an object that fails in passing while others can be read. */
const PASSING_ATTEMPTS = 6;

interface Attempts {
  /** In this run, and since the object was parked. */
  readonly here: number;
  readonly all: number;
  readonly drawer: string;
  readonly code: string;
  readonly reason: string;
  /** When the first one of this run failed, on the clock of `performance.now`. */
  readonly since: number;
}

/** Objects that cannot be read now. Their readers go on with others; each is tried again at growing pauses. */
export class Parking {
  readonly #ledger: Ledger;
  readonly #write: LedgerWrite;
  readonly #policy: RetryPolicy;
  readonly #onParked: (parked: ParkedObject, error: unknown) => void;
  readonly #attempts = new Map<number, Attempts>();
  #nextDue: number | undefined;
  #lastRead = Number.NEGATIVE_INFINITY;

  constructor(ledger: Ledger, write: LedgerWrite, policy: RetryPolicy, onParked: (parked: ParkedObject, error: unknown) => void) {
    this.#ledger = ledger;
    this.#write = write;
    this.#policy = policy;
    this.#onParked = onParked;
    ledger.wakeParked();
    this.#nextDue = ledger.nextDue();
  }

  /** Resolves when the object is parked. */
  async park(object: QueuedObject, error: unknown): Promise<void> {
    const { here, all, since } = this.#attempts.get(object.id) ?? { here: 0, all: 0, since: performance.now() };
    const [drawer, code, reason, attempts] = [drawerOf(error), codeOf(error), describeError(error), all + 1];
    const { initialMs, maxMs } = this.#policy;
    const longest = drawer === "object" ? Math.max(maxMs, LONGEST_PAUSE_MS) : maxMs;
    const nextAt = Math.round(Date.now() + pauseBefore(attempts, error, { initialMs, maxMs: longest }));
    this.#attempts.set(object.id, { here: here + 1, all: attempts, drawer, code, reason, since });
    await this.#write(() => this.#ledger.park(object.id, { attempts, nextAt, drawer, code, reason }));
    this.#nextDue = Math.min(this.#nextDue ?? nextAt, nextAt);
    this.#onParked({ object, attempts, since: Date.now(), nextAt, drawer, code, reason }, error);
  }

  /** The object was read to its end, or was lost. `isWanted`: others lack it, for whom it is to be read again at once if it was parked. */
  async wasRead(object: QueuedObject, isWanted: boolean): Promise<void> {
    this.#lastRead = performance.now();
    const attempts = this.#attempts.get(object.id);
    if (attempts !== undefined && isWanted) {
      const { all, drawer, code, reason } = attempts;
      await this.#write(() => this.#ledger.park(object.id, { attempts: all, nextAt: Date.now(), drawer, code, reason }));
    } else this.#attempts.delete(object.id);
    this.#nextDue = this.#ledger.nextDue();
  }

  /** A parked object that is to be tried now and is none of `busy`. */
  due(busy: (id: number) => boolean): QueuedObject | undefined {
    const now = Date.now();
    if (this.#nextDue === undefined || this.#nextDue > now) return undefined;
    const parked = this.#ledger.due(now, 256).find(({ object }) => !busy(object.id));
    if (parked === undefined) return undefined;
    const { object, attempts: all, drawer, code, reason } = parked;
    if (!this.#attempts.has(object.id)) {
      this.#attempts.set(object.id, { here: 0, all, drawer, code, reason, since: performance.now() });
    }
    return object;
  }

  /** Ms until an object is to be tried; undefined if none is parked. */
  get pauseMs(): number | undefined {
    return this.#nextDue === undefined ? undefined : Math.max(0, this.#nextDue - Date.now());
  }

  /** Nobody can take the object now that wants it: it is tried later, and that was no attempt. */
  async postpone(object: QueuedObject): Promise<void> {
    const now = Date.now();
    const parked = this.#ledger.due(now, 256).find((one) => one.object.id === object.id);
    if (parked !== undefined) {
      const nextAt = now + this.#policy.maxMs;
      await this.#write(() => this.#ledger.park(object.id, { ...parked, nextAt }));
    }
    this.#nextDue = this.#ledger.nextDue();
  }

  /** Whether a job that has nothing else to do still has to try some of what is parked. */
  get owes(): boolean {
    if (this.#nextDue === undefined) return false;
    return this.#ledger.parked(10_000).some(({ object: { id } }) => {
      const { here, drawer, since } = this.#attempts.get(id) ?? { here: 0, drawer: "object", since: 0 };
      if (drawer === "object") return here < OBJECT_ATTEMPTS;
      return here < PASSING_ATTEMPTS || this.#lastRead < since;
    });
  }
}
