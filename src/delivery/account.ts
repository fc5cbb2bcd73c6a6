import type { Attributes } from "@opentelemetry/api";
import type { Decoded, FoundObject, Ledger } from "../contracts.ts";
import { describeError, type FlowferryError } from "../errors.ts";
import type { OnRetry } from "../retry.ts";
import type { Instruments, Logger } from "../telemetry.ts";
import { CHECKPOINT } from "./checkpoint.ts";
import type { ConvoyEvents, Reading } from "./convoy.ts";
import type { Outcome } from "./deliver.ts";
import type { Lane, LaneEvents } from "./lane.ts";

export interface SinkTotals {
  delivered: number;
  rejected: number;
  deadLettered: number;
}

/** What one run has done. `records` = filtered + what each sink got; bad and skipped records are beside it. */
export interface Totals {
  readonly objects: number;
  readonly records: number;
  readonly bad: number;
  readonly skipped: number;
  readonly filtered: number;
  readonly quality: Readonly<Record<string, number>>;
  readonly sinks: Readonly<Record<string, Readonly<SinkTotals>>>;
  /** Objects and stored bytes that discovery has handed out, and the bytes of those read to their end. */
  readonly discovered: number;
  readonly discoveredBytes: number;
  readonly readBytes: number;
}

/** Most dead letters that one object may add; further bad records of it are counted in a last one. */
const LETTERS_PER_OBJECT = 1_000;

/** Of a row of failures, the 1st, 2nd, 4th, 8th, … is told. */
function worthTelling(failures: number): boolean {
  return (failures & (failures - 1)) === 0;
}

interface Observed {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly instruments: Instruments;
}

/** Keeps account of a run: what was read, what could not be, and what each sink did with it; in the ledger, in metrics and in the log. */
export class Account {
  readonly #ledger: Ledger;
  readonly #log: Logger;
  readonly #instruments: Instruments;
  readonly #onProgress: ((totals: Totals) => void) | undefined;
  readonly #letters = new Map<number, number>();
  readonly #sinks: Record<string, SinkTotals> = {};
  readonly #quality: Record<string, number> = {};
  #objects = 0;
  #records = 0;
  #bad = 0;
  #skipped = 0;
  #filtered = 0;
  #discovered = 0;
  #discoveredBytes = 0;
  #readBytes = 0;

  constructor({ ledger, log, instruments }: Observed, onProgress?: (totals: Totals) => void) {
    this.#ledger = ledger;
    this.#log = log;
    this.#instruments = instruments;
    this.#onProgress = onProgress;
  }

  totals(): Totals {
    return {
      objects: this.#objects,
      records: this.#records,
      bad: this.#bad,
      skipped: this.#skipped,
      filtered: this.#filtered,
      quality: this.#quality,
      sinks: this.#sinks,
      discovered: this.#discovered,
      discoveredBytes: this.#discoveredBytes,
      readBytes: this.#readBytes,
    };
  }

  /** Registers the sinks, and what is observed about them when metrics are collected. */
  watch(lanes: readonly Lane[]): void {
    for (const { name } of lanes) this.#sinks[name] = { delivered: 0, rejected: 0, deadLettered: 0 };
    const { lag, pending, trouble } = this.#instruments;
    pending.addCallback((result) => {
      for (const sink of this.#ledger.status().sinks) result.observe(sink.pendingObjects, { sink: sink.name });
    });
    lag.addCallback((result) => {
      for (const { name, oldestPending } of this.#ledger.status().sinks) {
        result.observe(oldestPending === undefined ? 0 : Math.max(0, (Date.now() - oldestPending) / 1000), { sink: name });
      }
    });
    trouble.addCallback((result) => {
      for (const lane of lanes) result.observe(lane.trouble === undefined ? 0 : 1, { sink: lane.name });
    });
  }

  discovered(objects: readonly FoundObject[], added: number): void {
    this.#discovered += added;
    this.#discoveredBytes += objects.reduce((sum, { size }) => sum + size, 0);
    this.#onProgress?.(this.totals());
  }

  /** What the account wants to know of each sink. */
  laneEvents(): Omit<LaneEvents, "onFatal"> {
    return {
      onTrouble: ({ name }, { failures, error, nextAt }) => {
        this.#instruments.retries.add(1, { sink: name });
        if (!worthTelling(failures)) return;
        const nextAttempt = new Date(nextAt).toISOString();
        this.#log.warn({ sink: name, failures, nextAttempt }, `cannot deliver, will try again: ${describeError(error)}`);
      },
      onRecovery: ({ name }, { failures }) => this.#log.info({ sink: name, failures }, "delivers again"),
      onSettled: ({ name }, outcomes) => this.#settled(name, outcomes),
    };
  }

  convoyEvents(): Omit<ConvoyEvents, "read"> {
    const behind = "sink has fallen behind: it goes on alone and catches up by reading again";
    return {
      onBehind: ({ name }) => {
        if (name === CHECKPOINT) this.#log.info("the detections read again what their saved state does not know");
        else this.#log.warn({ sink: name }, behind);
      },
      onCaughtUp: ({ name }) => {
        if (name === CHECKPOINT) this.#log.info("the detections have caught up");
        else this.#log.info({ sink: name }, "sink has caught up");
      },
    };
  }

  passed(): void {
    this.#instruments.listings.add(1);
  }

  read({ object, first }: Reading, { flows, bad, quality, skipped }: Decoded, wanted: number): void {
    if (!first) return;
    this.#records += flows.length;
    this.#filtered += flows.length - wanted;
    this.#instruments.records.add(flows.length);
    if (flows.length > wanted) this.#instruments.filtered.add(flows.length - wanted);
    for (const [type, count] of Object.entries(skipped)) {
      this.#skipped += count;
      this.#instruments.skipped.add(count, { type });
    }
    for (const { kind, message } of quality) {
      this.#quality[kind] = (this.#quality[kind] ?? 0) + 1;
      this.#instruments.quality.add(1, { kind });
      this.#ledger.note(kind, object.key, message);
    }
    for (const { from, to, code, reason } of bad) {
      this.#setAside(object, from, to, to === undefined ? 1 : to - from + 1, code, reason);
    }
    this.#onProgress?.(this.totals());
  }

  /** The object cannot be read any further: what is left of it is set aside. */
  lost({ object, consumers, first }: Reading, error: FlowferryError): void {
    const from = Math.min(...[...consumers].map((consumer) => consumer.offered(object.id))) + 1;
    if (first) this.#setAside(object, from, undefined, 1, error.code, describeError(error));
  }

  ended({ object, first }: Reading): void {
    this.#letters.delete(object.id);
    if (!first) return;
    this.#objects += 1;
    this.#readBytes += object.size;
    this.#instruments.objects.add(1);
    this.#onProgress?.(this.totals());
  }

  #settled(sink: string, outcomes: readonly Outcome[]): void {
    const totals = this.#sinks[sink];
    if (totals === undefined) return;
    const attributes: Attributes = { sink };
    for (const { delivered, rejected, deadLetters } of outcomes) {
      const deadLettered = deadLetters.reduce((sum, { count }) => sum + count, 0);
      totals.delivered += delivered;
      totals.rejected += rejected;
      totals.deadLettered += deadLettered;
      this.#instruments.delivered.add(delivered, attributes);
      if (rejected > 0) this.#instruments.rejected.add(rejected, attributes);
      if (deadLettered > 0) this.#instruments.deadLettered.add(deadLettered, attributes);
      for (const { key, from, to, code, reason } of deadLetters) {
        this.#log.error({ sink, key, from, to, code }, `records refused, kept as a dead letter: ${reason}`);
      }
    }
    this.#onProgress?.(this.totals());
  }

  onSourceRetry(what: string): OnRetry {
    return ({ failures, pauseMs, error }) => {
      this.#instruments.sourceRetries.add(1);
      if (!worthTelling(failures)) return;
      this.#log.warn({ failures, pauseMs }, `cannot ${what}, will try again: ${describeError(error)}`);
    };
  }

  #setAside(object: Reading["object"], from: number, to: number | undefined, count: number, code: string, reason: string): void {
    this.#bad += count;
    this.#instruments.bad.add(count, { code });
    const letters = (this.#letters.get(object.id) ?? 0) + 1;
    this.#letters.set(object.id, letters);
    if (letters > LETTERS_PER_OBJECT) return;
    const { key, etag } = object;
    if (letters === LETTERS_PER_OBJECT) {
      this.#log.error({ key, from }, `${letters} places of one object are bad: further ones are counted, not listed`);
      this.#ledger.setAside([
        {
          sink: undefined,
          key,
          etag,
          from,
          to: undefined,
          count,
          code: "many-bad-records",
          reason: `bad from here on, first: ${reason}`,
        },
      ]);
      return;
    }
    this.#log.warn({ key, from, to, code }, `bad record set aside: ${reason}`);
    this.#ledger.setAside([{ sink: undefined, key, etag, from, to, count, code, reason }]);
  }
}
