import { setImmediate as turn } from "node:timers/promises";
import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Entry } from "../contracts/entry.ts";
import type { DeadLetter, Ledger, QueuedObject } from "../contracts/ledger.ts";
import type { StateSave } from "../contracts/state-ledger.ts";
import type { Flow } from "../flow/flow.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { pause } from "../lib/waiting.ts";
import { letterOfRest } from "./lost.ts";
import { ObjectProgress } from "./progress.ts";

/** What remembers the flows that it has seen: the detections. */
export interface Stateful {
  /**
   * Marks each flow. With `count` it takes part in what is remembered, and may raise alerts; a flow comes so at least once in all runs
   * together, and one that comes so again is recognised.
   */
  inspect(flows: readonly Flow[], count: boolean): void;
  /** Nothing more comes: what waits for more is found as far as is known. */
  settle(): void;
  /** Brings what was found into the ledger; throws what the ledger throws, and then nothing is lost: call it again. */
  flush(): void;
  /** Begins to save what is remembered of the flows so far and was not saved before. One save at a time; flows may go on. */
  save(): StateSave;
}

/** Name under which the position of the state stands in the ledger; no sink can be called so. */
export const CHECKPOINT = "(detections)";
/** So many parts are discarded at once. */
const DISCARDED = 100;
/** The state is saved early when so many objects have ended since: their positions are saved at once. */
const ENDED = 5_000;
const NEVER = Promise.withResolvers<void>().promise;

/**
 * The consumer whose position is that of a remembered state: both are saved in one transaction, so that after a crash exactly what the
 * state does not know is read again.
 */
export class Checkpoint implements Consumer {
  readonly name = CHECKPOINT;
  readonly hasRoom = true;
  readonly leads = false;
  readonly failing = false;
  readonly #ledger: Ledger;
  readonly #stateful: Stateful;
  readonly #write: LedgerWrite;
  /** Of records that can be had by nobody. */
  #letters: DeadLetter[] = [];
  readonly #progress: ObjectProgress;
  /** Nothing was inspected since the state was saved last. */
  #saved = true;
  /** Parts of the state that are to be discarded. */
  #useless: number[] = [];
  /** Cut short when many objects have ended. */
  #pause = new AbortController();
  /** Settles when the save under way does. */
  #last: Promise<unknown> = Promise.resolve();

  /** `write` repeats what the ledger cannot take now. */
  constructor(ledger: Ledger, stateful: Stateful, write: LedgerWrite) {
    this.#ledger = ledger;
    this.#progress = new ObjectProgress(this.name, ledger);
    this.#write = write;
    this.#stateful = stateful;
  }

  /** Never: there is always room. */
  changed(): Promise<void> {
    return NEVER;
  }

  wants(object: QueuedObject): boolean {
    return this.#progress.wants(object);
  }

  offered(id: number): number {
    return this.#progress.through(id);
  }

  offer(id: number, _flows: readonly Entry[], through: number): void {
    this.#progress.advance(id, through);
    this.#saved = false;
  }

  end(id: number, lost?: Lost): void {
    const letter = lost && letterOfRest(this.name, this.#progress.through(id), lost);
    if (letter !== undefined) this.#letters.push(letter);
    this.#progress.end(id);
    this.#saved = false;
    if (this.#progress.ended >= ENDED) this.#pause.abort();
  }

  revoke(id: number): void {
    this.#progress.revoke(id);
  }

  /** Flows were inspected of an object that does not wait for this consumer: what is remembered of them is to be saved too. */
  inspected(): void {
    this.#saved = false;
  }

  leave(id: number): void {
    this.#progress.leave(id);
  }

  /** Saves again and again, at such intervals or earlier, until the signal aborts. */
  async run(pauseMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#pause = new AbortController();
      if (this.#progress.ended < ENDED) await pause(pauseMs, AbortSignal.any([signal, this.#pause.signal]));
      if (signal.aborted) return;
      await this.save();
    }
  }

  /**
   * Saves what is remembered and how far it goes, if there is something new: both as they are when it begins, which is when the saves before
   * are over. Others get their turn all the while. Rejects when the ledger cannot be written and patience ends: then nothing new is saved,
   * and all of it is left to the next save.
   */
  save(): Promise<void> {
    const saved = this.#last.then(() => this.#save());
    this.#last = saved.catch(() => {});
    return saved;
  }

  drain(): Promise<void> {
    return this.save();
  }

  async #save(): Promise<void> {
    if (!this.#saved) await this.#saveState();
    while (this.#useless.length > 0) {
      const some = this.#useless.slice(0, DISCARDED);
      await this.#write(() => this.#ledger.states.discard(this.name, some));
      this.#useless.splice(0, DISCARDED);
      await turn();
    }
  }

  async #saveState(): Promise<void> {
    const letters = this.#letters;
    const positions = this.#progress.unsaved();
    const save = this.#stateful.save();
    this.#letters = [];
    this.#saved = true;
    try {
      // After the state's moment, so that nothing is left of what was found among the flows that it covers.
      await this.#write(() => this.#stateful.flush());
      if (letters.length > 0) await this.#write(() => this.#ledger.setAside(letters));
      for (const parts of save.lots) {
        await this.#write(() => this.#ledger.states.put(this.name, parts));
        await turn();
      }
      await this.#write(() => this.#ledger.checkpoint(this.name, save.head(), positions));
    } catch (error) {
      save.abandon();
      this.#letters = [...letters, ...this.#letters];
      this.#saved = false;
      throw error;
    }
    this.#useless.push(...save.done());
    this.#progress.saved(positions);
  }
}
