/**
 * The log of any program that uses OpenTelemetry, with the names of servers, services and networks on each record that has addresses.
 *
 *   npm install flowferry @opentelemetry/api @opentelemetry/sdk-logs
 *   SERVERS=servers.csv node enriching-processor.ts
 */
import { ConsoleLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { FlowEnrichingProcessor } from "flowferry";

const { SERVERS } = process.env;
const enriching = await FlowEnrichingProcessor.open(SERVERS === undefined ? {} : { servers: SERVERS });
// It stands before the processor that exports.
const provider = new LoggerProvider({
  processors: [enriching, new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() })],
});

provider.getLogger("gateway").emit({
  body: "a connection was closed",
  attributes: {
    "source.address": "10.0.1.7",
    "source.port": 51_234,
    "destination.address": "203.0.113.9",
    "destination.port": 443,
    "network.transport": "tcp",
  },
});
await provider.shutdown();
