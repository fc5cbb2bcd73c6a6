import { setImmediate as turn } from "node:timers/promises";
import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Entry } from "../contracts/entry.ts";
import type { DeadLetter, Ledger, QueuedObject } from "../contracts/ledger.ts";
import type { StateSave } from "../contracts/state-ledger.ts";
import type { Flow } from "../flow/flow.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { pause } from "../lib/waiting.ts";
import { letterOfRest } from "./lost.ts";

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

interface Progress {
  through: number;
  /** As the ledger has it. */
  saved: number;
  ended: boolean;
}

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
  /** Of objects that are being read, or have ended and the ledger does not know. */
  readonly #progress = new Map<number, Progress>();
  /** Nothing was inspected since the state was saved last. */
  #saved = true;
  /** Parts of the state that are to be discarded. */
  #useless: number[] = [];
  /** How many objects have ended that the ledger does not know of; when there are many, they cut the pause short. */
  #ended = 0;
  #pause = new AbortController();
  /** Settles when the save under way does. */
  #last: Promise<unknown> = Promise.resolve();

  /** `write` repeats what the ledger cannot take now. */
  constructor(ledger: Ledger, stateful: Stateful, write: LedgerWrite) {
    this.#ledger = ledger;
    this.#write = write;
    this.#stateful = stateful;
  }

  /** Never: there is always room. */
  changed(): Promise<void> {
    return NEVER;
  }

  wants(object: QueuedObject): boolean {
    const progress = this.#progress.get(object.id);
    if (progress !== undefined) return !progress.ended;
    const found = this.#ledger.position(this.name, object.id);
    if (found === undefined) return false;
    this.#progress.set(object.id, { through: found.position, saved: found.position, ended: false });
    return true;
  }

  offered(id: number): number {
    return this.#of(id).through;
  }

  offer(id: number, _flows: readonly Entry[], through: number): void {
    const progress = this.#of(id);
    progress.through = Math.max(progress.through, through);
    this.#saved = false;
  }

  end(id: number, lost?: Lost): void {
    const progress = this.#of(id);
    const letter = lost && letterOfRest(this.name, progress.through, lost);
    if (letter !== undefined) this.#letters.push(letter);
    if (!progress.ended) this.#ended++;
    progress.ended = true;
    this.#saved = false;
    if (this.#ended >= ENDED) this.#pause.abort();
  }

  revoke(id: number): void {
    if (this.#progress.get(id)?.ended) this.#ended--;
    this.#progress.delete(id);
  }

  /** Flows were inspected of an object that does not wait for this consumer: what is remembered of them is to be saved too. */
  inspected(): void {
    this.#saved = false;
  }

  leave(id: number): void {
    const progress = this.#progress.get(id);
    if (progress !== undefined && !progress.ended && progress.saved === progress.through) this.#progress.delete(id);
  }

  /** Saves again and again, at such intervals or earlier, until the signal aborts. */
  async run(pauseMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#pause = new AbortController();
      if (this.#ended < ENDED) await pause(pauseMs, AbortSignal.any([signal, this.#pause.signal]));
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
    const positions = [...this.#progress]
      .filter(([, { through, saved, ended }]) => ended || through !== saved)
      .map(([id, { through, ended }]) => ({ id, position: through, finished: ended }));
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
    for (const { id, position, finished } of positions) {
      const progress = this.#progress.get(id);
      // It was revoked while it was saved.
      if (progress === undefined) continue;
      progress.saved = position;
      if (finished && this.#progress.delete(id)) this.#ended--;
    }
  }

  #of(id: number): Progress {
    const progress = this.#progress.get(id);
    if (progress === undefined) throw new Error(`object ${id} was not taken up by ${this.name}`);
    return progress;
  }
}
