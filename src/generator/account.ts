import type { Exchange } from "./exchange.ts";
import type { DamagedDraft, Draft } from "./formats/format.ts";
import type { Incident } from "./incidents.ts";
import type { Settings } from "./options.ts";
import type { DamageTruth, IncidentTruth, Truth } from "./truth.ts";
import { addTruth, emptyTruth } from "./truth.ts";

/** Pointers kept of one incident. */
const MOST_POINTERS = 1_000;

/** Keeps the known truth of a bucket while its objects are handed out. */
export class Account {
  readonly #settings: Settings;
  readonly #total = emptyTruth();
  readonly #incidents: IncidentTruth[];
  readonly #damage: DamageTruth[] = [];
  #objects = 0;
  #storedBytes = 0;

  constructor(settings: Settings, incidents: readonly Incident[]) {
    this.#settings = settings;
    this.#incidents = incidents.map(describeIncident);
  }

  /** An object with its size as stored. */
  add({ key, truth, marks }: Draft, size: number): void {
    this.#objects++;
    this.#storedBytes += size;
    addTruth(this.#total, truth);
    for (const { incident, record, reply, accepted } of marks) {
      const described = this.#incidents[incident];
      if (described === undefined) continue;
      described.recordCount++;
      if (described.records.length < MOST_POINTERS) {
        described.records.push({ key, record, reply, action: accepted ? "accept" : "reject" });
      }
    }
  }

  addDamage(kind: string, { key, record, outcome, truth }: DamagedDraft): void {
    this.#damage.push({ kind, key, record, outcome, goodRecords: truth.accept + truth.reject });
  }

  truth(): Truth {
    const { format, seed, start, spanMs } = this.#settings;
    const { records, accept, reject, noData, skipData, countMismatch, skipped, bad, broken, bytes, bytesReverse } = this.#total;
    return {
      format,
      seed,
      start: new Date(start).toISOString(),
      end: new Date(start + spanMs).toISOString(),
      objects: this.#objects,
      storedBytes: this.#storedBytes,
      records,
      flows: { accept, reject },
      quality: { noData, skipData, countMismatch },
      skipped,
      bad,
      broken,
      bytes: bytes.toString(),
      bytesReverse: bytesReverse.toString(),
      incidents: this.#incidents,
      damage: this.#damage,
    };
  }
}

function describeIncident({ id, source, destination, port, exchanges }: Incident): IncidentTruth {
  const iso = (exchange: Exchange | undefined) => new Date((exchange?.time ?? 0) * 1000).toISOString();
  const bytes = exchanges.reduce((sum, exchange) => sum + exchange.bytes, 0);
  return {
    ...{ id, source, destination, port: port ?? null },
    start: iso(exchanges[0]),
    end: iso(exchanges.at(-1)),
    recordCount: 0,
    bytes: String(bytes),
    records: [],
  };
}
