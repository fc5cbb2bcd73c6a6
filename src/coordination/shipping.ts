import type { StoredDeadLetter } from "../contracts/ledger.ts";
import type { Discovery, SourceListener } from "../contracts/source.ts";
import { describeError, type FlowferryError } from "../lib/errors.ts";
import type { KafkaConnection } from "../lib/kafka/connection.ts";
import { type Claim, GroupMember } from "../lib/kafka/group-member.ts";
import { placeName } from "../lib/kafka/places.ts";
import { type Fetched, TopicReader } from "../lib/kafka/topic-reader.ts";
import { firstWithin, pause } from "../lib/waiting.ts";
import { type ObjectMessage, type Parked, read, written } from "./messages.ts";
import { type Entry, entryOf, isDue, orderOf, type Share } from "./share.ts";
import type { TopicLog } from "./topic-log.ts";

/** So many messages of a partition are held: with the longest keys some hundred kilobytes. */
const HELD = 500;
/** What is done is found out so often, in ms: sooner than it is committed. */
const SETTLE_MS = 250;
/** A partition is asked for less often than five times a second: what OCI Streaming gives a group. */
const BETWEEN_FETCHES_MS = 250;
const FETCH = { waitMs: 500, partitionBytes: 262_144, bytes: 8 * 1_048_576 };
/** The pause before a parked object is tried again doubles up to this, in ms. */
const LONGEST_PAUSE_MS = 900_000;
/** A worker that has no partition of the objects for so long says so, in ms. */
const IDLE_MS = 30_000;
/** An object that stands in the topic twice is known as long as so many others came behind it. */
const REMEMBERED = 10_000;

export interface ShippingParts {
  readonly connection: KafkaConnection;
  readonly log: TopicLog;
  readonly groupId: string;
  readonly instanceId: string | undefined;
  readonly sessionMs: number;
  readonly topics: { readonly objects: string; readonly parked: string; readonly deadLetters: string };
  /** Names of the sources in the configuration. */
  readonly sources: ReadonlySet<string>;
  /** What of an object was set aside. */
  readonly letters: (source: string, key: string) => readonly StoredDeadLetter[];
  readonly events: ShippingEvents;
  /** So long an object may hold up those behind it in its partition, and rests then at first, in ms. */
  readonly parkAfterMs: number;
}

export interface ShippingEvents {
  onTrouble(error: FlowferryError): void;
  onWell(): void;
  onInfo(line: string): void;
  /** A message that is none of these. */
  onStranger(place: string): void;
  /** Objects of a source that this worker's configuration lacks. */
  onUnknownSource(source: string): void;
  /** Retention has deleted messages before they were read. */
  onLost(place: string, from: number, to: number): void;
  /** A topic was deleted and made anew. Told for each of its partitions that this worker has. */
  onAnew(topic: string): void;
}

/**
 * The objects that are this worker's to deliver: those of the partitions that the group gives it. A message is done when every consumer of this
 * worker has its object, and committed when all before it are. What is taken away is forgotten here, and another worker begins with it anew.
 */
export class Shipping {
  readonly #parts: ShippingParts;
  readonly #member: GroupMember;
  readonly #reader: TopicReader;
  readonly #shares = new Map<string, Share>();
  readonly #listeners = new Map<string, SourceListener>();
  readonly #stop = new AbortController();
  #change = Promise.withResolvers<void>();
  #settling: Promise<void> = Promise.resolve();
  #working: Promise<unknown> = Promise.resolve();
  #isTroubled = false;
  #idleSince: number | undefined;

  constructor(parts: ShippingParts) {
    this.#parts = parts;
    const { connection, groupId, instanceId, sessionMs, topics, events } = parts;
    this.#reader = new TopicReader(connection, [topics.objects, topics.parked]);
    this.#member = new GroupMember(
      connection,
      { groupId, instanceId, sessionMs, topics: [topics.objects, topics.parked] },
      {
        onClaimed: (claims) => this.#claimed(claims),
        onReleased: (claims) => this.#released(claims),
        doneUpTo: (claim) => this.#doneUpTo(claim),
        onTrouble: events.onTrouble,
        onWell: events.onWell,
      },
    );
  }

  /** Joins the group. Throws a Failure where that cannot be. */
  async open(): Promise<void> {
    await this.#member.join();
    this.#working = Promise.all([this.#readOn(), this.#settleOn()]);
  }

  /** Of the worker's run, which begins: there is one at a time. */
  listen(source: string, listener: SourceListener): void {
    this.#listeners.set(source, listener);
  }

  /**
   * Objects of the source that this worker has and has not handed out, the oldest of all its partitions first: rules do not count what comes
   * hours behind the rest.
   */
  async *take(source: string): AsyncGenerator<Discovery> {
    const now = Date.now();
    const due = [...this.#shares.values()].flatMap((share) =>
      share.entries.flatMap((entry) => (isDue(entry, source, now) ? [{ share, entry, time: entry.told?.object.time ?? 0 }] : [])),
    );
    due.sort((one, other) => one.time - other.time);
    for (let from = 0, to = 0; from < due.length; from = to) {
      const { share } = due[from] as (typeof due)[number];
      while (due[to]?.share === share) to += 1;
      if (share.isReleased) continue;
      const entries = due.slice(from, to).map(({ entry }) => entry);
      const objects = entries.flatMap(({ offset, told }) =>
        told === undefined ? [] : [{ ...told.object, order: orderOf(offset) }],
      );
      const first = share.entries.find((entry) => isDue(entry, source, now));
      const forgetBefore = orderOf(Math.max(0, (first?.offset ?? 0) - REMEMBERED));
      yield { partition: share.name, objects, forgetBefore };
      for (const entry of entries) entry.state = "taken";
      // They were taken away while the ledger took them.
      if (share.isReleased) await this.#listeners.get(source)?.revoke(objects);
    }
  }

  /** Whether something of the source waits to be taken. */
  #hasNews(source: string): boolean {
    const now = Date.now();
    return [...this.#shares.values()].some(({ entries }) => entries.some((entry) => isDue(entry, source, now)));
  }

  /** Commits what is done, and gives the rest to others at once. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await this.#settle();
    this.#stop.abort();
    await this.#member.leave();
    await this.#reader.close();
    await this.#working;
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #claimed(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const name = placeName(claim);
      this.#shares.set(name, { claim, name, next: claim.committed, topicId: undefined, entries: [], isReleased: false });
    }
    this.#parts.events.onInfo(`has ${this.#shares.size} partitions to deliver: ${claims.map(placeName).join(", ")} came`);
    this.#changed();
  }

  async #released(claims: readonly Claim[]): Promise<void> {
    const taken = new Map<string, ObjectMessage["object"][]>();
    for (const claim of claims) {
      const share = this.#shares.get(placeName(claim));
      if (share?.claim !== claim) continue;
      this.#shares.delete(share.name);
      share.isReleased = true;
      for (const { state, told } of share.entries) {
        if (state !== "taken" || told === undefined) continue;
        taken.set(told.source, [...(taken.get(told.source) ?? []), told.object]);
      }
    }
    this.#parts.events.onInfo(`has ${this.#shares.size} partitions to deliver: ${claims.map(placeName).join(", ")} went`);
    for (const [source, objects] of taken) {
      await this.#listeners
        .get(source)
        ?.revoke(objects)
        .catch((error: unknown) => this.#parts.events.onInfo(`objects that went are not forgotten: ${describeError(error)}`));
    }
  }

  #doneUpTo(claim: Claim): number | undefined {
    const share = this.#shares.get(placeName(claim));
    if (share?.claim !== claim) return undefined;
    this.#advance(share);
    return share.entries[0]?.offset ?? share.next;
  }

  /** Lets go of what is done, but for what has something to leave behind. Returns the first message that is not. */
  #advance({ entries }: Share): Entry | undefined {
    for (;;) {
      const [entry] = entries;
      if (entry === undefined || !(entry.state === "done" || this.#isDone(entry))) return entry;
      entries.shift();
    }
  }

  #isDone({ state, told }: Entry): boolean {
    if (state !== "taken" || told === undefined) return false;
    const { source, object } = told;
    const listener = this.#listeners.get(source);
    return (
      listener !== undefined && listener.standing(object) === undefined && this.#parts.letters(source, object.key).length === 0
    );
  }

  async #readOn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const began = performance.now();
      const shares = [...this.#shares.values()].filter(({ entries }) => entries.length < HELD);
      if (shares.length === 0) {
        await firstWithin(SETTLE_MS, [this.#change.promise], signal);
        continue;
      }
      try {
        await this.#fetch(shares);
      } catch (error) {
        this.#trouble(error as FlowferryError);
        await pause(1_000, signal);
      }
      await pause(Math.max(0, BETWEEN_FETCHES_MS - (performance.now() - began)), signal);
    }
  }

  async #fetch(shares: readonly Share[]): Promise<void> {
    const unknown = shares.filter(({ next }) => next === undefined);
    if (unknown.length > 0) {
      const places = unknown.map(({ claim: { topic, partition } }) => ({ topic, partition }));
      const starts = await this.#reader.offsets(places, "earliest");
      for (const share of unknown) share.next = starts.get(share.name);
    }
    const wanted = shares.map(({ claim: { topic, partition }, next = 0 }) => ({ topic, partition, offset: next }));
    let failure: FlowferryError | undefined;
    for (const fetched of await this.#reader.fetch(wanted, FETCH)) {
      const name = placeName(fetched);
      const share = shares.find((one) => one.name === name);
      if (share === undefined || share.isReleased) continue;
      const { topicId } = fetched;
      if (share.topicId !== undefined && topicId !== undefined && topicId !== share.topicId) await this.#beginAnew(share);
      else if (fetched.failure === undefined) this.#hold(share, fetched);
      else if (fetched.failure.code === "kafka-offset-lost") await this.#skipLost(share);
      else failure ??= fetched.failure;
      share.topicId = topicId ?? share.topicId;
    }
    if (failure !== undefined) throw failure;
    if (this.#isTroubled) this.#parts.events.onWell();
    this.#isTroubled = false;
    for (const [source, listener] of this.#listeners) if (this.#hasNews(source)) listener.hint("");
  }

  /** What is not there any more was deleted by retention, unless offsets begin again. */
  async #skipLost(share: Share): Promise<void> {
    const { next: from = 0, name, claim } = share;
    const end = (await this.#reader.offsets([claim], "latest")).get(name) ?? from;
    if (end < from) return this.#beginAnew(share);
    const start = (await this.#reader.offsets([claim], "earliest")).get(name) ?? from;
    if (start > from) this.#parts.events.onLost(name, from, start);
    share.next = start;
  }

  /** The topic was deleted and made anew: its offsets say nothing of those before. What was taken is delivered, and commits nothing. */
  async #beginAnew(share: Share): Promise<void> {
    const start = (await this.#reader.offsets([share.claim], "earliest")).get(share.name) ?? 0;
    share.entries.length = 0;
    share.next = start;
    this.#member.restart(share.claim, start);
    this.#parts.events.onAnew(share.claim.topic);
  }

  #trouble(error: FlowferryError): void {
    if (this.#stop.signal.aborted) return;
    this.#isTroubled = true;
    this.#parts.events.onTrouble(error);
  }

  #hold(share: Share, { messages, next }: Fetched): void {
    const { events, sources } = this.#parts;
    for (const { offset, value } of messages) {
      // A broker that came back may give again what was read before.
      if (offset < (share.next ?? 0)) continue;
      const told = read(value);
      if (told === undefined) events.onStranger(`${share.name} at ${offset}`);
      const object = told?.kind === "object" ? told : undefined;
      if (object !== undefined && !sources.has(object.source)) events.onUnknownSource(object.source);
      share.entries.push(entryOf(offset, object, Date.now()));
    }
    share.next = Math.max(share.next ?? 0, next);
  }

  async #settleOn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await pause(SETTLE_MS, signal);
      await this.#settle();
      this.#noteIdle();
      // What was parked comes due.
      for (const [source, listener] of this.#listeners) if (this.#hasNews(source)) listener.hint("");
    }
  }

  /** Says it once when there is no work for this worker: it stands by. */
  #noteIdle(): void {
    const { objects } = this.#parts.topics;
    if (!this.#member.isCurrent || [...this.#shares.values()].some(({ claim }) => claim.topic === objects)) {
      this.#idleSince = undefined;
      return;
    }
    this.#idleSince ??= performance.now();
    if (performance.now() - this.#idleSince < IDLE_MS) return;
    this.#idleSince = Number.POSITIVE_INFINITY;
    this.#parts.events.onInfo(
      `has no partition of ${objects}, and stands by: others have them all. A topic with more partitions gives work to more workers`,
    );
  }

  /** Finds out what is done, one call after the other. */
  #settle(): Promise<void> {
    this.#settling = this.#settling.then(async () => {
      for (const share of [...this.#shares.values()]) {
        try {
          await this.#settleShare(share);
        } catch (error) {
          // What cannot be written down of one holds up no other.
          this.#trouble(error as FlowferryError);
        }
      }
    });
    return this.#settling;
  }

  async #settleShare(share: Share): Promise<void> {
    for (let entry = this.#advance(share); entry !== undefined && !share.isReleased; entry = this.#advance(share)) {
      const { told, state } = entry;
      const listener = told && this.#listeners.get(told.source);
      if (state !== "taken" || told === undefined || listener === undefined) return;
      const standing = listener.standing(told.object);
      if (standing === undefined) await this.#setAside(told);
      else if (standing.parked !== undefined && Date.now() - standing.parked.since >= this.#parts.parkAfterMs) {
        await this.#park(told, standing.parked);
        if (!share.isReleased) await listener.revoke([told.object]);
      } else return;
      entry.state = "done";
      this.#changed();
    }
  }

  /** What was set aside of an object outlives this worker. */
  async #setAside({ source, object: { key, etag } }: ObjectMessage): Promise<void> {
    const { letters, log, topics } = this.#parts;
    const own = letters(source, key).filter((letter) => letter.etag === etag);
    const messages = own.map(({ id: _, ...letter }) => ({
      topic: topics.deadLetters,
      key: Buffer.from(`${source}\0${key}`),
      value: Buffer.from(JSON.stringify(letter)),
    }));
    await log.send(messages, this.#stop.signal);
  }

  async #park(
    told: ObjectMessage,
    { since, attempts, code, reason }: Pick<Parked, "since" | "attempts" | "code" | "reason">,
  ): Promise<void> {
    const { log, topics, events, parkAfterMs } = this.#parts;
    const times = (told.parked?.attempts ?? 0) + attempts;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, told.parked === undefined ? parkAfterMs : 2 * told.parked.pauseMs);
    const parked = {
      attempts: times,
      since: told.parked?.since ?? since,
      code,
      reason,
      pauseMs,
      notBefore: Date.now() + pauseMs,
    };
    await log.send([{ topic: topics.parked, ...written({ ...told, parked }) }], this.#stop.signal);
    events.onInfo(`parked ${told.object.key} for all workers, tried ${times} times: ${reason}`);
  }
}
