import type { Flow } from "../flow.ts";
import type { LookupOptions } from "../lookups/options.ts";
import { type LookupEvent, watchTables } from "../lookups/reload.ts";
import type { Tables } from "../lookups/tables.ts";
import { enricherOf } from "./chain.ts";

/** The lookup tables, kept up to date with their files, and the enrichment that rests on them. */
export interface Lookups {
  /** Version of the tables in use now. */
  readonly version: string;
  /** Sets the derived fields of the flows, all of them from one state of the tables. */
  enrich(flows: readonly Flow[]): void;
  /** The state of the tables in use now. */
  tables(): Tables;
  /** Ends the watch; the tables stay as they are. */
  close(): void;
}

/** Reads the tables that the options name, and watches their files. Throws UsageError where a file is missing or wrong. */
export async function openLookups(options: LookupOptions, onEvent: (event: LookupEvent) => void): Promise<Lookups> {
  const watch = await watchTables(options, onEvent);
  let tables = watch.tables;
  let enrich = enricherOf(tables);
  return {
    get version() {
      return watch.tables.version;
    },
    enrich(flows) {
      if (watch.tables !== tables) {
        tables = watch.tables;
        enrich = enricherOf(tables);
      }
      for (const flow of flows) enrich(flow);
    },
    tables: () => watch.tables,
    close: () => watch.close(),
  };
}
