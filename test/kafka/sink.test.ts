import { mkdirSync, readFileSync } from "node:fs";
import { Consumer } from "@platformatic/kafka";
import { afterEach, beforeEach, expect, test } from "vitest";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { spawned, summaryOf, type Workplace, workplace } from "../journeys/program.ts";
import { decodeRequest } from "../simulators/otlp/decode.ts";
import { startReceiver } from "../simulators/otlp/receiver.ts";
import { Kafka, PASSWORD, USER } from "./rig/cluster.ts";
import { connection, event, numbers, produce } from "./stream.ts";

const kafka = available("Kafka", () => Kafka.start());
let place: Workplace;
beforeEach(() => {
  place = workplace();
});
afterEach(() => place.remove());

/** Every message of a topic, as any other client reads it. */
async function messagesOf(
  topic: string,
  count: number,
): Promise<{ key: string | undefined; value: Buffer; partition: number }[]> {
  const client = new Consumer({
    clientId: "reader",
    groupId: `reader-${topic}`,
    bootstrapBrokers: kafka().brokers("PLAINTEXT"),
    autocommit: false,
  });
  const found: { key: string | undefined; value: Buffer; partition: number }[] = [];
  try {
    const stream = await client.consume({ topics: [topic], mode: "earliest", maxWaitTime: 500 });
    for await (const { key, value, partition } of stream) {
      found.push({ key: key?.toString() || undefined, value: Buffer.from(value), partition });
      if (found.length >= count) break;
    }
  } finally {
    await client.close(true);
  }
  return found;
}

function bucket(count: number): object {
  const events = numbers(0, count).map((number) => event(number));
  mkdirSync(place.path("bucket"), { recursive: true });
  place.write("bucket/flows.log", `${events.join("\n")}\n`);
  return { source: { type: "directory", path: "bucket" }, ledger: { path: "ledger.db" } };
}

const job = (config: object) => spawned(["run", "-c", place.config(config), "--until-caught-up", "--json"]);

test.each(["SASL_SSL", "OCI"] as const)("writes every record to a topic, keyed by a field (%s)", async (listener) => {
  const topic = await kafka().topic("written", { partitions: 3 });
  const sink = { type: "kafka", topic, key: "sourceAddress", ...connection(kafka(), listener) };
  const ended = await job({ ...bucket(300), sinks: [sink] });
  expect([ended.code, summaryOf(ended).sinks.kafka]).toEqual([0, expect.objectContaining({ delivered: 300, deadLettered: 0 })]);
  const messages = await messagesOf(topic, 300);
  const lines = messages.map(({ value }) => JSON.parse(value.toString()).attributes);
  expect(lines.map((line) => line["flow.packets"]).sort((a, b) => a - b)).toEqual(numbers(0, 300));
  expect(messages.map(({ key }) => key)).toEqual(lines.map((line) => line["source.address"]));
  const partitions = new Map(messages.map(({ key, partition }) => [key, partition]));
  for (const { key, partition } of messages) expect(partition).toBe(partitions.get(key));
  if (listener === "OCI") expect(ended.stderr).toMatch(/recognises no repeated messages/);
});

test("writes OTLP requests, and sets a record aside that is too large by itself", async () => {
  const topic = await kafka().topic("otlp", { partitions: 1 });
  const sink = {
    type: "kafka",
    topic,
    encoding: "otlp-protobuf",
    compression: "zstd",
    batch: { bytes: 20_000 },
    ...connection(kafka()),
  };
  const config = bucket(50);
  place.write(
    "bucket/large.log",
    event(50)
      .replace('"10.0.0.7"', `"10.0.0.7","flowid":"${"x".repeat(10)}"`)
      .replace("ocid1.vnic.oc1..1", `ocid1.vnic.oc1..${"y".repeat(30_000)}`),
  );
  const ended = await job({ ...config, sinks: [sink] });
  expect([ended.code, summaryOf(ended).sinks.kafka]).toEqual([3, expect.objectContaining({ delivered: 50, deadLettered: 1 })]);
  expect(ended.stderr).toMatch(/makes a batch of|makes a message of \d+ bytes, more than batch.bytes/);
  let records = 0;
  for (const { value } of await messagesOf(topic, 1)) records += decodeRequest(value, "protobuf").length;
  expect(records).toBeGreaterThan(0);
});

test("a topic that is missing is one line, and nothing is set aside", async () => {
  const sink = { type: "kafka", topic: "none", ...connection(kafka()) };
  const { code, stdout } = await spawned(["check", "-c", place.config({ ...bucket(1), sinks: [sink] })]);
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/FAILED sink kafka: .*there is no such topic, or it may not be seen: create it/),
  ]);
});

test("the example reads a stream as it stands", async () => {
  const topic = await kafka().topic("flow-logs", { partitions: 2 });
  await produce(
    kafka(),
    topic,
    numbers(0, 30).map((number) => event(number)),
  );
  const receiver = await startReceiver();
  try {
    const text = readFileSync(asset("examples/kafka.yaml"), "utf8")
      .replace("topics: [flow-logs]", `topics: [${topic}]\n  tls: { caFile: ${kafka().authority} }`)
      .replace("http://localhost:4318", receiver.url);
    const [KAFKA_BROKERS = ""] = kafka().brokers("SASL_SSL");
    const env = { KAFKA_BROKERS, KAFKA_USER: USER, KAFKA_PASSWORD: PASSWORD };
    const ended = await spawned(["run", "-c", place.write("kafka.yaml", text), "--until-caught-up", "--json"], env);
    expect([ended.code, summaryOf(ended).sinks.otlp]).toEqual([0, expect.objectContaining({ delivered: 30 })]);
  } finally {
    await receiver.close();
  }
});
