import type { EncoderDependencies } from "../contracts/sink.ts";
import { loadMapping } from "../formats/mapping.ts";
import { loadSchema } from "../schemas/load.ts";
import { compressor } from "../sinks/otlp/compression.ts";
import type { OtlpOptions } from "../sinks/otlp/options.ts";
import { encodingOf } from "../sinks/otlp/settings.ts";
import { encoderOptions, otlp } from "../sinks/otlp/sink.ts";
import { isAvailable } from "./instance.ts";
import { misfit } from "./layout.ts";
import { Transcoder } from "./transcoder.ts";

/** Schemas that ship, whose attributes the kernel writes. */
const SCHEMAS = ["otel", "otel-compact"];

/** Whether records can be encoded as they are read for the sink that this component makes of these options. */
export function isTranscoded({ component, options }: { component: object; options: unknown }, env: NodeJS.ProcessEnv): boolean {
  if (component !== otlp) return false;
  const { schema, body } = options as OtlpOptions;
  const isForm = SCHEMAS.includes(schema) && body === "summary" && encodingOf(options as OtlpOptions, env) === "protobuf";
  return isForm && isAvailable() && misfit(loadSchema(schema, "/"), loadMapping("oci-vcn")) === undefined;
}

/** For a sink of these options, which is transcoded. */
export function transcoderOf(sinkOptions: unknown, { baseDir, version }: Omit<EncoderDependencies, "env">): Transcoder {
  const options = sinkOptions as OtlpOptions;
  return new Transcoder(
    loadSchema(options.schema, baseDir),
    encoderOptions(options, version),
    compressor(options.compressionLevel),
  );
}
