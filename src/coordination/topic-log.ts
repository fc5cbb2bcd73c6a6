import { Failure } from "../lib/errors.ts";
import type { KafkaConnection } from "../lib/kafka/connection.ts";
import { type Place, placeName } from "../lib/kafka/places.ts";
import { KafkaProducer, type MessageToSend } from "../lib/kafka/producer.ts";
import { type Message, TopicReader } from "../lib/kafka/topic-reader.ts";
import { type RetryPolicy, retry } from "../lib/retry.ts";
import { pause } from "../lib/waiting.ts";
import type { LogEvents } from "./log-events.ts";

/** Of one request; the services take 1 MB. */
const REQUEST_BYTES = 800_000;
/** What a message takes beside its key and its value, generously. */
const MESSAGE_BYTES = 100;
const LIMITS = { waitMs: 500, partitionBytes: 1_048_576, bytes: 16 * 1_048_576 };
/** A partition is asked for less often than five times a second: what OCI Streaming gives a group. */
const BETWEEN_FETCHES_MS = 250;

/** For whoever has no pauses of their own. */
export const RETRY: RetryPolicy = { initialMs: 100, maxMs: 2_000 };

/** Writes to topics until the brokers have it, and reads them back. */
export class TopicLog {
  readonly #connection: KafkaConnection;
  readonly #producer: KafkaProducer;
  readonly #policy: RetryPolicy;
  readonly #events: LogEvents;

  constructor(connection: KafkaConnection, policy: RetryPolicy, events: LogEvents) {
    this.#connection = connection;
    // A message that comes twice does no harm, and a number for each would be refused by OCI Streaming.
    this.#producer = new KafkaProducer(connection, { idempotent: false, compression: "none" });
    this.#policy = policy;
    this.#events = events;
  }

  /** Resolves when every replica in sync has them. Rejects when the signal aborts, or with what no repetition heals. */
  async send(messages: readonly MessageToSend[], signal: AbortSignal): Promise<void> {
    for (const some of requestsOf(messages)) await this.#sendRequest(some, signal);
  }

  async #sendRequest(messages: readonly MessageToSend[], signal: AbortSignal): Promise<void> {
    const shipment = this.#producer.shipment(messages);
    try {
      await retry(
        async () => {
          try {
            await shipment.send(signal);
          } catch (error) {
            throw messages.length === 1 ? tooSmallFor(messages[0] as MessageToSend, error) : error;
          }
        },
        this.#policy,
        signal,
        ({ error }) => this.#events.onTrouble(error),
      );
      this.#events.onWell();
    } catch (error) {
      if (!isTooLarge(error) || messages.length === 1) throw error;
      // Brokers hold what comes at once for one message.
      const half = messages.length >> 1;
      await this.#sendRequest(messages.slice(0, half), signal);
      await this.#sendRequest(messages.slice(half), signal);
    }
  }

  /** Of the topic that has this name now; undefined where brokers give none. Repeats what fails until the signal aborts. */
  topicId(topic: string, signal: AbortSignal): Promise<string | undefined> {
    return retry(
      () => this.#producer.topicId(topic),
      this.#policy,
      signal,
      ({ error }) => this.#events.onTrouble(error),
    );
  }

  /** Throws a Failure where the topic is not there. */
  partitions(topic: string): Promise<number> {
    return this.#producer.partitions(topic);
  }

  /** As the reader's, of one place. Repeats what fails until the signal aborts. */
  async offset(reader: TopicReader, place: Place, at: "earliest" | "latest", signal: AbortSignal): Promise<number> {
    const ask = () => reader.offsets([place], at);
    const offsets = await retry(ask, this.#policy, signal, ({ error }) => this.#events.onTrouble(error));
    return offsets.get(placeName(place)) ?? 0;
  }

  /**
   * What stands in a topic now, from a time (ms since the epoch) or from its beginning on: of each partition in order. Repeats what fails
   * until the signal aborts.
   */
  async *readBack(topic: string, from: number | "earliest", signal: AbortSignal): AsyncGenerator<Place & Message> {
    const reader = new TopicReader(this.#connection, [topic]);
    const again = <T>(ask: () => Promise<T>) => retry(ask, this.#policy, signal, ({ error }) => this.#events.onTrouble(error));
    try {
      const places = await again(() => reader.partitions());
      const ends = await again(() => reader.offsets(places, "latest"));
      const begins = await again(() => reader.offsets(places, from));
      yield* this.between(reader, places, begins, ends, signal);
    } finally {
      await reader.close();
    }
  }

  /** What stands in these partitions between two offsets each, by names of places. */
  async *between(
    reader: TopicReader,
    places: readonly Place[],
    begins: ReadonlyMap<string, number>,
    ends: ReadonlyMap<string, number>,
    signal: AbortSignal,
  ): AsyncGenerator<Place & Message> {
    const next = new Map(begins);
    const left = () =>
      places.flatMap((place) => {
        const name = placeName(place);
        const offset = next.get(name) ?? 0;
        return offset < (ends.get(name) ?? 0) ? [{ ...place, offset }] : [];
      });
    for (let wanted = left(); wanted.length > 0; ) {
      const fetched = await retry(
        async () => {
          const answers = await reader.fetch(wanted, LIMITS);
          const failure = answers.find((answer) => answer.failure !== undefined)?.failure;
          if (failure !== undefined && failure.code !== "kafka-offset-lost") throw failure;
          return answers;
        },
        this.#policy,
        signal,
        ({ error }) => this.#events.onTrouble(error),
      );
      this.#events.onWell();
      for (const { topic, partition, messages, next: behind, start, failure } of fetched) {
        const name = placeName({ topic, partition });
        for (const message of messages) {
          if (message.offset < (ends.get(name) ?? 0)) yield { topic, partition, ...message };
        }
        // What retention has deleted meanwhile is not waited for.
        next.set(name, failure === undefined ? behind : Math.max(start, behind + 1));
      }
      signal.throwIfAborted();
      wanted = left();
      if (wanted.length > 0) await pause(BETWEEN_FETCHES_MS, signal);
    }
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}

const isTooLarge = (error: unknown): boolean => error instanceof Failure && error.tooLarge;

/** What no topic of this size takes waits until it is larger: it can be left out by nobody. */
function tooSmallFor({ topic, key, value }: MessageToSend, error: unknown): unknown {
  if (!isTooLarge(error)) return error;
  const bytes = value.length + (key?.length ?? 0) + MESSAGE_BYTES;
  const line = `topic ${topic} takes no message of ${bytes} bytes: raise its max.message.bytes (1 MB is enough for all)`;
  return new Failure("person", "kafka-too-large", line, { cause: error });
}

function* requestsOf(messages: readonly MessageToSend[]): Generator<MessageToSend[]> {
  let some: MessageToSend[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.value.length + (message.key?.length ?? 0) + MESSAGE_BYTES;
    if (bytes + size > REQUEST_BYTES && some.length > 0) {
      yield some;
      [some, bytes] = [[], 0];
    }
    some.push(message);
    bytes += size;
  }
  if (some.length > 0) yield some;
}
