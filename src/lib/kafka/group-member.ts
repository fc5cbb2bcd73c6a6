import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer } from "@platformatic/kafka";
import { drawerOf, type FlowferryError } from "../errors.ts";
import { pauseBefore } from "../retry.ts";
import { pause } from "../waiting.ts";
import { closeSilently } from "./closing.ts";
import type { KafkaConnection } from "./connection.ts";
import { byTopic, type Place, placeName } from "./places.ts";

/** A partition that is this member's, from when the group says so until it is released. One that comes back later is another claim. */
export interface Claim extends Place {
  /** Where the group says to go on; undefined where nobody has ever committed. */
  readonly committed: number | undefined;
}

export interface GroupOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** After so long without a sign of life the group gives this member's partitions to others, in ms. */
  readonly sessionMs: number;
  /** A name that stays with this member over restarts (static membership): it gets its partitions back within the session, and nobody else does. */
  readonly instanceId?: string | undefined;
}

export interface GroupEvents {
  /** These are this member's from now on. */
  onClaimed(claims: readonly Claim[]): void;
  /** The group has shared out, and what it has given to this member was claimed; it may be nothing. */
  onShared?(): void;
  /** These are no longer, and nothing is committed for them any more. The next ones are claimed when the promise resolves. */
  onReleased(claims: readonly Claim[]): Promise<void>;
  /**
   * The offset up to which everything of the claim is done; undefined where there is nothing to say. Asked once a second, when the group
   * shares out anew, and at the end.
   */
  doneUpTo(claim: Claim): number | undefined;
  /** Membership, or a commit, does not succeed, and has not for a while where it may pass; it is tried again. */
  onTrouble(error: FlowferryError): void;
  /** It does again. */
  onWell(): void;
}

/** What passes is told of when it has lasted so long: leaders change, and brokers close connections, as a matter of course. */
const PATIENCE_MS = 5_000;
/** One request for all partitions, and no more often: what OCI Streaming takes of a group. */
const COMMIT_MS = 1_000;
/** So many heartbeats in a row that nobody answers: connections and coordinator are found anew. */
const LOST_HEARTBEATS = 3;
const RETRY = { initialMs: 250, maxMs: 5_000 };
/** Moves partitions one by one, while the others are read on. */
const COOPERATIVE = { name: "cooperative-sticky", version: 1 };
/** How long a goodbye may take. */
const GOODBYE_MS = 700;

interface Held extends Claim {
  /** What the group knows of this claim. */
  told: number;
}

/**
 * A member of a consumer group. What the group has committed says where a claim begins, and is compared with what this member has committed
 * after every sharing out: a partition that another has had in between is another claim. Commits go forward only, and under the membership
 * in which a claim was confirmed: the broker refuses those of a member that the group has given up.
 */
export class GroupMember {
  readonly #connection: KafkaConnection;
  readonly #options: GroupOptions;
  readonly #events: GroupEvents;
  readonly #stop = new AbortController();
  readonly #held = new Map<string, Held>();
  #client: Consumer | undefined;
  /** Commits, and asks what was committed, over connections of its own; never joins. */
  #committer: Consumer | undefined;
  /** As which member, and of which generation, the claims were confirmed; undefined while they are not. */
  #confirmed: { readonly memberId: string; readonly generationId: number } | undefined;
  #lostHeartbeats = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** When the group was last asked for, and then confirmed, this membership; by the monotonic clock, which also runs while the process is stopped. */
  aliveAt = Number.NEGATIVE_INFINITY;
  /** One thing at a time: commits, and what follows a sharing out. */
  #last: Promise<void> = Promise.resolve();
  #isWell = true;
  /** Since when membership, or commits, do not succeed; by the monotonic clock. */
  #failingSince: number | undefined;
  #isJoining = false;

  constructor(connection: KafkaConnection, options: GroupOptions, events: GroupEvents) {
    this.#connection = connection;
    this.#options = options;
    this.#events = events;
  }

  /** This member's partitions. */
  get claims(): readonly Claim[] {
    return [...this.#held.values()];
  }

  /**
   * Whether the claims are this member's as far as can be known: not for one that the group has heard nothing of for a session, as after it was
   * stopped and woken, until the group has answered.
   */
  get isCurrent(): boolean {
    return this.#confirmed !== undefined && performance.now() - this.aliveAt < this.#options.sessionMs;
  }

  /** Whether the claim is still this member's. */
  holds(claim: Claim): boolean {
    return this.#held.get(placeName(claim)) === claim;
  }

  /** Joins, and stays a member until `leave`. Resolves when the group has answered for the first time. Throws a Failure. */
  async join(): Promise<void> {
    await this.#join();
    void this.#commitEvery();
  }

  /** Tells the group what is done, one last time, and leaves it at once, so that others take over; a static member stays known. */
  async leave(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await Promise.race([this.#goodbye().catch(() => {}), sleep(GOODBYE_MS, undefined, { ref: false })]);
    const clients = [this.#client, this.#committer];
    [this.#client, this.#committer] = [undefined, undefined];
    for (const client of clients) closeSilently(client);
    this.#held.clear();
  }

  /** The partition has been made anew, and its offsets begin again: what is done may be committed from there on. */
  restart(claim: Claim, offset: number): void {
    const held = this.#held.get(placeName(claim));
    if (held === claim) held.told = Math.min(held.told, offset);
  }

  /** What the group is known to have of the claim. */
  told(claim: Claim): number | undefined {
    const held = this.#held.get(placeName(claim));
    return held === claim && held.told >= 0 ? held.told : undefined;
  }

  /** Commits what is done. Resolves when the broker has it, or has refused. */
  commit(): Promise<void> {
    return this.#next(() => this.#commit());
  }

  async #goodbye(): Promise<void> {
    await this.commit();
    if (this.#options.instanceId === undefined) await this.#client?.leaveGroup(true);
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #trouble(error: unknown, doing: string): void {
    if (this.#stop.signal.aborted) return;
    const failure = this.#connection.failure(error, doing);
    const now = performance.now();
    this.#failingSince ??= now;
    if (drawerOf(failure) === "passing" && now - this.#failingSince < PATIENCE_MS) return;
    this.#isWell = false;
    this.#events.onTrouble(failure);
  }

  #well(): void {
    this.#failingSince = undefined;
    if (this.#isWell) return;
    this.#isWell = true;
    this.#events.onWell();
  }

  async #join(): Promise<void> {
    const client = this.#opened();
    const { sessionMs } = this.#options;
    try {
      await client.joinGroup({
        sessionTimeout: sessionMs,
        rebalanceTimeout: Math.max(sessionMs, 30_000),
        heartbeatInterval: heartbeatOf(sessionMs),
        protocols: [COOPERATIVE],
      });
    } catch (error) {
      throw this.#connection.failure(error, this.#doing());
    }
  }

  #doing(): string {
    return `join group ${this.#options.groupId}`;
  }

  #opened(): Consumer {
    if (this.#client !== undefined) return this.#client;
    const client = this.#made(3);
    client.topics.trackAll(...this.#options.topics);
    client.on("consumer:group:join", ({ memberId, generationId = 0, assignments }) => {
      if (client !== this.#client) return;
      this.#lostHeartbeats = 0;
      this.aliveAt = performance.now();
      this.#confirmed = undefined;
      const own = (assignments ?? []).flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
      void this.#next(() => this.#confirm({ memberId, generationId }, own));
    });
    client.on("consumer:group:rebalance", () => {
      if (client === this.#client) void this.#next(() => this.#giveUpRevoked(client));
    });
    client.on("consumer:heartbeat:start", () => {
      this.#askedAt = performance.now();
    });
    client.on("consumer:heartbeat:end", () => {
      this.#lostHeartbeats = 0;
      this.aliveAt = this.#askedAt;
    });
    client.on("consumer:heartbeat:error", ({ error }) => {
      if (client !== this.#client) return;
      this.#lostHeartbeats += 1;
      if (this.#lostHeartbeats >= LOST_HEARTBEATS) void this.#rejoin(error);
    });
    // The client has given up its membership, and does nothing more by itself.
    client.on("error", (error) => {
      if (client === this.#client) void this.#rejoin(error);
    });
    this.#client = client;
    return client;
  }

  #made(retries: number): Consumer {
    const { kafka, options } = this.#connection;
    const { groupId, instanceId } = this.#options;
    const client: Consumer = new kafka.Consumer({
      ...options,
      retries,
      groupId,
      autocommit: false,
      ...(instanceId !== undefined && { groupInstanceId: instanceId }),
    });
    return client;
  }

  /** Joins again over new connections, as the same member where the group still knows it. */
  async #rejoin(error: unknown): Promise<void> {
    if (this.#isJoining || this.#stop.signal.aborted) return;
    this.#isJoining = true;
    this.#lostHeartbeats = 0;
    let reason = error;
    for (let failures = 1; !this.#stop.signal.aborted; failures += 1) {
      this.#trouble(reason, this.#doing());
      const before = this.#client;
      const [memberId, assignments] = [before?.memberId ?? null, before?.assignments ?? null];
      this.#client = undefined;
      closeSilently(before);
      await pause(pauseBefore(failures, reason, RETRY), this.#stop.signal);
      if (this.#stop.signal.aborted) break;
      const client = this.#opened();
      client.memberId = drawerOf(reason) === "person" ? null : memberId;
      client.assignments = assignments;
      try {
        await this.#join();
        break;
      } catch (again) {
        reason = again;
      }
    }
    this.#isJoining = false;
  }

  /** The group has shared out: what is new begins where the group says, what is gone is released. */
  async #confirm(as: { memberId: string; generationId: number }, own: readonly Place[]): Promise<void> {
    this.#confirmed = undefined;
    const names = new Set(own.map(placeName));
    await this.#release([...this.#held.values()].filter((held) => !names.has(placeName(held))));
    let committed: ReadonlyMap<string, number> | undefined;
    for (let failures = 1; committed === undefined; failures += 1) {
      // A member that waits here is not thrown out; one that is superseded gives way.
      if (this.#stop.signal.aborted || this.#client?.generationId !== as.generationId) return;
      try {
        committed = await this.#committedOf(own);
      } catch (error) {
        this.#dropCommitter();
        this.#trouble(error, `ask group ${this.#options.groupId} for its offsets`);
        await pause(pauseBefore(failures, error, RETRY), this.#stop.signal);
      }
    }
    const groups = committed;
    const stale = [...this.#held.values()].filter((held) => (groups.get(placeName(held)) ?? -1) > held.told);
    await this.#release(stale);
    this.#confirmed = as;
    const fresh: Held[] = [];
    for (const { topic, partition } of own) {
      const name = placeName({ topic, partition });
      if (this.#held.has(name)) continue;
      const offset = groups.get(name);
      const held: Held = { topic, partition, committed: offset, told: offset ?? -1 };
      this.#held.set(name, held);
      fresh.push(held);
    }
    this.#well();
    if (fresh.length > 0) this.#events.onClaimed(fresh);
    this.#events.onShared?.();
  }

  async #committedOf(places: readonly Place[]): Promise<ReadonlyMap<string, number>> {
    if (places.length === 0) return new Map();
    const found = await this.#committing().listCommittedOffsets({ topics: byTopic(places) });
    const known = places.flatMap((place) => {
      const offset = Number(found.get(place.topic)?.[place.partition] ?? -1n);
      return offset < 0 ? [] : [[placeName(place), offset] as const];
    });
    return new Map(known);
  }

  /** The group begins to share out anew: what is done is told before others take over; what the client has given up is released. */
  async #giveUpRevoked(client: Consumer): Promise<void> {
    await this.#commit();
    if (client !== this.#client) return;
    const own = new Set(
      (client.assignments ?? []).flatMap(({ topic, partitions }) => partitions.map((one) => `${topic}/${one}`)),
    );
    await this.#release([...this.#held.values()].filter((held) => !own.has(placeName(held))));
  }

  async #release(claims: readonly Held[]): Promise<void> {
    if (claims.length === 0) return;
    for (const claim of claims) this.#held.delete(placeName(claim));
    try {
      await this.#events.onReleased(claims);
    } catch (error) {
      // They are not this member's in any case, and nothing is committed for them: what was not forgotten may be delivered by two.
      this.#trouble(error, `let go of ${claims.map(placeName).join(", ")}`);
    }
  }

  async #commitEvery(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await pause(COMMIT_MS, signal);
      if (!signal.aborted) await this.commit();
    }
  }

  async #commit(): Promise<void> {
    const as = this.#confirmed;
    if (as === undefined) return;
    const news = [...this.#held.values()].flatMap((held) => {
      const offset = this.#events.doneUpTo(held);
      return offset === undefined || offset <= held.told ? [] : [{ held, offset }];
    });
    if (news.length === 0) return;
    const committer = this.#committing();
    committer.memberId = as.memberId;
    committer.generationId = as.generationId;
    try {
      await committer.commit({
        offsets: news.map(({ held: { topic, partition }, offset }) => ({
          topic,
          partition,
          offset: BigInt(offset),
          leaderEpoch: -1,
        })),
      });
      for (const { held, offset } of news) held.told = offset;
      this.#well();
    } catch (error) {
      this.#dropCommitter();
      const failure = this.#connection.failure(error, `commit offsets of group ${this.#options.groupId}`);
      // The group shares out anew, or has done so without this member: the client joins again by itself.
      if (failure.code !== "kafka-membership" || drawerOf(failure) === "person") this.#trouble(failure, "");
    }
  }

  #committing(): Consumer {
    if (this.#committer !== undefined) return this.#committer;
    const committer = this.#made(0);
    committer.on("error", () => {});
    committer.topics.trackAll(...this.#options.topics);
    this.#committer = committer;
    return committer;
  }

  #dropCommitter(): void {
    const committer = this.#committer;
    this.#committer = undefined;
    closeSilently(committer);
  }
}

/** Six or more in a session: with a heartbeat's answer members learn that the group shares out anew. */
function heartbeatOf(sessionMs: number): number {
  return Math.max(200, Math.min(2_000, Math.floor(sessionMs / 6)));
}
