import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, Failure } from "../lib/errors.ts";
import { pauseBefore, type RetryPolicy } from "../lib/retry.ts";

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

/** A file that is gone for so long is not put back: the worker ends, so that whoever has started it can begin with what is there. */
const GONE_MS = 300_000;

/** `work` is one transaction: it has happened, or it has not. `signal` is the end of patience. */
export function ledgerWrite(
  policy: RetryPolicy,
  signal: AbortSignal,
  events: LedgerWriteEvents,
  goneMs: number = GONE_MS,
): LedgerWrite {
  let trouble: LedgerTrouble | undefined;
  let goneSince: number | undefined;
  return async (work) => {
    for (let attempts = 1; ; attempts += 1) {
      try {
        const result = await work();
        if (trouble !== undefined) events.onRecovery(trouble);
        [trouble, goneSince] = [undefined, undefined];
        return result;
      } catch (error) {
        if (!(error instanceof Failure) || error.drawer !== "worker") throw error;
        goneSince = isGone(error) ? (goneSince ?? performance.now()) : undefined;
        if (goneSince !== undefined && performance.now() - goneSince >= goneMs) throw error;
        trouble = { failures: (trouble?.failures ?? 0) + 1, error };
        events.onTrouble(trouble);
        await sleep(pauseBefore(attempts, error, policy), undefined, { signal });
      }
    }
  };
}

/** The ledger's file is no longer the one that this worker has opened. */
export function isGone(error: unknown): boolean {
  return codeOf(error) === "ledger-replaced";
}
