import type { Component } from "../../../contracts/component.ts";
import type { Encoder, EncoderDependencies, Payload, Sink, SinkDependencies, WriteResult } from "../../../contracts/sink.ts";
import type { Flow } from "../../../flow/flow.ts";
import { asBuffer } from "../../../lib/bytes.ts";
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
  encoder: encoderOf,
  async create(options, dependencies) {
    const encoder = encoderOf(options, dependencies);
    const uploader = await createUploader(options, dependencies);
    const upload = options.mode === "events" ? eventUpload(options, uploader) : otlpUpload(options, uploader);
    const oneJson = options.mode === "otlp" || options.payload !== "zip";
    /** How often the service wanted another token for a payload. */
    const renewals = new WeakMap<Payload, number>();
    return {
      limits: {
        records: options.batch.records ?? (oneJson ? RECORDS_OF_A_JSON : RECORDS_OF_A_ZIP),
        inFlight: options.inFlight,
        lingerMs: options.batch.lingerMs,
      },
      ...encoder,
      async send(payload, signal) {
        signal.throwIfAborted();
        try {
          return await upload(payload, renewals.get(payload) ?? 0, signal);
        } catch (error) {
          if (error instanceof StaleTokenError) renewals.set(payload, (renewals.get(payload) ?? 0) + 1);
          throw error;
        }
      },
      probe: (signal) => uploader.probe(signal),
      close: () => uploader.close(),
    };
  },
};

/** In mode events a part of the payload is a file, else there is one: the request. */
function encoderOf(options: LogAnalyticsOptions, dependencies: EncoderDependencies): Encoder {
  return options.mode === "events" ? eventEncoder(options, dependencies) : otlpEncoder(options, dependencies);
}

function eventEncoder(options: LogAnalyticsOptions, { baseDir }: EncoderDependencies): Encoder {
  const { logSource, metadata, entities, payload, maxJsonBytes: maxBytes } = options;
  const print = linePrinter(loadSchema(options.schema ?? "log-analytics", baseDir), options.serviceName);
  const maxFiles = payload === "zip" ? MOST_FILES : 1;
  const packing = { logSource, metadata, print, entityOf: entityFinder(entities), maxBytes, maxFiles };
  return { encode: (flows, observed) => ({ records: flows.length, parts: packEvents(flows, observed, packing) }) };
}

function otlpEncoder(options: LogAnalyticsOptions, { baseDir, version }: EncoderDependencies): Encoder {
  const { maxJsonBytes: maxBytes, serviceName } = options;
  const schema = loadSchema(options.schema ?? "otel", baseDir);
  const { encode, recycle } = createEncoder(json, schema, { serviceName, version, body: "summary", maxBytes });
  return { recycle, encode: (flows, observed) => encodeWithin(() => encode(flows, observed), flows.length, maxBytes) };
}

/** Uploads under a token that is the same for the same payload, unless the service wanted another so many times. */
type Upload = (payload: Payload, renewals: number, signal: AbortSignal) => Promise<WriteResult>;

function eventUpload({ namespace, logGroupId, logSet, payload }: LogAnalyticsOptions, uploader: Uploader): Upload {
  const type = payload.toUpperCase() as PayloadType;
  return async ({ parts: files }, renewals, signal) => {
    const token = tokenOf([namespace, logGroupId, logSet, type, renewals], files);
    const [first = new Uint8Array()] = files;
    const body = type === "ZIP" ? await zipEvents(files, logSet) : type === "GZIP" ? await compress(first) : asBuffer(first);
    await uploader.uploadEvents(body, type, token, signal);
    return { rejected: 0 };
  };
}

function otlpUpload({ namespace, logGroupId, logSet, metadata }: LogAnalyticsOptions, uploader: Uploader): Upload {
  return ({ records, parts }, renewals, signal) => {
    const token = tokenOf([namespace, logGroupId, logSet, "OTLP", metadata, renewals], parts);
    const [request = new Uint8Array()] = parts;
    return uploader.uploadOtlp(asBuffer(request), records, token, signal);
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
