import type { Attributes, Observable, ObservableCallback } from "@opentelemetry/api";
import type { Keeper } from "../contracts/keeper.ts";
import type { Ledger } from "../contracts/ledger.ts";
import type { LedgerWriteEvents } from "../ledger/write.ts";
import { describeError, drawerOf } from "../lib/errors.ts";
import type { Health } from "../telemetry/health.ts";
import type { Journeys } from "../telemetry/journeys.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import { CHECKPOINT } from "./checkpoint.ts";
import type { ConvoyEvents } from "./convoy.ts";
import type { Lane, LaneEvents } from "./lane.ts";
import { Readings } from "./readings.ts";
import { SourceAccount, type SourceTotals } from "./source-account.ts";
import { LEDGER, worthTelling } from "./telling.ts";

export interface SinkTotals {
  delivered: number;
  rejected: number;
  deadLettered: number;
  /** Held back by the sink's own filter. */
  filtered: number;
  /** Not in the sink's sample. */
  sampled: number;
  /** Summed in records that were delivered, beside those that are counted so. */
  aggregated: number;
  /** Objects that wait for the sink, in all. */
  waiting: number;
}

export interface KeeperTotals {
  /** Flows that are durable, and committed. */
  kept: number;
  /** Flows that were left out on purpose: enriched JSON has accepted ones alone. */
  filtered: number;
  /** Files that they lie in; undefined of one that does not count them. */
  files: number | undefined;
  /** Objects of which it has not kept everything, in all. */
  waiting: number;
}

/**
 * What one run has done, of all sources together and of each. Of `records` the filter holds back `filtered`, each sink got the others; bad and
 * skipped records are beside it.
 */
export interface Totals extends SourceTotals {
  readonly sources: Readonly<Record<string, SourceTotals & { readonly parked: number }>>;
  readonly sinks: Readonly<Record<string, Readonly<SinkTotals>>>;
  /** Of the archive, and of what else keeps flows. */
  readonly keepers: Readonly<Record<string, Readonly<KeeperTotals>>>;
  /** Objects that cannot be read now. */
  readonly parked: number;
  /** Objects that were deleted or replaced before every consumer had them, and places of which the books did not balance. */
  readonly lost: number;
}

const sinkPart = (name: string) => `sink ${name}`;

interface Observed {
  readonly journeys?: Journeys | undefined;
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
  readonly #journeys: Journeys | undefined;
  readonly #onProgress: ((totals: Totals) => void) | undefined;
  readonly #readings: Readings;
  readonly #sinks: Record<string, Omit<SinkTotals, "waiting">> = {};
  /** `before`: files that are of an earlier run. */
  readonly #keepers = new Map<string, { readonly keeper: Keeper; readonly before: number; kept: number; filtered: number }>();
  /** What ends each observation. */
  readonly #observed: (() => void)[] = [];
  /** Places of which the books did not balance. */
  #imbalances = 0;
  readonly #sources: ReadonlyMap<string, SourceAccount>;

  constructor(
    { ledger, health, log, instruments, journeys }: Observed,
    sources: readonly string[],
    onProgress?: (totals: Totals) => void,
  ) {
    this.#ledger = ledger;
    this.#health = health;
    this.#log = log;
    this.#instruments = instruments;
    this.#journeys = journeys;
    this.#onProgress = onProgress;
    const onChange = () => this.#progressed();
    const readings = new Readings({ ledger, log, instruments }, sources, onChange);
    this.#readings = readings;
    const accountOf = (name: string) =>
      new SourceAccount(name, sources.length === 1, { health, log, instruments, readings }, onChange);
    this.#sources = new Map(sources.map((name) => [name, accountOf(name)]));
  }

  /** Whether there is one source. */
  get isOnly(): boolean {
    return this.#sources.size === 1;
  }

  /** The account of the source of this name. */
  of(source: string): SourceAccount {
    const account = this.#sources.get(source);
    if (account === undefined) throw new Error(`there is no source ${source}`);
    return account;
  }

  /** With what still waits, which the ledger is asked for. */
  totals(): Totals {
    const { sinks, parked } = this.#ledger.status();
    const waiting = new Map(sinks.map(({ name, pendingObjects }) => [name, pendingObjects]));
    return this.#soFar({
      parked,
      parkedOf: (source) => this.#ledger.of(source).countParked(),
      waitingFor: (sink) => waiting.get(sink) ?? 0,
    });
  }

  #soFar({ parked, parkedOf, waitingFor }: Waiting): Totals {
    const read = this.#readings.totals;
    const sources = [...this.#sources.values()].map(({ name, totals }) => [name, { ...totals, parked: parkedOf(name) }] as const);
    const sinks = Object.entries(this.#sinks).map(([name, totals]) => [name, { ...totals, waiting: waitingFor(name) }]);
    const keepers = [...this.#keepers].map(([name, { keeper, before, kept, filtered }]) => {
      const files = keeper.files === undefined ? undefined : keeper.files - before;
      return [name, { kept, filtered, files, waiting: waitingFor(name) }];
    });
    return {
      ...read,
      sources: Object.fromEntries(sources),
      sinks: Object.fromEntries(sinks),
      keepers: Object.fromEntries(keepers),
      parked,
      lost: read.lost + this.#imbalances,
      discovered: sources.reduce((sum, [, { discovered }]) => sum + discovered, 0),
      discoveredBytes: sources.reduce((sum, [, { discoveredBytes }]) => sum + discoveredBytes, 0),
    };
  }

  #progressed(): void {
    this.#onProgress?.(this.#soFar(NOT_ASKED));
  }

  /** Registers the sinks and keepers, and what is observed about them when metrics are collected. */
  watch(lanes: readonly Lane[], keepers: readonly Keeper[]): void {
    for (const keeper of keepers) this.#keepers.set(keeper.name, { keeper, before: keeper.files ?? 0, kept: 0, filtered: 0 });
    for (const { name } of lanes)
      this.#sinks[name] = { delivered: 0, rejected: 0, deadLettered: 0, filtered: 0, sampled: 0, aggregated: 0 };
    const { lag, pending, trouble, parked, problems, archiveFiles } = this.#instruments;
    this.#observe(pending, (result) => {
      for (const sink of this.#ledger.status().sinks) result.observe(sink.pendingObjects, { sink: sink.name });
    });
    this.#observe(lag, (result) => {
      for (const { name, oldestPending } of this.#ledger.status().sinks) {
        result.observe(oldestPending === undefined ? 0 : Math.max(0, (Date.now() - oldestPending) / 1000), { sink: name });
      }
    });
    this.#observe(trouble, (result) => {
      for (const lane of lanes) result.observe(lane.trouble === undefined ? 0 : 1, { sink: lane.name });
    });
    this.#observe(parked, (result) => {
      for (const source of this.#sources.keys()) result.observe(this.#ledger.of(source).countParked(), { source });
    });
    this.#observe(archiveFiles, (result) => {
      for (const { name, files } of keepers) if (files !== undefined) result.observe(files, { archive: name });
    });
    this.#observe(problems, (result) => {
      for (const { part, drawer, code } of this.#health.problems) result.observe(1, { part, drawer, code });
    });
  }

  #observe(gauge: Observable, callback: ObservableCallback): void {
    gauge.addCallback(callback);
    this.#observed.push(() => gauge.removeCallback(callback));
  }

  /** Nothing is observed any more: the run has ended. */
  close(): void {
    for (const end of this.#observed.splice(0)) end();
  }

  /** The keeper of this name has acknowledged so many flows, and left out so many. */
  readonly kept = (name: string, flows: number, leftOut: number): void => {
    const totals = this.#keepers.get(name);
    if (totals === undefined) return;
    totals.kept += flows;
    totals.filtered += leftOut;
    this.#instruments.archiveRecords.add(flows, { archive: name });
    this.#progressed();
  };

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
        const { filtered = 0, sampled = 0, aggregated = 0, delivered, rejected, setAside, deadLetters } = outcome;
        const fields = { sink: name, delivered, rejected, setAside, filtered, sampled, aggregated };
        this.#log.debug(fields, `${delivered} records are acknowledged`);
        totals.delivered += delivered;
        totals.rejected += rejected;
        totals.deadLettered += setAside;
        totals.filtered += filtered;
        totals.sampled += sampled;
        totals.aggregated += aggregated;
        if (filtered > 0) this.#instruments.sinkFiltered.add(filtered, attributes);
        if (sampled > 0) this.#instruments.sampled.add(sampled, attributes);
        if (aggregated > 0) this.#instruments.aggregated.add(aggregated, attributes);
        this.#instruments.delivered.add(delivered, attributes);
        if (rejected > 0) this.#instruments.rejected.add(rejected, attributes);
        if (setAside > 0) this.#instruments.deadLettered.add(setAside, attributes);
        for (const { source, key, from, to, code, reason } of deadLetters) {
          this.#log.error({ sink: name, source, key, from, to, code }, `records set aside, kept as a dead letter: ${reason}`);
        }
        this.#progressed();
      },
      onFinished: ({ name }, { id, time }) => {
        this.#journeys?.finished(name, id);
        // A store that keeps no times has none.
        if (time > 0) this.#instruments.latency.record(Math.max(0, Date.now() - time) / 1000, { sink: name });
      },
      onImbalance: ({ name }, { source, key }, { offered, settled }) => {
        this.#imbalances += 1;
        this.#instruments.imbalances.add(1, { sink: name });
        const fields = { sink: name, source, key, offered, settled };
        this.#log.error(
          fields,
          "the books of an object do not balance: it is kept as a dead letter, replay it and report this as a bug",
        );
      },
    };
  }

  convoyEvents(source: string): Pick<ConvoyEvents, "onBehind" | "onCaughtUp"> {
    const behind = "sink has fallen behind: it goes on alone and catches up by reading again";
    return {
      onBehind: ({ name }, atStart) => {
        if (atStart && name !== CHECKPOINT) this.#log.info({ sink: name, source }, "sink reads by itself what it lacks");
        else if (name === CHECKPOINT)
          this.#log.info({ source }, "the detections read again what their saved state does not know");
        else this.#log.warn({ sink: name, source }, behind);
      },
      onCaughtUp: ({ name }) => {
        if (name === CHECKPOINT) this.#log.info({ source }, "the detections have caught up");
        else this.#log.info({ sink: name, source }, "sink has caught up");
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
}

/** What is to be asked of the ledger. */
interface Waiting {
  readonly parked: number;
  readonly parkedOf: (source: string) => number;
  readonly waitingFor: (consumer: string) => number;
}

const NOT_ASKED: Waiting = { parked: 0, parkedOf: () => 0, waitingFor: () => 0 };
