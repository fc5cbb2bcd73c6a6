import type { EncoderDependencies } from "../contracts/sink.ts";
import { loadSchema } from "../schemas/load.ts";
import { compressor } from "../sinks/otlp/compression.ts";
import type { OtlpOptions } from "../sinks/otlp/options.ts";
import { encodingOf } from "../sinks/otlp/settings.ts";
import { encoderOptions } from "../sinks/otlp/sink.ts";
import { Transcoder } from "./transcoder.ts";

const SCHEMA = "otel";

/** Whether records can be encoded for a sink of these options as they are read. */
export function isTranscoded(options: OtlpOptions, env: NodeJS.ProcessEnv): boolean {
  return options.schema === SCHEMA && options.body === "summary" && encodingOf(options, env) === "protobuf";
}

/** For a sink of these options, which is transcoded. */
export function transcoderOf(options: OtlpOptions, { baseDir, version }: Omit<EncoderDependencies, "env">): Transcoder {
  return new Transcoder(loadSchema(SCHEMA, baseDir), encoderOptions(options, version), compressor(options.compressionLevel));
}
