import type { Component } from "../../contracts/component.ts";
import type { EncoderDependencies, Payload, Sink, SinkDependencies } from "../../contracts/sink.ts";
import { drawerOf, Failure } from "../../lib/errors.ts";
import { loadSchema } from "../../schemas/load.ts";
import { type Compress, compressor } from "./compression.ts";
import { createEncoder, type EncoderOptions, type OtlpEncoder } from "./encoder.ts";
import { json } from "./json.ts";
import { Negotiation } from "./negotiation.ts";
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

function encoderOf(
  options: OtlpOptions,
  { baseDir, env, version }: EncoderDependencies,
): OtlpEncoder & { readonly compress: Compress } {
  const syntax = encodingOf(options, env) === "json" ? json : protobuf;
  const encoder = createEncoder(syntax, loadSchema(options.schema, baseDir), encoderOptions(options, version));
  return { ...encoder, compress: compressor(options.compressionLevel) };
}

export function encoderOptions({ serviceName, body, batch }: OtlpOptions, version: string): EncoderOptions {
  return { serviceName, version, body, maxBytes: batch.bytes };
}

async function create(options: OtlpOptions, dependencies: SinkDependencies): Promise<Sink> {
  const { createTransport } = await import("./transport.ts");
  const { baseDir, env, version } = dependencies;
  const settings = resolveSettings(options, baseDir, env);
  const { url } = settings;
  const { records, lingerMs } = options.batch;
  const encoder = encoderOf(options, dependencies);
  const { onNotice = () => {} } = dependencies;
  const transport = createTransport(settings, env, options.inFlight);
  const headers = {
    "user-agent": `flowferry/${version}`,
    ...settings.headers,
    "content-type": encoder.contentType,
  };
  const post = ({ parts, coding }: Payload, signal: AbortSignal): Promise<Answer> => {
    const [request = new Uint8Array()] = parts;
    return transport.post(request, { ...headers, ...(coding !== undefined && { "content-encoding": coding }) }, signal);
  };
  const send = async (payload: Payload, signal: AbortSignal) => judge(await post(payload, signal), payload.records, url.host);
  /** A receiver that finds nothing in a request has read it. */
  const ask = async (nothing: Payload) => {
    const answer = await post(nothing, closing.signal);
    if (!isAboutNothing(answer)) judge(answer, 0, url.host);
  };
  const closing = new AbortController();
  const onGzip = () => onNotice(`${url.host} takes no zstd any more: requests are compressed with gzip`);
  const negotiation = new Negotiation(settings, encoder.compress, ask, onGzip);

  return {
    limits: { records, inFlight: options.inFlight, lingerMs },

    get coding() {
      return negotiation.current;
    },

    encode: encoder.encode,
    compress: encoder.compress,
    recycle: encoder.recycle,

    send: (payload, signal) => negotiation.deliver(payload, (form) => send(form, signal)),

    async probe(signal) {
      const nothing = encoder.encode([], Date.now());
      const { current } = negotiation;
      const answer = await post(current === undefined ? nothing : await encoder.compress(nothing, current), signal);
      try {
        judge(answer, 0, url.host);
      } catch (error) {
        if (!(error instanceof Failure) || drawerOf(error) !== "batch") throw error;
        if (isAboutNothing(answer)) return `${error.message} (to a request without records)`;
        throw new Failure("person", error.code, `${error.message} (to a request without records)`, { cause: error.cause });
      }
      return `${url.host} answered ${answer.status} to a request without records`;
    },

    close() {
      closing.abort();
      return transport.close();
    },
  };
}
