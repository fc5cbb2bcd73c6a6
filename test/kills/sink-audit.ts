import type { Memory } from "./memory.ts";
import type { Version } from "./supply.ts";

/** How a round ended. */
export type Ending = "SIGKILL" | "SIGTERM" | "done";

interface Arrival {
  readonly version: Version;
  readonly record: number;
  /** Which request, or none where that is not known. */
  readonly request: number;
}

interface Limits {
  /** Most batches in flight at once, and records of one. */
  readonly inFlight: number;
  readonly records: number;
  /** Whether a batch is always one request: nothing of it is refused, so that it is never halved. */
  readonly whole: boolean;
}

/**
 * What one sink got, run for run, held against what the ledger said between the runs: that nothing is acknowledged which is not there, and
 * nothing comes twice but what was in flight, with what was delivered of its objects behind it.
 */
export class SinkAudit {
  readonly name: string;
  /** Records that came twice, and the most of one kill. */
  repeated = 0;
  mostRepeated = 0;
  readonly #limits: Limits;
  readonly #versions = new Map<string, Version>();
  readonly #taken = new Map<Version, Set<number>>();
  readonly #complete = new Set<Version>();
  #arrivals: Arrival[] = [];
  #strangers: string[] = [];

  constructor(name: string, limits: Limits) {
    this.name = name;
    this.#limits = limits;
  }

  /** The sink has taken a record. */
  take(uid: string, request: number, versions: readonly Version[]): void {
    let version = this.#versions.get(uid.slice(0, 24));
    if (version === undefined) {
      for (const each of versions) this.#versions.set(each.digest, each);
      version = this.#versions.get(uid.slice(0, 24));
    }
    const record = Number.parseInt(uid.slice(24), 16);
    if (version === undefined || !version.good.includes(record)) this.#strangers.push(uid);
    else this.#arrivals.push({ version, record, request });
  }

  has(version: Version, record: number): boolean {
    return this.#taken.get(version)?.has(record) ?? false;
  }

  /** Different records. */
  get distinct(): number {
    return [...this.#taken.values()].reduce((sum, records) => sum + records.size, 0);
  }

  /**
   * A run has ended, `before` and `after` are the ledger before and after it. Gives what is wrong, in words. `answered`: the sink answered all
   * the time, so that a graceful end leaves nothing in flight.
   */
  settle(before: Memory, after: Memory, ending: Ending, answered: boolean, versions: readonly Version[]): string[] {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    const faults = this.#strangers.splice(0).map((uid) => `got ${uid}, which is in no object`);
    faults.push(...this.#repetitions(arrivals, before));
    faults.push(...this.#losses(versions, after));
    const flying = this.#inFlight(arrivals, after);
    if (ending !== "SIGKILL" && answered && flying.records.length > 0)
      faults.push(`${flying.records.length} records are taken and not acknowledged after ${ending}: they will come again`);
    if (this.#limits.whole && flying.batches > this.#limits.inFlight)
      faults.push(
        `what will come again begins in ${flying.batches} batches, of which only ${this.#limits.inFlight} were in flight`,
      );
    if (!this.#limits.whole && this.#limits.inFlight === 1 && flying.records.length > this.#limits.records)
      faults.push(`${flying.records.length} records will come again, more than the batch that was in flight`);
    return faults.map((fault) => `${this.name}: ${fault}`);
  }

  /** Notes what came, and gives what came twice though the ledger had it. */
  #repetitions(arrivals: readonly Arrival[], before: Memory): string[] {
    const faults: string[] = [];
    const inRun = new Set<string>();
    let repeated = 0;
    for (const { version, record } of arrivals) {
      const place = `${version.key} record ${record}`;
      if (inRun.has(version.digest + record)) faults.push(`${place} came twice in one run`);
      inRun.add(version.digest + record);
      const taken = this.#taken.get(version) ?? new Set();
      this.#taken.set(version, taken);
      if (!taken.has(record)) {
        taken.add(record);
        continue;
      }
      repeated += 1;
      const position = before.position(this.name, version);
      if (position === undefined) faults.push(`${place} came again, and the ledger had the whole object`);
      else if (record <= position) faults.push(`${place} came again, and the ledger had all up to record ${position}`);
    }
    this.repeated += repeated;
    this.mostRepeated = Math.max(this.mostRepeated, repeated);
    return faults;
  }

  /** What the ledger calls acknowledged is there, or is named in a dead letter. */
  #losses(versions: readonly Version[], after: Memory): string[] {
    const faults: string[] = [];
    for (const version of versions) {
      if (this.#complete.has(version)) continue;
      const position = after.position(this.name, version);
      const isKnown = position !== undefined || after.knows(version) || this.#taken.has(version);
      if (!isKnown) continue;
      const missing = this.missing(version, after, position ?? Number.POSITIVE_INFINITY);
      if (missing.length > 0)
        faults.push(
          `${version.key}: ${missing.length} records count as acknowledged and are nowhere, the first is ${missing[0]}`,
        );
      if (position === undefined) this.#complete.add(version);
    }
    return faults;
  }

  /** Records up to `position` that did not come and are named in no dead letter. */
  missing(version: Version, memory: Memory, position = Number.POSITIVE_INFINITY): number[] {
    return version.good.filter(
      (record) => record <= position && !this.has(version, record) && !memory.names(this.name, version, record),
    );
  }

  /** What was taken and is not acknowledged; `batches` in which the first record of an object that is not acknowledged was on its way. */
  #inFlight(arrivals: readonly Arrival[], after: Memory): { records: Arrival[]; batches: number } {
    const pending = (version: Version) => after.position(this.name, version);
    const records = arrivals.filter(({ version, record }) => record > (pending(version) ?? Number.POSITIVE_INFINITY));
    const batches = new Set<number | "on its way">();
    for (const version of new Set(records.map((arrival) => arrival.version))) {
      const first = version.good.find((record) => record > (pending(version) as number));
      const request = arrivals.findLast((arrival) => arrival.version === version && arrival.record === first)?.request;
      batches.add(request ?? "on its way");
    }
    return { records, batches: batches.size };
  }
}
