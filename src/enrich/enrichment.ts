import type { Enricher } from "../contracts/enricher.ts";
import type { Flow } from "../flow/flow.ts";
import type { Clock } from "../lib/clock.ts";
import type { Secrets } from "../lib/secrets/secrets.ts";
import { chain, enricherOf } from "./chain.ts";
import { type Inventory, openInventory } from "./inventory/inventory.ts";
import type { InventorySource } from "./inventory/source.ts";
import type { EnrichOptions } from "./options.ts";
import { ownersEnricher } from "./owners.ts";
import {
  type CloudNetwork,
  type NetworkBlock,
  type NetworkCounts,
  type NetworkEvent,
  type NetworkSurroundings,
  networkBlocks,
} from "./rules/cloud.ts";
import { openNetwork } from "./rules/open.ts";
import type { NetworkSnapshot } from "./rules/snapshot.ts";
import { type SecurityListDetail, securityRulesEnricher } from "./security-rules.ts";
import { type LookupEvent, type StaleTable, watchTables } from "./tables/reload.ts";
import type { KeptTable, Tables } from "./tables/tables.ts";

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
  /** What an enrichment elsewhere is made from, beside the state of the network: files of tables where their bytes are kept, another list after each change. */
  readonly lookups: readonly KeptTable[];
  readonly securityLists: SecurityListDetail;
  /** Whether that is all: nobody else says whose an address is. */
  readonly isPortable: boolean;
  /** Whether `prepare` asks anybody. */
  readonly asks: boolean;
  /** Tells of each change of the tables, until what it returns is called. */
  onChange(listener: () => void): () => void;
  /** Questions to the providers' APIs since the start; none where they are not asked. */
  readonly apiCounts: readonly NetworkCounts[];
  /**
   * To be awaited before `enrich`, with the same flows: gets what is not known of their subnets and VNICs, and waits for it a bounded
   * time, once for each. Throws the signal's reason, nothing else.
   */
  prepare(flows: readonly Pick<Flow, "context">[], signal: AbortSignal): Promise<void>;
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
  const listeners = new Set<() => void>();
  const onEvent = (event: LookupEvent) => {
    onLookups(event);
    for (const listener of listeners) listener();
  };
  const watch = await watchTables(options, onEvent, clock);
  const blocks = networkBlocks(networks, options);
  const network = await openNetwork(blocks, { baseDir, env, secrets, refreshMs: options.refreshMs }, onNetwork).catch((error) => {
    watch.close();
    throw error;
  });
  const inventory = await openInventories(blocks, { baseDir, env, secrets }, options.refreshMs, onNetwork).catch(
    async (error) => {
      watch.close();
      await network.close();
      throw error;
    },
  );
  const owners = inventory === undefined ? [] : [ownersEnricher(inventory.find)];
  let { tables } = watch;
  let { snapshot } = network;
  let enrich = chain([joined(tables, snapshot, options.securityLists), ...owners]);
  return {
    get version() {
      return watch.tables.version;
    },
    tables: () => watch.tables,
    stale: () => watch.stale(),
    network: () => network.snapshot,
    get lookups() {
      return watch.kept;
    },
    securityLists: options.securityLists,
    isPortable: inventory === undefined,
    asks: network.asks,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get apiCounts() {
      return network.counts;
    },
    async prepare(flows, signal) {
      await Promise.all([network.prepare(flows, signal), inventory?.prepare(signal)]);
    },
    enrich(flows) {
      if (watch.tables !== tables || network.snapshot !== snapshot) {
        tables = watch.tables;
        snapshot = network.snapshot;
        enrich = chain([joined(tables, snapshot, options.securityLists), ...owners]);
      }
      for (const flow of flows) enrich(flow);
    },
    async close() {
      watch.close();
      await network.close();
      await inventory?.close();
    },
  };
}

/** The inventories that the blocks ask for; undefined where none does. */
async function openInventories(
  blocks: readonly NetworkBlock[],
  surroundings: NetworkSurroundings,
  refreshMs: number,
  onEvent: (event: NetworkEvent) => void,
): Promise<Inventory | undefined> {
  const sources = await inventorySources(blocks, surroundings);
  return sources.length === 0 ? undefined : openInventory(sources, refreshMs, onEvent);
}

/** Who has which address, by each cloud whose block says how that is known. Throws UsageError. */
export async function inventorySources(
  blocks: readonly NetworkBlock[],
  surroundings: NetworkSurroundings,
): Promise<InventorySource[]> {
  const sources: InventorySource[] = [];
  for (const { network, options } of blocks) {
    const source = await network.inventory?.(options, surroundings);
    if (source !== undefined) sources.push(source);
  }
  return sources;
}

/** Sets everything that tables and network say about flows. */
export function enricherFrom(
  tables: Tables,
  snapshot: NetworkSnapshot,
  detail: SecurityListDetail,
): (flows: readonly Flow[]) => void {
  const enrich = joined(tables, snapshot, detail);
  return (flows) => {
    for (const flow of flows) enrich(flow);
  };
}

/** The tables, where nothing else says anything about flows: no rules of a network, and no API that is asked for some; else undefined. */
export function tablesAlone(tables: Tables, snapshot: NetworkSnapshot, asks: boolean): Tables | undefined {
  return asks || snapshot.data.length > 0 ? undefined : tables;
}

/** Everything that tables and network say about a flow. A subnet that stands in the table is as the table has it. */
function joined(tables: Tables, snapshot: NetworkSnapshot, detail: SecurityListDetail): Enricher {
  if (snapshot.data.length === 0) return enricherOf(tables);
  const subnets = new Map([...snapshot.data.toReversed().flatMap((data) => [...data.subnets]), ...tables.subnets]);
  const both: Tables = { ...tables, subnets };
  return chain([enricherOf(both), securityRulesEnricher(both, snapshot, detail)]);
}
