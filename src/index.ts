/** What a host program may import. */
export { OciLogAnalyticsExporter, type OciLogAnalyticsExporterOptions } from "./sinks/log-analytics/exporter.ts";
