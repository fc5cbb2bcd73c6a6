import type { CheckpointPosition, Ledger, QueuedObject } from "../contracts/ledger.ts";

interface Progress {
  through: number;
  /** As the ledger has it. */
  saved: number;
  ended: boolean;
}

/** How far a consumer has come in objects that are being read, or have ended and the ledger does not know: what it is to write there. */
export class ObjectProgress {
  readonly #consumer: string;
  readonly #ledger: Ledger;
  readonly #objects = new Map<number, Progress>();
  /** How many have ended that the ledger does not know of. */
  ended = 0;

  constructor(consumer: string, ledger: Ledger) {
    this.#consumer = consumer;
    this.#ledger = ledger;
  }

  /** As `Consumer`: takes the object up where the ledger says that it waits. */
  wants(object: QueuedObject): boolean {
    const progress = this.#objects.get(object.id);
    if (progress !== undefined) return !progress.ended;
    const found = this.#ledger.position(this.#consumer, object.id);
    if (found === undefined) return false;
    this.#objects.set(object.id, { through: found.position, saved: found.position, ended: false });
    return true;
  }

  /** Throws for an object that was not taken up. */
  through(id: number): number {
    return this.#of(id).through;
  }

  advance(id: number, through: number): void {
    const progress = this.#of(id);
    progress.through = Math.max(progress.through, through);
  }

  end(id: number): void {
    const progress = this.#of(id);
    if (!progress.ended) this.ended++;
    progress.ended = true;
  }

  revoke(id: number): void {
    if (this.#objects.get(id)?.ended) this.ended--;
    this.#objects.delete(id);
  }

  /** Nobody reads the object now: it is forgotten if the ledger knows all of it. */
  leave(id: number): void {
    const progress = this.#objects.get(id);
    if (progress !== undefined && !progress.ended && progress.saved === progress.through) this.#objects.delete(id);
  }

  /** What the ledger does not know yet. */
  unsaved(): Unsaved[] {
    const unsaved: Unsaved[] = [];
    for (const [id, progress] of this.#objects) {
      const { through, saved, ended } = progress;
      if (ended || through !== saved) unsaved.push({ id, position: through, finished: ended, progress });
    }
    return unsaved;
  }

  /** Without those whose objects were revoked since, of which some may have come back as others. */
  standing(unsaved: readonly Unsaved[]): Unsaved[] {
    return unsaved.filter(({ id, progress }) => this.#objects.get(id) === progress);
  }

  /** The ledger knows these. */
  saved(written: readonly Unsaved[]): void {
    for (const { id, position, finished, progress } of this.standing(written)) {
      progress.saved = position;
      if (finished && this.#objects.delete(id)) this.ended--;
    }
  }

  #of(id: number): Progress {
    const progress = this.#objects.get(id);
    if (progress === undefined) throw new Error(`object ${id} was not taken up by ${this.#consumer}`);
    return progress;
  }
}

/** A position to be written, of the object as it was then. */
export interface Unsaved extends CheckpointPosition {
  readonly progress: Progress;
}
