import type { ObjectVersion } from "../../contracts/store.ts";
import type { Claim } from "../../lib/kafka/group-member.ts";
import { placeName } from "../../lib/kafka/places.ts";
import type { Message } from "../../lib/kafka/topic-reader.ts";
import { cover, cut, type FilledRun, type Run, runOf } from "./runs.ts";

/** A partition that is this worker's: how far it was fetched, and what of that is not in the ledger yet. */
export class OwnPartition {
  readonly claim: Claim;
  readonly name: string;
  /** Where fetching goes on; undefined until it is known where it begins. */
  position: number | undefined;
  /** Of the topic that the position is of; undefined where brokers give topics none, or before it is known. */
  topicId: string | undefined;
  /** Since when it cannot be read, and when it is tried again, in ms since the epoch. */
  failingSince: number | undefined;
  notBefore = 0;
  /** What was fetched and is not in the ledger. */
  #ready: (Run & Partial<FilledRun>)[] = [];
  /** Everything before it is in the ledger, or was. */
  #handed = -1;

  constructor(claim: Claim) {
    this.claim = claim;
    this.name = placeName(claim);
  }

  get ready(): readonly (Run & Partial<FilledRun>)[] {
    return this.#ready;
  }

  /** Reads from there on, whatever was read before. */
  startAt(position: number): void {
    this.position = position;
    if (this.#ready.length === 0) this.#handed = position;
  }

  /** Takes messages, the first of which is at the position or behind it, and returns their runs; reading goes on at `next`. */
  take(messages: readonly Message[], next: number): FilledRun[] {
    const runs = cut({ ...this.claim, topicId: this.topicId }, messages, this.position ?? 0, next);
    this.#ready.push(...runs);
    this.startAt(next);
    return runs;
  }

  /** Takes offsets up to, without it, `next`, whose messages nobody has: whoever reads them is told so. */
  takeUnread(next: number): void {
    this.#ready.push(...cover({ ...this.claim, topicId: this.topicId }, this.position ?? 0, next));
    this.startAt(next);
  }

  /** These runs are in the ledger. False where they are not the first that are ready. */
  handOut(runs: readonly Run[]): boolean {
    if (!runs.every((run, index) => this.#ready[index] === run)) return false;
    this.#ready.splice(0, runs.length);
    this.#handed = this.#ready[0]?.from ?? this.position ?? this.#handed;
    return true;
  }

  /** The offset up to which everything has come to its end, given the first object that has not; undefined where nothing can be said. */
  doneUpTo(oldest: ObjectVersion | undefined): number | undefined {
    if (this.position === undefined) return undefined;
    const first = oldest && runOf(oldest);
    const done = first?.from ?? (this.#ready.length > 0 ? this.#handed : this.position);
    // What is left of a topic that was made anew says nothing of the new one.
    const isLeft = first !== undefined && first.topicId !== this.topicId;
    return isLeft || done > this.position ? undefined : done;
  }
}
