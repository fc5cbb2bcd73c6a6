import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { TableName } from "../../../../src/enrich/tables/kinds.ts";
import type { LookupOptions } from "../../../../src/enrich/tables/options.ts";
import { type LookupEvent, type TableWatch, watchTables } from "../../../../src/enrich/tables/reload.ts";
import { TestClock } from "../../lib/test-clock.ts";
import { temporaryFolder } from "./folder.ts";

/** A table of servers with so many rows; other names make another table of other length. */
export function servers(name: string, rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => `10.0.${Math.floor(i / 250)}.${(i % 250) + 1},${name}-${i}\n`);
  return `address,server\n${lines.join("")}`;
}

export interface Watched {
  readonly watch: TableWatch;
  readonly events: LookupEvent[];
  readonly clock: TestClock;
  /** How long the start took by the clock. */
  readonly waitedMs: number;
  /** The name of the first server in use, and how many rows there are. */
  inUse(): string;
}

/** Starts to watch. */
export async function watched(options: LookupOptions, clock = new TestClock()): Promise<Watched> {
  const events: LookupEvent[] = [];
  const started = clock.now();
  const watch = await clock.until(watchTables(options, (event) => events.push(event), clock));
  const waitedMs = clock.now() - started;
  onTestFinished(() => watch.close());
  const inUse = () => `${watch.tables.addresses.get("10.0.0.1").server} ${rowsOf(watch, "servers")}`;
  return { watch, events, clock, inUse, waitedMs };
}

function rowsOf(watch: TableWatch, table: TableName): number | undefined {
  return watch.tables.files.find((file) => file.table === table)?.rows;
}

/** A folder with a path for servers in it, and one for the copies. */
export async function place() {
  const folder = await temporaryFolder();
  return { folder, servers: join(folder, "servers.csv"), lastGood: join(folder, "flowferry.db.tables") };
}
