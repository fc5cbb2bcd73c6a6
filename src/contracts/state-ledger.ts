/** A piece of a saved state. */
export interface StatePart {
  /** Which piece of the state. */
  readonly number: number;
  /** Its content, for whoever saved it. */
  readonly value: string;
}

/** A state as it was saved. Parts that the head does not speak of are none of the state: left over, or begun and broken off. */
export interface SavedState {
  /** What says which parts belong to the state. */
  readonly head: string;
  /** By ascending numbers. */
  readonly parts: Iterable<StatePart>;
}

/** The parts of saved states. Every call is one transaction. */
export interface StateLedger {
  /** Keeps the parts, in place of those that have their numbers. They count once a checkpoint saves a head that speaks of them. */
  put(name: string, parts: readonly StatePart[]): void;
  /** Removes parts that the saved head does not speak of. */
  discard(name: string, numbers: readonly number[]): void;
  /** The state as it was saved last; undefined where there is none. */
  read(name: string): SavedState | undefined;
  /** Removes head and parts. */
  forget(name: string): void;
}

/** A state that is being saved: as it was at one moment, whatever comes while it is saved. */
export interface StateSave {
  /**
   * Its parts, in lots so small that one is a matter of a few milliseconds. Each lot is to be kept before the next is asked for, all of them
   * before the head.
   */
  readonly lots: Iterable<readonly StatePart[]>;
  /** To be saved when all lots are. */
  head(): string;
  /** To be called when the head is saved. Returns the numbers of parts that no head speaks of any more. */
  done(): readonly number[];
  /** To be called instead of `done` when it was not saved: what it would have saved is left to the next save. */
  abandon(): void;
}
