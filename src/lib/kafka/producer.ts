import type { Producer } from "@platformatic/kafka";
import { drawerOf, type FlowferryError } from "../errors.ts";
import type { KafkaConnection } from "./connection.ts";
import { knownId, placeName } from "./places.ts";

export interface MessageToSend {
  readonly topic: string;
  /** Messages of one key go to one partition, in order; those without one go where the others of their shipment do. */
  readonly key?: Buffer | undefined;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What it is stamped with, in ms since the epoch; this machine's clock by default. */
  readonly time?: number | undefined;
}

export interface ProducerOptions {
  /**
   * Whether the broker is to recognise a message that comes twice over a connection that broke: `auto` where it can (OCI Streaming cannot),
   * found out with the first shipment.
   */
  readonly idempotent: "auto" | boolean;
  readonly compression: "none" | "gzip" | "snappy" | "lz4" | "zstd";
  /** Told once that the broker has no idempotent producers, and the producer goes on without. */
  readonly onPlain?: (() => void) | undefined;
}

/** Messages on their way: of those that are sent again, only what no broker has acknowledged. */
export interface Shipment {
  /**
   * Resolves when every message is acknowledged by all replicas in sync. Throws a Failure; may then be called again. Throws the signal's
   * reason when that aborts: what is on its way may still arrive.
   */
  send(signal: AbortSignal): Promise<void>;
}

interface Placed extends MessageToSend {
  readonly partition: number;
}

/** Attempts of the client itself, by which an idempotent producer repeats a message under its number. */
const IDEMPOTENT_RETRIES = 5;
/** A broker without idempotent producers says so in one of these ways. */
const PLAIN = /^(?:UNSUPPORTED_VERSION|CLUSTER_AUTHORIZATION_FAILED|TRANSACTIONAL_ID_AUTHORIZATION_FAILED|INVALID_REQUEST)$/;

/** Sends messages, each acknowledged by all replicas in sync. */
export class KafkaProducer {
  readonly #connection: KafkaConnection;
  readonly #options: ProducerOptions;
  #client: Producer | undefined;
  /** Settles when it is known whether the broker has idempotent producers. */
  #isIdempotent: Promise<boolean> | undefined;
  #turn = 0;

  constructor(connection: KafkaConnection, options: ProducerOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Messages that go together. */
  shipment(messages: readonly MessageToSend[]): Shipment {
    let left: readonly MessageToSend[] = messages;
    let placed: readonly Placed[] | undefined;
    return {
      send: async (signal) => {
        signal.throwIfAborted();
        const sending = (async () => {
          placed ??= await this.#place(left);
          const rest = placed;
          if (rest.length === 0) return;
          try {
            await this.#send(rest);
            placed = [];
          } catch (error) {
            const acknowledged = producedOf(error);
            if (acknowledged.size > 0) placed = rest.filter((one) => !acknowledged.has(placeName(one)));
            throw error;
          } finally {
            left = [];
          }
        })();
        await untilAborted(sending, signal);
      },
    };
  }

  /** Partitions of the topic. Throws a Failure. */
  async partitions(topic: string): Promise<number> {
    const { failure } = this.#connection;
    try {
      const { topics } = await (await this.#opened()).metadata({ topics: [topic] });
      return topics.get(topic)?.partitionsCount ?? 0;
    } catch (error) {
      this.#client?.clearMetadata();
      throw failure(error, `look up topic ${topic}`);
    }
  }

  /** Of the topic that has this name now; undefined where brokers give none. Throws a Failure. */
  async topicId(topic: string): Promise<string | undefined> {
    const { failure } = this.#connection;
    try {
      const { topics } = await (await this.#opened()).metadata({ topics: [topic], forceUpdate: true });
      return knownId(topics.get(topic)?.id);
    } catch (error) {
      this.#client?.clearMetadata();
      throw failure(error, `look up topic ${topic}`);
    }
  }

  async #place(messages: readonly MessageToSend[]): Promise<Placed[]> {
    const { defaultPartitioner } = this.#connection.kafka;
    const counts = new Map<string, number>();
    for (const { topic } of messages) if (!counts.has(topic)) counts.set(topic, await this.partitions(topic));
    this.#turn += 1;
    const turn = this.#turn;
    return messages.map((message) => {
      const count = counts.get(message.topic) ?? 1;
      const place = message.key === undefined ? turn : defaultPartitioner({ topic: message.topic }, message.key);
      return { ...message, partition: place % count };
    });
  }

  async #send(messages: readonly Placed[]): Promise<void> {
    const client = await this.#opened();
    const topics = [...new Set(messages.map(({ topic }) => topic))].join(", ");
    try {
      await client.send({
        messages: messages.map(({ topic, partition, key, value, headers, time }) => ({
          topic,
          partition,
          value,
          ...(key !== undefined && { key }),
          ...(time !== undefined && { timestamp: BigInt(time) }),
          ...(headers !== undefined && {
            headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
          }),
        })),
        acks: this.#connection.kafka.ProduceAcks.ALL,
      });
    } catch (error) {
      client.clearMetadata();
      throw Object.assign(this.#connection.failure(error, `write to topic ${topics}`), {
        produced: (error as Produced).produced,
      });
    }
  }

  /** A producer that is known to work with this broker. */
  async #opened(): Promise<Producer> {
    this.#isIdempotent ??= this.#find();
    try {
      await this.#isIdempotent;
    } catch (error) {
      this.#isIdempotent = undefined;
      throw error;
    }
    if (this.#client === undefined) throw new Error("the producer is closed");
    return this.#client;
  }

  async #find(): Promise<boolean> {
    const { idempotent } = this.#options;
    if (idempotent === false) {
      this.#client = this.#made(false);
      return false;
    }
    const client = this.#made(true);
    try {
      await client.initIdempotentProducer({});
      this.#client = client;
      return true;
    } catch (error) {
      void client.close(true).catch(() => {});
      const failure = this.#connection.failure(error, "begin an idempotent producer");
      if (idempotent === true || !isPlain(error, failure)) throw failure;
      this.#client = this.#made(false);
      this.#options.onPlain?.();
      return false;
    }
  }

  #made(idempotent: boolean): Producer {
    const { kafka, options } = this.#connection;
    const client: Producer = new kafka.Producer({
      ...options,
      idempotent,
      retries: idempotent ? IDEMPOTENT_RETRIES : 0,
      compression: this.#options.compression,
    });
    client.on("error", () => {});
    return client;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close(true).catch(() => {});
  }
}

interface Produced {
  readonly produced?: { readonly offsets?: readonly { readonly topic: string; readonly partition: number }[] };
}

const producedOf = (error: unknown): ReadonlySet<string> => new Set((error as Produced).produced?.offsets?.map(placeName));

function isPlain(error: unknown, failure: FlowferryError): boolean {
  return (
    failure.code === "kafka-unsupported" || (drawerOf(failure) !== "passing" && [...idsOf(error)].some((id) => PLAIN.test(id)))
  );
}

function* idsOf(error: unknown): Generator<string> {
  const { apiId, errors = [] } = error as { apiId?: string; errors?: readonly unknown[] };
  if (apiId !== undefined) yield apiId;
  for (const inner of errors) yield* idsOf(inner);
}

/** As the promise, or the signal's reason when that aborts first. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Whoever was told that it is over does not hear of it.
    promise.catch(() => {});
  }
}
