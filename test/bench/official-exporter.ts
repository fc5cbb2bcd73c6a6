import { type CompressionAlgorithm, OTLPExporterBase } from "@opentelemetry/otlp-exporter-base";
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http";
import { LogsExporterMetricsHelper, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";

/** What `@opentelemetry/exporter-logs-otlp-proto` is: the official serializer and transport, for the sink `exporter`. */
export default class extends OTLPExporterBase<ReadableLogRecord[]> {
  constructor(options: { readonly url: string; readonly compression: CompressionAlgorithm }) {
    const headers = { "Content-Type": "application/x-protobuf" };
    const http = convertLegacyHttpOptions(options, "LOGS", "v1/logs", headers);
    super(
      createOtlpHttpExportDelegate(http, ProtobufLogsSerializer, "otlp_http_log_exporter", LogsExporterMetricsHelper, undefined),
    );
  }
}
