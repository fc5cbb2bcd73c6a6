import { UsageError } from "../../lib/errors.ts";
import { compareFiles } from "./compare.ts";
import type { TableName } from "./kinds.ts";
import { LastGood } from "./last-good.ts";
import type { LookupOptions } from "./options.ts";
import { describeProblems, tablePaths } from "./tables.ts";

/** A short table that is wanted from now on. */
export interface Accepted {
  readonly table: TableName;
  readonly path: string;
  readonly rows: number;
  /** How many rows the copy has that is in use until then. */
  readonly instead: number;
}

export interface Acceptance {
  readonly accepted: readonly Accepted[];
  /** One line for each file that is left alone because it is broken, or because its copy cannot be used. */
  readonly faults: readonly string[];
}

/**
 * Says of each table that is refused for being short that the present content of its file is wanted: a worker that runs finds the word
 * beside the copies, and so does one that starts later. Throws UsageError where there are no copies, or the word cannot be left there.
 */
export async function acceptTables(options: LookupOptions): Promise<Acceptance> {
  if (options.lastGood === undefined) {
    const reason = "the ledger is in memory, so that no copies of the tables are kept";
    throw new UsageError(
      "no-last-good",
      `${reason}: name a folder in enrich.lastGood, or save the table once more with a change`,
    );
  }
  const copies = new LastGood(options.lastGood, tablePaths(options));
  const files = await compareFiles(options);
  if (files.every(({ copy }) => copy === undefined)) {
    throw new UsageError(
      "no-last-good",
      `${copies.folder} holds no copies of these tables: a worker leaves them there when it starts`,
    );
  }
  const accepted: Accepted[] = [];
  const faults: string[] = [];
  for (const { table, path, reading, copy, short } of files) {
    if (reading.table === undefined) faults.push(describeProblems(path, reading));
    else if (typeof copy === "string") faults.push(copy);
    else if (short && copy !== undefined) {
      await copies.accept(table, path, reading.table.digest);
      accepted.push({ table, path, rows: reading.rows, instead: copy.loaded.rows });
    }
  }
  return { accepted, faults };
}
