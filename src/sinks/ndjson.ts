import { statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { Component } from "../contracts/component.ts";
import type { Encoder, EncoderDependencies, Sink, SinkDependencies } from "../contracts/sink.ts";
import { asBuffer, bytesOf } from "../lib/bytes.ts";
import { linePrinter } from "../schemas/line.ts";
import { loadSchema } from "../schemas/load.ts";
import { createLinesFile, inspectLinesFile, type Lines } from "./lines-file.ts";
import { createLinesPipe } from "./lines-pipe.ts";
import { createStandardOutput, isStandardOutput } from "./standard-output.ts";

const ndjsonOptions = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe("File or named pipe to write, relative to the configuration file; - is standard output. A new file has mode 0600"),
  schema: z.string().default("otel").describe("Names of the attributes: otel, ecs, ocsf, seed, or a YAML file"),
  serviceName: z.string().min(1).default("flowferry").describe("Value of service.name in the resource, in schema otel"),
  append: z
    .boolean()
    .default(true)
    .describe("Write behind what the file holds; false empties it at every start, with what was delivered before"),
  fsync: z
    .boolean()
    .default(true)
    .describe("Wait until a batch is on the disk before it counts as delivered; false trusts the operating system with it"),
  batch: z
    .strictObject({
      records: z.int().min(1).max(100_000).default(2000).describe("Most records of one write"),
      lingerMs: z.int().min(0).default(200).describe("How long a record waits for others, in ms"),
    })
    .prefault({})
    .describe("Size of the writes"),
});

type NdjsonOptions = z.infer<typeof ndjsonOptions>;

interface Place {
  readonly lines: Lines;
  /** One line about what a write would find; throws UsageError where it cannot be written. */
  readonly inspect: () => Promise<string>;
}

export const ndjson: Component<NdjsonOptions, SinkDependencies, Sink> = {
  type: "ndjson",
  summary: "A file, a named pipe or standard output, one JSON object a line",
  options: ndjsonOptions,
  encoder: encoderOf,
  async create(options, dependencies) {
    const { lines, inspect } = await placeOf(options, dependencies.baseDir, `sink ${dependencies.name}`);
    return {
      limits: { records: options.batch.records, inFlight: 1, lingerMs: options.batch.lingerMs },
      ...encoderOf(options, dependencies),
      async send({ parts: [text = new Uint8Array()] }, signal) {
        await lines.write(asBuffer(text), signal);
        return { rejected: 0 };
      },
      probe: inspect,
      close: () => lines.close(),
    };
  },
};

function encoderOf({ schema, serviceName }: NdjsonOptions, { baseDir }: EncoderDependencies): Encoder {
  const print = linePrinter(loadSchema(schema, baseDir), serviceName);
  return {
    encode(flows, observed) {
      let lines = "";
      for (const flow of flows) lines += `${print(flow, observed)}\n`;
      return { records: flows.length, parts: [bytesOf(lines)] };
    },
  };
}

/** What cannot be written is refused at the start, where it is a fault of the configuration; what breaks later is waited for. */
async function placeOf(
  { path: configured, append, fsync: sync }: NdjsonOptions,
  baseDir: string,
  writer: string,
): Promise<Place> {
  // Opened by its name, a file that standard output leads to would be written from two places.
  if (isStandardOutput(configured)) {
    return { lines: createStandardOutput({ sync, writer }), inspect: async () => "standard output can be written" };
  }
  const path = resolve(baseDir, configured);
  const inspect = () => inspectLinesFile(path, append);
  await inspect();
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO()) return { lines: createLinesPipe(path, writer), inspect };
  return { lines: createLinesFile(path, { append, sync, writer }), inspect };
}
