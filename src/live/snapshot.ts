import type { Problem } from "../contracts/ledger.ts";

/** What a running worker says of itself. Times are ms since the epoch, rates the mean of the last seconds. */
export interface Snapshot {
  readonly version: string;
  readonly at: number;
  readonly startedAt: number;
  /** What does not do its work. */
  readonly problems: readonly Problem[];
  readonly sources: readonly SourceLine[];
  readonly sinks: readonly SinkLine[];
  /** Messages that wait in topics: of a source, or of a topic that workers share. */
  readonly topics: readonly { readonly name: string; readonly messages: number }[];
  readonly tables: readonly TableLine[];
  /** The latest first, since the start; none where no rule is evaluated. */
  readonly alerts: readonly AlertLine[];
  readonly notifiers: readonly {
    readonly notifier: string;
    readonly told: number;
    readonly waiting: number;
    readonly refused: number;
  }[];
  /** What the logs say is missing. */
  readonly missing: readonly MissingLine[];
  /** Some of the objects that cannot be read now. */
  readonly parked: readonly ParkedLine[];
  /** Records that could not be decoded. */
  readonly undecodable: number;
}

interface SourceLine {
  readonly name: string;
  readonly flowsPerSecond: number;
  /** Since the start. */
  readonly flows: number;
  /** Since the start. */
  readonly objects: number;
  /** Objects that cannot be read now. */
  readonly parked: number;
}

interface SinkLine {
  readonly name: string;
  readonly flowsPerSecond: number;
  /** In all, as the ledger has it. */
  readonly delivered: number;
  readonly rejected: number;
  readonly setAside: number;
  readonly filtered: number;
  /** Not in its sample. */
  readonly sampled: number;
  /** Summed in records that it took. */
  readonly aggregated: number;
  /** Objects that wait. */
  readonly waiting: number;
  /** How long the oldest of them has been in the bucket; undefined for none. */
  readonly lagMs: number | undefined;
  readonly lastDelivery: number | undefined;
}

interface TableLine {
  readonly file: string;
  readonly rows: number;
  /** When the file was written last; undefined where it is gone. */
  readonly changedAt: number | undefined;
  /** Why what is in use is not what the file holds. */
  readonly problem: string | undefined;
}

interface AlertLine {
  readonly at: number;
  readonly level: string;
  readonly rule: string;
  readonly summary: string;
}

interface MissingLine {
  readonly source: string;
  readonly kind: string;
  readonly count: number;
  readonly lastMessage: string;
  readonly lastAt: number;
}

interface ParkedLine {
  readonly source: string;
  readonly key: string;
  readonly attempts: number;
  readonly nextAt: number;
  readonly reason: string;
}
