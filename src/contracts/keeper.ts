import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";

/**
 * Keeps flows in something that is finished now and then: a file that is rolled, a segment that is uploaded. It holds flows of many objects
 * at once and acknowledges them when they are durable, however much later and in whatever order; reading goes on meanwhile. What it has not
 * acknowledged when the process ends is read and taken again at the next start, so every flow is kept at least once.
 */
export interface Keeper {
  /** Under which its positions stand in the ledger: no sink is called so, and it stays the same from run to run. */
  readonly name: string;
  /**
   * Whether it can hold more. That is what bounds its memory: while it says no, no object is read on for it, but for one piece of each object
   * that is being read (a few hundred flows). It makes room by itself; nobody asks it to.
   */
  readonly hasRoom: boolean;
  /** What it writes to cannot be had at the moment. It repeats by itself. */
  readonly failing: boolean;
  /** Files, or segments, that are durable, since it was made; one that does not count them has none. */
  readonly files?: number;
  /** Resolves when `hasRoom` or `failing` changes next. */
  changed(): Promise<void>;
  /**
   * Takes flows of one object, at least one, in the order of their records. `durable` is to be called once, at any later time, when all of
   * them are; also for flows that it leaves out on purpose, which it tells the number of. The flows are not to be changed. Never throws.
   */
  take(flows: readonly Flow[], durable: (leftOut?: number) => void): void;
  /** No more flows of the object come; called for objects of which some were taken. */
  ended?(origin: Origin): void;
  /** The object was taken away from this worker: nobody waits for its flows to be durable any more. */
  forget?(origin: Origin): void;
  /**
   * Makes durable what it holds: at the end of a run, also on SIGTERM. Resolves when `durable` was called for all of it, but for flows that
   * wait for the end of their object; does nothing where nothing is held. Gives up when the signal aborts. Rejects with what no repetition heals, which ends the run.
   */
  flush(signal: AbortSignal): Promise<void>;
}
