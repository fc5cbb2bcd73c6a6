import { once } from "node:events";
import { createServer } from "node:net";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type KafkaConnection, kafkaConnection } from "../../../../src/lib/kafka/connection.ts";
import { GroupLag } from "../../../../src/lib/kafka/group-lag.ts";
import { GroupMember } from "../../../../src/lib/kafka/group-member.ts";
import { connectionShape } from "../../../../src/lib/kafka/options.ts";
import { KafkaProducer } from "../../../../src/lib/kafka/producer.ts";
import { TopicReader } from "../../../../src/lib/kafka/topic-reader.ts";

const schema = z.strictObject(connectionShape);
let connection: KafkaConnection;

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  const options = schema.parse({ brokers: [`127.0.0.1:${await closedPort()}`], securityProtocol: "PLAINTEXT" });
  connection = await kafkaConnection(options, { baseDir: "/" });
});

const unreachable = expect.objectContaining({ drawer: "passing", code: "kafka-unreachable" });

// None waits for another.
test.concurrent("a reader says that no broker takes connections, and can be closed", async () => {
  const reader = new TopicReader(connection, ["flows"]);
  await expect(reader.partitions()).rejects.toEqual(unreachable);
  await expect(reader.fetch([], { waitMs: 1, partitionBytes: 1, bytes: 1 })).rejects.toEqual(unreachable);
  await reader.close();
});

test.concurrent("a member says so when it joins, and leaves nobody", async () => {
  const events = { onClaimed: () => {}, onReleased: async () => {}, doneUpTo: () => 1, onTrouble: () => {}, onWell: () => {} };
  const member = new GroupMember(connection, { groupId: "group", topics: ["flows"], sessionMs: 10_000 }, events);
  await expect(member.join()).rejects.toEqual(unreachable);
  await member.commit();
  await member.leave();
  expect(member.claims).toEqual([]);
});

test.concurrent.each(["auto", true, false] as const)(
  "a producer (idempotent: %s) says so for each attempt",
  async (idempotent) => {
    const producer = new KafkaProducer(connection, { idempotent, compression: "none" });
    const shipment = producer.shipment([{ topic: "flows", value: Buffer.from("1") }]);
    const signal = new AbortController().signal;
    await expect(shipment.send(signal)).rejects.toEqual(unreachable);
    await expect(shipment.send(signal)).rejects.toEqual(unreachable);
    await expect(shipment.send(AbortSignal.abort("over"))).rejects.toBe("over");
    await producer.close();
  },
);

test("closing breaks off what waits for a broker that says nothing, and nothing is asked afterwards", async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const options = schema.parse({ brokers: [`127.0.0.1:${port}`], securityProtocol: "PLAINTEXT" });
  const silent = await kafkaConnection(options, { baseDir: "/" });
  const asked = once(server, "connection");
  const reader = new TopicReader(silent, ["flows"]);
  const lag = new GroupLag(silent, "group", ["flows"]);
  const events = { onClaimed: () => {}, onReleased: async () => {}, doneUpTo: () => 1, onTrouble: () => {}, onWell: () => {} };
  const member = new GroupMember(silent, { groupId: "group", topics: ["flows"], sessionMs: 10_000 }, events);
  const waiting = Promise.allSettled([reader.partitions(), lag.read(), member.join()]);
  await asked;
  const began = performance.now();
  await Promise.all([reader.close(), lag.close(), member.leave()]);
  const [partitions, lags] = await waiting;
  expect(performance.now() - began).toBeLessThan(5_000);
  expect([partitions.status, lags.status]).toEqual(["rejected", "rejected"]);
  await expect(reader.partitions()).rejects.toThrow("the reader of topic flows is closed");
  await expect(lag.read()).rejects.toThrow("closed");
  server.close();
});
