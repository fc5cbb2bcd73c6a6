import { Failure, type FlowferryError } from "../lib/errors.ts";
import type { KafkaConnection } from "../lib/kafka/connection.ts";
import { type Claim, GroupMember } from "../lib/kafka/group-member.ts";
import { pause } from "../lib/waiting.ts";
import type { Lease } from "./lister.ts";

/** So much of a session may have passed since the group's last word. The rest is for what is under way. */
const TRUSTED = 0.7;
const LOOK_MS = 50;

export interface LeaseParts {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topic: string;
  readonly sessionMs: number;
  readonly onTrouble: (error: FlowferryError) => void;
  readonly onWell: () => void;
  /** What the group is to know of: the offset up to which everything of the lease's partition is done. */
  readonly doneUpTo?: () => number | undefined;
  /** The lease is this worker's, until its signal aborts. */
  readonly onLease: (lease: Lease) => void;
}

/** The lease of one thing that one worker does: whoever the group gives the first partition of the topic has it. Nothing is read here. */
export class LeaseHolder {
  readonly #member: GroupMember;
  readonly #parts: LeaseParts;
  #held: { readonly claim: Claim; readonly lost: AbortController } | undefined;

  constructor(parts: LeaseParts) {
    const { connection, groupId, topic, sessionMs, onTrouble, onWell } = parts;
    this.#parts = parts;
    this.#member = new GroupMember(
      connection,
      { groupId, sessionMs, topics: [topic] },
      {
        onClaimed: (claims) => this.#claimed(claims),
        onReleased: async (claims) => {
          if (this.#held !== undefined && claims.includes(this.#held.claim)) this.#end();
        },
        doneUpTo: (claim) => (claim === this.#held?.claim ? parts.doneUpTo?.() : undefined),
        onTrouble,
        onWell,
      },
    );
  }

  /** Throws a Failure. */
  join(): Promise<void> {
    return this.#member.join();
  }

  /** Gives it up at once, so that another has it. */
  async close(): Promise<void> {
    this.#end();
    await this.#member.leave();
  }

  #claimed(claims: readonly Claim[]): void {
    const claim = claims.find(({ partition }) => partition === 0);
    if (claim === undefined) return;
    this.#end();
    const lost = new AbortController();
    this.#held = { claim, lost };
    this.#parts.onLease({ signal: lost.signal, confirm: () => this.#confirm(lost.signal) });
  }

  #end(): void {
    this.#held?.lost.abort(new Failure("passing", "lease-lost", "another worker has the lease from now on"));
    this.#held = undefined;
  }

  /** A process that was stopped may wake up when another has the lease for long, and not know it yet. */
  async #confirm(signal: AbortSignal): Promise<void> {
    const { sessionMs } = this.#parts;
    while (performance.now() - this.#member.aliveAt > TRUSTED * sessionMs) {
      signal.throwIfAborted();
      await pause(LOOK_MS, signal);
    }
    signal.throwIfAborted();
  }
}
