import type { Enricher } from "../contracts/enricher.ts";
import type { Flow } from "../flow/flow.ts";
import type { Clock } from "../lib/clock.ts";
import type { Secrets } from "../lib/secrets/secrets.ts";
import { chain, enricherOf } from "./chain.ts";
import type { EnrichOptions } from "./options.ts";
import { type CloudNetwork, type NetworkCounts, type NetworkEvent, networkBlocks } from "./rules/cloud.ts";
import { openNetwork } from "./rules/open.ts";
import type { NetworkSnapshot } from "./rules/snapshot.ts";
import { type SecurityListDetail, securityRulesEnricher } from "./security-rules.ts";
import { type LookupEvent, type StaleTable, watchTables } from "./tables/reload.ts";
import type { Tables } from "./tables/tables.ts";

/** The lookup tables and what is known of the network, kept up to date, and the enrichment that rests on them. */
export interface Enrichment {
  /** Version of the lookup tables in use now. */
  readonly version: string;
  /** The state of the tables in use now. */
  tables(): Tables;
  /** The tables whose files have changed and are not taken, or are gone; none where all is well. */
  stale(): StaleTable[];
  /** The state of the network in use now. */
  network(): NetworkSnapshot;
  /** Questions to the providers' APIs since the start; none where they are not asked. */
  readonly apiCounts: readonly NetworkCounts[];
  /**
   * To be awaited before `enrich`, with the same flows: gets what is not known of their subnets and VNICs, and waits for it a bounded
   * time, once for each. Throws the signal's reason, nothing else.
   */
  prepare(flows: readonly Flow[], signal: AbortSignal): Promise<void>;
  /** Sets the derived fields of the flows, all of them from one state. */
  enrich(flows: readonly Flow[]): void;
  close(): Promise<void>;
}

export interface EnrichmentDependencies {
  /** Every cloud of whose networks something can be known. */
  readonly networks: readonly CloudNetwork[];
  readonly baseDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes secrets that come up while the program runs. */
  readonly secrets?: Secrets | undefined;
  readonly onLookups: (event: LookupEvent) => void;
  readonly onNetwork: (event: NetworkEvent) => void;
  /** By which the lookup files are watched; that of the machine, but for tests. */
  readonly clock?: Clock;
}

/**
 * Reads all files that the options name (absolute paths), and watches them. Throws UsageError where one is missing or wrong, unless it
 * is a table of which a good copy is kept.
 */
export async function openEnrichment(options: EnrichOptions, dependencies: EnrichmentDependencies): Promise<Enrichment> {
  const { networks, baseDir, env, secrets, onLookups, onNetwork, clock } = dependencies;
  const watch = await watchTables(options, onLookups, clock);
  const network = await openNetwork(
    networkBlocks(networks, options),
    { baseDir, env, secrets, refreshMs: options.refreshMs },
    onNetwork,
  ).catch((error) => {
    watch.close();
    throw error;
  });
  let { tables } = watch;
  let { snapshot } = network;
  let enrich = joined(tables, snapshot, options.securityLists);
  return {
    get version() {
      return watch.tables.version;
    },
    tables: () => watch.tables,
    stale: () => watch.stale(),
    network: () => network.snapshot,
    get apiCounts() {
      return network.counts;
    },
    prepare: (flows, signal) => network.prepare(flows, signal),
    enrich(flows) {
      if (watch.tables !== tables || network.snapshot !== snapshot) {
        tables = watch.tables;
        snapshot = network.snapshot;
        enrich = joined(tables, snapshot, options.securityLists);
      }
      for (const flow of flows) enrich(flow);
    },
    async close() {
      watch.close();
      await network.close();
    },
  };
}

/** Everything that tables and network say about a flow. A subnet that stands in the table is as the table has it. */
function joined(tables: Tables, snapshot: NetworkSnapshot, detail: SecurityListDetail): Enricher {
  if (snapshot.data.length === 0) return enricherOf(tables);
  const subnets = new Map([...snapshot.data.toReversed().flatMap((data) => [...data.subnets]), ...tables.subnets]);
  const both: Tables = { ...tables, subnets };
  return chain([enricherOf(both), securityRulesEnricher(both, snapshot, detail)]);
}
