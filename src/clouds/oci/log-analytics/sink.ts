import type { Component } from "../../../contracts/component.ts";
import type { Batch, Sink, SinkDependencies, WriteResult } from "../../../contracts/sink.ts";
import type { Flow } from "../../../flow/flow.ts";
import { Failure } from "../../../lib/errors.ts";
import { linePrinter } from "../../../schemas/line.ts";
import { loadSchema } from "../../../schemas/load.ts";
import { createEncoder } from "../../../sinks/otlp/encoder.ts";
import { json } from "../../../sinks/otlp/json.ts";
import { packEvents, tooLarge } from "./event-file.ts";
import { type LogAnalyticsOptions, logAnalyticsOptions, MOST_FILES } from "./options.ts";
import { compress, tokenOf, zipEvents } from "./payload.ts";
import { createUploader, type PayloadType, StaleTokenError, type Uploader } from "./uploader.ts";

/** Records of one upload, where the configuration does not say it. */
const RECORDS_OF_A_ZIP = 10_000;
const RECORDS_OF_A_JSON = 1_000;

/** The sink `log-analytics`: OCI Log Analytics, through the SDK's client. One batch is one upload. */
export const logAnalytics: Component<LogAnalyticsOptions, SinkDependencies, Sink> = {
  type: "log-analytics",
  summary: "OCI Log Analytics: a log group, as events of a log source or as OTLP",
  options: logAnalyticsOptions,
  async create(options, dependencies) {
    const upload = options.mode === "events" ? eventUpload(options, dependencies) : otlpUpload(options, dependencies);
    const uploader = await createUploader(options, dependencies);
    const oneJson = options.mode === "otlp" || options.payload !== "zip";
    const attempts = new WeakMap<Batch, Attempt>();
    return {
      limits: {
        records: options.batch.records ?? (oneJson ? RECORDS_OF_A_JSON : RECORDS_OF_A_ZIP),
        inFlight: options.inFlight,
        lingerMs: options.batch.lingerMs,
      },
      async write(batch, signal) {
        signal.throwIfAborted();
        if (batch.flows.length === 0) return { rejected: 0 };
        const attempt = attempts.get(batch) ?? { observed: Date.now(), renewals: 0 };
        attempts.set(batch, attempt);
        try {
          return await upload(uploader, batch.flows, attempt, signal);
        } catch (error) {
          if (error instanceof StaleTokenError) attempt.renewals += 1;
          throw error;
        }
      },
      probe: (signal) => uploader.probe(signal),
      close: () => uploader.close(),
    };
  },
};

/** What stays the same when a batch is tried again, so that the bytes and with them the token do. */
interface Attempt {
  readonly observed: number;
  /** How often the service wanted another token. */
  renewals: number;
}

type Upload = (uploader: Uploader, flows: readonly Flow[], attempt: Attempt, signal: AbortSignal) => Promise<WriteResult>;

function eventUpload(options: LogAnalyticsOptions, { baseDir }: SinkDependencies): Upload {
  const { namespace, logGroupId, logSet, logSource, metadata, entities, payload } = options;
  const schema = loadSchema(options.schema ?? "log-analytics", baseDir);
  const packing = {
    logSource,
    metadata,
    print: linePrinter(schema, options.serviceName),
    entityOf: entityFinder(entities),
    maxBytes: options.maxJsonBytes,
    maxFiles: payload === "zip" ? MOST_FILES : 1,
  };
  const type = payload.toUpperCase() as PayloadType;
  return async (uploader, flows, { observed, renewals }, signal) => {
    const files = packEvents(flows, observed, packing);
    const token = tokenOf([namespace, logGroupId, logSet, type, renewals], files);
    const [first = Buffer.alloc(0)] = files;
    const body = type === "ZIP" ? await zipEvents(files, logSet) : type === "GZIP" ? await compress(first) : first;
    await uploader.uploadEvents(body, type, token, signal);
    return { rejected: 0 };
  };
}

function otlpUpload(options: LogAnalyticsOptions, { baseDir, version }: SinkDependencies): Upload {
  const { namespace, logGroupId, logSet, metadata, maxJsonBytes: maxBytes, serviceName } = options;
  const schema = loadSchema(options.schema ?? "otel", baseDir);
  const encoder = createEncoder(json, schema, { serviceName, version, body: "summary", maxBytes });
  return async (uploader, flows, { observed, renewals }, signal) => {
    const { bytes, release } = encodeWithin(() => encoder.encode(flows, observed), flows.length, maxBytes);
    try {
      const token = tokenOf([namespace, logGroupId, logSet, "OTLP", metadata, renewals], [bytes]);
      return await uploader.uploadOtlp(bytes, flows.length, token, signal);
    } finally {
      release();
    }
  };
}

/** Names this sink's own limit. */
function encodeWithin<T>(encode: () => T, records: number, maxBytes: number): T {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof Failure && error.tooLarge)) throw error;
    const what = records === 1 ? "a record is" : `${records} records are`;
    throw tooLarge(`${what} larger than maxJsonBytes (${maxBytes}) as OTLP JSON`);
  }
}

function entityFinder(entities: LogAnalyticsOptions["entities"]): (flow: Flow) => string | undefined {
  if (entities === undefined) return () => undefined;
  const { by, otherwise } = entities;
  const ids = new Map(Object.entries(entities.ids));
  return ({ context }) => {
    const ocid = context[by];
    return (ocid === undefined ? undefined : ids.get(ocid)) ?? otherwise;
  };
}
