import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { Batch, Component, Sink, SinkDependencies } from "../contracts.ts";
import { UsageError } from "../errors.ts";
import { linePrinter } from "../schemas/line.ts";
import { loadSchema } from "../schemas/load.ts";
import { createLinesFile, reportOf } from "./lines-file.ts";

const ndjsonOptions = z.strictObject({
  path: z.string().min(1).describe("File to write, relative to the configuration file; - is standard output"),
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

export const ndjson: Component<NdjsonOptions, SinkDependencies, Sink> = {
  type: "ndjson",
  summary: "A file or standard output, one JSON object a line",
  options: ndjsonOptions,
  create(options, { baseDir }) {
    const print = linePrinter(loadSchema(options.schema, baseDir), options.serviceName);
    const text = ({ flows }: Batch): Buffer => {
      const observed = Date.now();
      let lines = "";
      for (const flow of flows) lines += `${print(flow, observed)}\n`;
      return Buffer.from(lines);
    };
    const limits = { records: options.batch.records, inFlight: 1, lingerMs: options.batch.lingerMs };
    return options.path === "-" ? standardOutput(limits, text) : toFile(resolve(baseDir, options.path), options, limits, text);
  },
};

function toFile(path: string, options: NdjsonOptions, limits: Sink["limits"], text: (batch: Batch) => Buffer): Sink {
  requireFolder(path);
  const file = createLinesFile(path, { append: options.append, sync: options.fsync });
  return {
    limits,
    async write(batch, signal) {
      signal.throwIfAborted();
      await file.write(text(batch));
      return { rejected: 0 };
    },
    async probe() {
      requireFolder(path);
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      try {
        accessSync(size === undefined ? dirname(path) : path, constants.W_OK);
      } catch (error) {
        throw reportOf(error, path);
      }
      return size === undefined ? `${path} can be created` : `${path} can be written (${size} bytes so far)`;
    },
    close: () => file.close(),
  };
}

function requireFolder(path: string): void {
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(
      "ndjson-no-folder",
      `cannot write ${path}: there is no folder ${folder}; create it, or correct \`path\``,
    );
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UsageError("ndjson-is-folder", `cannot write ${path}: it is a folder`);
  }
}

/** Resolves once the bytes are handed to the operating system. A reader that went away ends the run: nobody else would take the rest. */
function standardOutput(limits: Sink["limits"], text: (batch: Batch) => Buffer): Sink {
  // A failed write is reported by its callback; the event beside it must not end the process.
  const ignore = (): void => {};
  process.stdout.on("error", ignore);
  return {
    limits,
    async write(batch, signal) {
      signal.throwIfAborted();
      await new Promise<void>((done, fail) => {
        process.stdout.write(text(batch), (error) => (error ? fail(stdoutError(error)) : done()));
      });
      return { rejected: 0 };
    },
    async probe() {
      if (!process.stdout.writable) throw stdoutError(Object.assign(new Error("not writable"), { code: "EPIPE" }));
      return "standard output can be written";
    },
    async close() {
      process.stdout.off("error", ignore);
    },
  };
}

function stdoutError(error: NodeJS.ErrnoException): Error {
  const gone = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
  const message = gone ? "standard output was closed by its reader (EPIPE)" : "cannot write to standard output";
  return new UsageError("ndjson-stdout", message, { cause: error });
}
