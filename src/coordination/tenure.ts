import type { SavedState, StateSave } from "../contracts/state-ledger.ts";
import type { KeptAlert } from "./kept-alerts.ts";

/** The time in which this worker is the one whose rules look at the flows of all. */
export interface Tenure {
  /** Aborts when another worker looks after the rules: nothing is told or saved any more. */
  readonly lost: AbortSignal;
  /** Aborts when this worker ends, or has lost the lease: it is time to save, and to end. */
  readonly stop: AbortSignal;
  /** However little happens, the state is saved again so often, in ms: what is not written for long is deleted. */
  readonly restMs: number;
  /** Resolves when all that was noted is written, and the group has lately confirmed the lease. Rejects when it is lost. */
  confirm(): Promise<void>;
  /** As whoever was before has left it; undefined where nobody was. */
  readonly saved: SavedState | undefined;
  readonly alerts: Iterable<KeptAlert>;
  /** Says what became of an alert, for whoever is next. */
  note(kept: KeptAlert): void;
  /** What ships have written, in order, from where the saved state is on. A turn may have nothing. Ends with `stop`. */
  rows(): AsyncGenerator<Turn>;
  /** Saves a state that knows the rows before `next`. */
  save(save: StateSave, next: number, alerts: Iterable<KeptAlert>): Promise<void>;
}

export interface Turn {
  readonly messages: readonly { readonly offset: number; readonly value: Buffer | null }[];
  /** Where the next turn begins. */
  readonly next: number;
}
