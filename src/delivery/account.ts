import type { Attributes } from "@opentelemetry/api";
import type { Decoded } from "../contracts/decoder.ts";
import type { DeadLetter, Ledger, ParkedObject, QualityNote, QueuedObject } from "../contracts/ledger.ts";
import type { FoundObject } from "../contracts/source.ts";
import type { LedgerWrite, LedgerWriteEvents } from "../ledger/write.ts";
import { describeError, drawerOf, type FlowferryError } from "../lib/errors.ts";
import type { OnRetry } from "../lib/retry.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import { CHECKPOINT } from "./checkpoint.ts";
import type { ConvoyEvents, Reading } from "./convoy.ts";
import type { Lane, LaneEvents } from "./lane.ts";

export interface SinkTotals {
  delivered: number;
  rejected: number;
  deadLettered: number;
  /** Objects that wait for the sink, in all. */
  waiting: number;
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
  /** Objects that cannot be read now. */
  readonly parked: number;
  /** Objects that were deleted or replaced before every consumer had them, and places of which the books did not balance. */
  readonly lost: number;
  /** Objects and stored bytes that discovery has handed out, and the bytes of those read to their end. */
  readonly discovered: number;
  readonly discoveredBytes: number;
  readonly readBytes: number;
}

/** Most dead letters that one object may add; further bad records of it are counted in a last one. */
const LETTERS_PER_OBJECT = 1_000;
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

/** What is known of an object while it is read, in whatever number of attempts. */
interface Findings {
  readonly notes: Map<QualityNote["kind"], QualityNote>;
  letters: number;
  /** The last of the letters, once there are too many. */
  many: DeadLetter | undefined;
}

/** Keeps account of a run: what was read, what could not be, and what each sink did with it; in the ledger, in metrics, in health and in the log. */
export class Account {
  readonly #ledger: Ledger;
  readonly #health: Health;
  readonly #log: Logger;
  readonly #instruments: Instruments;
  readonly #onProgress: ((totals: Totals) => void) | undefined;
  /** Of objects of which a piece was read, and not yet all. */
  readonly #findings = new Map<number, Findings>();
  readonly #sinks: Record<string, Omit<SinkTotals, "waiting">> = {};
  readonly #quality: Record<string, number> = {};
  #objects = 0;
  #records = 0;
  #bad = 0;
  #skipped = 0;
  #filtered = 0;
  #lost = 0;
  #discovered = 0;
  #discoveredBytes = 0;
  #readBytes = 0;
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
  }

  /** With what still waits, which the ledger is asked for. */
  totals(): Totals {
    const { sinks, parked } = this.#ledger.status();
    const waiting = new Map(sinks.map(({ name, pendingObjects }) => [name, pendingObjects]));
    const own = Object.entries(this.#sinks).map(([name, totals]) => [name, { ...totals, waiting: waiting.get(name) ?? 0 }]);
    return { ...this.#soFar(), sinks: Object.fromEntries(own), parked };
  }

  #soFar(): Totals {
    return {
      objects: this.#objects,
      records: this.#records,
      bad: this.#bad,
      skipped: this.#skipped,
      filtered: this.#filtered,
      quality: this.#quality,
      sinks: Object.fromEntries(Object.entries(this.#sinks).map(([name, totals]) => [name, { ...totals, waiting: 0 }])),
      parked: 0,
      lost: this.#lost,
      discovered: this.#discovered,
      discoveredBytes: this.#discoveredBytes,
      readBytes: this.#readBytes,
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
        this.#lost += 1;
        this.#instruments.imbalances.add(1, { sink: name });
        const fields = { sink: name, key, offered, settled };
        this.#log.error(
          fields,
          "the books of an object do not balance: it is kept as a dead letter, replay it and report this as a bug",
        );
      },
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

  /** One more piece of an object was decoded; `wanted` of its flows pass the filter. Resolves when what is bad is in the ledger. */
  async read(
    { object, first }: Reading,
    { flows, bad, quality, skipped }: Decoded,
    wanted: number,
    write: LedgerWrite,
  ): Promise<void> {
    this.#readable();
    const findings = this.#of(object.id);
    for (const { kind, message } of quality) {
      findings.notes.set(kind, { kind, count: (findings.notes.get(kind)?.count ?? 0) + 1, lastMessage: message });
    }
    if (bad.length > 0) {
      const letters = bad.flatMap(({ from, to, code, reason }) => this.#letterOf(object, findings, from, to, code, reason));
      await write(() => this.#ledger.setAside(letters));
    }
    if (!first) return;
    this.#records += flows.length;
    this.#filtered += flows.length - wanted;
    this.#instruments.records.add(flows.length);
    if (flows.length > wanted) this.#instruments.filtered.add(flows.length - wanted);
    for (const [type, count] of Object.entries(skipped)) {
      this.#skipped += count;
      this.#instruments.skipped.add(count, { type });
    }
    for (const { kind } of quality) {
      this.#quality[kind] = (this.#quality[kind] ?? 0) + 1;
      this.#instruments.quality.add(1, { kind });
    }
    for (const { from, to, code } of bad) {
      const count = to === undefined ? 1 : to - from + 1;
      this.#bad += count;
      this.#instruments.bad.add(count, { code });
    }
    this.#progressed();
  }

  /** The rest of an object can be had by nobody. Each consumer that lacks some of it sets that aside. */
  lost({ object }: Reading, error: FlowferryError): void {
    this.#readable();
    this.#lost += 1;
    this.#findings.delete(object.id);
    this.#log.error({ key: object.key, code: error.code }, `lost before it was delivered: ${describeError(error)}`);
  }

  /** An object was read to its end; it has so many records. */
  async ended({ object, first }: Reading, records: number, write: LedgerWrite): Promise<void> {
    this.#readable();
    const { notes, many } = this.#of(object.id);
    await write(() => {
      if (many !== undefined) this.#ledger.setAside([many]);
      this.#ledger.readToEnd(object.id, { records, notes: [...notes.values()] });
    });
    this.#findings.delete(object.id);
    if (!first) return;
    this.#objects += 1;
    this.#readBytes += object.size;
    this.#instruments.objects.add(1);
    this.#progressed();
  }

  #readable(): void {
    this.#unreadable = 0;
    this.#newestFails = false;
    this.#health.well(OBJECTS);
  }

  #of(id: number): Findings {
    const findings = this.#findings.get(id) ?? { notes: new Map(), letters: 0, many: undefined };
    this.#findings.set(id, findings);
    return findings;
  }

  #letterOf(
    { key, etag }: QueuedObject,
    findings: Findings,
    from: number,
    to: number | undefined,
    code: string,
    reason: string,
  ): DeadLetter[] {
    const count = to === undefined ? 1 : to - from + 1;
    findings.letters += 1;
    if (findings.letters < LETTERS_PER_OBJECT) {
      this.#log.warn({ key, from, to, code }, `bad record set aside: ${reason}`);
      return [{ sink: undefined, key, etag, from, to, count, code, reason }];
    }
    if (findings.many !== undefined) {
      findings.many = { ...findings.many, count: findings.many.count + count };
      return [];
    }
    this.#log.error({ key, from }, `${findings.letters} places of one object are bad: further ones are counted, not listed`);
    const first = `bad from here on, first: ${reason}`;
    findings.many = { sink: undefined, key, etag, from, to: undefined, count, code: "many-bad-records", reason: first };
    return [findings.many];
  }
}
