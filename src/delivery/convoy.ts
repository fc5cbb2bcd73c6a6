import { setTimeout as sleep } from "node:timers/promises";
import type { Ledger, QueuedObject } from "../contracts.ts";
import type { Flow } from "../flow.ts";
import { firstOf } from "../waiting.ts";
import type { Consumer } from "./consumer.ts";

/** One reading of an object, and who takes part in it; a consumer that falls behind leaves it. */
export interface Reading {
  readonly object: QueuedObject;
  readonly consumers: Set<Consumer>;
  /** Aborts when nobody takes part any more, or reading is to stop. */
  readonly signal: AbortSignal;
  /** False when the object is read again for a consumer that fell behind: its records were counted before. */
  readonly first: boolean;
  /** Hands the flows of one piece to every consumer, and resolves when there is room for the next piece. */
  offer(flows: readonly Flow[], through: number): Promise<void>;
}

export interface ConvoyOptions {
  /** How many objects are read side by side. */
  readonly objects: number;
  /** A consumer that has had no room for this long, while another one has, goes on alone. */
  readonly stallMs: number;
}

export interface ConvoyEvents {
  /** Reads the object to its end; resolves when every record was offered, also when it was set aside. */
  read(reading: Reading): Promise<void>;
  onBehind(consumer: Consumer): void;
  onCaughtUp(consumer: Consumer): void;
}

interface Active {
  readonly reading: Reading;
  readonly controller: AbortController;
}

/**
 * Reads each object once for all consumers that keep step. One that does not (it is down, or was down before a restart) falls behind:
 * it reads again by itself what it lacks, and joins the others when it has what they have started. So one never slows another,
 * and nothing is kept in memory or on disk for it meanwhile.
 */
export class Convoy {
  readonly #ledger: Ledger;
  readonly #options: ConvoyOptions;
  readonly #events: ConvoyEvents;
  readonly #stop: AbortSignal;
  readonly #inStep: Set<Consumer>;
  readonly #behind = new Set<Consumer>();
  readonly #active = new Set<Active>();
  readonly #solo = new Map<Consumer, Promise<void>>();
  readonly #failure = Promise.withResolvers<never>();
  #queue: QueuedObject[] = [];
  /** Objects up to this id were taken up by the consumers in step. */
  #started: number;
  #wake = Promise.withResolvers<void>();

  constructor(consumers: readonly Consumer[], ledger: Ledger, options: ConvoyOptions, events: ConvoyEvents, stop: AbortSignal) {
    this.#ledger = ledger;
    this.#options = options;
    this.#events = events;
    this.#stop = stop;
    this.#inStep = new Set(consumers);
    const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1 };
    const begins = new Map(
      consumers.map((consumer) => [consumer, ledger.pending(consumer.name, everything)[0]?.id ?? ledger.lastId() + 1]),
    );
    // Those that lead set the pace: an object that only others have taken up is new.
    this.#started = Math.max(...[...begins].filter(([{ leads }]) => leads).map(([, begin]) => begin)) - 1;
    for (const [consumer, begin] of begins) if (begin <= this.#started) this.#fallBehind(consumer);
  }

  get started(): number {
    return this.#started;
  }

  /** Nothing that was discovered waits to be read, by anybody. */
  get idle(): boolean {
    return this.#active.size === 0 && this.#behind.size === 0 && this.#next() === undefined;
  }

  get behind(): ReadonlySet<Consumer> {
    return this.#behind;
  }

  /** To be called when the ledger has new objects. */
  wake(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers();
    resolve();
  }

  /** Resolves at the next change of what is read. */
  changed(): Promise<void> {
    return this.#wake.promise;
  }

  /** Reads until `stop` aborts. Rejects with what no repetition heals. */
  async run(): Promise<void> {
    const workers = Array.from({ length: this.#options.objects }, () => this.#work());
    await Promise.race([Promise.all(workers), this.#failure.promise]);
    await Promise.all(this.#solo.values());
  }

  async #work(): Promise<void> {
    while (!this.#stop.aborted) {
      const object = this.#next();
      if (object === undefined) {
        await firstOf([this.#wake.promise], this.#stop);
        continue;
      }
      this.#queue.shift();
      this.#started = object.id;
      const consumers = new Set([...this.#inStep].filter((consumer) => consumer.wants(object)));
      if (consumers.size > 0) await this.#read(object, consumers, true);
      this.wake();
    }
  }

  #next(): QueuedObject | undefined {
    if (this.#queue.length === 0) this.#queue = this.#ledger.discovered(this.#started, 64);
    return this.#queue[0];
  }

  async #read(object: QueuedObject, consumers: Set<Consumer>, first: boolean): Promise<void> {
    const controller = new AbortController();
    const signal = AbortSignal.any([this.#stop, controller.signal]);
    const offer = async (flows: readonly Flow[], through: number) => {
      for (const consumer of consumers) consumer.offer(object.id, flows, through);
      await this.#room(consumers, signal);
    };
    const active = { reading: { object, consumers, signal, first, offer }, controller };
    this.#active.add(active);
    try {
      await this.#events.read(active.reading);
      for (const consumer of consumers) consumer.end(object.id);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#active.delete(active);
    }
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

  #fallBehind(consumer: Consumer): void {
    this.#inStep.delete(consumer);
    this.#behind.add(consumer);
    for (const { reading, controller } of this.#active) {
      if (reading.consumers.delete(consumer) && reading.consumers.size === 0) controller.abort();
    }
    this.#events.onBehind(consumer);
    const work = this.#catchUp(consumer);
    work.catch(this.#failure.reject);
    this.#solo.set(consumer, work);
  }

  async #catchUp(consumer: Consumer): Promise<void> {
    await Promise.resolve();
    let after = 0;
    const next = () => this.#ledger.pending(consumer.name, { after, through: this.#started, limit: 1 })[0];
    const work = async () => {
      for (let object = next(); object !== undefined && !this.#stop.aborted; object = next()) {
        after = object.id;
        if (consumer.wants(object)) await this.#read(object, new Set([consumer]), false);
      }
    };
    while (next() !== undefined || !consumer.hasRoom) {
      await Promise.all(Array.from({ length: this.#options.objects }, work));
      if (!consumer.hasRoom) await firstOf([consumer.changed()], this.#stop);
      if (this.#stop.aborted) return;
    }
    this.#behind.delete(consumer);
    this.#inStep.add(consumer);
    this.#solo.delete(consumer);
    this.#events.onCaughtUp(consumer);
    this.wake();
  }
}
