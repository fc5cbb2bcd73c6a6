import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Ledger, QueuedObject } from "../contracts/ledger.ts";
import type { ObjectRef } from "../contracts/store.ts";
import type { Account } from "../delivery/account.ts";
import type { Stateful } from "../delivery/checkpoint.ts";
import { Convoy, type Reading } from "../delivery/convoy.ts";
import { Discovery } from "../delivery/discovery.ts";
import { flowOf, isHere } from "../delivery/entries.ts";
import type { Inlet } from "../delivery/inlet.ts";
import type { Lane } from "../delivery/lane.ts";
import { Parking } from "../delivery/parking.ts";
import { readHere } from "../delivery/reader.ts";
import type { SourceAccount } from "../delivery/source-account.ts";
import type { Flow } from "../flow/flow.ts";
import { originIn } from "../flow/origin.ts";
import { isGone, type LedgerWrite } from "../ledger/write.ts";
import { describeError, drawerOf, Failure } from "../lib/errors.ts";
import { type RetryPolicy, retry } from "../lib/retry.ts";
import { firstOf, pause } from "../lib/waiting.ts";
import type { Journeys } from "../telemetry/journeys.ts";

export interface TailOptions {
  /** End when everything that is in the buckets has been brought to its end by every sink; else tail for ever. */
  readonly untilCaughtUp: boolean;
  /** Of each source, how many objects are read side by side. */
  readonly objects: number;
  readonly pollMs: number;
  readonly stallMs: number;
  readonly retry: RetryPolicy;
  readonly maxObjectBytes: number;
  readonly maxRecordBytes: number;
  /** Shown enriched flows on their way to the sinks, after the rules have looked at them. */
  readonly watcher?: Watcher;
}

/** Somebody who may look at flows while they pass. */
export interface Watcher {
  /** Whether anybody looks now. */
  readonly looks: boolean;
  show(flows: readonly Flow[]): void;
}

/** What the sources of a worker share. */
interface Surroundings {
  readonly consumers: readonly Consumer[];
  readonly lanes: readonly Lane[];
  /** Whose position says what of an object the rules have seen. */
  readonly remembering: Consumer | undefined;
  readonly rules: Pick<Stateful, "inspect" | "flush"> | undefined;
  readonly ledger: Ledger;
  readonly account: Account;
  /** Traces of some objects. */
  readonly journeys: Journeys | undefined;
  /** Flows themselves are needed in this thread, whoever looks. */
  readonly needsFlows: boolean;
  readonly write: LedgerWrite;
  readonly options: TailOptions;
  /** Told that all that was found of a source is read. */
  readonly onIdle: () => void;
  /** Told why the run cannot go on. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * One source of a worker: looks for what is new in its bucket, and reads it for all consumers. It has readers and pauses of its own, so that
 * one that is down, or hangs, holds up no other.
 */
export class SourceTail {
  /** Why a job goes on without the source; undefined as long as it does not. */
  givenUp: unknown;
  readonly #inlet: Inlet;
  readonly #surroundings: Surroundings;
  readonly #account: SourceAccount;
  readonly #convoy: Convoy;
  readonly #discovery: Discovery;
  readonly #stopped = new AbortController();
  /** Aborts when the run ends, or the source is given up. */
  readonly #intake: AbortSignal;

  constructor(inlet: Inlet, surroundings: Surroundings, intake: AbortSignal) {
    const { account, ledger: whole, write, options, consumers, onFatal } = surroundings;
    this.#inlet = inlet;
    this.#surroundings = surroundings;
    this.#account = account.of(inlet.name);
    this.#intake = AbortSignal.any([intake, this.#stopped.signal]);
    const ledger = whole.of(inlet.name);
    const parking = new Parking(ledger, write, options.retry, this.#account.onParked());
    const events = {
      ...account.convoyEvents(inlet.name),
      ...this.#account.gateEvents(),
      read: (reading: Reading) => this.#readObject(reading),
      reach: (object: ObjectRef, signal: AbortSignal) => this.#reach(object, signal),
      onFatal,
    };
    this.#convoy = new Convoy(consumers, { ledger, parking }, options, events, this.#intake);
    this.#discovery = new Discovery({ source: inlet.source, ledger }, write, this.#account, this.#convoy, options.untilCaughtUp);
  }

  /** Reads what was discovered, until the run ends. Rejects with what no repetition heals. */
  read(): Promise<void> {
    return this.#convoy.run();
  }

  /** Looks for what is new, again and again, until the run ends. */
  async forEver(): Promise<void> {
    const { pollMs } = this.#surroundings.options;
    while (!this.#intake.aborted) {
      await this.#look();
      await this.#rest(this.#discovery.rest(pollMs, this.#intake));
    }
  }

  /** Of the source in the configuration. */
  get name(): string {
    return this.#inlet.name;
  }

  /** Nothing that was found waits to be read. */
  get idle(): boolean {
    return this.#convoy.idle;
  }

  /** The pause of a job between two looks, while it waits for other sources. */
  rest(signal: AbortSignal): Promise<void> {
    return pause(this.#surroundings.options.pollMs, signal);
  }

  /** Takes what the source hears of by itself. The returned function ends that. */
  listen(): (() => void) | undefined {
    return this.#inlet.source.listen?.(this.#discovery);
  }

  /** There may be something new below this key prefix. */
  hint(prefix: string): void {
    this.#discovery.hint(prefix);
  }

  /** What was read of these objects, and not acknowledged, is lost to this process. */
  lose(objects: readonly QueuedObject[], error: Failure): void {
    const own = objects.filter((object) => object.source === this.#inlet.name);
    if (own.length > 0) void this.#convoy.lose(own, error).catch(this.#surroundings.onFatal);
  }

  /** Until the next look; what hints bring meanwhile waits for nothing else. */
  async #rest(over: Promise<void>): Promise<void> {
    const ended = new AbortController();
    void over.finally(() => ended.abort()).catch(() => {});
    while (!ended.signal.aborted) {
      const change = this.#convoy.changed();
      if (this.idle) this.#surroundings.onIdle();
      await firstOf([change], ended.signal);
    }
    return over;
  }

  /**
   * Looks once, and resolves when all that is known of the source has come to its end everywhere: to whether there was something new. Of a
   * source that never lets anybody in nothing is expected, while there are others.
   */
  async hasMore(signal: AbortSignal): Promise<boolean> {
    if (this.givenUp !== undefined) return false;
    const found = await this.#look().catch((error) => {
      const { account } = this.#surroundings;
      if (this.#intake.aborted || account.isOnly || !this.#isRefused(error)) throw error;
      this.givenUp = error;
      this.#account.givenUp(error);
      this.#stopped.abort(error);
      return 0;
    });
    // What a thread had read, and is lost with it, is to be read again.
    do {
      while (!this.#convoy.idle && !this.#intake.aborted && !signal.aborted)
        await firstOf([this.#convoy.changed()], this.#intake);
      for (const lane of this.#surroundings.lanes) await firstOf([lane.drain()], signal);
    } while (!this.#convoy.idle && !this.#intake.aborted && !signal.aborted);
    return found > 0;
  }

  #look(): Promise<number> {
    const { options } = this.#surroundings;
    const isFinal = (error: unknown) => isGone(error) || (options.untilCaughtUp && this.#isRefused(error));
    return retry(() => this.#discovery.pass(this.#intake), options.retry, this.#intake, this.#account.onListingRetry(), isFinal);
  }

  /** A job with a wrong key or bucket says so and ends; a worker that tails waits until somebody puts it right. */
  #isRefused(error: unknown): boolean {
    return !this.#discovery.admitted && drawerOf(error) === "person";
  }

  /** Resolves when the first bytes of the object have come, which are left. */
  async #reach(object: ObjectRef, signal: AbortSignal): Promise<void> {
    for await (const _ of await this.#inlet.source.open(object, signal)) return;
  }

  /**
   * Reads one object to its end; where it was read before, from where the first of its consumers is. Resolves to why the rest of it cannot be
   * had by anybody: it was deleted or replaced. Rejects with why it cannot be read now.
   */
  async #readObject(reading: Reading): Promise<Lost | undefined> {
    const { object, consumers, signal } = reading;
    const { name, source, read = readHere(this.#inlet) } = this.#inlet;
    const { rules, remembering, write } = this.#surroundings;
    const { maxObjectBytes: maxBytes, maxRecordBytes, watcher } = this.#surroundings.options;
    const needsFlows = () => this.#surroundings.needsFlows || watcher?.looks === true;
    const origin = originIn(source, object, name);
    const skip = Math.min(...[...consumers].map((consumer) => consumer.offered(object.id)));
    const books = this.#account.begin(object, skip, write);
    const { lanes, journeys } = this.#surroundings;
    const sinks = lanes.filter((lane) => consumers.has(lane)).map((lane) => lane.name);
    const journey = journeys?.reading(object, sinks);
    let through = skip;
    try {
      const bytes = await source.open(object, signal, skip);
      const options = { skip, leftOut: bytes.leftOut, framed: bytes.framed, maxBytes, maxRecordBytes };
      for await (const piece of read(bytes, { object, origin, options, needsFlows }, signal)) {
        if (rules !== undefined) {
          rules.inspect(piece.flows.map(flowOf), remembering !== undefined && consumers.has(remembering));
          // Alerts are in the ledger before a position is saved that covers their flows.
          await write(() => rules.flush());
        }
        if (watcher?.looks === true) watcher.show(piece.wanted.filter(isHere).map(flowOf));
        await books.read(piece, piece.wanted);
        await reading.offer(piece.wanted, piece.through);
        through = piece.through;
      }
    } catch (error) {
      journey?.failed(describeError(error));
      if (!(error instanceof Failure) || !error.gone) throw error;
      return books.lost(consumers, error);
    }
    await books.ended();
    journey?.ended(through);
    return undefined;
  }
}
