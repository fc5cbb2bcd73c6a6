import type { Attributes } from "@opentelemetry/api";
import type { Ledger, ParkedObject, QueuedObject } from "../contracts/ledger.ts";
import type { FoundObject } from "../contracts/source.ts";
import type { LedgerWrite, LedgerWriteEvents } from "../ledger/write.ts";
import { describeError, drawerOf } from "../lib/errors.ts";
import type { OnRetry } from "../lib/retry.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import { CHECKPOINT } from "./checkpoint.ts";
import type { ConvoyEvents } from "./convoy.ts";
import type { Lane, LaneEvents } from "./lane.ts";
import { type ObjectAccount, Readings, type ReadTotals } from "./readings.ts";

export interface SinkTotals {
  delivered: number;
  rejected: number;
  deadLettered: number;
  /** Objects that wait for the sink, in all. */
  waiting: number;
}

/** What one run has done. Of `records` the filter holds back `filtered`, each sink got the others; bad and skipped records are beside it. */
export interface Totals extends ReadTotals {
  readonly sinks: Readonly<Record<string, Readonly<SinkTotals>>>;
  /** Objects that cannot be read now. */
  readonly parked: number;
  /** Objects that were deleted or replaced before every consumer had them, and places of which the books did not balance. */
  readonly lost: number;
  /** Objects and stored bytes that discovery has handed out. */
  readonly discovered: number;
  readonly discoveredBytes: number;
}

/** So many readings fail, with none between them that succeeds, before that is a problem. */
const UNREADABLE = 2;

/** Parts as health names them. */
const SOURCE = "source";
const OBJECTS = "objects";
const LEDGER = "ledger";
const sinkPart = (name: string) => `sink ${name}`;

/** Of a row of failures, the 1st, 2nd, 4th, 8th, … is told. */
function worthTelling(failures: number): boolean {
  return (failures & (failures - 1)) === 0;
}

interface Observed {
  readonly ledger: Ledger;
  readonly health: Health;
  readonly log: Logger;
  readonly instruments: Instruments;
}

/** Keeps account of a run: what was read, what could not be, and what each sink did with it; in the ledger, in metrics, in health and in the log. */
export class Account {
  readonly #ledger: Ledger;
  readonly #health: Health;
  readonly #log: Logger;
  readonly #instruments: Instruments;
  readonly #onProgress: ((totals: Totals) => void) | undefined;
  readonly #readings: Readings;
  readonly #sinks: Record<string, Omit<SinkTotals, "waiting">> = {};
  /** Places of which the books did not balance. */
  #imbalances = 0;
  #discovered = 0;
  #discoveredBytes = 0;
  /** Failed readings since one succeeded, and whether an object that was never tried before is among them. */
  #unreadable = 0;
  #newestFails = false;
  /** The last pass broke off because the ledger could not be read. */
  #forgetful = false;

  constructor({ ledger, health, log, instruments }: Observed, onProgress?: (totals: Totals) => void) {
    this.#ledger = ledger;
    this.#health = health;
    this.#log = log;
    this.#instruments = instruments;
    this.#onProgress = onProgress;
    this.#readings = new Readings({ ledger, log, instruments }, () => this.#progressed());
  }

  /** With what still waits, which the ledger is asked for. */
  totals(): Totals {
    const { sinks, parked } = this.#ledger.status();
    const waiting = new Map(sinks.map(({ name, pendingObjects }) => [name, pendingObjects]));
    const own = Object.entries(this.#sinks).map(([name, totals]) => [name, { ...totals, waiting: waiting.get(name) ?? 0 }]);
    return { ...this.#soFar(), sinks: Object.fromEntries(own), parked };
  }

  #soFar(): Totals {
    const read = this.#readings.totals;
    return {
      ...read,
      sinks: Object.fromEntries(Object.entries(this.#sinks).map(([name, totals]) => [name, { ...totals, waiting: 0 }])),
      parked: 0,
      lost: read.lost + this.#imbalances,
      discovered: this.#discovered,
      discoveredBytes: this.#discoveredBytes,
    };
  }

  #progressed(): void {
    this.#onProgress?.(this.#soFar());
  }

  /** Registers the sinks, and what is observed about them when metrics are collected. */
  watch(lanes: readonly Lane[]): void {
    for (const { name } of lanes) this.#sinks[name] = { delivered: 0, rejected: 0, deadLettered: 0 };
    const { lag, pending, trouble, parked, problems } = this.#instruments;
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
    parked.addCallback((result) => result.observe(this.#ledger.countParked()));
    problems.addCallback((result) => {
      for (const { part, drawer, code } of this.#health.problems) result.observe(1, { part, drawer, code });
    });
  }

  discovered(objects: readonly FoundObject[], added: number): void {
    this.#discovered += added;
    this.#discoveredBytes += objects.reduce((sum, { size }) => sum + size, 0);
    this.#progressed();
  }

  /** What the account wants to know of each sink. */
  laneEvents(): Omit<LaneEvents, "onFatal"> {
    return {
      onTrouble: ({ name }, { failures, error, nextAt }) => {
        this.#instruments.retries.add(1, { sink: name });
        this.#health.failing(sinkPart(name), error, failures);
        if (!worthTelling(failures)) return;
        const nextAttempt = new Date(nextAt).toISOString();
        const fields = { sink: name, failures, nextAttempt };
        if (drawerOf(error) === "person")
          this.#log.error(fields, `the sink pauses until this is put right: ${describeError(error)}`);
        else this.#log.warn(fields, `cannot deliver, will try again: ${describeError(error)}`);
      },
      onRecovery: ({ name }, { failures }) => {
        this.#health.well(sinkPart(name));
        this.#log.info({ sink: name, failures }, "delivers again");
      },
      onSettled: ({ name }, outcome) => {
        const totals = this.#sinks[name];
        if (totals === undefined) return;
        const attributes: Attributes = { sink: name };
        const { delivered, rejected, setAside, deadLetters } = outcome;
        totals.delivered += delivered;
        totals.rejected += rejected;
        totals.deadLettered += setAside;
        this.#instruments.delivered.add(delivered, attributes);
        if (rejected > 0) this.#instruments.rejected.add(rejected, attributes);
        if (setAside > 0) this.#instruments.deadLettered.add(setAside, attributes);
        for (const { key, from, to, code, reason } of deadLetters) {
          this.#log.error({ sink: name, key, from, to, code }, `records set aside, kept as a dead letter: ${reason}`);
        }
        this.#progressed();
      },
      onImbalance: ({ name }, { key }, { offered, settled }) => {
        this.#imbalances += 1;
        this.#instruments.imbalances.add(1, { sink: name });
        const fields = { sink: name, key, offered, settled };
        this.#log.error(
          fields,
          "the books of an object do not balance: it is kept as a dead letter, replay it and report this as a bug",
        );
      },
    };
  }

  convoyEvents(): Omit<ConvoyEvents, "read" | "onFatal"> {
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

  ledgerEvents(): LedgerWriteEvents {
    return {
      onTrouble: ({ failures, error }) => {
        this.#health.failing(LEDGER, error, failures);
        if (worthTelling(failures)) this.#log.error({ failures }, `cannot save, will try again: ${describeError(error)}`);
      },
      onRecovery: ({ failures }) => {
        this.#health.well(LEDGER);
        this.#log.info({ failures }, "the ledger can be written again");
      },
    };
  }

  /** A pass over the bucket has come to its end. */
  passed(): void {
    this.#health.well(SOURCE);
    if (this.#forgetful) this.#health.well(LEDGER);
    this.#forgetful = false;
    this.#instruments.listings.add(1);
  }

  onListingRetry(): OnRetry {
    return ({ failures, pauseMs, error }) => {
      const drawer = drawerOf(error);
      if (drawer === "worker") this.#health.failing(LEDGER, error, failures);
      else {
        this.#instruments.sourceRetries.add(1);
        this.#health.failing(SOURCE, error, failures);
      }
      this.#forgetful = drawer === "worker";
      if (!worthTelling(failures)) return;
      const what = drawer === "worker" ? "look up what is known of the bucket" : "list the bucket";
      const line = `cannot ${what}, will try again: ${describeError(error)}`;
      if (drawer === "person" || drawer === "worker") this.#log.error({ failures, pauseMs }, line);
      else this.#log.warn({ failures, pauseMs }, line);
    };
  }

  onParked(): (parked: ParkedObject, error: unknown) => void {
    return ({ object: { key }, attempts, nextAt, code, reason }, error) => {
      this.#instruments.sourceRetries.add(1);
      const isNew = attempts === 1;
      this.#newestFails ||= isNew;
      // One object that the store refuses is its own trouble, however often it is tried; old ones say nothing of those that come.
      if (isNew || (this.#newestFails && drawerOf(error) !== "object")) this.#unreadable += 1;
      if (this.#newestFails && this.#unreadable >= UNREADABLE) this.#health.failing(OBJECTS, error, this.#unreadable);
      if (!worthTelling(attempts)) return;
      const fields = { key, code, attempts, nextAttempt: new Date(nextAt).toISOString() };
      const line = `cannot read ${key}, others go on and it is tried again: ${reason}`;
      if (drawerOf(error) === "object") this.#log.error(fields, line);
      else this.#log.warn(fields, line);
    };
  }

  /** An object is read from the record after `skip` on. */
  begin(object: QueuedObject, skip: number, write: LedgerWrite): ObjectAccount {
    const account = this.#readings.begin(object, skip, write);
    const readable = () => {
      this.#unreadable = 0;
      this.#newestFails = false;
      this.#health.well(OBJECTS);
    };
    return {
      read: (...piece) => {
        readable();
        return account.read(...piece);
      },
      lost: (...loss) => {
        readable();
        return account.lost(...loss);
      },
      ended: () => {
        readable();
        return account.ended();
      },
    };
  }
}
