import { setTimeout as sleep } from "node:timers/promises";
import type { Ledger, QueuedObject } from "../contracts.ts";
import type { Flow } from "../flow.ts";
import { firstOf } from "../waiting.ts";
import type { Lane } from "./lane.ts";

/** The sinks that take part in one reading of an object; a sink that falls behind leaves it. */
export interface Reading {
  readonly object: QueuedObject;
  readonly lanes: Set<Lane>;
  /** Aborts when nobody takes part any more, or reading is to stop. */
  readonly signal: AbortSignal;
  /** False when the object is read again for a sink that fell behind: its records were counted before. */
  readonly first: boolean;
  /** Hands the flows of one piece to every sink, and resolves when there is room for the next piece. */
  offer(flows: readonly Flow[], through: number): Promise<void>;
}

export interface ConvoyOptions {
  /** How many objects are read side by side. */
  readonly objects: number;
  /** A sink that has had no room for this long, while another one has, goes on alone. */
  readonly stallMs: number;
}

export interface ConvoyEvents {
  /** Reads the object to its end; resolves when every record was offered, also when it was set aside. */
  read(reading: Reading): Promise<void>;
  onBehind(lane: Lane): void;
  onCaughtUp(lane: Lane): void;
}

interface Active {
  readonly reading: Reading;
  readonly controller: AbortController;
}

/**
 * Reads each object once for all sinks that keep step. A sink that does not (it is down, or was down before a restart) falls behind:
 * it reads again by itself what it lacks, and joins the others when it has what they have started. So one sink never slows another,
 * and nothing is kept in memory or on disk for it meanwhile.
 */
export class Convoy {
  readonly #ledger: Ledger;
  readonly #options: ConvoyOptions;
  readonly #events: ConvoyEvents;
  readonly #stop: AbortSignal;
  readonly #inStep: Set<Lane>;
  readonly #behind = new Set<Lane>();
  readonly #active = new Set<Active>();
  readonly #solo = new Map<Lane, Promise<void>>();
  readonly #failure = Promise.withResolvers<never>();
  #queue: QueuedObject[] = [];
  /** Objects up to this id were taken up by the sinks in step. */
  #started: number;
  #wake = Promise.withResolvers<void>();

  constructor(lanes: readonly Lane[], ledger: Ledger, options: ConvoyOptions, events: ConvoyEvents, stop: AbortSignal) {
    this.#ledger = ledger;
    this.#options = options;
    this.#events = events;
    this.#stop = stop;
    this.#inStep = new Set(lanes);
    const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1 };
    const begins = new Map(lanes.map((lane) => [lane, ledger.pending(lane.name, everything)[0]?.id ?? ledger.lastId() + 1]));
    this.#started = Math.max(...begins.values()) - 1;
    for (const [lane, begin] of begins) if (begin <= this.#started) this.#fallBehind(lane);
  }

  get started(): number {
    return this.#started;
  }

  /** Nothing that was discovered waits to be read, by anybody. */
  get idle(): boolean {
    return this.#active.size === 0 && this.#behind.size === 0 && this.#next() === undefined;
  }

  get behind(): ReadonlySet<Lane> {
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
      const lanes = new Set([...this.#inStep].filter((lane) => lane.wants(object)));
      if (lanes.size > 0) await this.#read(object, lanes, true);
      this.wake();
    }
  }

  #next(): QueuedObject | undefined {
    if (this.#queue.length === 0) this.#queue = this.#ledger.discovered(this.#started, 64);
    return this.#queue[0];
  }

  async #read(object: QueuedObject, lanes: Set<Lane>, first: boolean): Promise<void> {
    const controller = new AbortController();
    const signal = AbortSignal.any([this.#stop, controller.signal]);
    const offer = async (flows: readonly Flow[], through: number) => {
      for (const lane of lanes) lane.offer(object.id, flows, through);
      await this.#room(lanes, signal);
    };
    const active = { reading: { object, lanes, signal, first, offer }, controller };
    this.#active.add(active);
    try {
      await this.#events.read(active.reading);
      for (const lane of lanes) lane.end(object.id);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#active.delete(active);
    }
  }

  async #room(lanes: Set<Lane>, signal: AbortSignal): Promise<void> {
    let overtakenSince: number | undefined;
    for (;;) {
      signal.throwIfAborted();
      const full = [...lanes].filter((lane) => !lane.hasRoom);
      if (full.length === 0) return;
      const overtaken = full.some((lane) => this.#inStep.has(lane)) && [...this.#inStep].some((lane) => lane.hasRoom);
      overtakenSince = overtaken ? (overtakenSince ?? Date.now()) : undefined;
      const changes = full.map((lane) => lane.changed());
      if (overtakenSince !== undefined) {
        const left = overtakenSince + this.#options.stallMs - Date.now();
        if (left <= 0) {
          for (const lane of full) if (this.#inStep.has(lane)) this.#fallBehind(lane);
          continue;
        }
        changes.push(sleep(left, undefined, { ref: false }));
      }
      await firstOf(changes, signal);
    }
  }

  #fallBehind(lane: Lane): void {
    this.#inStep.delete(lane);
    this.#behind.add(lane);
    for (const { reading, controller } of this.#active) {
      if (reading.lanes.delete(lane) && reading.lanes.size === 0) controller.abort();
    }
    this.#events.onBehind(lane);
    const work = this.#catchUp(lane);
    work.catch(this.#failure.reject);
    this.#solo.set(lane, work);
  }

  async #catchUp(lane: Lane): Promise<void> {
    await Promise.resolve();
    let after = 0;
    const next = () => this.#ledger.pending(lane.name, { after, through: this.#started, limit: 1 })[0];
    const work = async () => {
      for (let object = next(); object !== undefined && !this.#stop.aborted; object = next()) {
        after = object.id;
        if (lane.wants(object)) await this.#read(object, new Set([lane]), false);
      }
    };
    while (next() !== undefined || !lane.hasRoom) {
      await Promise.all(Array.from({ length: this.#options.objects }, work));
      if (!lane.hasRoom) await firstOf([lane.changed()], this.#stop);
      if (this.#stop.aborted) return;
    }
    this.#behind.delete(lane);
    this.#inStep.add(lane);
    this.#solo.delete(lane);
    this.#events.onCaughtUp(lane);
    this.wake();
  }
}
