import { z } from "zod";
import { durationText, instantText } from "../../lib/durations.ts";
import { UsageError } from "../../lib/errors.ts";
import { checkConnection, connectionShape } from "../../lib/kafka/options.ts";

const NAME = /^[A-Za-z0-9._-]{1,249}$/;
const MB = 1024 * 1024;

export const kafkaSourceOptions = z.strictObject({
  ...connectionShape,
  topics: z
    .array(z.string().regex(NAME, "is no name of a topic"))
    .min(1)
    .describe("Topics (of OCI: streams) whose messages are flow logs: one event each, or lists or lines of them"),
  group: z
    .string()
    .regex(NAME, "may hold letters, digits, dots, dashes and underscores")
    .default("flowferry")
    .describe(
      "Consumer group: workers with the same one share the partitions, and go on where it says. What it has committed is the truth, not the ledger",
    ),
  instanceId: z
    .string()
    .regex(NAME, "may hold letters, digits, dots, dashes and underscores")
    .optional()
    .describe(
      "Name of this worker in the group that stays over restarts, as that of a StatefulSet's pod does (static membership): within `session` it gets its partitions back, and nobody else does",
    ),
  session: durationText()
    .default("30s")
    .describe(
      "After so long without a sign of life the worker's partitions go to others; what the broker allows, 6s to 30m as a rule",
    ),
  begin: z
    .enum(["earliest", "latest"])
    .default("earliest")
    .describe(
      "Where a partition begins of which the group knows nothing, without `since`: the first message that is there, or the next one",
    ),
  since: instantText()
    .optional()
    .describe(
      "Where a partition begins of which the group knows nothing: the first message that the broker has stamped so, or later: a time, a date, or how long ago (`30d`)",
    ),
  until: instantText()
    .optional()
    .describe("No bound of what is read: messages may hold records from long before; it filters flows"),
  cluster: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Name of the cluster, which is part of every uid; by default the first of the brokers. Set it before brokers change",
    ),
  fetch: z
    .strictObject({
      waitMs: z
        .int()
        .min(200)
        .max(10_000)
        .default(250)
        .describe(
          "How long a broker that has nothing new waits, in ms; also the least pause between two requests for a partition is 200 ms",
        ),
      partitionBytes: z
        .int()
        .min(16 * 1024)
        .max(64 * MB)
        .default(2 * MB)
        .describe("Most bytes of a partition in one answer; a larger message comes all the same"),
      memoryBytes: z
        .int()
        .min(MB)
        .default(64 * MB)
        .describe("Most bytes of messages that wait in memory: beyond it nothing is fetched, while the worker stays a member"),
    })
    .prefault({})
    .describe("How messages are fetched"),
});

export type KafkaSourceOptions = z.output<typeof kafkaSourceOptions>;

/** Throws UsageError for options that contradict each other. */
export function checkKafkaSource(options: KafkaSourceOptions): void {
  checkConnection(options);
  if (new Set(options.topics).size < options.topics.length)
    throw new UsageError("bad-options", "topics: a name stands there twice");
  if (options.since !== undefined && options.begin === "latest") {
    throw new UsageError("bad-options", "since and begin: latest exclude each other");
  }
}
