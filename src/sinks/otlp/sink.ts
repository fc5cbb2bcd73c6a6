import type { Component } from "../../contracts/component.ts";
import type { Sink, SinkDependencies } from "../../contracts/sink.ts";
import { drawerOf, Failure } from "../../lib/errors.ts";
import { loadSchema } from "../../schemas/load.ts";
import { createEncoder } from "./encoder.ts";
import { json } from "./json.ts";
import { type OtlpOptions, otlpOptions } from "./options.ts";
import { protobuf } from "./protobuf.ts";
import { isAboutNothing, judge } from "./response.ts";
import { checkDestination, resolveSettings } from "./settings.ts";

export const otlp: Component<OtlpOptions, SinkDependencies, Sink> = {
  type: "otlp",
  summary: "An OTLP/HTTP receiver of logs, such as the OpenTelemetry Collector, Loki or VictoriaLogs",
  options: otlpOptions,
  check: checkDestination,
  create,
};

async function create(options: OtlpOptions, { baseDir, env, version }: SinkDependencies): Promise<Sink> {
  const { compressor, createTransport } = await import("./transport.ts");
  const settings = resolveSettings(options, baseDir, env);
  const { url } = settings;
  const { records, bytes: maxBytes, lingerMs } = options.batch;
  const encoder = createEncoder(settings.encoding === "json" ? json : protobuf, loadSchema(options.schema, baseDir), {
    serviceName: options.serviceName,
    version,
    body: options.body,
    maxBytes,
  });
  const compress = compressor(settings);
  const transport = createTransport(settings, env, options.inFlight);
  const headers = {
    "user-agent": `flowferry/${version}`,
    ...settings.headers,
    "content-type": encoder.contentType,
    ...(settings.compression !== "none" && { "content-encoding": settings.compression }),
  };

  return {
    limits: { records, inFlight: options.inFlight, lingerMs },

    async write({ flows }, signal) {
      if (flows.length === 0) return { rejected: 0 };
      signal.throwIfAborted();
      const encoded = encoder.encode(flows, Date.now());
      const body = await compress(encoded.bytes);
      const copied = body !== encoded.bytes;
      if (copied) encoded.release();
      const answer = await transport.post(body, headers, signal);
      // Without an answer the connection may still read from the buffer: then it is left to the garbage collector.
      if (!copied) encoded.release();
      return judge(answer, flows.length, url.host);
    },

    async probe(signal) {
      const encoded = encoder.encode([], Date.now());
      const answer = await transport.post(await compress(encoded.bytes), headers, signal);
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
