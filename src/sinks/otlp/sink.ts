import type { Component } from "../../contracts/component.ts";
import type { EncoderDependencies, Payload, Sink, SinkDependencies } from "../../contracts/sink.ts";
import { drawerOf, Failure } from "../../lib/errors.ts";
import { loadSchema } from "../../schemas/load.ts";
import { createEncoder, type OtlpEncoder } from "./encoder.ts";
import { json } from "./json.ts";
import { type OtlpOptions, otlpOptions } from "./options.ts";
import { protobuf } from "./protobuf.ts";
import { type Answer, isAboutNothing, judge } from "./response.ts";
import { checkDestination, encodingOf, resolveSettings } from "./settings.ts";

export const otlp: Component<OtlpOptions, SinkDependencies, Sink> = {
  type: "otlp",
  summary: "An OTLP/HTTP receiver of logs, such as the OpenTelemetry Collector, Loki or VictoriaLogs",
  options: otlpOptions,
  check: checkDestination,
  encoder: (options, dependencies) => encoderOf(options, dependencies),
  create,
};

function encoderOf(options: OtlpOptions, { baseDir, env, version }: EncoderDependencies): OtlpEncoder {
  return createEncoder(encodingOf(options, env) === "json" ? json : protobuf, loadSchema(options.schema, baseDir), {
    serviceName: options.serviceName,
    version,
    body: options.body,
    maxBytes: options.batch.bytes,
  });
}

async function create(options: OtlpOptions, dependencies: SinkDependencies): Promise<Sink> {
  const { compressor, createTransport } = await import("./transport.ts");
  const { baseDir, env, version } = dependencies;
  const settings = resolveSettings(options, baseDir, env);
  const { url } = settings;
  const { records, lingerMs } = options.batch;
  const encoder = encoderOf(options, dependencies);
  const compress = compressor(settings);
  const transport = createTransport(settings, env, options.inFlight);
  const headers = {
    "user-agent": `flowferry/${version}`,
    ...settings.headers,
    "content-type": encoder.contentType,
    ...(settings.compression !== "none" && { "content-encoding": settings.compression }),
  };
  /** Compression is a part of sending: it runs in the thread pool, beside whatever is encoded next. */
  const post = async ({ parts }: Payload, signal: AbortSignal): Promise<Answer> => {
    signal.throwIfAborted();
    const [request = new Uint8Array()] = parts;
    return transport.post(await compress(request), headers, signal);
  };

  return {
    limits: { records, inFlight: options.inFlight, lingerMs },

    encode: encoder.encode,
    recycle: encoder.recycle,

    send: async (payload, signal) => judge(await post(payload, signal), payload.records, url.host),

    async probe(signal) {
      const answer = await post(encoder.encode([], Date.now()), signal);
      try {
        judge(answer, 0, url.host);
      } catch (error) {
        if (!(error instanceof Failure) || drawerOf(error) !== "batch") throw error;
        if (isAboutNothing(answer)) return `${error.message} (to a request without records)`;
        throw new Failure("person", error.code, `${error.message} (to a request without records)`, { cause: error.cause });
      }
      return `${url.host} answered ${answer.status} to a request without records`;
    },

    close: () => transport.close(),
  };
}
