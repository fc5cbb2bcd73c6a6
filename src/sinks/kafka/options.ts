import { z } from "zod";
import { FIELD_NAMES, isField } from "../../flow/fields.ts";
import { UsageError } from "../../lib/errors.ts";
import { checkConnection, connectionShape } from "../../lib/kafka/options.ts";
import { nearest } from "../../lib/nearest.ts";
import { BODIES } from "../../schemas/record.ts";

export const kafkaSinkOptions = z.strictObject({
  ...connectionShape,
  topic: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/, "is no name of a topic")
    .describe("Topic (of OCI: stream) to write to; it is not created"),
  encoding: z
    .enum(["json", "otlp-protobuf", "otlp-json"])
    .default("json")
    .describe(
      "Form of the messages: a JSON object for each record, as sink `ndjson` writes lines; or OTLP export requests (the Collector's encodings `otlp_proto` and `otlp_json`) of all records of a batch that have one key",
    ),
  schema: z
    .string()
    .default("otel")
    .describe(
      "Names of the attributes: otel, otel-compact (for OTLP requests; lines are the same), ecs, ocsf, seed, or a YAML file",
    ),
  serviceName: z.string().min(1).default("flowferry").describe("Value of service.name in the resource, in schema otel"),
  body: z
    .enum(BODIES)
    .default("summary")
    .describe("Body of a record, in OTLP: a line for people, that line and the record's uid, or none"),
  key: z
    .string()
    .optional()
    .describe(
      "Field whose value is the key of a message, such as `vnic` or `sourceAddress`: records with one value stay in one partition, in order; without it a batch goes to one partition, each to the next",
    ),
  compression: z
    .enum(["none", "gzip", "snappy", "lz4", "zstd"])
    .default("gzip")
    .describe("Compression of the batches, which whoever reads the topic has to know"),
  idempotent: z
    .union([z.literal("auto"), z.boolean()])
    .default("auto")
    .describe(
      "Have the broker recognise what is sent once more after a connection broke: `auto` where it can, true or nothing, false never. OCI Streaming cannot. What a restarted worker sends again comes twice in any case, with the same uids",
    ),
  batch: z
    .strictObject({
      records: z.int().min(1).max(100_000).default(500).describe("Most records of a batch"),
      bytes: z
        .int()
        .min(1024)
        .max(64 * 1024 * 1024)
        .default(950_000)
        .describe(
          "Most bytes of a batch, and so of a message, before compression: what OCI Streaming and Event Streams take of a request is 1 MB. A larger batch is halved, a record that is larger by itself is set aside",
        ),
      lingerMs: z.int().min(0).default(200).describe("How long a record waits for its batch to fill, in ms"),
    })
    .prefault({})
    .describe("Size of the batches"),
  inFlight: z.int().min(1).max(64).default(4).describe("Most batches on the way at once"),
});

export type KafkaSinkOptions = z.output<typeof kafkaSinkOptions>;

/** Throws UsageError for options that contradict each other, and for a key that is no field. */
export function checkKafkaSink(options: KafkaSinkOptions): void {
  checkConnection(options);
  const { key } = options;
  if (key === undefined || isField(key)) return;
  const meant = nearest(key, FIELD_NAMES);
  throw new UsageError("bad-options", `key: there is no field ${key}${meant === undefined ? "" : `: did you mean ${meant}?`}`);
}
