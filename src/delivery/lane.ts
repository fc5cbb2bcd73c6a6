import type { Batch, Ledger, QueuedObject, Segment, Sink } from "../contracts.ts";
import { FlowferryError } from "../errors.ts";
import type { Flow } from "../flow.ts";
import type { RetryPolicy } from "../retry.ts";
import { firstOf } from "../waiting.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import type { Consumer } from "./consumer.ts";
import { deliver, type Outcome } from "./deliver.ts";

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
  onSettled(lane: Lane, outcomes: readonly Outcome[]): void;
  /** Delivery itself broke (the ledger cannot be written): the run cannot go on. */
  onFatal(error: unknown): void;
}

interface Progress {
  readonly id: number;
  readonly acks: Acknowledgements;
  committed: number;
}

/** A run of flows of one object that waits in the buffer. */
interface Waiting {
  readonly progress: Progress;
  readonly flows: Flow[];
}

interface Departed {
  readonly progress: Progress;
  readonly segment: Segment;
  readonly acknowledge: () => void;
}

/** The way to one sink: gathers flows into batches, keeps several in flight, and commits positions after the acknowledgement, in order. */
export class Lane implements Consumer {
  readonly name: string;
  readonly leads = true;
  readonly #sink: Sink;
  readonly #ledger: Ledger;
  readonly #policy: RetryPolicy;
  readonly #signal: AbortSignal;
  readonly #events: LaneEvents;
  readonly #progress = new Map<number, Progress>();
  readonly #waiting: Waiting[] = [];
  #buffered = 0;
  #batchRecords: number;
  #inFlight = 0;
  #linger: NodeJS.Timeout | undefined;
  #change = Promise.withResolvers<void>();
  trouble: Trouble | undefined;

  /** `signal` is the end of patience: batches in flight are given up, and stay uncommitted. */
  constructor(name: string, sink: Sink, ledger: Ledger, policy: RetryPolicy, signal: AbortSignal, events: LaneEvents) {
    this.name = name;
    this.#sink = sink;
    this.#ledger = ledger;
    this.#policy = policy;
    this.#signal = signal;
    this.#events = events;
    this.#batchRecords = sink.limits.records;
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
    return this.#buffered === 0 && this.#inFlight === 0;
  }

  changed(): Promise<void> {
    return this.#change.promise;
  }

  wants(object: QueuedObject): boolean {
    const progress = this.#progress.get(object.id);
    if (progress !== undefined) return !progress.acks.ended;
    const position = this.#ledger.position(this.name, object.id);
    if (position === undefined) return false;
    this.#progress.set(object.id, { id: object.id, acks: new Acknowledgements(position), committed: position });
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
    if (fresh.length > 0) {
      this.#waiting.push({ progress, flows: fresh });
      this.#buffered += fresh.length;
      this.#linger ??= setTimeout(() => this.flush(), this.#sink.limits.lingerMs);
    }
    this.#depart(this.#batchRecords);
  }

  end(id: number): void {
    const progress = this.#of(id);
    progress.acks.end();
    this.#settle(progress);
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
      for (const flow of part) flows.push(flow);
      const first = part[0] as Flow;
      const last = part[part.length - 1] as Flow;
      const previous = departed.at(-1);
      if (previous?.progress === run.progress) {
        const { segment } = previous;
        departed[departed.length - 1] = {
          ...previous,
          segment: { ...segment, to: last.record, count: segment.count + part.length },
        };
      } else {
        const segment = { origin: first.origin, from: first.record, to: last.record, count: part.length };
        departed.push({ progress: run.progress, segment, acknowledge: run.progress.acks.depart(first.record) });
      }
    }
    this.#buffered -= flows.length;
    return { batch: { flows, segments: departed.map(({ segment }) => segment) }, departed };
  }

  async #send(batch: Batch, departed: readonly Departed[]): Promise<void> {
    try {
      const outcomes = await deliver(this.name, this.#sink, batch, this.#policy, this.#signal, {
        onRetry: ({ pauseMs, error }) => {
          const now = Date.now();
          const failures = (this.trouble?.failures ?? 0) + 1;
          this.trouble = { failures, since: this.trouble?.since ?? now, nextAt: now + pauseMs, error };
          this.#events.onTrouble(this, this.trouble);
        },
        onTooLarge: (records) => {
          this.#batchRecords = Math.max(1, Math.ceil(records / 2));
        },
      });
      this.#growBatch(batch.flows.length);
      if (this.trouble !== undefined) this.#events.onRecovery(this, this.trouble);
      this.trouble = undefined;
      this.#acknowledge(departed, outcomes);
      this.#events.onSettled(this, outcomes);
    } catch (error) {
      if (!this.#signal.aborted) {
        this.#events.onFatal(
          error instanceof FlowferryError ? error : new FlowferryError("delivery", "delivery broke down", { cause: error }),
        );
      }
    } finally {
      this.#inFlight -= 1;
      this.#depart(this.#batchRecords);
      const { resolve } = this.#change;
      this.#change = Promise.withResolvers();
      resolve();
    }
  }

  /** After a halved batch the size creeps back up, so that one odd batch does not make all later ones small. */
  #growBatch(records: number): void {
    const full = this.#sink.limits.records;
    if (records >= this.#batchRecords && this.#batchRecords < full) {
      this.#batchRecords = Math.min(full, this.#batchRecords + Math.ceil(full / 64));
    }
  }

  #acknowledge(departed: readonly Departed[], outcomes: readonly Outcome[]): void {
    departed.forEach(({ progress, acknowledge }, index) => {
      acknowledge();
      this.#settle(progress, outcomes[index]);
    });
  }

  #settle(progress: Progress, outcome: Outcome = { delivered: 0, rejected: 0, deadLetters: [] }): void {
    const { acks, id } = progress;
    const waiting = this.#waiting.find((run) => run.progress === progress)?.flows[0]?.record;
    const position = acks.position(waiting);
    const settled = outcome.delivered + outcome.rejected + outcome.deadLetters.length;
    if (position > progress.committed || settled > 0) {
      this.#ledger.commit(this.name, id, position, outcome);
      progress.committed = position;
    }
    if (acks.ended && acks.idle && waiting === undefined) {
      this.#ledger.finish(this.name, id);
      this.#progress.delete(id);
    }
  }
}
