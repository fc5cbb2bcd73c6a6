import { enricherFrom, tablesAlone } from "../enrich/enrichment.ts";
import { NetworkSnapshot } from "../enrich/rules/snapshot.ts";
import { type LoadedTable, readTable, snapshotOf, type Tables } from "../enrich/tables/tables.ts";
import type { Flow } from "../flow/flow.ts";
import type { Knowledge } from "./messages.ts";

/** One state of an enrichment, in a thread. */
export interface Known {
  /** Sets the derived fields of the flows. */
  readonly enrich: (flows: readonly Flow[]) => void;
  /** Whether a provider's API is to be asked about contexts. */
  readonly asks: boolean;
  /** See `tablesAlone`. */
  readonly tables: Tables | undefined;
}

/** What a thread knows of an enrichment: made ready first, then used from one moment on. */
export class Knowing {
  #tables: Tables = snapshotOf([]);
  #network = new NetworkSnapshot([]);
  readonly #ready = new Map<number, Known>();
  #used: Known | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** What is in use. */
  get used(): Known {
    if (this.#used === undefined) throw new Error("a thread is asked to read before it knows the tables");
    return this.#used;
  }

  /** Resolves when the version is ready. One after the other. */
  know(version: number, knowledge: Knowledge): Promise<void> {
    const known = this.#last.then(() => this.#take(version, knowledge));
    this.#last = known;
    return known;
  }

  use(version: number): void {
    this.#used = this.#ready.get(version);
    this.#ready.clear();
  }

  async #take(version: number, { tables, network, securityLists, asks }: Knowledge): Promise<void> {
    if (tables !== undefined) {
      const loaded: LoadedTable[] = [];
      for (const { table, path, bytes, digest } of tables) {
        const reading = await readTable(table, path, { bytes, digest });
        if (reading.table === undefined)
          throw new Error(`${path}: a table that is in use cannot be read: ${reading.issues[0]?.reason}`);
        loaded.push(reading.table);
      }
      this.#tables = snapshotOf(loaded);
    }
    if (network !== undefined) this.#network = new NetworkSnapshot(network, this.#network);
    const enrich = enricherFrom(this.#tables, this.#network, securityLists);
    this.#ready.set(version, { enrich, asks, tables: tablesAlone(this.#tables, this.#network, asks) });
  }
}
