import type { Component } from "../../contracts/component.ts";
import type { Encoder, EncoderDependencies, Payload, Sink, SinkDependencies } from "../../contracts/sink.ts";
import { GETTERS } from "../../flow/access.ts";
import { isField } from "../../flow/fields.ts";
import type { Flow } from "../../flow/flow.ts";
import { asBuffer, bytesOf } from "../../lib/bytes.ts";
import { Failure } from "../../lib/errors.ts";
import { kafkaConnection } from "../../lib/kafka/connection.ts";
import { KafkaProducer, type Shipment } from "../../lib/kafka/producer.ts";
import { linePrinter } from "../../schemas/line.ts";
import { loadSchema } from "../../schemas/load.ts";
import { createEncoder } from "../otlp/encoder.ts";
import { json } from "../otlp/json.ts";
import { protobuf } from "../otlp/protobuf.ts";
import { type KeyedValue, pack, sizeOf, unpack } from "./messages.ts";
import { checkKafkaSink, type KafkaSinkOptions, kafkaSinkOptions } from "./options.ts";

/** A topic of Kafka, or of what speaks its protocol. A batch is acknowledged by all replicas in sync before it counts as delivered. */
export const kafkaTopic: Component<KafkaSinkOptions, SinkDependencies, Sink> = {
  type: "kafka",
  summary: "A topic of Apache Kafka, OCI Streaming or IBM Event Streams, as JSON or OTLP",
  options: kafkaSinkOptions,
  check: checkKafkaSink,
  encoder: encoderOf,
  create: kafkaSink,
};

async function kafkaSink(options: KafkaSinkOptions, dependencies: SinkDependencies): Promise<Sink> {
  checkKafkaSink(options);
  const { topic, batch, inFlight, idempotent, compression } = options;
  const connection = await kafkaConnection(options, dependencies);
  const producer = new KafkaProducer(connection, {
    idempotent,
    compression,
    onPlain: () =>
      dependencies.onNotice?.(
        `the broker of topic ${topic} recognises no repeated messages: one whose acknowledgement is lost comes twice, under the same uids`,
      ),
  });
  /** Of payloads that are sent again: what was acknowledged of them does not go again. */
  const shipments = new WeakMap<Payload, Shipment>();
  return {
    limits: { records: batch.records, inFlight, lingerMs: batch.lingerMs },
    ...encoderOf(options, dependencies),
    async send(payload, signal) {
      const messages = () =>
        unpack(payload).map(({ key, value }) => ({ topic, key: key && bufferOf(key), value: bufferOf(value) }));
      const shipment = shipments.get(payload) ?? producer.shipment(messages());
      shipments.set(payload, shipment);
      await shipment.send(signal);
      return { rejected: 0 };
    },
    async probe() {
      return `topic ${topic} has ${await producer.partitions(topic)} partitions`;
    },
    close: () => producer.close(),
  };
}

const bufferOf = (bytes: Uint8Array): Buffer => asBuffer(bytes as Uint8Array<ArrayBuffer>);

function encoderOf(options: KafkaSinkOptions, dependencies: EncoderDependencies): Encoder {
  const { batch } = options;
  const valuesOf = options.encoding === "json" ? jsonValues(options, dependencies) : otlpValues(options, dependencies);
  return {
    encode(flows, observed) {
      const messages = valuesOf(flows, observed);
      const bytes = sizeOf(messages);
      if (bytes > batch.bytes) throw tooLarge(flows, bytes, batch.bytes);
      return pack(flows.length, messages);
    },
  };
}

type Values = (flows: readonly Flow[], observed: number) => KeyedValue[];

function jsonValues({ schema, serviceName, key }: KafkaSinkOptions, { baseDir }: EncoderDependencies): Values {
  const print = linePrinter(loadSchema(schema, baseDir), serviceName);
  const keyOf = keyReader(key);
  return (flows, observed) =>
    flows.map((flow) => {
      const text = keyOf(flow);
      return { key: text === undefined ? undefined : bytesOf(text), value: bytesOf(print(flow, observed)) };
    });
}

/** A request for all records of a key. */
function otlpValues(options: KafkaSinkOptions, { baseDir, version }: EncoderDependencies): Values {
  const { schema, serviceName, body, key, encoding } = options;
  const syntax = encoding === "otlp-json" ? json : protobuf;
  const encoder = createEncoder(syntax, loadSchema(schema, baseDir), {
    serviceName,
    version,
    body,
    maxBytes: Number.MAX_SAFE_INTEGER,
  });
  const keyOf = keyReader(key);
  return (flows, observed) => {
    const groups = new Map<string | undefined, Flow[]>();
    for (const flow of flows) {
      const text = keyOf(flow);
      const group = groups.get(text);
      if (group === undefined) groups.set(text, [flow]);
      else group.push(flow);
    }
    return [...groups].map(([text, group]) => {
      const payload = encoder.encode(group, observed);
      const [request = new Uint8Array()] = payload.parts;
      // The encoder's memory serves the next one.
      const value = new Uint8Array(request);
      encoder.recycle(payload);
      return { key: text === undefined ? undefined : bytesOf(text), value };
    });
  };
}

/** The text of the field that is the key; undefined where the flow says nothing of it. */
function keyReader(key: string | undefined): (flow: Flow) => string | undefined {
  if (key === undefined || !isField(key)) return () => undefined;
  const get = GETTERS[key] as (flow: Flow) => unknown;
  return (flow) => {
    const value = get(flow);
    if (value === undefined) return undefined;
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  };
}

function tooLarge(flows: readonly Flow[], bytes: number, most: number): Failure {
  const [first] = flows;
  const what =
    flows.length === 1 && first !== undefined
      ? `record ${first.record} of ${first.origin.key} makes a message of ${bytes} bytes`
      : `${flows.length} records make a batch of ${bytes} bytes`;
  return new Failure("batch", "kafka-too-large", `${what}, more than batch.bytes (${most})`, { tooLarge: true, certain: true });
}
