import { Writable } from "node:stream";
import { SeverityNumber } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
// src/telemetry/otlp.ts
const SEVERITIES = {
	trace: SeverityNumber.TRACE,
	debug: SeverityNumber.DEBUG,
	info: SeverityNumber.INFO,
	warn: SeverityNumber.WARN,
	error: SeverityNumber.ERROR,
	fatal: SeverityNumber.FATAL
};
/** A stream of pino's JSON lines to an OTLP receiver. Best effort by the SDK's nature: these are the program's own lines, never flows. */
async function openOtlpLog(endpoint, version) {
	const provider = new LoggerProvider({
		resource: resourceFromAttributes({
			"service.name": "flowferry",
			"service.version": version
		}),
		processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: logsUrl(endpoint) }) })]
	});
	const logger = provider.getLogger("flowferry", version);
	return {
		stream: new Writable({ write(chunk, _encoding, done) {
			for (const line of String(chunk).split("\n")) {
				if (line === "") continue;
				const { level, time, msg, ...attributes } = JSON.parse(line);
				logger.emit({
					timestamp: new Date(time),
					severityNumber: SEVERITIES[level] ?? SeverityNumber.UNSPECIFIED,
					severityText: String(level).toUpperCase(),
					body: msg,
					attributes
				});
			}
			done();
		} }),
		close: () => provider.shutdown()
	};
}
/** The path is added, and a query stays behind it. */
function logsUrl(endpoint) {
	const url = new URL(endpoint);
	url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/logs`;
	return url.href;
}
export { openOtlpLog };
