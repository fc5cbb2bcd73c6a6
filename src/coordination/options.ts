import { z } from "zod";
import { connectionShape } from "../lib/kafka/options.ts";

const topic = z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, "expected letters, digits, dots, dashes and underscores");

/** Several workers that share the objects of their buckets. */
export const coordinationOptions = z.strictObject({
  kafka: z
    .strictObject({
      ...connectionShape,
      group: z
        .string()
        .min(1)
        .max(200)
        .default("flowferry")
        .describe(
          "Consumer group of the workers that deliver; those that list, and those that detect, are called so with `-listers` and `-detectors` behind it",
        ),
      topics: z
        .strictObject({
          objects: topic
            .default("flowferry-objects")
            .describe("What was discovered. It is shared out by its partitions: as many as workers may come to be, or more"),
          parked: topic.default("flowferry-parked").describe("Objects that could not be read, and are tried again"),
          deadLetters: topic.default("flowferry-dead-letters").describe("Pointers to records that were set aside"),
          detections: topic
            .default("flowferry-detections")
            .describe(
              "Flows that the rules of `alerts` have to see, from whoever delivers to whoever detects. It has one partition",
            ),
          events: topic
            .optional()
            .describe(
              "Object-created events that a service writes, as OCI Events writes them into a stream: whoever lists looks at once for what they name, instead of at the next poll. None by default",
            ),
          states: topic
            .default("flowferry-detection-states")
            .describe("What the rules remember, and what became of alerts. It has one partition"),
        })
        .prefault({})
        .describe("Names of the topics. They are created beforehand, without compaction; the last two where there are `alerts`"),
      sessionMs: z
        .int()
        .min(1_000)
        .max(1_800_000)
        .default(10_000)
        .describe("After so long without a sign of life a worker's share goes to others, in ms"),
      instanceId: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe(
          "Name of this worker that stays over restarts, no two workers have the same, as a StatefulSet's pod has: one that is back within the session keeps its share",
        ),
      parkAfterMs: z
        .int()
        .min(100)
        .default(60_000)
        .describe(
          "An object that cannot be read for so long goes into the topic of parked ones, so that it holds up none behind it, and is tried again after as long, and then after twice as long up to 15 minutes, in ms",
        ),
      retentionMs: z
        .int()
        .min(60_000)
        .default(86_400_000)
        .describe(
          "How long the topics keep a message, the least of them: what has to be known for longer is written again after half of it, in ms",
        ),
    })
    .describe("Apache Kafka, OCI Streaming, IBM Event Streams"),
});

export type CoordinationOptions = z.output<typeof coordinationOptions>["kafka"];
