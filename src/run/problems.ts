import type { Ledger, Problem } from "../contracts/ledger.ts";
import { ledgerWrite } from "../ledger/write.ts";
import { Failure } from "../lib/errors.ts";
import type { RetryPolicy } from "../lib/retry.ts";

/**
 * Keeps in the ledger what `status` says of this worker: what was told last, as soon as the ledger takes it. A ledger that cannot be written
 * is itself what is wrong, and is told elsewhere.
 */
export function keepProblems(ledger: Ledger, policy: RetryPolicy): { tell(problems: readonly Problem[]): void; close(): void } {
  const end = new AbortController();
  const write = ledgerWrite(policy, end.signal, { onTrouble: () => {}, onRecovery: () => {} });
  let told: readonly Problem[] | undefined;
  let isWriting = false;
  const save = () => {
    if (told !== undefined) ledger.setProblems(told);
    told = undefined;
  };
  const saveAll = async () => {
    isWriting = true;
    try {
      while (told !== undefined) await write(save);
    } catch (error) {
      if (!end.signal.aborted && !(error instanceof Failure)) throw error;
    } finally {
      isWriting = false;
    }
  };
  return {
    tell: (problems) => {
      if (end.signal.aborted) return;
      told = problems;
      if (!isWriting) void saveAll();
    },
    close: () => end.abort(),
  };
}
