import type { StoredDeadLetter } from "../contracts/ledger.ts";
import type { EventHint } from "../contracts/object-event.ts";
import type { Source } from "../contracts/source.ts";
import { describeError, Failure } from "../lib/errors.ts";
import { kafkaConnection } from "../lib/kafka/connection.ts";
import { checkConnection } from "../lib/kafka/options.ts";
import { type RetryPolicy, retry } from "../lib/retry.ts";
import type { Secrets } from "../lib/secrets/secrets.ts";
import { pause } from "../lib/waiting.ts";
import { Detecting } from "./detecting.ts";
import { followEvents } from "./event-hints.ts";
import { LagWatch } from "./lag-watch.ts";
import { LeaseHolder } from "./lease.ts";
import { type Lease, Lister } from "./lister.ts";
import type { CoordinationOptions } from "./options.ts";
import { detectorsOf, type Role, type TopicLag } from "./roles.ts";
import { Rows } from "./rows.ts";
import { Shipping, type ShippingParts } from "./shipping.ts";
import type { Tenure } from "./tenure.ts";
import { TopicLog } from "./topic-log.ts";
import { rewriteWaiting } from "./waiting-messages.ts";

/** So often, within the time that topics keep a message, it is looked whether something is to be written again. */
const LOOKS = 8;
/** The pause after a lister has failed in a way that no repetition heals, in ms. */
const LISTER_PAUSE_MS = 10_000;

export interface CoordinationParts {
  readonly options: CoordinationOptions;
  readonly roles: ReadonlySet<Role>;
  /** There are rules. */
  readonly hasRules: boolean;
  readonly pollMs: number;
  readonly retry: RetryPolicy;
  /** Absolute folder that relative paths start from. */
  readonly baseDir: string;
  readonly secrets: Secrets | undefined;
  /** What a message of object-created events tells; undefined for one that is no event. */
  readonly hintsIn: (text: string) => readonly EventHint[] | undefined;
  readonly events: CoordinationEvents;
}

export interface CoordinationEvents {
  /** Something does not work now, and is tried again. */
  onTrouble(part: string, error: unknown, failures: number): void;
  onWell(part: string): void;
  onListing(source: string): void;
  onInfo(line: string): void;
  /** Something is wrong that a person must see to. */
  onError(code: string, line: string): void;
}

const PART = "coordination";

/** What joins this worker with others: the objects of their buckets are found by one of them and delivered by all. */
export class Coordination {
  readonly #parts: CoordinationParts;
  readonly #sources = new Map<string, Source>();
  readonly #stop = new AbortController();
  readonly #told = new Set<string>();
  #lister: Lister | undefined;
  #shipping: Shipping | undefined;
  #closers: (() => Promise<void>)[] = [];
  #working: Promise<unknown> = Promise.resolve();
  readonly #lag: LagWatch;
  /** Hints that this worker gave itself, since something came to be delivered. */
  readonly #expected = new Set<string>();
  /** What of an object was set aside. */
  letters: (source: string, key: string) => readonly StoredDeadLetter[] = () => [];
  /** Looks after the rules of all workers, when it is this one's turn. */
  readonly evaluation = Promise.withResolvers<(tenure: Tenure) => Promise<void>>();
  readonly #rows: Rows;

  /** Throws UsageError for options that contradict each other. Opens nothing. */
  constructor(parts: CoordinationParts) {
    checkConnection(parts.options);
    this.#parts = parts;
    const { options, events } = parts;
    this.#lag = new LagWatch(options);
    this.#rows = new Rows(options.topics.detections, {
      onTrouble: (error) => events.onTrouble(PART, error, 3),
      onWell: () => events.onWell(PART),
    });
  }

  /** Where flows go that the rules have to see: whichever worker looks after them. */
  get rows(): Rows {
    return this.#rows;
  }

  /** The source as this worker has it: what it discovers is what the group gives it. */
  shared(name: string, source: Source): Source {
    this.#sources.set(name, source);
    const discover = (within: string | undefined) => {
      if (within !== undefined && !(within === "" && this.#expected.delete(name))) this.#lister?.hint(name, within);
      return this.#shipping?.take(name) ?? nothing();
    };
    return {
      name: source.name,
      discover: (_seen, _signal, within) => discover(within),
      open: (object, signal, after) => source.open(object, signal, after),
      ...(source.find !== undefined && { find: source.find.bind(source) }),
      ...(source.identity !== undefined && { identity: source.identity.bind(source) }),
      listen: (listener) => {
        let isOver = false;
        this.#listen(name, {
          untilCaughtUp: listener.untilCaughtUp,
          hint: (prefix) => {
            if (isOver) return;
            this.#expected.add(name);
            listener.hint(prefix);
          },
          revoke: (objects) => listener.revoke(objects),
          standing: (object) => listener.standing(object),
        });
        return () => {
          isOver = true;
        };
      },
      close: () => source.close(),
    };
  }

  readonly #listeners = new Map<string, Parameters<NonNullable<Source["listen"]>>[0]>();

  #listen(name: string, listener: Parameters<NonNullable<Source["listen"]>>[0]): void {
    this.#listeners.set(name, listener);
    this.#shipping?.listen(name, listener);
  }

  /** How far the groups are, by topic, as of a short while ago; nothing before the brokers have said so. */
  get lag(): readonly TopicLag[] {
    return this.#lag.topics;
  }

  /** Begins to work, as soon as the brokers let it. Throws UsageError where the client is not installed, or a file cannot be read. */
  async open(): Promise<void> {
    const { options, baseDir, secrets, events, retry: policy, roles, hasRules } = this.#parts;
    const { topics } = options;
    const connection = await kafkaConnection(options, { baseDir, secrets });
    const trouble = (error: unknown) => events.onTrouble(PART, error, 3);
    const well = () => events.onWell(PART);
    const log = new TopicLog(connection, policy, { onTrouble: trouble, onWell: well });
    const rows = new TopicLog(connection, policy, this.#rows.events);
    this.#closers = [() => log.close(), () => rows.close()];
    const { signal } = this.#stop;
    const patiently = async (begin: () => Promise<unknown>) => {
      const onRetry = ({ error, failures }: { error: unknown; failures: number }) => events.onTrouble(PART, error, failures);
      await retry(
        () => {
          signal.throwIfAborted();
          return begin();
        },
        policy,
        signal,
        onRetry,
      );
      well();
    };
    const parts = { connection, log, sessionMs: options.sessionMs };
    const begin = async () => {
      for (const topic of [topics.objects, topics.parked, topics.deadLetters]) await patiently(() => log.partitions(topic));
      if (hasRules) {
        for (const topic of [topics.detections, topics.states]) await patiently(() => single(log, topic));
        this.#rows.log.resolve(rows);
      }
      const detectors = hasRules ? detectorsOf(options.group) : undefined;
      const working: Promise<void>[] = [this.#lag.run(connection, detectors, signal, trouble)];
      if (roles.has("ship")) working.push(patiently(() => this.#ship(parts)));
      if (roles.has("detect") && hasRules) working.push(patiently(() => this.#detect(parts)));
      if (roles.has("discover")) {
        working.push(
          patiently(() => this.#discover(parts)),
          this.#keep({ connection, log }),
        );
      }
      await Promise.all(working);
    };
    this.#working = begin().catch((error: unknown) => {
      if (!signal.aborted) events.onError("coordination", `sharing out the work has broken down: ${describeError(error)}`);
    });
  }

  async #ship(parts: Pick<ShippingParts, "connection" | "log" | "sessionMs">): Promise<void> {
    const { options, events } = this.#parts;
    const shipping = new Shipping({
      ...parts,
      groupId: options.group,
      instanceId: options.instanceId,
      topics: options.topics,
      parkAfterMs: options.parkAfterMs,
      sources: new Set(this.#sources.keys()),
      letters: (source, key) => this.letters(source, key),
      events: {
        onTrouble: (error) => events.onTrouble(PART, error, 3),
        onWell: () => events.onWell(PART),
        onInfo: events.onInfo,
        onStranger: (place) => this.stranger(place),
        onUnknownSource: (source) =>
          this.#once(
            "coordination-source",
            `objects of source ${source} wait, which this worker's configuration lacks: give all workers the same sources`,
          ),
        onAnew: (topic) =>
          this.#once(
            "coordination-topic",
            topic === options.topics.objects
              ? `topic ${topic} was deleted and made anew: it is read from its first message on`
              : `topic ${topic} was deleted and made anew: objects that waited in it were not delivered, and lie in the bucket`,
          ),
        onLost: (place, from, to) =>
          events.onError(
            "kafka-offset-lost",
            `retention has deleted messages ${from} to ${to - 1} of ${place} before they were read: their objects lie in the bucket and were not delivered`,
          ),
      },
    });
    await this.#joined(shipping.open(), () => shipping.close());
    this.#shipping = shipping;
    for (const [name, listener] of this.#listeners) shipping.listen(name, listener);
  }

  async #detect(parts: Pick<ShippingParts, "connection" | "log" | "sessionMs">): Promise<void> {
    const { options, events } = this.#parts;
    const detecting = new Detecting({
      ...parts,
      groupId: detectorsOf(options.group),
      topics: options.topics,
      retentionMs: options.retentionMs,
      evaluate: async (tenure) => (await this.evaluation.promise)(tenure),
      events: {
        onTrouble: (error) => events.onTrouble(PART, error, 3),
        onWell: () => events.onWell(PART),
        onInfo: events.onInfo,
        onStranger: (place) => this.stranger(place),
        onLost: (place, from, to) =>
          events.onError(
            "kafka-offset-lost",
            `retention has deleted messages ${from} to ${to - 1} of ${place} before they were read: no rule has looked at their flows, which were delivered`,
          ),
        onBroken: (error) =>
          events.onError(
            "coordination",
            `the rules have broken down, and begin again where they were saved last: ${describeError(error)}`,
          ),
        onStateLost: () =>
          events.onError(
            "bad-detection-state",
            `retention has deleted what the rules remember from topic ${options.topics.states}: they begin anew`,
          ),
      },
    });
    await this.#joined(detecting.open(), () => detecting.close());
  }

  /**
   * Waits for a group's first answer, which takes as long as others are waited for: closing breaks it off. What could not join is closed, so
   * that it does not become a member later, which nobody knows of.
   */
  async #joined(joining: Promise<void>, close: () => Promise<void>): Promise<void> {
    this.#closers.push(close);
    try {
      await joining;
      this.#stop.signal.throwIfAborted();
    } catch (error) {
      this.#closers = this.#closers.filter((closer) => closer !== close);
      await close();
      throw error;
    }
  }

  async #discover(parts: { connection: ShippingParts["connection"]; log: TopicLog; sessionMs: number }): Promise<void> {
    const { options, events, pollMs, retry: policy } = this.#parts;
    const lister = new Lister({
      sources: this.#sources,
      log: parts.log,
      topic: options.topics.objects,
      pollMs,
      retry: policy,
      room: (signal) => this.#lag.room(signal),
      events: {
        onListing: events.onListing,
        onTrouble: (source, error, failures) => events.onTrouble(`source ${source}`, error, failures),
        onStranger: (place) => this.stranger(place),
        onInfo: events.onInfo,
        onAnew: () =>
          events.onError(
            "coordination-topic",
            `topic ${options.topics.objects} was deleted and made anew: all that is in the buckets, as far as since lets it in, is listed again`,
          ),
      },
    });
    const holder = new LeaseHolder({
      connection: parts.connection,
      groupId: `${options.group}-listers`,
      topic: options.topics.objects,
      sessionMs: options.sessionMs,
      onTrouble: (error) => events.onTrouble(PART, error, 3),
      onWell: () => events.onWell(PART),
      onLease: (lease) => {
        void this.#list(lister, lease);
        void this.#followEvents(parts.connection, lister, lease.signal);
      },
    });
    await this.#joined(holder.join(), () => holder.close());
    this.#lister = lister;
  }

  async #list(lister: Lister, lease: Lease): Promise<void> {
    const { events } = this.#parts;
    for (let failures = 1; !lease.signal.aborted; failures += 1) {
      try {
        await lister.run(lease);
      } catch (error) {
        events.onTrouble(PART, error, failures);
        await pause(LISTER_PAUSE_MS, lease.signal);
      }
    }
    events.onInfo("lists no more: another worker does, or this one ends");
  }

  async #followEvents(connection: ShippingParts["connection"], lister: Lister, signal: AbortSignal): Promise<void> {
    const { options, hintsIn: read, events } = this.#parts;
    const { events: topic } = options.topics;
    if (topic === undefined) return;
    await followEvents(
      {
        ...{ connection, topic, read },
        onHint: ({ source, key }) => lister.hint(source, key),
        onStranger: (place) =>
          this.#once("coordination-message", `passed over a message that is no object-created event: ${place}`),
        events: { onTrouble: (error) => events.onTrouble(PART, error, 3), onWell: () => events.onWell(PART) },
      },
      signal,
    );
  }

  /** What waits for longer than the topics keep it is written again. */
  async #keep(parts: Omit<Parameters<typeof rewriteWaiting>[0], "lag">): Promise<void> {
    const { signal } = this.#stop;
    const { events, options } = this.#parts;
    const { retentionMs } = options;
    while (!signal.aborted) {
      await pause(retentionMs / LOOKS, signal);
      const lister = this.#lister;
      if (signal.aborted || lister?.isAtWork !== true) continue;
      try {
        const count = await rewriteWaiting({ ...parts, lag: this.#lag.partitions }, lister.now - retentionMs / 2, signal);
        if (count > 0) events.onInfo(`${count} objects that wait for long were written again, before retention deletes them`);
      } catch (error) {
        if (!signal.aborted) events.onTrouble(PART, error, 3);
      }
    }
  }

  /** A message that is none of flowferry's was passed over there. */
  stranger(place: string): void {
    this.#once("coordination-message", `passed over a message that is none of flowferry's: ${place}`);
  }

  #once(code: string, line: string): void {
    if (this.#told.has(line)) return;
    this.#told.add(line);
    this.#parts.events.onError(code, line);
  }

  /** Commits what is delivered, and leaves the groups, so that others take over at once. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.evaluation.resolve(async () => {});
    for (const close of this.#closers.splice(0).reverse()) await close();
    await this.#working;
  }
}

async function* nothing(): AsyncGenerator<never> {}

/** Throws a Failure where the topic is not there, or has more than one partition: one worker at a time reads all of it, in order. */
async function single(log: TopicLog, topic: string): Promise<void> {
  const partitions = await log.partitions(topic);
  if (partitions === 1) return;
  const line = `topic ${topic} has ${partitions} partitions, and needs one: rules remember all flows in one place. Create it anew`;
  throw new Failure("person", "coordination-partitions", line);
}
