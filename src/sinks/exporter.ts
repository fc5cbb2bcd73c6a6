import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { z } from "zod";
import type { Component } from "../contracts/component.ts";
import type { Payload, Sink, SinkDependencies } from "../contracts/sink.ts";
import { ContextPool } from "../flow/contexts.ts";
import type { Flow } from "../flow/flow.ts";
import { pack, unpack } from "../flow/pack.ts";
import { drawerOf, Failure } from "../lib/errors.ts";
import { loadSchema } from "../schemas/load.ts";
import { BODIES } from "../schemas/record.ts";
import { exporterFailure } from "./exporter-failures.ts";
import { loadExporter } from "./exporter-module.ts";

const exporterOptions = z.strictObject({
  module: z
    .string()
    .min(1)
    .describe(
      "Module of an OpenTelemetry LogRecordExporter: a package's name, or a path relative to the configuration file (./my-exporter.js)",
    ),
  export: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the class or function in the module; by default its default export or its only exporter"),
  options: z.record(z.string(), z.unknown()).optional().describe("Handed to the class or function as they are"),
  schema: z
    .string()
    .default("otel")
    .describe(
      "Names of the attributes: otel, otel-compact (the same, with what is the same for a network interface in the resource), ecs, ocsf, seed, or a YAML file",
    ),
  serviceName: z.string().min(1).default("flowferry").describe("Value of the resource attribute service.name"),
  body: z
    .enum(BODIES)
    .default("summary")
    .describe("Body of a record: a line for people, that line and the record's uid (unique), or none"),
  batch: z
    .strictObject({
      records: z.int().min(1).max(100_000).default(512).describe("Most records of one call of the exporter"),
      lingerMs: z.int().min(0).default(1000).describe("How long a record waits for its batch to fill, in ms"),
    })
    .prefault({})
    .describe("Size of the batches"),
  inFlight: z.int().min(1).max(30).default(4).describe("Most calls of the exporter that wait for their result at once"),
  timeoutMs: z
    .int()
    .min(1)
    .default(30_000)
    .describe("How long the exporter may take to report its result, in ms; then the batch is tried again"),
});

type ExportResult = Parameters<Parameters<LogRecordExporter["export"]>[1]>[0];
type ExporterOptions = z.infer<typeof exporterOptions>;

export const exporter: Component<ExporterOptions, SinkDependencies, Sink> = {
  type: "exporter",
  summary: "Any OpenTelemetry LogRecordExporter, from a package or a file of your own",
  options: exporterOptions,
  encoder: () => ({ encode }),
  create,
};

/** Exporters take objects, which cannot go to another thread as they are: the payload is the packed flows, and the time. */
function encode(flows: readonly Flow[], observed: number): Payload {
  const time = Float64Array.of(observed);
  return { records: flows.length, parts: [new Uint8Array(pack(flows)), new Uint8Array(time.buffer)] };
}

/** The same payload, which is packed when somebody asks for its bytes: whoever has made it sends it without. */
function unpacked(flows: readonly Flow[], observed: number): Payload {
  let parts: Payload["parts"] | undefined;
  return {
    records: flows.length,
    get parts() {
      parts ??= encode(flows, observed).parts;
      return parts;
    },
  };
}

interface Decoded {
  readonly flows: readonly Flow[];
  readonly observed: number;
}

function decoded({ parts: [packed, time] }: Payload, contexts: ContextPool): Decoded {
  if (packed === undefined || time === undefined) throw new Error("a payload of the exporter has two parts");
  return { flows: unpack(packed.buffer, contexts), observed: new Float64Array(time.buffer)[0] as number };
}

async function create(options: ExporterOptions, { baseDir, version }: SinkDependencies): Promise<Sink> {
  const { exporter, name } = await loadExporter(options.module, options.export, options.options, baseDir);
  const { recordMaker } = await import("./log-records.ts");
  const toRecord = recordMaker(loadSchema(options.schema, baseDir), {
    serviceName: options.serviceName,
    version,
    body: options.body,
  });
  const { timeoutMs } = options;
  const contexts = new ContextPool();
  /** Of payloads that were made here. */
  const atHand = new WeakMap<Payload, Decoded>();
  const failure = (error: unknown): Failure => exporterFailure(name, error);
  const send = (records: ReadableLogRecord[], signal: AbortSignal): Promise<void> =>
    acknowledged(exporter, name, records, { timeoutMs, signal, failure });
  let closed: Promise<void> | undefined;
  return {
    limits: { records: options.batch.records, inFlight: options.inFlight, lingerMs: options.batch.lingerMs },
    encode(flows, observed) {
      const payload = unpacked(flows, observed);
      atHand.set(payload, { flows, observed });
      return payload;
    },
    async send(payload, signal) {
      signal.throwIfAborted();
      const { flows, observed } = atHand.get(payload) ?? decoded(payload, contexts);
      const records = flows.map((flow) => toRecord(flow, observed));
      await send(records, signal);
      return { rejected: 0 };
    },
    async probe(signal) {
      signal.throwIfAborted();
      try {
        await send([], signal);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const drawer = drawerOf(error) === "batch" ? "person" : drawerOf(error);
        throw new Failure(drawer, error.code, `${error.message} (for an export without records)`, { cause: error.cause });
      }
      return `${options.module} is loaded, and its ${name} takes an export without records`;
    },
    close() {
      closed ??= settleWithin(timeoutMs, async () => {
        await exporter.forceFlush?.();
        await exporter.shutdown();
      });
      return closed;
    },
  };
}

/** An exporter reports by callback, and may never do so. */
async function acknowledged(
  exporter: LogRecordExporter,
  name: string,
  records: ReadableLogRecord[],
  { timeoutMs, signal, failure }: { timeoutMs: number; signal: AbortSignal; failure: (error: unknown) => Failure },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason);
  const timer = setTimeout(
    () => reject(new Failure("passing", "exporter-timeout", `${name} reported nothing within ${timeoutMs} ms`)),
    timeoutMs,
  );
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const report = (result: ExportResult | undefined): void => (result?.code === 0 ? resolve() : reject(failure(result?.error)));
    // One that is written as an async function returns a promise, which may reject.
    Promise.try((): unknown => exporter.export(records, report)).catch((error: unknown) => reject(failure(error)));
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

async function settleWithin(timeoutMs: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
