import type { Extent } from "../lib/errors.ts";
import type { Entry } from "./entry.ts";
import type { QueuedObject } from "./ledger.ts";

/** Why the rest of an object cannot be had any more, by anybody. */
export interface Lost {
  /** Of which the rest is lost. */
  readonly object: QueuedObject;
  /** Stable code of the failure. */
  readonly code: string;
  /** One line: why. */
  readonly reason: string;
  /** What the object held, where its messages are counted. */
  readonly extent?: Extent | undefined;
}

/** Who objects are read for: each consumer has its own position in the ledger, and takes part in a reading until it has what it lacks. */
export interface Consumer {
  /** In the ledger. */
  readonly name: string;
  /** Whether it can take the next piece at once. */
  readonly hasRoom: boolean;
  /**
   * Whether it sets the pace: it goes on alone when others are merely slow (else only when they fail), and after a start the others
   * begin where the foremost of those that lead does.
   */
  readonly leads: boolean;
  /** What it waits for can, for now, not be had. */
  readonly failing: boolean;
  /** Resolves at the next change of its room. */
  changed(): Promise<void>;
  /** Whether it waits for records of this object that were not yet offered to it. */
  wants(object: QueuedObject): boolean;
  /** Number of the last record that needs no further reading for it. */
  offered(id: number): number;
  /** Takes the flows of one piece of an object; those that were offered before are passed over. */
  offer(id: number, flows: readonly Entry[], through: number): void;
  /** Every record of the object was offered, or cannot be had: then the consumer sets aside what it lacks. */
  end(id: number, lost?: Lost): void;
  /**
   * The object was taken away from this worker, in the middle of a reading or after it: the consumer forgets it, and commits nothing of it any
   * more. What it has sent may still arrive. Does nothing for an object that it does not know.
   */
  revoke(id: number): void;
  /**
   * What was read of the object, and this consumer has not acknowledged, is lost to this process: the thread that had it has died. Where it
   * has some of it, the consumer lets go of the object as `revoke` does, and wants it again from its position on. None for consumers that
   * keep flows of their own.
   */
  lose?(id: number): void;
  /** A reading of the object has broken off: what the ledger knows of it need not be kept, until it is wanted again. */
  leave(id: number): void;
  /** Resolves when its position covers everything that was offered, or its patience ends. */
  drain(): Promise<void>;
}
