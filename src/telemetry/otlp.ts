import { Writable } from "node:stream";
import { SeverityNumber } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { signalUrl } from "./signal-url.ts";

const SEVERITIES: Record<string, SeverityNumber> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** A stream of pino's JSON lines to an OTLP receiver. Best effort by the SDK's nature: these are the program's own lines, never flows. */
export async function openOtlpLog(endpoint: string, version: string): Promise<{ stream: Writable; close(): Promise<void> }> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "flowferry", "service.version": version }),
    processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: signalUrl(endpoint, "logs") }) })],
  });
  const logger = provider.getLogger("flowferry", version);
  const stream = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).split("\n")) {
        if (line === "") continue;
        const { level, time, msg, ...attributes } = JSON.parse(line);
        logger.emit({
          timestamp: new Date(time),
          severityNumber: SEVERITIES[level] ?? SeverityNumber.UNSPECIFIED,
          severityText: String(level).toUpperCase(),
          body: msg,
          attributes,
        });
      }
      done();
    },
  });
  return { stream, close: () => provider.shutdown() };
}
