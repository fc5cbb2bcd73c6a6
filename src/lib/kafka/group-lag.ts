import type { Consumer } from "@platformatic/kafka";
import { Failure } from "../errors.ts";
import type { KafkaConnection } from "./connection.ts";
import { byTopic, type Place, placeName } from "./places.ts";
import { TopicReader } from "./topic-reader.ts";

/** How far a group is in a partition. */
export interface Lag extends Place {
  /** Where the group goes on; undefined where it has never committed. */
  readonly committed: number | undefined;
  /** Offset behind the last message. */
  readonly end: number;
  /** Messages that the group has not done yet. */
  readonly messages: number;
}

/** Asks how far a group is, without being a member of it. */
export class GroupLag {
  readonly #connection: KafkaConnection;
  readonly #groupId: string;
  readonly #topics: readonly string[];
  readonly #reader: TopicReader;
  #client: Consumer | undefined;
  #isClosed = false;

  constructor(connection: KafkaConnection, groupId: string, topics: readonly string[]) {
    this.#connection = connection;
    this.#groupId = groupId;
    this.#topics = topics;
    this.#reader = new TopicReader(connection, topics);
  }

  /** Of every partition of the topics. Throws a Failure. */
  async read(): Promise<Lag[]> {
    const places = await this.#reader.partitions();
    const [ends, starts] = [await this.#reader.offsets(places, "latest"), await this.#reader.offsets(places, "earliest")];
    const committed = await this.#committed(places);
    return places.map((place) => {
      const name = placeName(place);
      const [end, start, offset] = [ends.get(name) ?? 0, starts.get(name) ?? 0, committed.get(name)];
      return { ...place, committed: offset, end, messages: Math.max(0, end - Math.max(start, offset ?? 0)) };
    });
  }

  async #committed(places: readonly Place[]): Promise<ReadonlyMap<string, number>> {
    const { kafka, options, failure } = this.#connection;
    if (this.#isClosed) throw new Failure("passing", "kafka-unavailable", "Kafka: nobody asks for the group any more");
    if (this.#client === undefined) {
      this.#client = new kafka.Consumer({ ...options, groupId: this.#groupId, autocommit: false });
      this.#client.on("error", () => {});
      this.#client.topics.trackAll(...this.#topics);
    }
    try {
      const found = await this.#client.listCommittedOffsets({ topics: byTopic(places) });
      return new Map(
        places.flatMap((place) => {
          const offset = Number(found.get(place.topic)?.[place.partition] ?? -1n);
          return offset < 0 ? [] : [[placeName(place), offset] as const];
        }),
      );
    } catch (error) {
      await this.#drop();
      throw failure(error, `ask how far group ${this.#groupId} is`);
    }
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close(true).catch(() => {});
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#drop(), this.#reader.close()]);
  }
}
