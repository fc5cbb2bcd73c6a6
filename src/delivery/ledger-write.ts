import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../errors.ts";
import { pauseBefore, type RetryPolicy } from "../retry.ts";

/** Runs a write to the ledger, again and again while the ledger cannot take it. Rejects when patience ends, or with what does not heal. */
export type LedgerWrite = <T>(work: () => T | Promise<T>) => Promise<T>;

export interface LedgerTrouble {
  /** Failed writes since it began. */
  readonly failures: number;
  readonly error: Failure;
}

export interface LedgerWriteEvents {
  onTrouble(trouble: LedgerTrouble): void;
  onRecovery(trouble: LedgerTrouble): void;
}

/** `work` is one transaction: it has happened, or it has not. `signal` is the end of patience. */
export function ledgerWrite(policy: RetryPolicy, signal: AbortSignal, events: LedgerWriteEvents): LedgerWrite {
  let trouble: LedgerTrouble | undefined;
  return async (work) => {
    for (let attempts = 1; ; attempts += 1) {
      try {
        const result = await work();
        if (trouble !== undefined) events.onRecovery(trouble);
        trouble = undefined;
        return result;
      } catch (error) {
        if (!(error instanceof Failure) || error.drawer !== "worker") throw error;
        trouble = { failures: (trouble?.failures ?? 0) + 1, error };
        events.onTrouble(trouble);
        await sleep(pauseBefore(attempts, error, policy), undefined, { signal });
      }
    }
  };
}
