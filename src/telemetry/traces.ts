import type { Tracer } from "@opentelemetry/api";
import { OTLPExporterBase } from "@opentelemetry/otlp-exporter-base";
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http";
import { JsonTraceSerializer, TraceExporterMetricsHelper } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type ReadableSpan, TracerProvider } from "@opentelemetry/sdk-trace";
import { signalUrl } from "./signal-url.ts";

/** Traces to an OTLP receiver. Best effort by the SDK's nature, as for the program's own log. */
export function openOtlpTraces(endpoint: string, version: string): { tracer: Tracer; close(): Promise<void> } {
  // A run waits for its last traces no longer than this.
  const own = { url: signalUrl(endpoint, "traces"), timeoutMillis: 3000 };
  const options = convertLegacyHttpOptions(own, "TRACES", "v1/traces", {
    "Content-Type": "application/json",
  });
  const delegate = createOtlpHttpExportDelegate(
    options,
    JsonTraceSerializer,
    "otlp_http_span_exporter",
    TraceExporterMetricsHelper,
    undefined,
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "flowferry", "service.version": version }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPExporterBase<ReadableSpan[]>(delegate) })],
  });
  return { tracer: provider.getTracer("flowferry", version), close: () => provider.shutdown() };
}
