import { DatabaseSync } from "node:sqlite";
import { UsageError } from "../errors.ts";

/**
 * Holds `<ledger>.lock` for as long as the process lives: a second worker on the same ledger is refused. The operating system drops the
 * lock with the process, however it ends. `owner` says who holds it, for the message.
 */
export function lockLedger(path: string, owner: () => string | undefined): { release(): void } {
  const lock = new DatabaseSync(`${path}.lock`);
  try {
    lock.exec("pragma busy_timeout = 0; pragma journal_mode = delete; begin exclusive");
  } catch (error) {
    lock.close();
    throw new UsageError(
      "ledger-locked",
      `ledger ${path} is in use by ${owner() ?? "another worker"}: stop that one first, or give this one a ledger of its own (ledger.path)`,
      { cause: error },
    );
  }
  return { release: () => lock.close() };
}
