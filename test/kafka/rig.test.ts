import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { Kafka, PASSWORD, USER } from "./rig/cluster.ts";
import { metadata } from "./rig/topics.ts";
import { API, array, int8, int16, int32, text, WireConnection, WireReader } from "./rig/wire.ts";

const begun = performance.now();
const kafka = available("Kafka", async () => {
  const started = await Kafka.start();
  process.stderr.write(`Kafka ${started.version}: two brokers after ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
  return started;
});

const portOf = (address: string | undefined): number => Number(address?.split(":")[1]);

async function secure(listener: "SASL_SSL" | "OCI", password = PASSWORD, broker = 0): Promise<WireConnection> {
  const ca = readFileSync(kafka().authority, "utf8");
  const socket = connect({ port: portOf(kafka().brokers(listener)[broker]), host: "localhost", servername: "localhost", ca });
  const connection = await WireConnection.over(socket, "secureConnect");
  await connection.authenticate(USER, password);
  return connection;
}

async function apisOf(connection: WireConnection): Promise<number[]> {
  const answer = new WireReader(await connection.request(API.apiVersions, 2));
  expect(answer.int16()).toBe(0);
  return Array.from({ length: answer.int32() }, () => {
    const api = answer.int16();
    answer.skip(4);
    return api;
  });
}

async function isrOf(topic: string, broker: number): Promise<number[][]> {
  await using connection = await WireConnection.to(portOf(kafka().brokers("PLAINTEXT")[broker]));
  return ((await metadata(connection)).topics.get(topic) ?? []).map(({ inSync }) => [...inSync].sort());
}

/** The place of the broker that leads the first partition. */
async function leaderOf(topic: string): Promise<number> {
  await using connection = await WireConnection.to(portOf(kafka().brokers("PLAINTEXT")[0]));
  const leader = async () => ((await metadata(connection)).topics.get(topic) ?? [])[0]?.leader ?? -1;
  await expect.poll(leader).toBeGreaterThanOrEqual(FIRST_BROKER);
  return (await leader()) - FIRST_BROKER;
}
const FIRST_BROKER = 2;

const commit = (group: string) => Buffer.concat([text(group), int32(-1), text(""), int64(-1n), array([])]);
/** Of the first partition, from its beginning. */
function fetchOf(topic: string, waitMs: number): Buffer {
  const partition = Buffer.concat([int32(0), int64(0n), int32(1000)]);
  const topics = array([Buffer.concat([text(topic), array([partition])])]);
  return Buffer.concat([int32(-1), int32(waitMs), int32(1), int32(1000), int8(0), topics]);
}
const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

describe("two brokers", () => {
  test("believe the user who has the token, and nobody else", async () => {
    await using connection = await secure("SASL_SSL");
    expect((await metadata(connection)).brokers.toSorted()).toEqual([2, 3]);
    await expect(secure("SASL_SSL", "wrong")).rejects.toThrow(/Authentication failed/);
    await expect(secure("OCI", "wrong")).rejects.toThrow(/Authentication failed/);
  });

  test.each([0, 1])("broker %i is killed and comes back: the other has led meanwhile", async (broker) => {
    const topic = await kafka().topic("led", { partitions: 4 });
    await kafka().kill(broker);
    await using connection = await WireConnection.to(portOf(kafka().brokers("PLAINTEXT")[1 - broker]));
    await expect
      .poll(async () => (await metadata(connection)).topics.get(topic)?.map(({ leader }) => leader))
      .toEqual([3 - broker, 3 - broker, 3 - broker, 3 - broker]);
    await kafka().revive(broker);
    for (const side of [0, 1]) expect(await isrOf(topic, side)).toEqual([0, 1, 2, 3].map(() => [2, 3]));
  });
});

describe("what OCI Streaming allows", () => {
  afterEach(() => kafka().oci.broken.splice(0));

  test("leads to the brokers, and hides what is not there", async () => {
    await using connection = await secure("OCI");
    await using direct = await secure("SASL_SSL");
    const [hidden, all] = [await apisOf(connection), await apisOf(direct)];
    expect(all.filter((api) => !hidden.includes(api)).toSorted((a, b) => a - b)).toEqual([
      ...[API.initProducerId, API.addPartitionsToTxn, API.addOffsetsToTxn, API.endTxn, API.writeTxnMarkers, API.txnOffsetCommit],
      API.createPartitions,
      ...[API.describeTransactions, API.listTransactions, API.consumerGroupHeartbeat, API.consumerGroupDescribe],
    ]);
    expect((await metadata(connection)).brokers.toSorted()).toEqual([2, 3]);
  });

  test.each([
    ["a producer's id", API.initProducerId, 1, () => Buffer.concat([int16(-1), int32(1000)])],
    ["a request of more than 1 MiB", API.produce, 7, () => Buffer.alloc(1_048_577)],
    [
      "a compacted topic",
      API.createTopics,
      2,
      () => {
        const policy = array([Buffer.concat([text("cleanup.policy"), text("compact")])]);
        return Buffer.concat([
          array([Buffer.concat([text("compacted"), int32(1), int16(1), array([]), policy])]),
          int32(1000),
          int8(0),
        ]);
      },
    ],
  ])("closes the connection for %s", async (_, api, version, body) => {
    await using connection = await secure("OCI");
    await expect(connection.request(api, version, body())).rejects.toThrow("closed");
    expect(kafka().oci.broken).toHaveLength(1);
  });

  // Where eleven commits take longer than a second, they say nothing.
  test("takes ten commits a second of a group, and no eleventh", { retry: 3 }, async () => {
    await using connection = await secure("OCI");
    for (let count = 0; count < 10; count += 1) await connection.request(API.offsetCommit, 2, commit("hasty"));
    expect(kafka().oci.broken).toEqual([]);
    await using other = await secure("OCI");
    await other.request(API.offsetCommit, 2, commit("another"));
    const eleventh = other.request(API.offsetCommit, 2, commit("hasty"));
    await expect(eleventh).rejects.toThrow("closed");
    expect(kafka().oci.broken).toEqual(["11 commits within a second in group hasty"]);
    expect(kafka().oci.most("commit")).toBe(11);
    await sleep(1100);
    await using patient = await secure("OCI");
    await patient.request(API.offsetCommit, 2, commit("hasty"));
  });

  test("gives five fetches of a partition a second", async () => {
    const topic = await kafka().topic("fetched", { partitions: 1 });
    const body = fetchOf(topic, 0);
    await using connection = await secure("OCI");
    const begin = performance.now();
    for (let count = 0; count < 10; count += 1) await connection.request(API.fetch, 4, body);
    expect(performance.now() - begin).toBeGreaterThan(900);
    expect(kafka().oci.broken).toEqual([]);
  });

  test("closes connections at whim", async () => {
    const topic = await kafka().topic("empty", { partitions: 1 });
    // Nobody else makes a fetch wait.
    await using connection = await secure("OCI", PASSWORD, await leaderOf(topic));
    const waiting = connection.request(API.fetch, 4, fetchOf(topic, 60_000));
    waiting.catch(() => {});
    await sleep(50);
    kafka().oci.cut();
    await expect(waiting).rejects.toThrow("closed");
  });
});
