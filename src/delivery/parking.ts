import { setImmediate as turn } from "node:timers/promises";
import type { ParkedObject, QueuedObject, SourceLedger } from "../contracts/ledger.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { codeOf, describeError, drawerOf } from "../lib/errors.ts";
import { pauseBefore, type RetryPolicy } from "../lib/retry.ts";

/** Longest pause before an object is tried again whose trouble is its own: somebody has to restore it, or to allow that it is read. */
const LONGEST_PAUSE_MS = 900_000;
/** So often a job tries an object that the store refuses. */
const OBJECT_ATTEMPTS = 3;
/** So often a job tries an object that fails in passing while others can be read. */
const PASSING_ATTEMPTS = 6;

/** What this run has tried of a parked object. Everything else is in the ledger: there may be very many of them. */
interface Tries {
  readonly failures: number;
  /** When the first one failed, on the clock of `performance.now`. */
  readonly since: number;
}

/** Objects of one source that cannot be read now. Their readers go on with others; each is tried again at growing pauses. */
export class Parking {
  readonly #ledger: SourceLedger;
  readonly #write: LedgerWrite;
  readonly #policy: RetryPolicy;
  readonly #onParked: (parked: ParkedObject, error: unknown) => void;
  readonly #tries = new Map<number, Tries>();
  /** Those that a job has to try once more before it may end. */
  readonly #owed = new Set<number>();
  #nextDue: number | undefined;
  #lastRead = Number.NEGATIVE_INFINITY;

  constructor(
    ledger: SourceLedger,
    write: LedgerWrite,
    policy: RetryPolicy,
    onParked: (parked: ParkedObject, error: unknown) => void,
  ) {
    this.#ledger = ledger;
    this.#write = write;
    this.#policy = policy;
    this.#onParked = onParked;
    ledger.wakeParked();
    this.#nextDue = ledger.nextDue();
  }

  /** Resolves when the object is parked, or when everybody has got it in another reading meanwhile. */
  async park(object: QueuedObject, error: unknown): Promise<void> {
    const now = Date.now();
    const [drawer, code, reason] = [drawerOf(error), codeOf(error), describeError(error)];
    const { initialMs, maxMs } = this.#policy;
    const longest = drawer === "object" ? Math.max(maxMs, LONGEST_PAUSE_MS) : maxMs;
    // A new run tries at short pauses again: what was put right meanwhile is found soon, and a job does not wait for what was not.
    const nextAt = Math.round(now + pauseBefore(this.#failed(object.id, drawer), error, { initialMs, maxMs: longest }));
    const parked = await this.#write(() => {
      if (!this.#tries.has(object.id)) return undefined;
      const { attempts, since } = this.#ledger.parkedObject(object.id) ?? { attempts: 0, since: now };
      const trouble = { attempts: attempts + 1, nextAt, drawer, code, reason };
      this.#ledger.park(object.id, trouble);
      return { object, since, ...trouble };
    });
    this.#nextDue = this.#ledger.nextDue();
    if (parked !== undefined) this.#onParked(parked, error);
    // Very many may fail at once, one after the other.
    await turn();
  }

  /** Gives how often it failed in this run. */
  #failed(id: number, drawer: string): number {
    const { failures, since } = this.#tries.get(id) ?? { failures: 0, since: performance.now() };
    const made = failures + 1;
    this.#tries.set(id, { failures: made, since });
    const enough = drawer === "object" ? made >= OBJECT_ATTEMPTS : made >= PASSING_ATTEMPTS && this.#lastRead >= since;
    if (enough) this.#owed.delete(id);
    else this.#owed.add(id);
    return made;
  }

  /**
   * The object was read to its end, or was lost. While `isWanted`, others lack it: then it is read for them again, at once if it is parked.
   * That is asked when the ledger is written: another reading of the object may fail, or be parked, while this one waits for the disk.
   */
  async wasRead({ id }: QueuedObject, isWanted: () => boolean): Promise<void> {
    this.#lastRead = performance.now();
    if (!this.#tries.has(id)) return;
    await this.#write(() => {
      if (!isWanted()) return this.#unpark(id);
      const parked = this.#ledger.parkedObject(id);
      if (parked !== undefined) this.#postpone(parked, 0);
    });
    this.#nextDue = this.#ledger.nextDue();
  }

  /** Nobody needs the object: it is parked no more. */
  async leave(id: number): Promise<void> {
    await this.#write(() => this.#unpark(id));
    this.#nextDue = this.#ledger.nextDue();
  }

  #unpark(id: number): void {
    this.#ledger.unpark(id);
    this.#drop(id);
  }

  #drop(id: number): void {
    this.#tries.delete(id);
    this.#owed.delete(id);
  }

  /** The ledger knows nothing of these objects. */
  forget(ids: Iterable<number>): void {
    for (const id of ids) this.#drop(id);
    this.#nextDue = this.#ledger.nextDue();
  }

  /** A parked object that is to be tried now and is none of `busy`. */
  due(busy: ReadonlySet<number>): ParkedObject | undefined {
    const now = Date.now();
    if (this.#nextDue === undefined || this.#nextDue > now) return undefined;
    const parked = this.#ledger.due(now, busy.size + 1).find(({ object }) => !busy.has(object.id));
    if (parked === undefined) return undefined;
    if (!this.#tries.has(parked.object.id)) this.#tries.set(parked.object.id, { failures: 0, since: performance.now() });
    return parked;
  }

  /** Some of the parked objects, those that are to be tried next. */
  soonest(limit: number): QueuedObject[] {
    return this.#ledger.due(Number.MAX_SAFE_INTEGER, limit).map(({ object }) => object);
  }

  /** Those of these objects that are parked are to be tried at once. */
  async wake(ids: readonly number[]): Promise<void> {
    await this.#write(() => this.#ledger.wakeParked(ids));
    this.#nextDue = this.#ledger.nextDue();
  }

  /** Ms until an object is to be tried; undefined if none is parked. */
  get pauseMs(): number | undefined {
    return this.#nextDue === undefined ? undefined : Math.max(0, this.#nextDue - Date.now());
  }

  /** Nobody can take the object now that wants it: it is tried later, and that was no attempt. */
  async postpone(parked: ParkedObject): Promise<void> {
    await this.#write(() => this.#postpone(parked, this.#policy.maxMs));
    this.#nextDue = this.#ledger.nextDue();
    await turn();
  }

  #postpone({ object, ...trouble }: ParkedObject, pauseMs: number): void {
    this.#ledger.park(object.id, { ...trouble, nextAt: Date.now() + pauseMs });
    this.#owed.add(object.id);
  }

  /** Whether a job that has nothing else to do still has to try some of what is parked. Those of earlier runs are due since ever. */
  get owes(): boolean {
    return this.#owed.size > 0 || this.#nextDue === 0;
  }
}
