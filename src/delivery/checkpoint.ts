import type { DeadLetter, Ledger, QueuedObject } from "../contracts.ts";
import type { Flow } from "../flow.ts";
import { pause } from "../waiting.ts";
import { type Consumer, type Lost, letterOfRest } from "./consumer.ts";
import type { LedgerWrite } from "./ledger-write.ts";

/** What remembers the flows that it has seen: the detections. */
export interface Stateful {
  /**
   * Marks each flow. With `count` it takes part in what is remembered, and may raise alerts; a flow comes so at least once in all runs
   * together, and one that comes so again is recognised.
   */
  inspect(flows: readonly Flow[], count: boolean): void;
  /** Everything that is remembered of the flows so far. */
  state(): string;
}

/** Name under which the position of the state stands in the ledger; no sink can be called so. */
export const CHECKPOINT = "(detections)";
const NEVER = Promise.withResolvers<void>().promise;

interface Progress {
  through: number;
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
  readonly #progress = new Map<number, Progress>();
  /** Nothing was inspected since the state was saved last. */
  #saved = true;

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
    this.#progress.set(object.id, { through: found.position, ended: false });
    return true;
  }

  offered(id: number): number {
    return this.#of(id).through;
  }

  offer(id: number, _flows: readonly Flow[], through: number): void {
    const progress = this.#of(id);
    progress.through = Math.max(progress.through, through);
    this.#saved = false;
  }

  end(id: number, lost?: Lost): void {
    const progress = this.#of(id);
    const letter = lost && letterOfRest(this.name, progress.through, lost);
    if (letter !== undefined) this.#letters.push(letter);
    progress.ended = true;
    this.#saved = false;
  }

  /** Saves again and again until the signal aborts. */
  async run(pauseMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(pauseMs, signal);
      if (signal.aborted) return;
      await this.save();
    }
  }

  /** Saves the state and how far it goes, if there is something new. */
  async save(): Promise<void> {
    if (!this.#saved) await this.#write(() => this.#save());
  }

  async drain(): Promise<void> {
    await this.save();
  }

  #save(): void {
    const positions = [...this.#progress].map(([id, { through, ended }]) => ({ id, position: through, finished: ended }));
    this.#ledger.setAside(this.#letters);
    this.#ledger.checkpoint(this.name, this.#stateful.state(), positions);
    this.#saved = true;
    this.#letters = [];
    for (const { id, finished } of positions) if (finished) this.#progress.delete(id);
  }

  #of(id: number): Progress {
    const progress = this.#progress.get(id);
    if (progress === undefined) throw new Error(`object ${id} was not taken up by ${this.name}`);
    return progress;
  }
}
