import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Entry } from "../contracts/entry.ts";
import type { Ledger, QueuedObject } from "../contracts/ledger.ts";
import type { Reduction } from "../contracts/reduction.ts";
import type { Batch, Sink } from "../contracts/sink.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { FlowferryError } from "../lib/errors.ts";
import type { RetryPolicy } from "../lib/retry.ts";
import { firstOf } from "../lib/waiting.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { createBrake } from "./brake.ts";
import { type Delivery, type DeliveryEvents, deliver } from "./deliver.ts";
import { Encoding } from "./encoding.ts";
import { flowOf } from "./entries.ts";
import { Gathering } from "./gathering.ts";
import { Held, reduced } from "./held.ts";
import { letterOfRest, unbalanced } from "./lost.ts";
import { type Departing, Lots, type Run } from "./lots.ts";
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
  /** Everything of an object has come to its end, and that is in the ledger. */
  onFinished?(lane: Lane, object: QueuedObject): void;
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
  /** Of a sink that gets sums: what waits to become some. */
  readonly gathering: Gathering | undefined;
}

interface LaneParts {
  readonly name: string;
  readonly sink: Sink;
  /** What the sink gets of the flows; all, as they are, if left out. */
  readonly reduction?: Reduction | undefined;
  readonly ledger: Ledger;
  readonly policy: RetryPolicy;
}

/** What is to be brought into the ledger of one object. */
interface Due {
  readonly progress: Progress;
  readonly position: number;
  readonly outcome: Outcome;
  readonly complete: boolean;
  /** Records that were settled since the last commit, and those of which it is not known what became of them. */
  readonly settled: number;
  readonly missing: number;
  readonly isNews: boolean;
}

interface Departed extends Departing<Progress> {
  readonly settle: (outcome: Outcome) => void;
}

/** The way to one sink: gathers flows into batches, keeps several in flight, and commits positions after the acknowledgement, in order. */
export class Lane implements Consumer {
  readonly name: string;
  readonly leads = true;
  readonly #sink: Sink;
  readonly #reduction: Reduction | undefined;
  readonly #ledger: Ledger;
  readonly #delivery: Delivery;
  readonly #encoding: Encoding;
  readonly #write: LedgerWrite;
  readonly #signal: AbortSignal;
  readonly #events: LaneEvents;
  readonly #progress = new Map<number, Progress>();
  readonly #lots: Lots<Progress>;
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
  constructor({ name, sink, reduction, ledger, policy }: LaneParts, write: LedgerWrite, signal: AbortSignal, events: LaneEvents) {
    this.name = name;
    this.#sink = sink;
    this.#reduction = reduction;
    this.#ledger = ledger;
    this.#write = write;
    this.#signal = signal;
    this.#events = events;
    this.#batchRecords = sink.limits.records;
    const brake = createBrake(ledger.hasAcknowledged(name));
    this.#encoding = new Encoding(name, sink);
    this.#lots = new Lots(this.#encoding);
    this.#delivery = { name, sink, encoding: this.#encoding, policy, brake, events: this.#deliveryEvents() };
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
    // Where there is none, some lot fills a batch.
    return this.#lots.buffered < this.#batchRecords * Math.max(1, this.#lots.size);
  }

  get failing(): boolean {
    return this.trouble !== undefined;
  }

  get idle(): boolean {
    return this.#lots.buffered === 0 && this.#inFlight === 0 && this.#settlements === 0;
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
    const sums = this.#reduction?.sums?.();
    const gathering = sums && new Gathering(sums);
    this.#progress.set(object.id, { object, acks, committed: position, offered: settled, settled, gathering });
    return true;
  }

  offered(id: number): number {
    return this.#of(id).acks.offered;
  }

  offer(id: number, flows: readonly Entry[], through: number): void {
    const progress = this.#of(id);
    const already = progress.acks.offered;
    const first = flows[0];
    const fresh = first !== undefined && first.record <= already ? flows.filter(({ record }) => record > already) : flows.slice();
    progress.acks.offer(through);
    progress.offered += fresh.length;
    if (this.#reduction === undefined) this.#wait({ progress, flows: fresh, held: new Held() });
    else if (progress.gathering !== undefined)
      progress.gathering.take(fresh.map(flowOf), this.#reduction, () => this.#close(progress));
    else {
      const { flows: wanted, before, behind } = reduced(fresh, this.#reduction);
      this.#passOver(progress, before);
      this.#wait({ progress, flows: wanted, held: behind });
    }
    this.#departSoon();
  }

  /** After silence the first records go at once; those behind them gather while they are under way. */
  #departSoon(): void {
    const silent = performance.now() - this.#departedAt >= this.#sink.limits.lingerMs;
    this.#depart(silent ? 1 : this.#batchRecords);
  }

  #wait(run: Run<Progress>): void {
    if (run.flows.length === 0) return;
    this.#lots.add(run);
    this.#linger ??= setTimeout(() => this.flush(), this.#sink.limits.lingerMs);
  }

  /** Records behind all that wait of the object are held back: they count with what stands before them, so that a position covers them once. */
  #passOver(progress: Progress, held: Held): void {
    const { first } = held;
    if (first === undefined) return;
    const before = this.#lots.of(progress).at(-1);
    if (before === undefined) progress.acks.depart(first)(held.before());
    else before.held.append(held);
  }

  /** What was gathered of the object becomes sums, and waits to be sent. */
  #close(progress: Progress): void {
    const gathered = progress.gathering?.depart((from) => progress.acks.depart(from));
    if (gathered !== undefined) this.#wait({ progress, flows: gathered.flows, held: new Held(), gathered });
  }

  end(id: number, lost?: Lost): void {
    const progress = this.#of(id);
    if (progress.gathering !== undefined) {
      this.#close(progress);
      this.#departSoon();
    }
    const letter = lost && letterOfRest(this.name, progress.acks.offered, lost);
    progress.offered += letter?.count ?? 0;
    progress.acks.end(letter && { ...NOTHING, setAside: letter.count, deadLetters: [letter] });
    this.#settling(this.#settle([progress]));
  }

  revoke(id: number): void {
    const progress = this.#progress.get(id);
    if (progress === undefined) return;
    this.#progress.delete(id);
    this.#lots.remove(progress);
    this.#depart(this.#batchRecords);
    this.#changed();
  }

  lose(id: number): void {
    this.revoke(id);
  }

  leave(id: number): void {
    const progress = this.#progress.get(id);
    if (progress === undefined || progress.acks.ended) return;
    // What was gathered and is on nobody's way is gathered again.
    const isIdle =
      progress.settled === progress.offered ||
      (progress.gathering !== undefined && progress.acks.idle && settledIn(progress.acks.uncommitted) === 0);
    if (isIdle) this.#progress.delete(id);
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
    while (this.#inFlight < this.#sink.limits.inFlight) {
      const taken = this.#lots.take(least, this.#batchRecords);
      if (taken === undefined) break;
      const { flows, departing } = taken;
      const departed = departing.map((part) => {
        const { progress, segment, gathered } = part;
        return { ...part, settle: gathered?.depart(segment.count) ?? progress.acks.depart(segment.from) };
      });
      this.#inFlight += 1;
      this.#departedAt = performance.now();
      void this.#send({ flows, segments: departing.map(({ segment }) => segment) }, departed);
    }
    if (this.#lots.buffered === 0) {
      clearTimeout(this.#linger);
      this.#linger = undefined;
    } else if (this.#linger !== undefined && least === 1) {
      this.#linger.refresh();
    }
  }

  async #send(batch: Batch<Entry>, departed: readonly Departed[]): Promise<void> {
    try {
      const outcomes = await deliver(this.#delivery, batch, this.#signal);
      this.#growBatch(batch.flows.length);
      for (const [index, { settle, held }] of departed.entries()) settle(sumOf([outcomes[index] ?? NOTHING, held]));
      await this.#settle([...new Set(departed.map(({ progress }) => progress))]);
    } catch (error) {
      // The objects were taken away from here before whatever broke off: another reading brings what they lack.
      if (departed.some(({ progress }) => this.#isCurrent(progress))) this.#failed(error);
    } finally {
      this.#encoding.release(batch.flows);
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

  /** Brings what is known of the objects into the ledger, in one transaction with the positions that cover it. */
  async #settle(all: readonly Progress[]): Promise<void> {
    await this.#write(() => this.#commit(all));
  }

  #isCurrent(progress: Progress): boolean {
    return this.#progress.get(progress.object.id) === progress;
  }

  #commit(all: readonly Progress[]): void {
    const due = all.filter((progress) => this.#isCurrent(progress)).map((progress) => this.#dueOf(progress));
    const news = due.filter(({ isNews }) => isNews);
    const write = ({ progress, position, outcome, complete }: Due) =>
      this.#ledger.commit(this.name, progress.object.id, position, outcome, complete);
    if (news.length === 1) news.forEach(write);
    else if (news.length > 1) this.#ledger.together(() => news.forEach(write));
    for (const each of due) this.#committed(each);
  }

  #dueOf(progress: Progress): Due {
    const { acks, object } = progress;
    const waiting = progress.gathering === undefined ? this.#lots.of(progress)[0]?.flows[0]?.record : progress.gathering.first;
    const complete = acks.complete(waiting);
    const position = acks.position(waiting);
    const settled = settledIn(acks.uncommitted);
    const missing = progress.offered - progress.settled - settled;
    const isLost = complete && missing !== 0;
    const outcome = isLost ? sumOf([acks.uncommitted, unbalanced(this.name, object, missing)]) : acks.uncommitted;
    const isNews = position > progress.committed || settled > 0 || complete;
    return { progress, position, outcome, complete, settled, missing, isNews };
  }

  /** What was due is in the ledger. */
  #committed({ progress, position, outcome, complete, settled, missing, isNews }: Due): void {
    const { acks, object } = progress;
    if (isNews) {
      acks.committed();
      progress.committed = position;
      progress.settled += settled;
      if (settledIn(outcome) > 0) this.#events.onSettled(this, outcome);
    }
    if (!complete) return;
    this.#progress.delete(object.id);
    this.#events.onFinished?.(this, object);
    if (missing !== 0) this.#events.onImbalance(this, object, { offered: progress.offered, settled: progress.settled });
  }
}
