import type { Seen, SourceEvent } from "../../contracts/source.ts";
import type { ObjectVersion } from "../../contracts/store.ts";
import { drawerOf, Failure, type FlowferryError } from "../../lib/errors.ts";
import type { KafkaConnection } from "../../lib/kafka/connection.ts";
import { type Claim, GroupMember } from "../../lib/kafka/group-member.ts";
import { type Place, placeName } from "../../lib/kafka/places.ts";
import { type Fetched, type FetchLimits, TopicReader } from "../../lib/kafka/topic-reader.ts";
import { firstOf, pause } from "../../lib/waiting.ts";
import { type Begin, beginOf, type Mark } from "./begin.ts";
import type { Memory } from "./memory.ts";
import { OwnPartition } from "./own-partition.ts";
import type { Pacer } from "./pacer.ts";
import { type FilledRun, type Run, versionOf, weightOf } from "./runs.ts";

export interface FeedOptions {
  readonly topics: readonly string[];
  readonly group: string;
  readonly instanceId: string | undefined;
  readonly sessionMs: number;
  readonly limits: FetchLimits;
  readonly begin: Begin;
  /** Ends at what was there when it began. */
  readonly untilCaughtUp: boolean;
}

export interface FeedEvents {
  /** There is something to hand out, or something is wrong. */
  onNews(): void;
  /** These objects are another worker's, or are read anew. */
  revoke(objects: readonly ObjectVersion[]): Promise<void>;
  onEvent(event: SourceEvent): void;
  onLag(partition: string, messages: number | undefined): void;
}

/** What passes is told of when it has lasted so long: leaders change, and brokers close connections, as a matter of course. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 500;
const EVERYTHING = Number.MAX_SAFE_INTEGER;

/**
 * What a worker gets of the topics as a member of its group: claims partitions, fetches them ahead of the readers as far as memory goes, and
 * says how far everything of a partition has come to its end. That is what the ledger says: the first object that it still remembers.
 */
export class Feed {
  readonly #connection: KafkaConnection;
  readonly #options: FeedOptions;
  readonly #events: FeedEvents;
  readonly #memory: Memory;
  readonly #seen: Seen;
  readonly #member: GroupMember;
  readonly #reader: TopicReader;
  readonly #pacer: Pacer;
  readonly #own = new Map<string, OwnPartition>();
  readonly #stop = new AbortController();
  /** Where each partition ends that is to be read to its end. */
  #targets: ReadonlyMap<string, number> | undefined;
  #joined: Promise<void> | undefined;
  /** The group has shared out at least once. */
  #isShared = false;
  #trouble: FlowferryError | undefined;
  #change = Promise.withResolvers<void>();

  constructor(
    connection: KafkaConnection,
    options: FeedOptions,
    { seen, memory, pacer }: { readonly seen: Seen; readonly memory: Memory; readonly pacer: Pacer },
    events: FeedEvents,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#seen = seen;
    this.#memory = memory;
    this.#pacer = pacer;
    this.#events = events;
    this.#reader = new TopicReader(connection, options.topics);
    this.#member = new GroupMember(
      connection,
      { groupId: options.group, topics: options.topics, sessionMs: options.sessionMs, instanceId: options.instanceId },
      {
        onClaimed: (claims) => this.#claimed(claims),
        onShared: () => {
          if (!this.#isShared && this.#own.size === 0) void this.#begin([]);
        },
        onReleased: (claims) => this.#released(claims),
        doneUpTo: (claim) => this.#doneUpTo(claim),
        onTrouble: (error) => this.#troubled(error),
        onWell: () => this.#healed(),
      },
    );
  }

  /** Joins the group, once. Throws a Failure, and may then be called again. */
  async start(): Promise<void> {
    this.#joined ??= this.#join();
    try {
      await this.#joined;
    } catch (error) {
      this.#joined = undefined;
      throw error;
    }
  }

  async #join(): Promise<void> {
    const places = await this.#reader.partitions();
    if (this.#options.untilCaughtUp) this.#targets ??= await this.#reader.offsets(places, "latest");
    await this.#member.join();
    void this.#fetch();
  }

  /** Why nothing comes at the moment; undefined where something does. */
  get trouble(): FlowferryError | undefined {
    return this.#trouble;
  }

  /** Resolves at the next change of what is ready, or wrong. */
  get changed(): Promise<void> {
    return this.#change.promise;
  }

  /** Everything up to where the partitions ended when it began is handed out. */
  get isCaughtUp(): boolean {
    if (!this.#isShared || this.#own.size === 0) return false;
    return [...this.#own.values()].every((own) => own.ready.length === 0 && own.position !== undefined && !this.#isWanted(own));
  }

  /** The group has shared out, and nothing is this worker's. */
  get isIdle(): boolean {
    return this.#isShared && this.#own.size === 0;
  }

  /** Partitions of this worker of which something is to be handed out, with what is ready. */
  ready(): { readonly partition: string; readonly runs: readonly (Run & Partial<FilledRun>)[] }[] {
    if (!this.#member.isCurrent) return [];
    return [...this.#own.values()]
      .filter(({ ready }) => ready.length > 0)
      .map(({ name, ready }) => ({ partition: name, runs: [...ready] }));
  }

  /** What the ledger keeps for the next start: whose progress it is, and what the group was told last. */
  markOf(partition: string): string | undefined {
    const own = this.#own.get(partition);
    if (own === undefined) return undefined;
    const mark: Mark = { group: this.#options.group, told: this.#member.told(own.claim), topicId: own.topicId };
    return JSON.stringify(mark);
  }

  /** These runs are in the ledger. False where the partition was released meanwhile: they are to be revoked. */
  handedOut(partition: string, runs: readonly Run[]): boolean {
    return this.#own.get(partition)?.handOut(runs) ?? false;
  }

  /** Resolves when it is known whose the partition is, to whether it is this worker's. */
  async owns(place: Place, signal: AbortSignal): Promise<boolean> {
    const name = placeName(place);
    const isKnown = () => this.#isShared && (!this.#own.has(name) || this.#own.get(name)?.position !== undefined);
    while (!isKnown()) {
      signal.throwIfAborted();
      await firstOf([this.changed], signal);
    }
    return this.#own.has(name);
  }

  /** Tells the group what is done. */
  commit(): Promise<void> {
    return this.#member.commit();
  }

  /** Fetches nothing more, tells the group what is done, and leaves it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#member.leave();
    await this.#reader.close();
    for (const { name } of this.#own.values()) this.#events.onLag(name, undefined);
    this.#own.clear();
    this.#changed();
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }

  #troubled(error: FlowferryError): void {
    if (this.#stop.signal.aborted) return;
    this.#trouble = error;
    this.#changed();
    this.#events.onNews();
  }

  #healed(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#changed();
    this.#events.onNews();
  }

  #claimed(claims: readonly Claim[]): void {
    const fresh = claims.map((claim) => new OwnPartition(claim));
    for (const own of fresh) this.#own.set(own.name, own);
    void this.#begin(fresh);
  }

  /** Finds where partitions begin, and lets the ledger forget what is not theirs. */
  async #begin(fresh: readonly OwnPartition[]): Promise<void> {
    const isFirst = !this.#isShared;
    for (const own of fresh) await this.#beginOne(own);
    if (isFirst) {
      const others = this.#seen.partitions().filter((name) => !this.#own.has(name));
      const left = others.flatMap((name) => this.#seen.waiting(name, EVERYTHING));
      if (left.length > 0) await this.#forget(left);
    }
    this.#isShared = true;
    this.#changed();
    this.#events.onNews();
  }

  /** What is others' is read by nobody here, and so has to be forgotten. */
  async #forget(objects: readonly ObjectVersion[]): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#revoke(objects);
        return;
      } catch (error) {
        this.#troubled(this.#connection.failure(error, "let go of what is others'"));
        await pause(RETRY_MS, this.#stop.signal);
      }
    }
  }

  async #beginOne(own: OwnPartition): Promise<void> {
    while (this.#isStill(own)) {
      try {
        const held = this.#seen.waiting(own.name, EVERYTHING);
        const { begin, group } = this.#options;
        const mark = this.#seen.mark(own.name);
        const places = await this.#reader.partitions();
        const topicId = places.find((place) => placeName(place) === own.name)?.topicId;
        const known = { held, mark: mark === undefined ? undefined : (JSON.parse(mark) as Mark), group, begin, topicId };
        const { position, revoke, isAnother } = await beginOf(own.claim, known, this.#reader);
        if (revoke && held.length > 0) await this.#revoke(held);
        if (!this.#isStill(own)) return;
        if (isAnother) this.#tellRestart(own, `${own.name} was made anew; it is read from offset ${position} on`);
        own.topicId = topicId;
        own.startAt(position);
        return;
      } catch (error) {
        this.#troubled(this.#connection.failure(error, `begin with ${own.name}`));
        await pause(RETRY_MS, this.#stop.signal);
      }
    }
  }

  #isStill(own: OwnPartition): boolean {
    return !this.#stop.signal.aborted && this.#own.get(own.name) === own;
  }

  async #released(claims: readonly Claim[]): Promise<void> {
    const objects = claims.flatMap((claim) => {
      const name = placeName(claim);
      const own = this.#own.get(name);
      this.#own.delete(name);
      for (const run of own?.ready ?? []) this.#memory.drop(versionOf(run));
      this.#events.onLag(name, undefined);
      return this.#seen.waiting(name, EVERYTHING);
    });
    this.#changed();
    if (objects.length > 0) await this.#revoke(objects);
  }

  async #revoke(objects: readonly ObjectVersion[]): Promise<void> {
    for (const object of objects) this.#memory.drop(object);
    await this.#events.revoke(objects);
  }

  #doneUpTo(claim: Claim): number | undefined {
    const own = this.#own.get(placeName(claim));
    if (own?.claim !== claim) return undefined;
    const [oldest] = this.#seen.waiting(own.name, 1);
    return own.doneUpTo(oldest);
  }

  #isWanted(own: OwnPartition): boolean {
    const target = this.#targets?.get(own.name);
    return own.position !== undefined && (target === undefined || own.position < target);
  }

  async #fetch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const now = Date.now();
      const wanted = [...this.#own.values()].filter((own) => this.#isWanted(own) && own.notBefore <= now);
      if (wanted.length === 0 || this.#memory.isFull || !this.#member.isCurrent) {
        await firstOf([this.changed, this.#memory.freed, pause(RETRY_MS, signal)], signal);
        continue;
      }
      await this.#pacer.turn(
        wanted.map(({ name }) => name),
        signal,
      );
      if (signal.aborted) return;
      const asked = wanted.filter((own) => this.#isStill(own));
      try {
        const places = asked.map(({ claim: { topic, partition }, position = 0 }) => ({ topic, partition, offset: position }));
        const answers = await this.#reader.fetch(places, this.#options.limits);
        let isNew = false;
        for (const answer of answers) {
          const own = asked.find(({ name }) => name === placeName(answer));
          if (own !== undefined && this.#isStill(own) && this.#member.isCurrent) isNew = (await this.#take(own, answer)) || isNew;
        }
        if (asked.every(({ failingSince }) => failingSince === undefined)) this.#healed();
        if (isNew || this.#targets !== undefined) this.#changed();
        if (isNew) this.#events.onNews();
      } catch (error) {
        if (signal.aborted) return;
        for (const own of asked) this.#failing(own, this.#connection.failure(error, "read"));
      }
    }
  }

  #failing(own: OwnPartition, failure: FlowferryError): void {
    const now = Date.now();
    own.failingSince ??= now;
    own.notBefore = now + RETRY_MS;
    if (drawerOf(failure) !== "passing" || now - own.failingSince >= PATIENCE_MS) this.#troubled(failure);
  }

  /** Takes what a broker has of a partition; whether there is something. */
  async #take(own: OwnPartition, { messages, next, end, failure, topicId }: Fetched): Promise<boolean> {
    const position = own.position ?? 0;
    const isAnother = own.topicId !== undefined && topicId !== undefined && topicId !== own.topicId;
    if (isAnother) {
      const first = await this.#offsetOf(own, "earliest");
      own.topicId = topicId;
      return this.#startAgain(own, first, `${own.name} was made anew; it is read from its first message on`);
    }
    if (failure !== undefined) {
      if (failure.code === "kafka-offset-lost") return this.#takeUp(own, position);
      this.#failing(own, failure);
      return false;
    }
    own.failingSince = undefined;
    own.topicId = topicId ?? own.topicId;
    if (end >= 0) this.#events.onLag(own.name, Math.max(0, end - next));
    // A position goes forward only: what an answer has of what was fetched before is not taken again.
    if (next <= position) return false;
    const target = this.#targets?.get(own.name) ?? EVERYTHING;
    const runs = own.take(
      messages.filter(({ offset }) => offset >= position && offset < target),
      Math.min(next, target),
    );
    for (const run of runs) this.#memory.put(versionOf(run), run.messages, weightOf(run));
    return runs.length > 0;
  }

  /** There is nothing at the position: retention has deleted it, or the partition was made anew. */
  async #takeUp(own: OwnPartition, position: number): Promise<boolean> {
    const [first, end] = [await this.#offsetOf(own, "earliest"), await this.#offsetOf(own, "latest")];
    if (!this.#isStill(own)) return false;
    const { name: key } = own;
    if (first > position) {
      const message = `messages ${position} to ${first - 1} of ${key} were deleted by retention before they were read`;
      this.#events.onEvent({ kind: "retention-loss", key, message });
      own.takeUnread(first);
      return true;
    }
    if (end >= position) return false;
    const message = `${key} ends at offset ${end}, and was read up to ${position}: it was made anew, or has lost its end; it is read from its first message on`;
    return this.#startAgain(own, first, message);
  }

  /** Reads from there on, and commits from there on. */
  #startAgain(own: OwnPartition, first: number, message: string): boolean {
    if (!this.#isStill(own)) return false;
    this.#tellRestart(own, message);
    this.#member.restart(own.claim, first);
    own.startAt(first);
    return true;
  }

  #tellRestart({ name: key }: OwnPartition, message: string): void {
    this.#events.onEvent({ kind: "log-restarted", key, message });
  }

  async #offsetOf({ claim, name }: OwnPartition, at: "earliest" | "latest"): Promise<number> {
    const { topic, partition } = claim;
    const offset = (await this.#reader.offsets([{ topic, partition }], at)).get(name);
    if (offset === undefined)
      throw new Failure("passing", "kafka-unavailable", `Kafka: the brokers do not say where ${name} begins`);
    return offset;
  }
}
