import { expect, test, vi } from "vitest";
import type { SourceEvent } from "../../../../src/contracts/source.ts";
import { Feed } from "../../../../src/intake/kafka/feed.ts";
import { Memory } from "../../../../src/intake/kafka/memory.ts";
import { Pacer } from "../../../../src/intake/kafka/pacer.ts";
import type { KafkaConnection } from "../../../../src/lib/kafka/connection.ts";
import { kafkaFailures } from "../../../../src/lib/kafka/failures.ts";

/** A topic of one partition, and its group of one member. */
class Broker {
  topicId = "first";
  end = 0;
  readonly commits: number[] = [];

  client() {
    let joined = (_: unknown): void => {};
    const client = {
      ...{ generationId: 0, memberId: null as string | null, assignments: null, topics: { trackAll() {} } },
      on: (name: string, handler: (event: unknown) => void) => {
        if (name === "consumer:group:join") joined = handler;
      },
      joinGroup: async () => {
        client.generationId = 1;
        joined({ memberId: "m", generationId: 1, assignments: [{ topic: "flows", partitions: [0] }] });
      },
      metadata: async () => ({
        topics: new Map([["flows", { id: this.topicId, partitionsCount: 1, partitions: [{ leader: 1 }] }]]),
      }),
      listCommittedOffsets: async () => new Map([["flows", [-1n]]]),
      listOffsets: async ({ timestamp }: { timestamp: bigint }) =>
        new Map([["flows", [timestamp === -2n ? 0n : BigInt(this.end)]]]),
      commit: async ({ offsets }: { offsets: { offset: bigint }[] }) => {
        this.commits.push(...offsets.map(({ offset }) => Number(offset)));
      },
      fetch: async ({ topics }: { topics: { partitions: { fetchOffset: bigint }[] }[] }) => this.#from(topics),
      ...{ leaveGroup: async () => {}, clearMetadata() {}, close: async () => {} },
    };
    return client;
  }

  #from(topics: { partitions: { fetchOffset: bigint }[] }[]) {
    const from = Number(topics[0]?.partitions[0]?.fetchOffset ?? 0n);
    const records = Array.from({ length: Math.max(0, this.end - from) }, (_, index) => ({
      ...{
        firstOffset: BigInt(from + index),
        lastOffsetDelta: 0,
        firstTimestamp: 0n,
        maxTimestamp: 0n,
        attributes: 0,
        producerId: -1n,
      },
      records: [{ offsetDelta: 0, timestampDelta: 0n, key: null, value: Buffer.from(`${this.topicId} ${from + index}`) }],
    }));
    const end = BigInt(this.end);
    const partition = { partitionIndex: 0, errorCode: 0, lastStableOffset: end, highWatermark: end, logStartOffset: 0n, records };
    return { responses: [{ topicId: this.topicId, partitions: [partition] }] };
  }
}

test("a topic that was made anew, and has more messages by now than were read of the old one, is read from its first on", async () => {
  const broker = new Broker();
  broker.end = 3;
  const kafka = {
    // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
    Consumer: function () {
      return broker.client();
    },
    findErrorBy: () => null,
  };
  const connection = { kafka, options: {}, failure: kafkaFailures({ brokers: ["b:9092"] }) } as unknown as KafkaConnection;
  const limits = { waitMs: 1, partitionBytes: 1_000, bytes: 1_000 };
  const told: SourceEvent[] = [];
  const feed = new Feed(
    connection,
    { topics: ["flows"], group: "g", instanceId: undefined, sessionMs: 60_000, limits, begin: "earliest", untilCaughtUp: false },
    {
      seen: { mark: () => undefined, partitions: () => [], waiting: () => [], unseen: (page) => [...page] },
      memory: new Memory(1_000_000),
      pacer: new Pacer(),
    },
    { onNews() {}, revoke: async () => {}, onEvent: (event) => void told.push(event), onLag() {} },
  );
  const taken: string[] = [];
  /** Takes what is ready, which is then done. */
  const take = () => {
    for (const { partition, runs } of feed.ready()) {
      for (const { messages = [] } of runs) taken.push(...messages.map(({ value }) => String(value)));
      feed.handedOut(partition, runs);
    }
    return taken.length;
  };
  await feed.start();
  await vi.waitFor(() => expect(take()).toBe(3));
  await feed.commit();
  [broker.topicId, broker.end] = ["second", 5];
  await vi.waitFor(() => expect(take()).toBe(8), 5_000);
  await feed.stop();
  const all = (topic: string, count: number) => Array.from({ length: count }, (_, offset) => `${topic} ${offset}`);
  expect(taken).toEqual([...all("first", 3), ...all("second", 5)]);
  expect(told).toEqual([
    { kind: "log-restarted", key: "flows/0", message: "flows/0 was made anew; it is read from its first message on" },
  ]);
  expect(broker.commits).toEqual([3, 5]);
});
