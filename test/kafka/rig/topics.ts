import { setTimeout as sleep } from "node:timers/promises";
import { API, array, int8, int16, int32, text, WireConnection, WireReader } from "./wire.ts";

export interface TopicOptions {
  readonly partitions: number;
  readonly replicas?: number;
  /** As `cleanup.policy`. */
  readonly configuration?: Readonly<Record<string, string>>;
}

/** Creates a topic at one of the brokers and waits until each partition has somebody that leads it. */
export async function createTopic(port: number, name: string, options: TopicOptions): Promise<void> {
  await using connection = await WireConnection.to(port);
  const configuration = Object.entries(options.configuration ?? {}).map(([key, value]) =>
    Buffer.concat([text(key), text(value)]),
  );
  const topic = [text(name), int32(options.partitions), int16(options.replicas ?? 2), array([]), array(configuration)];
  const body = Buffer.concat([array([Buffer.concat(topic)]), int32(30_000), int8(0)]);
  const answer = new WireReader(await connection.request(API.createTopics, 2, body));
  answer.skip(8);
  answer.string();
  const error = answer.int16();
  if (error !== 0) throw new Error(`topic ${name}: error ${error}: ${answer.string()}`);
  for (;;) {
    const { topics } = await metadata(connection);
    const partitions = topics.get(name);
    if (partitions?.length === options.partitions && partitions.every(({ leader }) => leader >= 0)) return;
    await sleep(50);
  }
}

/** Deletes a topic at one of the brokers and waits until nobody knows it. */
export async function deleteTopic(port: number, name: string): Promise<void> {
  await using connection = await WireConnection.to(port);
  const answer = new WireReader(
    await connection.request(API.deleteTopics, 1, Buffer.concat([array([text(name)]), int32(30_000)])),
  );
  answer.skip(8);
  answer.string();
  const error = answer.int16();
  if (error !== 0) throw new Error(`topic ${name} is not deleted: error ${error}`);
  while ((await metadata(connection)).topics.has(name)) await sleep(50);
}

/** Of a resource that is a topic, and of an operation that sets something. */
const [TOPIC, SET] = [2, 0];

/** Changes the configuration of a topic at one of the brokers. */
export async function configureTopic(port: number, name: string, options: Readonly<Record<string, string>>): Promise<void> {
  await using connection = await WireConnection.to(port);
  const configuration = Object.entries(options).map(([key, value]) => Buffer.concat([text(key), int8(SET), text(value)]));
  const resource = Buffer.concat([int8(TOPIC), text(name), array(configuration)]);
  const body = Buffer.concat([array([resource]), int8(0)]);
  const answer = new WireReader(await connection.request(API.incrementalAlterConfigs, 0, body));
  answer.skip(8);
  const error = answer.int16();
  if (error !== 0) throw new Error(`topic ${name} is not configured: error ${error}: ${answer.string()}`);
}

export interface Partition {
  readonly index: number;
  /** The node that leads it; -1 for none. */
  readonly leader: number;
  readonly inSync: readonly number[];
}

export interface Metadata {
  readonly brokers: readonly number[];
  readonly topics: ReadonlyMap<string, readonly Partition[]>;
}

/** Of every broker and topic, as this broker sees them. */
export async function metadata(connection: WireConnection): Promise<Metadata> {
  const answer = new WireReader(await connection.request(API.metadata, 1, int32(-1)));
  const brokers = many(answer, () => {
    const node = answer.int32();
    answer.string();
    answer.int32();
    answer.string();
    return node;
  });
  answer.int32();
  const topics = many(answer, () => {
    answer.int16();
    const name = answer.string();
    answer.int8();
    return [name, many(answer, () => partition(answer))] as const;
  });
  return { brokers, topics: new Map(topics) };
}

function partition(answer: WireReader): Partition {
  answer.int16();
  const [index, leader] = [answer.int32(), answer.int32()];
  many(answer, () => answer.int32());
  return { index, leader, inSync: many(answer, () => answer.int32()) };
}

const many = <Entry>(answer: WireReader, read: () => Entry): Entry[] => Array.from({ length: answer.int32() }, read);
