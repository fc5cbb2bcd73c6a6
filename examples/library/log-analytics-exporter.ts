/**
 * The log of any program that uses OpenTelemetry, in OCI Log Analytics.
 *
 *   npm install flowferry @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-logs
 *   LOG_ANALYTICS_NAMESPACE=mytenancy LOG_GROUP_ID=ocid1.loganalyticsloggroup… node log-analytics-exporter.ts
 *
 * It signs with the profile DEFAULT of ~/.oci/config, or of OCI_CONFIG_FILE. LOG_ANALYTICS_ENDPOINT names another base URL than the
 * region's.
 */
import { SeverityNumber } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { OciLogAnalyticsExporter } from "flowferry";

const { LOG_ANALYTICS_NAMESPACE, LOG_GROUP_ID, LOG_ANALYTICS_ENDPOINT } = process.env;
if (LOG_ANALYTICS_NAMESPACE === undefined || LOG_GROUP_ID === undefined) {
  throw new Error("set LOG_ANALYTICS_NAMESPACE and LOG_GROUP_ID");
}

const exporter = new OciLogAnalyticsExporter({
  namespace: LOG_ANALYTICS_NAMESPACE,
  logGroupId: LOG_GROUP_ID,
  auth: { type: "config-file" },
  ...(LOG_ANALYTICS_ENDPOINT === undefined ? {} : { endpoint: LOG_ANALYTICS_ENDPOINT }),
});
const provider = new LoggerProvider({
  resource: resourceFromAttributes({ "service.name": "shop" }),
  processors: [new BatchLogRecordProcessor({ exporter })],
});

provider.getLogger("cart").emit({
  severityNumber: SeverityNumber.WARN,
  severityText: "WARN",
  body: "the cart is empty",
  attributes: { customer: 42 },
});
await provider.forceFlush();
await provider.shutdown();
