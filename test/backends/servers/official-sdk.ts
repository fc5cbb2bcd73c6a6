import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";

/** A record of each kind of value, as the OpenTelemetry SDK holds it; its time is in 2019, to the nanosecond. */
export const sdkRecord: ReadableLogRecord = {
  hrTime: [1_556_021_402, 123_456_789],
  hrTimeObserved: [1_700_000_000, 5],
  severityNumber: 13,
  severityText: "WARN",
  eventName: "flow.record",
  body: 'REJECT TCP "10.0.0.7" → 10.0.1.7:22',
  resource: resourceFromAttributes({ "service.name": "flowferry", "cloud.provider": "oracle_cloud" }),
  instrumentationScope: { name: "flowferry", version: "0.1.0" },
  attributes: {
    "log.record.uid": "0123456789abcdef",
    "source.address": "2001:db8::7",
    "destination.port": 22,
    "flow.bytes": Number.MAX_SAFE_INTEGER,
    "flow.ratio": 0.125,
    "flow.terminated": true,
    "flow.detections": ["ssh-from-outside", "scan"],
  },
  droppedAttributesCount: 0,
};

/** Sends one OTLP request, encoded by the OpenTelemetry SDK, and returns the HTTP status. */
export async function postWithSdk(
  endpoint: string,
  encoding: "protobuf" | "json",
  records: ReadableLogRecord[],
): Promise<number> {
  const serializer = encoding === "json" ? JsonLogsSerializer : ProtobufLogsSerializer;
  const body = serializer.serializeRequest(records);
  if (body === undefined) throw new Error("the SDK did not serialize the request");
  const response = await fetch(`${endpoint}/v1/logs`, {
    method: "POST",
    headers: { "content-type": encoding === "json" ? "application/json" : "application/x-protobuf" },
    body: Uint8Array.from(body),
  });
  await response.arrayBuffer();
  return response.status;
}
