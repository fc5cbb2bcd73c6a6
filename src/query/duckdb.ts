import type { DuckDBConnection } from "@duckdb/node-api";
import { codeOf, UsageError } from "../lib/errors.ts";

/** A database in memory, and how it is ended. */
export interface Database {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** What does not fit into so much memory goes to the disk, as far as DuckDB can put it there. */
export const MOST_MEMORY = "1GB";

/**
 * DuckDB is a package that users add, since only the commands that ask questions need it. It loads no extension and asks nobody; what does
 * not fit into memory goes to `spill`. Throws UsageError where it is not installed.
 */
export async function openDuckdb(spill: string): Promise<Database> {
  const { DuckDBInstance } = await load();
  const instance = await DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    temp_directory: spill,
    memory_limit: MOST_MEMORY,
    // Answers do not depend on where the machine stands.
    preserve_insertion_order: "false",
  });
  const connection = await instance.connect();
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function load(): Promise<typeof import("@duckdb/node-api")> {
  try {
    return await import("@duckdb/node-api");
  } catch (cause) {
    if (codeOf(cause) !== "ERR_MODULE_NOT_FOUND" && codeOf(cause) !== "MODULE_NOT_FOUND") throw cause;
    throw new UsageError("duckdb-missing", "this command needs DuckDB, which is not installed: npm install @duckdb/node-api", {
      cause,
    });
  }
}
