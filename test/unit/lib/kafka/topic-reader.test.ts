import { expect, test } from "vitest";
import type { KafkaConnection } from "../../../../src/lib/kafka/connection.ts";
import { kafkaFailures } from "../../../../src/lib/kafka/failures.ts";
import { TopicReader } from "../../../../src/lib/kafka/topic-reader.ts";

const LIMITS = { waitMs: 1, partitionBytes: 1, bytes: 1 };

/** A reader of a broker that answers so. */
function readerOf(fetch: (request: { topics: { partitions: { partition: number }[] }[] }) => Promise<unknown>): TopicReader {
  const partitions = [{ leader: 1 }, { leader: 1 }];
  const client = {
    on() {},
    topics: { trackAll() {} },
    metadata: async () => ({ topics: new Map([["flows", { id: "id", partitionsCount: 2, partitions }]]) }),
    clearMetadata() {},
    close: async () => {},
    fetch,
  };
  const kafka = {
    // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
    Consumer: function () {
      return client;
    },
    findErrorBy: () => null,
  };
  const failure = kafkaFailures({ brokers: ["b:9092"] });
  return new TopicReader({ kafka, options: {}, failure } as unknown as KafkaConnection, ["flows"]);
}

const TRANSACTIONAL = 0x10;
const [ABORT, COMMIT] = [0, 1];

/** A batch of one record of a transaction, as https://kafka.apache.org/documentation/#recordbatch has it. */
const data = (offset: number, producerId: number, attributes = TRANSACTIONAL) => ({
  firstOffset: BigInt(offset),
  lastOffsetDelta: 0,
  firstTimestamp: 0n,
  maxTimestamp: 0n,
  attributes,
  producerId: BigInt(producerId),
  records: [{ offsetDelta: 0, timestampDelta: 0n, key: null as Buffer | null, value: Buffer.from("x") }],
});
/** What ends a transaction: its key has a version and a type, 16 bits each (https://kafka.apache.org/documentation/#controlbatch). */
const end = (offset: number, producerId: number, type: number) => ({
  ...data(offset, producerId, TRANSACTIONAL | 0x20),
  records: [{ offsetDelta: 0, timestampDelta: 0n, key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) }],
});
const aborted = (producerId: number, firstOffset: number) => ({
  producerId: BigInt(producerId),
  firstOffset: BigInt(firstOffset),
});

const answer = (partitionIndex: number, records: unknown[], abortedTransactions: unknown[] = []) => ({
  ...{ partitionIndex, errorCode: 0, lastStableOffset: 100n, highWatermark: 100n, logStartOffset: 0n },
  ...{ abortedTransactions, records },
});

test("aborted transactions are left out: two of one producer, one between others' records, one whose end is not in the answer", async () => {
  const records = [
    ...[data(0, 7), end(1, 7, ABORT)],
    ...[data(2, 7), data(3, 8), end(4, 7, COMMIT)],
    ...[data(5, 7), data(6, -1, 0), end(7, 7, ABORT), end(8, 8, COMMIT)],
    ...[data(9, 9), data(10, 7)],
  ];
  const transactions = [aborted(9, 9), aborted(7, 5), aborted(7, 0)];
  const reader = readerOf(async () => ({ responses: [{ topicId: "id", partitions: [answer(0, records, transactions)] }] }));
  const [fetched] = await reader.fetch([{ topic: "flows", partition: 0, offset: 0 }], LIMITS);
  expect(fetched?.messages.map(({ offset }) => offset)).toEqual([2, 3, 6, 10]);
  expect(fetched?.next).toBe(11);
});

test("a batch that cannot be taken into memory holds up its own partition alone, and is named", async () => {
  const reader = readerOf(async ({ topics }) => {
    const places = topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition));
    if (places.includes(1)) throw new Error("A batch inflates to more than 128 MiB");
    return { responses: [{ topicId: "id", partitions: [answer(0, [data(5, -1, 0)])] }] };
  });
  const wanted = [0, 1].map((partition) => ({ topic: "flows", partition, offset: 5 }));
  const [well, held] = await reader.fetch(wanted, LIMITS);
  expect([well?.next, well?.failure, well?.topicId]).toEqual([6, undefined, "id"]);
  expect([held?.next, held?.failure?.code]).toEqual([5, "kafka-inflated"]);
  expect(held?.failure?.message).toBe(
    "Kafka: cannot read flows/1 at b:9092: a batch of messages inflates to more than 128 MiB, and is not read: delete it from the topic, or set the group's offset behind it",
  );
});
