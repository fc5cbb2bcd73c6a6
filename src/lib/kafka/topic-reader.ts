import type { Consumer } from "@platformatic/kafka";
import { Failure, type FlowferryError } from "../errors.ts";
import type { KafkaConnection } from "./connection.ts";
import { byTopic, knownId, type Place, placeName, type TopicPlace } from "./places.ts";

type FetchResponse = Awaited<ReturnType<Consumer["fetch"]>>;

export interface Message {
  readonly offset: number;
  /** As the producer, or the broker, has stamped it, in ms since the epoch. */
  readonly time: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Where to read a partition from. */
export interface Wanted extends Place {
  readonly offset: number;
}

/** What a broker has of a partition from an offset on. */
export interface Fetched extends TopicPlace {
  readonly messages: readonly Message[];
  /** Where to go on; the offset that was asked for where there was nothing, or a failure. Offsets may be left out in between. */
  readonly next: number;
  /** Offset behind the last message that readers may see. */
  readonly end: number;
  /** Offset of the first message that retention has left. */
  readonly start: number;
  /** Why the partition cannot be read now. */
  readonly failure: FlowferryError | undefined;
}

export interface FetchLimits {
  /** How long a broker that has nothing waits for something, in ms. */
  readonly waitMs: number;
  /** Most bytes of a partition; a message that is larger comes all the same. */
  readonly partitionBytes: number;
  /** Most bytes of an answer. */
  readonly bytes: number;
}

const CONTROL = 0x20;
const TRANSACTIONAL = 0x10;
const APPEND_TIME = 0x08;
/** Type of the control record that ends a transaction which does not count. */
const ABORT = 0;
/** Of no group: what is read here is nobody's position. */
const NO_GROUP = "flowferry-reader";
const SESSION = /^(?:FETCH_SESSION_ID_NOT_FOUND|INVALID_FETCH_SESSION_EPOCH|FETCH_SESSION_TOPIC_ID_ERROR)$/;

/**
 * Reads partitions from given offsets on, and knows nothing of groups. Aborted transactions are left out. One `fetch` at a time: each
 * reader has connections of its own, so that one which waits for messages holds up no other.
 */
export class TopicReader {
  readonly #connection: KafkaConnection;
  readonly #topics: readonly string[];
  #client: Consumer | undefined;
  #isClosed = false;

  constructor(connection: KafkaConnection, topics: readonly string[]) {
    this.#connection = connection;
    this.#topics = topics;
  }

  /** Partitions of each topic. Throws a Failure. */
  async partitions(): Promise<TopicPlace[]> {
    const { topics } = await this.#metadata();
    return [...topics].flatMap(([topic, { id, partitionsCount }]) =>
      Array.from({ length: partitionsCount }, (_, partition) => identified({ topic, partition }, id)),
    );
  }

  #metadata() {
    return this.#ask(`look up ${this.#named()}`, (client) => client.metadata({ topics: [...this.#topics] }));
  }

  /**
   * For each place the offset of its first message (`earliest`), behind its last one (`latest`), or of the first that is not older than a
   * time in ms since the epoch, by names of places. Throws a Failure.
   */
  async offsets(places: readonly Place[], at: "earliest" | "latest" | number): Promise<Map<string, number>> {
    if (places.length === 0) return new Map();
    const timestamp = at === "earliest" ? -2n : at === "latest" ? -1n : BigInt(Math.round(at));
    const asked = byTopic(places);
    const found = await this.#ask(`look up offsets of ${this.#named()}`, (client) =>
      client.listOffsets({
        topics: asked.map(({ topic }) => topic),
        partitions: Object.fromEntries(asked.map(({ topic, partitions }) => [topic, partitions])),
        timestamp,
      }),
    );
    const offsets = new Map(
      places.map((place) => [placeName(place), Number(found.get(place.topic)?.[place.partition] ?? -1n)] as const),
    );
    const none = places.filter((place) => (offsets.get(placeName(place)) ?? -1) < 0);
    // No message is as young: what comes will be.
    if (none.length > 0 && at !== "latest")
      for (const [name, offset] of await this.offsets(none, "latest")) offsets.set(name, offset);
    return offsets;
  }

  /**
   * What there is of each partition, at once where there is something, else after `waitMs` at most. A partition that cannot be read says so
   * in its `failure`. Throws a Failure where none can.
   */
  async fetch(wanted: readonly Wanted[], limits: FetchLimits): Promise<Fetched[]> {
    const metadata = await this.#metadata();
    const byLeader = new Map<number, Wanted[]>();
    for (const one of wanted) {
      const leader = metadata.topics.get(one.topic)?.partitions[one.partition]?.leader ?? -1;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), one]);
    }
    const ids = new Map([...metadata.topics].map(([topic, { id }]) => [topic, id]));
    const answers = await Promise.all(
      [...byLeader].map(([node, own]) => this.#fetchFrom(node, own, ids, limits).catch((error) => this.#failed(own, error))),
    );
    return answers.flat();
  }

  async #fetchFrom(
    node: number,
    wanted: readonly Wanted[],
    ids: ReadonlyMap<string, string>,
    { waitMs, partitionBytes, bytes }: FetchLimits,
    again = true,
  ): Promise<Fetched[]> {
    const topics = byTopic(wanted).map(({ topic, partitions }) => ({
      topicId: ids.get(topic) ?? topic,
      partitions: partitions.map((partition) => ({
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(wanted.find((one) => one.topic === topic && one.partition === partition)?.offset ?? 0),
        lastFetchedEpoch: -1,
        partitionMaxBytes: partitionBytes,
      })),
    }));
    try {
      return this.#read(
        wanted,
        ids,
        await this.#opened().fetch({ node, topics, minBytes: 1, maxBytes: bytes, maxWaitTime: waitMs }),
      );
    } catch (error) {
      const { findErrorBy } = this.#connection.kafka;
      const id = [...leafIds(error)].find((one) => SESSION.test(one));
      if (again && id !== undefined) return this.#fetchFrom(node, wanted, ids, { waitMs, partitionBytes, bytes }, false);
      // One batch that cannot be taken does not hold up other partitions.
      if (wanted.length > 1 && this.#connection.failure(error, "read").code === "kafka-inflated") {
        const answers: Fetched[] = [];
        for (const one of wanted) {
          const own = this.#fetchFrom(node, [one], ids, { waitMs, partitionBytes, bytes });
          answers.push(...(await own.catch((failed) => this.#failed([one], failed))));
        }
        return answers;
      }
      const response = responseOf(error);
      if (response === undefined || findErrorBy(error as Error, "apiId", "UNKNOWN_TOPIC_ID") !== null) throw error;
      this.#client?.clearMetadata();
      return this.#read(wanted, ids, response);
    }
  }

  #read(wanted: readonly Wanted[], ids: ReadonlyMap<string, string>, { responses }: FetchResponse): Fetched[] {
    const topics = new Map([...ids].map(([topic, id]) => [id, topic]));
    const offsets = new Map(wanted.map((one) => [placeName(one), one.offset]));
    return responses.flatMap(({ topicId, partitions }) =>
      partitions.flatMap((answer): Fetched[] => {
        const place = { topic: topics.get(topicId) ?? topicId, partition: answer.partitionIndex };
        const from = offsets.get(placeName(place));
        if (from === undefined) return [];
        const own = identified(place, ids.get(place.topic));
        const { errorCode, lastStableOffset, highWatermark, logStartOffset } = answer;
        const end = Number(lastStableOffset >= 0n ? lastStableOffset : highWatermark);
        const start = Number(logStartOffset);
        if (errorCode !== 0) {
          const { ProtocolError } = this.#connection.kafka;
          const failure = this.#connection.failure(new ProtocolError(errorCode), `read ${placeName(place)}`);
          return [{ ...own, messages: [], next: from, end, start, failure }];
        }
        const messages: Message[] = [];
        const isAborted = abortedOf(answer.abortedTransactions ?? []);
        let next = from;
        for (const batch of answer.records ?? []) {
          const { firstOffset, lastOffsetDelta, firstTimestamp, maxTimestamp, attributes, records } = batch;
          const first = Number(firstOffset);
          const [began, stamped] = [Number(firstTimestamp), (attributes & APPEND_TIME) === 0 ? undefined : Number(maxTimestamp)];
          if (!isAborted(batch) && (attributes & CONTROL) === 0) {
            for (const { offsetDelta, timestampDelta, key, value } of records) {
              const offset = first + offsetDelta;
              // A batch comes whole, also where an offset within it was asked for.
              if (offset >= from) messages.push({ offset, time: stamped ?? began + Number(timestampDelta), key, value });
            }
          }
          next = Math.max(next, first + lastOffsetDelta + 1);
        }
        return [{ ...own, messages, next, end, start, failure: undefined }];
      }),
    );
  }

  #failed(wanted: readonly Wanted[], error: unknown): Fetched[] {
    const [only, ...others] = wanted;
    const what = only !== undefined && others.length === 0 ? placeName(only) : this.#named();
    const failure = this.#connection.failure(error, `read ${what}`);
    // Who leads a partition now is asked anew, by connections that are made anew.
    this.#client?.clearMetadata();
    return wanted.map((one) => ({ ...one, messages: [], next: one.offset, end: -1, start: -1, failure }));
  }

  async #ask<Answer>(doing: string, ask: (client: Consumer) => Promise<Answer>): Promise<Answer> {
    try {
      return await ask(this.#opened());
    } catch (error) {
      this.#client?.clearMetadata();
      throw this.#connection.failure(error, doing);
    }
  }

  #opened(): Consumer {
    if (this.#client !== undefined) return this.#client;
    if (this.#isClosed) throw new Failure("passing", "kafka-unavailable", `Kafka: the reader of ${this.#named()} is closed`);
    const { kafka, options } = this.#connection;
    const client: Consumer = new kafka.Consumer({ ...options, groupId: NO_GROUP, autocommit: false });
    client.on("error", () => {});
    client.topics.trackAll(...this.#topics);
    this.#client = client;
    return client;
  }

  #named(): string {
    return `topic ${this.#topics.join(", ")}`;
  }

  /** Breaks off what is under way; whatever is asked afterwards fails at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = undefined;
    await client?.close(true).catch(() => {});
  }
}

type Answer = FetchResponse["responses"][number]["partitions"][number];
type Batch = NonNullable<Answer["records"]>[number];

/**
 * Tells the batches of aborted transactions, asked in order. The client's own filter leaves those whose end lies behind the answer, and all
 * but the last one of a producer.
 */
function abortedOf(transactions: NonNullable<Answer["abortedTransactions"]>): (batch: Batch) => boolean {
  const left = transactions.toSorted((one, other) => Number(one.firstOffset - other.firstOffset));
  const open = new Set<bigint>();
  return ({ firstOffset, lastOffsetDelta, attributes, producerId, records }) => {
    const last = firstOffset + BigInt(lastOffsetDelta);
    for (let [next] = left; next !== undefined && next.firstOffset <= last; [next] = left) {
      open.add(next.producerId);
      left.shift();
    }
    const isEnd = (attributes & CONTROL) !== 0 && records[0]?.key?.readInt16BE(2) === ABORT;
    if (isEnd) open.delete(producerId);
    return (attributes & TRANSACTIONAL) !== 0 && open.has(producerId);
  };
}

function identified(place: Place, id: string | undefined): TopicPlace {
  const topicId = knownId(id);
  return topicId === undefined ? place : { ...place, topicId };
}

function responseOf(error: unknown): FetchResponse | undefined {
  const { response } = error as { response?: FetchResponse };
  return response?.responses !== undefined && response.errorCode === 0 ? response : undefined;
}

function* leafIds(error: unknown): Generator<string> {
  const { apiId, errors = [] } = error as { apiId?: string; errors?: readonly unknown[] };
  if (apiId !== undefined) yield apiId;
  for (const inner of errors) yield* leafIds(inner);
}
