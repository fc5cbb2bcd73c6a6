import { expect, test, vi } from "vitest";
import { written } from "../../../src/coordination/messages.ts";
import { Shipping } from "../../../src/coordination/shipping.ts";
import type { TopicLog } from "../../../src/coordination/topic-log.ts";
import type { KafkaConnection } from "../../../src/lib/kafka/connection.ts";
import { kafkaFailures } from "../../../src/lib/kafka/failures.ts";

const topics = { objects: "objects", parked: "parked", deadLetters: "letters" };
const objectOf = (key: string) => ({ key, etag: "e", size: 1, time: 1, order: key });
const { value } = {
  value: (key: string) => written({ kind: "object", source: "logs", partition: "", object: objectOf(key) }).value,
};

/** A broker with one object in each of two partitions, all of which it gives to its one member. */
function clientOf(commits: string[]) {
  let joined = (_: unknown): void => {};
  const client = {
    ...{ generationId: 0, memberId: null as string | null, assignments: null, topics: { trackAll() {} } },
    on: (name: string, handler: (event: unknown) => void) => {
      if (name === "consumer:group:join") joined = handler;
    },
    joinGroup: async () => {
      client.generationId = 1;
      joined({ memberId: "m", generationId: 1, assignments: [{ topic: "objects", partitions: [0, 1] }] });
    },
    metadata: async () => ({
      topics: new Map([["objects", { id: "id", partitionsCount: 2, partitions: [{ leader: 1 }, { leader: 1 }] }]]),
    }),
    listCommittedOffsets: async () => new Map([["objects", [-1n, -1n]]]),
    listOffsets: async () => new Map([["objects", [0n, 0n]]]),
    commit: async ({ offsets }: { offsets: { partition: number; offset: bigint }[] }) => {
      commits.push(...offsets.map(({ partition, offset }) => `${partition}: ${offset}`));
    },
    fetch: async ({ topics: asked }: { topics: { partitions: { partition: number; fetchOffset: bigint }[] }[] }) => {
      const partitions = asked.flatMap(({ partitions: some }) =>
        some.map(({ partition, fetchOffset }) => {
          const batch = {
            firstOffset: 0n,
            lastOffsetDelta: 0,
            firstTimestamp: 0n,
            maxTimestamp: 0n,
            attributes: 0,
            producerId: -1n,
          };
          const records = [
            { ...batch, records: [{ offsetDelta: 0, timestampDelta: 0n, key: null, value: value(`${partition}`) }] },
          ];
          const rest = { errorCode: 0, lastStableOffset: 1n, highWatermark: 1n, logStartOffset: 0n };
          return { partitionIndex: partition, ...rest, records: fetchOffset === 0n ? records : [] };
        }),
      );
      return { responses: [{ topicId: "id", partitions }] };
    },
    ...{ leaveGroup: async () => {}, clearMetadata() {}, close: async () => {} },
  };
  return client;
}

test("what cannot be set aside of one partition is not committed, and holds up no other", async () => {
  const commits: string[] = [];
  const kafka = {
    // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
    Consumer: function () {
      return clientOf(commits);
    },
    findErrorBy: () => null,
  };
  const send = vi.fn(async (messages: readonly { key?: Buffer | undefined }[]) => {
    if (messages.some(({ key }) => key?.toString() === "logs\0" + "0")) throw new Error("the letter is too large");
  });
  const letter = (key: string) => ({
    ...{ id: 1, at: 1, sink: undefined, source: "logs", key, etag: "e", from: 1, to: 1, count: 1, code: "c", reason: "r" },
  });
  const troubles: unknown[] = [];
  const shipping = new Shipping({
    connection: { kafka, options: {}, failure: kafkaFailures({ brokers: ["b:9092"] }) } as unknown as KafkaConnection,
    log: { send } as unknown as TopicLog,
    ...{ groupId: "g", instanceId: undefined, sessionMs: 60_000, topics, sources: new Set(["logs"]), parkAfterMs: 60_000 },
    letters: (_, key) => [letter(key)],
    events: {
      onTrouble: (error) => void troubles.push(error),
      ...{ onWell() {}, onInfo() {}, onStranger() {}, onUnknownSource() {}, onLost() {}, onAnew() {} },
    },
  });
  // Everything that is taken is done at once, with something set aside.
  shipping.listen("logs", { untilCaughtUp: false, hint() {}, revoke: async () => {}, standing: () => undefined });
  await shipping.open();
  const taken: string[] = [];
  const take = async () => {
    for await (const { objects } of shipping.take("logs")) taken.push(...objects.map(({ key }) => key));
    expect(taken.sort()).toEqual(["0", "1"]);
  };
  await vi.waitFor(take, 5_000);
  await vi.waitFor(() => expect(commits).toContain("1: 1"), 5_000);
  expect(troubles[0]).toMatchObject({ message: "the letter is too large" });
  await shipping.close();
  expect(commits).not.toContain("0: 1");
});
