import { expect, test } from "vitest";
import { available } from "./servers/available.ts";
import { startCollector } from "./servers/collector.ts";
import { postWithSdk, sdkRecord } from "./servers/official-sdk.ts";

const collector = available("OpenTelemetry Collector", startCollector);

test.each(["protobuf", "json"] as const)("returns every field of a record that came as %s", async (encoding) => {
  const before = await collector().records();
  expect(await postWithSdk(collector().endpoint, encoding, [sdkRecord])).toBe(200);

  const records = (await collector().records()).slice(before.length);
  expect(records).toEqual([
    {
      resource: { "service.name": "flowferry", "cloud.provider": "oracle_cloud" },
      scope: { name: "flowferry", version: "0.1.0", attributes: {} },
      timeUnixNano: 1_556_021_402_123_456_789n,
      observedTimeUnixNano: 1_700_000_000_000_000_005n,
      severityNumber: 13,
      severityText: "WARN",
      eventName: "flow.record",
      body: 'REJECT TCP "10.0.0.7" → 10.0.1.7:22',
      attributes: {
        "log.record.uid": "0123456789abcdef",
        "source.address": "2001:db8::7",
        "destination.port": 22n,
        "flow.bytes": 9_007_199_254_740_991n,
        "flow.ratio": 0.125,
        "flow.terminated": true,
        "flow.detections": ["ssh-from-outside", "scan"],
      },
      droppedAttributesCount: 0,
      flags: 0,
      traceId: "",
      spanId: "",
    },
  ]);
});

test("returns all records that it has acknowledged, at once and in order", async () => {
  const before = await collector().records();
  const batch = Array.from({ length: 2_000 }, (_, index) => ({ ...sdkRecord, attributes: { "log.record.uid": String(index) } }));
  expect(await postWithSdk(collector().endpoint, "protobuf", batch)).toBe(200);

  const records = (await collector().records()).slice(before.length);
  expect(records.map(({ attributes }) => attributes["log.record.uid"])).toEqual(batch.map((_, index) => String(index)));
});
