import { DuckDBInstance } from "@duckdb/node-api";
import type { Database } from "../../../src/query/duckdb.ts";

/** A database in memory, of one thread. What is not closed is torn down with the process, in any order. */
export async function memoryDatabase(): Promise<Database> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
