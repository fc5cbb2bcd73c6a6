import type { Consumer, Lost } from "../contracts/consumer.ts";
import { type Ledger, type QueuedObject, UNBALANCED } from "../contracts/ledger.ts";
import type { Batch, Segment, Sink } from "../contracts/sink.ts";
import type { Flow } from "../flow/flow.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { FlowferryError } from "../lib/errors.ts";
import type { RetryPolicy } from "../lib/retry.ts";
import { firstOf } from "../lib/waiting.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { createBrake } from "./brake.ts";
import { type Delivery, type DeliveryEvents, deliver } from "./deliver.ts";
import { letterOfRest } from "./lost.ts";
import { NOTHING, type Outcome, settledIn, sumOf } from "./outcome.ts";

/** Why a sink does not get on at the moment; undefined while it does. */
export interface Trouble {
  /** Failed attempts since it began, of all batches in flight together. */
  readonly failures: number;
  /** When it began and when the next attempt is due, ms since the epoch. */
  readonly since: number;
  readonly nextAt: number;
  readonly error: unknown;
}

export interface LaneEvents {
  onTrouble(lane: Lane, trouble: Trouble): void;
  onRecovery(lane: Lane, trouble: Trouble): void;
  onSettled(lane: Lane, outcome: Outcome): void;
  /** More or fewer records of an object were settled than were offered. What became of them is not known: the object is kept as a dead letter. */
  onImbalance(lane: Lane, object: QueuedObject, books: Books): void;
  /** Delivery itself broke: the run cannot go on. */
  onFatal(error: unknown): void;
}

/** Of one object and sink. */
export interface Books {
  readonly offered: number;
  readonly settled: number;
}

interface Progress {
  readonly object: QueuedObject;
  readonly acks: Acknowledgements;
  committed: number;
  /** Records that were offered, and of them those whose outcome is in the ledger; both since the object was first taken up, by any process. */
  offered: number;
  settled: number;
}

/** A run of flows of one object that waits in the buffer. */
interface Waiting {
  readonly progress: Progress;
  /** At least one. */
  readonly flows: Flow[];
  /** Numbers of records behind the first of them that the filter holds back. */
  passedOver: number[];
}

interface LaneParts {
  readonly name: string;
  readonly sink: Sink;
  /** Which flows the sink gets; all if left out. */
  readonly filter?: ((flow: Flow) => boolean) | undefined;
  readonly ledger: Ledger;
  readonly policy: RetryPolicy;
}

interface Departed {
  readonly progress: Progress;
  readonly segment: Segment;
  readonly settle: (outcome: Outcome) => void;
  /** Records that the filter holds back, up to the next one that goes to the sink. */
  readonly filtered: number;
}

/** The way to one sink: gathers flows into batches, keeps several in flight, and commits positions after the acknowledgement, in order. */
export class Lane implements Consumer {
  readonly name: string;
  readonly leads = true;
  readonly #sink: Sink;
  readonly #filter: ((flow: Flow) => boolean) | undefined;
  readonly #ledger: Ledger;
  readonly #delivery: Delivery;
  readonly #write: LedgerWrite;
  readonly #signal: AbortSignal;
  readonly #events: LaneEvents;
  readonly #progress = new Map<number, Progress>();
  readonly #waiting: Waiting[] = [];
  #buffered = 0;
  #batchRecords: number;
  #inFlight = 0;
  #settlements = 0;
  #linger: NodeJS.Timeout | undefined;
  /** When the last batch departed, by the monotonic clock. */
  #departedAt = Number.NEGATIVE_INFINITY;
  #change = Promise.withResolvers<void>();
  trouble: Trouble | undefined;

  /**
   * `write` repeats what the ledger cannot take now. `signal` is the end of patience: batches in flight are given up, and stay uncommitted.
   */
  constructor({ name, sink, filter, ledger, policy }: LaneParts, write: LedgerWrite, signal: AbortSignal, events: LaneEvents) {
    this.name = name;
    this.#sink = sink;
    this.#filter = filter;
    this.#ledger = ledger;
    this.#write = write;
    this.#signal = signal;
    this.#events = events;
    this.#batchRecords = sink.limits.records;
    const brake = createBrake(ledger.hasAcknowledged(name));
    this.#delivery = { name, sink, policy, brake, events: this.#deliveryEvents() };
  }

  #deliveryEvents(): DeliveryEvents {
    return {
      onRetry: ({ pauseMs, error }) => {
        const now = Date.now();
        const failures = (this.trouble?.failures ?? 0) + 1;
        this.trouble = { failures, since: this.trouble?.since ?? now, nextAt: now + pauseMs, error };
        this.#events.onTrouble(this, this.trouble);
      },
      onTooLarge: (records) => {
        this.#batchRecords = Math.ceil(records / 2);
      },
      onHeard: () => {
        const { trouble } = this;
        this.trouble = undefined;
        if (trouble !== undefined) this.#events.onRecovery(this, trouble);
      },
    };
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get hasRoom(): boolean {
    return this.#buffered < this.#batchRecords;
  }

  get failing(): boolean {
    return this.trouble !== undefined;
  }

  get idle(): boolean {
    return this.#buffered === 0 && this.#inFlight === 0 && this.#settlements === 0;
  }

  changed(): Promise<void> {
    return this.#change.promise;
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  wants(object: QueuedObject): boolean {
    const progress = this.#progress.get(object.id);
    if (progress !== undefined) return !progress.acks.ended;
    const found = this.#ledger.position(this.name, object.id);
    if (found === undefined) return false;
    const { position, settled } = found;
    const acks = new Acknowledgements(position);
    this.#progress.set(object.id, { object, acks, committed: position, offered: settled, settled });
    return true;
  }

  offered(id: number): number {
    return this.#of(id).acks.offered;
  }

  offer(id: number, flows: readonly Flow[], through: number): void {
    const progress = this.#of(id);
    const already = progress.acks.offered;
    const first = flows[0];
    const fresh = first !== undefined && first.record <= already ? flows.filter(({ record }) => record > already) : flows.slice();
    progress.acks.offer(through);
    progress.offered += fresh.length;
    const filter = this.#filter;
    const wanted = filter === undefined ? fresh : fresh.filter(filter);
    const least = wanted[0]?.record ?? Number.POSITIVE_INFINITY;
    const held = wanted.length === fresh.length ? [] : recordsBeside(fresh, wanted);
    this.#passOver(
      progress,
      held.filter((record) => record < least),
    );
    if (wanted.length > 0) {
      this.#waiting.push({ progress, flows: wanted, passedOver: held.filter((record) => record > least) });
      this.#buffered += wanted.length;
      this.#linger ??= setTimeout(() => this.flush(), this.#sink.limits.lingerMs);
    }
    // After silence the first records go at once; those behind them gather while they are under way.
    const silent = performance.now() - this.#departedAt >= this.#sink.limits.lingerMs;
    this.#depart(silent ? 1 : this.#batchRecords);
  }

  /** Records behind all that wait of the object are held back: they count with what stands before them, so that a position covers them once. */
  #passOver(progress: Progress, records: readonly number[]): void {
    const [first] = records;
    if (first === undefined) return;
    const before = this.#waiting.findLast((run) => run.progress === progress);
    if (before === undefined) progress.acks.depart(first)({ ...NOTHING, filtered: records.length });
    else before.passedOver.push(...records);
  }

  end(id: number, lost?: Lost): void {
    const progress = this.#of(id);
    const letter = lost && letterOfRest(this.name, progress.acks.offered, lost);
    progress.offered += letter?.count ?? 0;
    progress.acks.end(letter && { ...NOTHING, setAside: letter.count, deadLetters: [letter] });
    this.#settling(this.#settle(progress));
  }

  revoke(id: number): void {
    const progress = this.#progress.get(id);
    if (progress === undefined) return;
    this.#progress.delete(id);
    for (const run of this.#waiting.filter((run) => run.progress === progress)) {
      this.#waiting.splice(this.#waiting.indexOf(run), 1);
      this.#buffered -= run.flows.length;
    }
    this.#depart(this.#batchRecords);
    this.#changed();
  }

  leave(id: number): void {
    const progress = this.#progress.get(id);
    if (progress !== undefined && !progress.acks.ended && progress.settled === progress.offered) this.#progress.delete(id);
  }

  /** Sends what is buffered without waiting for full batches. */
  flush(): void {
    this.#depart(1);
  }

  async drain(): Promise<void> {
    while (!this.idle && !this.#signal.aborted) {
      this.flush();
      await firstOf([this.changed()], this.#signal);
    }
  }

  #of(id: number): Progress {
    const progress = this.#progress.get(id);
    if (progress === undefined) throw new Error(`object ${id} was not taken up for sink ${this.name}`);
    return progress;
  }

  #depart(least: number): void {
    while (this.#inFlight < this.#sink.limits.inFlight && this.#buffered >= least && this.#buffered > 0) {
      const { batch, departed } = this.#take(this.#batchRecords);
      this.#inFlight += 1;
      this.#departedAt = performance.now();
      void this.#send(batch, departed);
    }
    if (this.#buffered === 0) {
      clearTimeout(this.#linger);
      this.#linger = undefined;
    } else if (this.#linger !== undefined && least === 1) {
      this.#linger.refresh();
    }
  }

  #take(records: number): { batch: Batch; departed: Departed[] } {
    const flows: Flow[] = [];
    const departed: Departed[] = [];
    while (flows.length < records && this.#waiting.length > 0) {
      const run = this.#waiting[0] as Waiting;
      const part = run.flows.length <= records - flows.length ? run.flows : run.flows.splice(0, records - flows.length);
      if (part === run.flows) this.#waiting.shift();
      const next = part === run.flows ? Number.POSITIVE_INFINITY : (run.flows[0] as Flow).record;
      const filtered = run.passedOver.filter((record) => record < next).length;
      run.passedOver = run.passedOver.filter((record) => record > next);
      for (const flow of part) flows.push(flow);
      const first = part[0] as Flow;
      const last = part[part.length - 1] as Flow;
      const previous = departed.at(-1);
      if (previous?.progress === run.progress) {
        const { segment } = previous;
        departed[departed.length - 1] = {
          ...previous,
          segment: { ...segment, to: last.record, count: segment.count + part.length },
          filtered: previous.filtered + filtered,
        };
      } else {
        const segment = { origin: first.origin, from: first.record, to: last.record, count: part.length };
        departed.push({ progress: run.progress, segment, settle: run.progress.acks.depart(first.record), filtered });
      }
    }
    this.#buffered -= flows.length;
    return { batch: { flows, segments: departed.map(({ segment }) => segment) }, departed };
  }

  async #send(batch: Batch, departed: readonly Departed[]): Promise<void> {
    try {
      const outcomes = await deliver(this.#delivery, batch, this.#signal);
      this.#growBatch(batch.flows.length);
      for (const [index, { settle, filtered }] of departed.entries())
        settle(sumOf([outcomes[index] ?? NOTHING, { ...NOTHING, filtered }]));
      for (const progress of new Set(departed.map(({ progress }) => progress))) await this.#settle(progress);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#inFlight -= 1;
      this.#depart(this.#batchRecords);
      this.#changed();
    }
  }

  /** What ends outside of a batch: it counts as in flight until it is in the ledger. */
  #settling(work: Promise<void>): void {
    this.#settlements += 1;
    void work
      .catch((error) => this.#failed(error))
      .finally(() => {
        this.#settlements -= 1;
        this.#changed();
      });
  }

  #failed(error: unknown): void {
    if (this.#signal.aborted) return;
    this.#events.onFatal(
      error instanceof FlowferryError ? error : new FlowferryError("delivery", "delivery broke down", { cause: error }),
    );
  }

  /** After a halved batch the size creeps back up, so that one odd batch does not make all later ones small. */
  #growBatch(records: number): void {
    const full = this.#sink.limits.records;
    if (records >= this.#batchRecords && this.#batchRecords < full) {
      this.#batchRecords = Math.min(full, this.#batchRecords + Math.ceil(full / 64));
    }
  }

  /** Brings what is known of an object into the ledger, in one transaction with the position that covers it. */
  async #settle(progress: Progress): Promise<void> {
    await this.#write(() => this.#commit(progress));
  }

  #commit(progress: Progress): void {
    const { acks, object } = progress;
    if (this.#progress.get(object.id) !== progress) return;
    const waiting = this.#waiting.find((run) => run.progress === progress)?.flows[0]?.record;
    const complete = acks.complete(waiting);
    const position = acks.position(waiting);
    const settled = settledIn(acks.uncommitted);
    const missing = progress.offered - progress.settled - settled;
    const balanced = missing === 0;
    const outcome = complete && !balanced ? sumOf([acks.uncommitted, this.#unbalanced(object, missing)]) : acks.uncommitted;
    if (position > progress.committed || settled > 0 || complete) {
      this.#ledger.commit(this.name, object.id, position, outcome, complete);
      acks.committed();
      progress.committed = position;
      progress.settled += settled;
      if (settledIn(outcome) > 0) this.#events.onSettled(this, outcome);
    }
    if (!complete) return;
    this.#progress.delete(object.id);
    if (!balanced) this.#events.onImbalance(this, object, { offered: progress.offered, settled: progress.settled });
  }

  /** So many records are missing, which are set aside; where there are too many the letter counts none. */
  #unbalanced({ source, key, etag }: QueuedObject, missing: number): Outcome {
    const reason =
      "more or fewer records were settled than were offered: read the object again (flowferry replay --dead-letters)";
    const count = Math.max(0, missing);
    const letter = { sink: this.name, source, key, etag, from: 1, to: undefined, count, code: UNBALANCED, reason };
    return { ...NOTHING, setAside: count, deadLetters: [letter] };
  }
}

/** Numbers of those flows that are not among the wanted ones. */
function recordsBeside(flows: readonly Flow[], wanted: readonly Flow[]): number[] {
  const gone = new Set(wanted);
  return flows.filter((flow) => !gone.has(flow)).map(({ record }) => record);
}
