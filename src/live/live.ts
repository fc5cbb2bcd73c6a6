import type { Alert } from "../contracts/alert.ts";
import type { Ledger, Problem } from "../contracts/ledger.ts";
import type { Totals } from "../delivery/account.ts";
import type { Snapshot } from "./snapshot.ts";

/** Of how many seconds a rate is the mean, at most. */
const SECONDS = 10;
const ALERTS = 20;
const PARKED = 10;

/** What a worker is asked for when somebody looks. */
interface Observed {
  readonly version: string;
  readonly startedAt: number;
  readonly problems: () => readonly Problem[];
  readonly ledger: Pick<Ledger, "status" | "parked" | "countDeadLetters" | "alerts">;
  readonly tables: () => Snapshot["tables"];
  readonly topics: () => Snapshot["topics"];
}

interface Sample {
  readonly at: number;
  readonly read: Readonly<Record<string, number>>;
  readonly delivered: Readonly<Record<string, number>>;
}

/** Gathers what the status page and `top` show of a worker while it runs. */
export class Live {
  readonly #observed: Observed;
  #totals: Totals | undefined;
  #alerts: Snapshot["alerts"] = [];
  #samples: Sample[];

  constructor(observed: Observed) {
    this.#observed = observed;
    this.#samples = [{ at: observed.startedAt, read: {}, delivered: {} }];
  }

  progressed(totals: Totals): void {
    this.#totals = totals;
  }

  raised({ level, rule, summary }: Alert, at: number): void {
    this.#alerts = [{ at, level, rule, summary }, ...this.#alerts.slice(0, ALERTS - 1)];
  }

  /** To be called each second: rates are the difference to some seconds ago. */
  sample(at: number): void {
    const read = Object.entries(this.#totals?.sources ?? {}).map(([name, { records }]) => [name, records]);
    const { sinks = {}, keepers = {} } = this.#totals ?? {};
    const delivered = [
      ...Object.entries(sinks).map(([name, sink]) => [name, sink.delivered]),
      ...Object.entries(keepers).map(([name, { kept }]) => [name, kept]),
    ];
    this.#samples.push({ at, read: Object.fromEntries(read), delivered: Object.fromEntries(delivered) });
    this.#samples = this.#samples.slice(-SECONDS - 1);
  }

  /** Throws what the ledger throws. */
  snapshot(at: number): Snapshot {
    const { version, startedAt, problems, ledger, tables, topics } = this.#observed;
    const { sources, sinks, quality } = ledger.status();
    return {
      version,
      at,
      startedAt,
      problems: problems(),
      sources: sources
        .filter(({ configured }) => configured)
        .map(({ name, parked }) => {
          const { records: flows = 0, objects = 0 } = this.#totals?.sources[name] ?? {};
          return { name, flowsPerSecond: this.#rate("read", name), flows, objects, parked };
        }),
      sinks: sinks.map(({ pendingObjects, pendingBytes: _, oldestPending, offered: __, ...sink }) => ({
        ...sink,
        flowsPerSecond: this.#rate("delivered", sink.name),
        waiting: pendingObjects,
        lagMs: oldestPending === undefined ? undefined : Math.max(0, at - oldestPending),
      })),
      topics: topics(),
      tables: tables(),
      alerts: this.#alerts,
      notifiers: ledger.alerts.books().map(({ notifier, told, waiting, refused }) => ({ notifier, told, waiting, refused })),
      missing: quality.map(({ source, kind, count, lastMessage, lastAt }) => ({ source, kind, count, lastMessage, lastAt })),
      parked: ledger
        .parked(PARKED)
        .map(({ object: { source, key }, attempts, nextAt, reason }) => ({ source, key, attempts, nextAt, reason })),
      undecodable: ledger.countDeadLetters({ sink: null }),
    };
  }

  #rate(what: "read" | "delivered", name: string): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return (((last[what][name] ?? 0) - (first[what][name] ?? 0)) / (last.at - first.at)) * 1000;
  }
}
