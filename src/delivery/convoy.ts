import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Entry } from "../contracts/entry.ts";
import type { ParkedObject, QueuedObject, SourceLedger } from "../contracts/ledger.ts";
import { drawerOf, UsageError } from "../lib/errors.ts";
import type { RetryPolicy } from "../lib/retry.ts";
import { firstOf } from "../lib/waiting.ts";
import { Gate, type GateEvents, type GateOptions } from "./gate.ts";
import type { Parking } from "./parking.ts";

/** One reading of an object, and who takes part in it; a consumer that falls behind leaves it. */
export interface Reading {
  readonly object: QueuedObject;
  readonly consumers: Set<Consumer>;
  /** Aborts when nobody takes part any more, or reading is to stop. */
  readonly signal: AbortSignal;
  /** Hands the flows of one piece to every consumer, and resolves when there is room for the next piece. */
  offer(flows: readonly Entry[], through: number): Promise<void>;
}

/** Of so many objects that wait, and of so many that are parked, one is asked for when the source is doubted. */
const CANDIDATES = 64;

export interface ConvoyOptions extends Pick<GateOptions, "untilCaughtUp"> {
  /** How many objects are read side by side. */
  readonly objects: number;
  /** A consumer that has had no room for this long, while another one has, goes on alone. */
  readonly stallMs: number;
  /** The pauses between attempts to read anything of a source that refuses all. */
  readonly retry: RetryPolicy;
}

export interface ConvoyEvents extends Pick<GateEvents, "reach" | "onRefused"> {
  /**
   * Reads the object to its end; resolves when every record was offered, or with why the rest cannot be had by anybody. Rejects with why it
   * cannot be read now.
   */
  read(reading: Reading): Promise<Lost | undefined>;
  /** `atStart`: an earlier run has left it so. */
  onBehind(consumer: Consumer, atStart: boolean): void;
  onCaughtUp(consumer: Consumer): void;
  /** A source that refused all goes on. */
  onOpened(): void;
  /** `run` will reject with this, when all that is being read has been broken off. */
  onFatal(error: unknown): void;
}

interface Active {
  readonly reading: Reading;
  readonly controller: AbortController;
}

/**
 * Reads each object of one source once for all consumers that keep step. One that does not (it is down, or was down before a restart) falls behind:
 * it reads again by itself what it lacks, and joins the others when it has what they have started. So one never slows another,
 * and nothing is kept in memory or on disk for it meanwhile.
 */
export class Convoy {
  readonly #ledger: SourceLedger;
  readonly #options: ConvoyOptions;
  readonly #events: ConvoyEvents;
  readonly #parking: Parking;
  readonly #gate: Gate;
  readonly #stop: AbortSignal;
  readonly #inStep: Set<Consumer>;
  readonly #behind = new Set<Consumer>();
  readonly #active = new Set<Active>();
  /** Ids of parked objects that are being tried. */
  readonly #retrying = new Set<number>();
  readonly #solo = new Map<Consumer, Promise<void>>();
  /** Aborts with what ends the run. */
  readonly #failed = new AbortController();
  #queue: QueuedObject[] = [];
  /** Objects up to this id were taken up by the consumers in step. */
  #started: number;
  /** The ledger has none after those. */
  #exhausted = false;
  #change = Promise.withResolvers<void>();

  constructor(
    consumers: readonly Consumer[],
    { ledger, parking }: { ledger: SourceLedger; parking: Parking },
    options: ConvoyOptions,
    events: ConvoyEvents,
    stop: AbortSignal,
  ) {
    this.#ledger = ledger;
    this.#parking = parking;
    this.#options = options;
    this.#events = events;
    this.#stop = AbortSignal.any([stop, this.#failed.signal]);
    const onOpened = async (refused: readonly number[]) => {
      await parking.wake(refused);
      events.onOpened();
    };
    const { reach, onRefused } = events;
    const doubts = { candidates: (attempt: number) => this.#candidates(attempt), reach, onRefused, onOpened };
    this.#gate = new Gate({ policy: options.retry, untilCaughtUp: options.untilCaughtUp }, doubts, this.#stop);
    this.#inStep = new Set(consumers);
    const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1 };
    const begins = new Map(
      consumers.map((consumer) => [consumer, ledger.pending(consumer.name, everything)[0]?.id ?? ledger.lastId() + 1]),
    );
    // Those that lead set the pace: an object that only others have taken up is new.
    this.#started = Math.max(...[...begins].filter(([{ leads }]) => leads).map(([, begin]) => begin)) - 1;
    for (const [consumer, begin] of begins) if (begin <= this.#started) this.#fallBehind(consumer, true);
    // A signal for each reading that depends on this one would stay with it until the end of the run.
    this.#stop.addEventListener("abort", () => {
      for (const { controller } of this.#active) controller.abort(this.#stop.reason);
    });
  }

  get started(): number {
    return this.#started;
  }

  /** Nothing that was discovered waits to be read, by anybody, but for objects that were tried often enough and cannot be read. */
  get idle(): boolean {
    return this.#active.size === 0 && this.#behind.size === 0 && this.#next() === undefined && !this.#parking.owes;
  }

  get behind(): ReadonlySet<Consumer> {
    return this.#behind;
  }

  /** To be called when the ledger has new objects. */
  wake(): void {
    this.#exhausted = false;
    this.#changed();
  }

  /**
   * The ledger has forgotten these objects: their readings stop, and every consumer lets go of them. To be called in the same turn, so that
   * nobody commits in between.
   */
  revoke(ids: readonly number[]): void {
    const revoked = new Set(ids);
    for (const { reading, controller } of this.#active) {
      if (!revoked.has(reading.object.id)) continue;
      reading.consumers.clear();
      controller.abort();
    }
    for (const id of revoked) for (const consumer of [...this.#inStep, ...this.#behind]) consumer.revoke(id);
    this.#queue = this.#queue.filter(({ id }) => !revoked.has(id));
    this.#parking.forget(revoked);
    this.#changed();
  }

  /**
   * What was read of these objects is lost to this process, with why: those who still need it read it again. What they have acknowledged
   * they keep.
   */
  async lose(objects: readonly QueuedObject[], error: unknown): Promise<void> {
    const lost = new Set(objects.map(({ id }) => id));
    for (const { reading, controller } of this.#active) {
      if (!lost.has(reading.object.id)) continue;
      reading.consumers.clear();
      controller.abort();
    }
    const all = [...this.#inStep, ...this.#behind];
    for (const id of lost) for (const consumer of all) consumer.lose?.(id);
    const wanted = objects.filter((object) => all.some((consumer) => consumer.wants(object)));
    await Promise.all(wanted.map((object) => this.#parking.park(object, error)));
    this.#changed();
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  /** Resolves at the next change of what is read. */
  changed(): Promise<void> {
    return this.#change.promise;
  }

  /** Reads until `stop` aborts. Rejects with what no repetition heals. In either case every reading is over when it settles. */
  async run(): Promise<void> {
    const workers = Array.from({ length: this.#options.objects }, () => this.#work().catch(this.#fail));
    await Promise.all(workers);
    await Promise.all(this.#solo.values());
    await this.#gate.ended().catch(this.#fail);
    if (this.#failed.signal.aborted) throw this.#failed.signal.reason;
  }

  readonly #fail = (error: unknown): void => {
    if (!this.#stop.aborted) this.#events.onFatal(error);
    this.#failed.abort(error);
  };

  async #work(): Promise<void> {
    while (!this.#stop.aborted) {
      if (this.#gate.isClosed) await this.#gate.opened();
      const retried = this.#nextRetry();
      if (retried !== undefined) await this.#retry(retried);
      const object = this.#next();
      if (object !== undefined) {
        this.#queue.shift();
        this.#started = object.id;
        const consumers = new Set([...this.#inStep].filter((consumer) => consumer.wants(object)));
        if (consumers.size > 0) await this.#read(object, consumers);
      }
      if (retried === undefined && object === undefined) await this.#news();
      else this.#changed();
    }
  }

  /** What may be asked for to see whether anything can be read: what is newest, and of what waits and of what is parked another one each time. */
  #candidates(attempt: number): QueuedObject[] {
    const newest = this.#ledger.newest();
    const waiting = this.#ledger.discovered(this.#started, CANDIDATES);
    const parked = this.#parking.soonest(CANDIDATES);
    const some = [newest, waiting[attempt % waiting.length], parked[attempt % parked.length]];
    const byId = new Map(some.flatMap((object) => (object === undefined ? [] : [[object.id, object] as const])));
    return [...byId.values()];
  }

  /** Resolves when there may be something to read. */
  async #news(): Promise<void> {
    const { pauseMs } = this.#parking;
    const due = Promise.withResolvers<void>();
    // Something that is due at once is being tried by another reader.
    const timer = pauseMs === undefined ? undefined : setTimeout(due.resolve, Math.max(pauseMs, 10));
    await firstOf([this.#change.promise, due.promise], this.#stop);
    clearTimeout(timer);
  }

  #next(): QueuedObject | undefined {
    if (this.#queue.length === 0 && !this.#exhausted) {
      this.#queue = this.#ledger.discovered(this.#started, 64);
      this.#exhausted = this.#queue.length === 0;
      // What was discovered besides is parked.
      if (this.#exhausted) this.#started = Math.max(this.#started, this.#ledger.lastId());
    }
    return this.#queue[0];
  }

  /** A parked object that is to be tried again. At most half of the readers do so, so that what hangs does not hold up the others. */
  #nextRetry(): ParkedObject | undefined {
    if (this.#retrying.size >= Math.max(1, this.#options.objects >> 1)) return undefined;
    return this.#parking.due(new Set([...this.#retrying, ...[...this.#active].map(({ reading }) => reading.object.id)]));
  }

  async #retry(parked: ParkedObject): Promise<void> {
    const { object } = parked;
    this.#retrying.add(object.id);
    try {
      const wanting = [...this.#inStep, ...this.#behind].filter((consumer) => this.#lacks(consumer, object));
      const inStep = wanting.filter((consumer) => this.#inStep.has(consumer));
      const consumers = inStep.length > 0 ? inStep : wanting.filter(({ hasRoom }) => hasRoom);
      if (wanting.length === 0) await this.#parking.leave(object.id);
      else if (consumers.length > 0) await this.#read(object, new Set(consumers));
      else {
        for (const consumer of wanting) consumer.leave(object.id);
        await this.#parking.postpone(parked);
      }
    } finally {
      this.#retrying.delete(object.id);
    }
  }

  /**
   * Reads an object for these consumers; one that cannot be read now is parked. Rejects with what ends the run.
   */
  async #read(object: QueuedObject, consumers: Set<Consumer>): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    if (this.#stop.aborted) controller.abort(this.#stop.reason);
    const proved = this.#gate.begin();
    const offer = async (flows: readonly Entry[], through: number) => {
      proved();
      for (const consumer of consumers) consumer.offer(object.id, flows, through);
      await this.#room(consumers, signal);
    };
    const active = { reading: { object, consumers, signal, offer }, controller };
    this.#active.add(active);
    try {
      const lost = await this.#events.read(active.reading);
      proved();
      for (const consumer of consumers) consumer.end(object.id, lost);
      await this.#parking.wasRead(object, () => [...this.#inStep, ...this.#behind].some((consumer) => consumer.wants(object)));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof UsageError || drawerOf(error) === "worker") throw error;
      for (const consumer of consumers) consumer.leave(object.id);
      this.#gate.refused(object, error);
      await this.#parking.park(object, error);
    } finally {
      this.#active.delete(active);
    }
  }

  /** Whether the consumer lacks some of the object and takes part in no reading of it. */
  #lacks(consumer: Consumer, object: QueuedObject): boolean {
    const takesPart = [...this.#active].some(({ reading }) => reading.object.id === object.id && reading.consumers.has(consumer));
    return !takesPart && consumer.wants(object);
  }

  async #room(consumers: Set<Consumer>, signal: AbortSignal): Promise<void> {
    let overtakenSince: number | undefined;
    for (;;) {
      signal.throwIfAborted();
      const full = [...consumers].filter((consumer) => !consumer.hasRoom);
      if (full.length === 0) return;
      const slow = full.filter((consumer) => this.#inStep.has(consumer));
      const failing = slow.some((consumer) => consumer.failing);
      const overtaken = slow.length > 0 && [...this.#inStep].some(({ hasRoom, leads }) => hasRoom && (leads || failing));
      overtakenSince = overtaken ? (overtakenSince ?? Date.now()) : undefined;
      const changes = full.map((consumer) => consumer.changed());
      if (overtakenSince !== undefined) {
        const left = overtakenSince + this.#options.stallMs - Date.now();
        if (left <= 0) {
          for (const consumer of full) if (this.#inStep.has(consumer)) this.#fallBehind(consumer);
          continue;
        }
        changes.push(sleep(left, undefined, { ref: false }));
      }
      await firstOf(changes, signal);
    }
  }

  #fallBehind(consumer: Consumer, atStart = false): void {
    this.#inStep.delete(consumer);
    this.#behind.add(consumer);
    for (const { reading, controller } of this.#active) {
      if (reading.consumers.delete(consumer) && reading.consumers.size === 0) controller.abort();
    }
    this.#events.onBehind(consumer, atStart);
    this.#solo.set(consumer, this.#catchUp(consumer).catch(this.#fail));
  }

  async #catchUp(consumer: Consumer): Promise<void> {
    await Promise.resolve();
    let after = 0;
    const next = () => {
      const through = this.#started;
      const [object] = this.#ledger.pending(consumer.name, { after, through, limit: 1 });
      // What it lacks besides is parked, and is not looked at again and again.
      if (object === undefined) after = Math.max(after, through);
      return object;
    };
    const work = async () => {
      for (let object = next(); object !== undefined && !this.#stop.aborted; object = next()) {
        after = object.id;
        if (this.#lacks(consumer, object)) await this.#read(object, new Set([consumer]));
        if (this.#gate.isClosed) await this.#gate.opened();
      }
    };
    while (next() !== undefined || !consumer.hasRoom) {
      await Promise.all(Array.from({ length: this.#options.objects }, () => work().catch(this.#fail)));
      if (!consumer.hasRoom) await firstOf([consumer.changed()], this.#stop);
      if (this.#stop.aborted) return;
    }
    this.#behind.delete(consumer);
    this.#inStep.add(consumer);
    this.#solo.delete(consumer);
    this.#events.onCaughtUp(consumer);
    this.#changed();
  }
}
