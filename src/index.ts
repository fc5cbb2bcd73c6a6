/** What a host program may import. */
export { OciLogAnalyticsExporter, type OciLogAnalyticsExporterOptions } from "./clouds/oci/log-analytics/exporter.ts";
