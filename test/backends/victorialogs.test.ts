import { expect, test } from "vitest";
import { loadSchema } from "../../src/schemas/load.ts";
import { createEncoder } from "../../src/sinks/otlp/encoder.ts";
import { protobuf } from "../../src/sinks/otlp/protobuf.ts";
import { CONTEXT, sshFlow } from "../unit/sinks/flows.ts";
import { available } from "./servers/available.ts";
import { postWithSdk, sdkRecord } from "./servers/official-sdk.ts";
import { startVictoriaLogs } from "./servers/victorialogs.ts";

const victoriaLogs = available("VictoriaLogs", startVictoriaLogs);

test("returns the fields of a record, its time to the nanosecond", async () => {
  expect(await postWithSdk(victoriaLogs().endpoint, "protobuf", [sdkRecord])).toBe(200);
  await victoriaLogs().flush();

  const rows = await victoriaLogs().query('"log.record.uid":=0123456789abcdef');
  expect(rows).toEqual([
    {
      _time: "2019-04-23T12:10:02.123456789Z",
      _msg: 'REJECT TCP "10.0.0.7" → 10.0.1.7:22',
      _stream: '{cloud.provider="oracle_cloud",service.name="flowferry"}',
      _stream_id: expect.stringMatching(/^[0-9a-f]{48}$/),
      severity: "WARN",
      "service.name": "flowferry",
      "cloud.provider": "oracle_cloud",
      "log.record.uid": "0123456789abcdef",
      "source.address": "2001:db8::7",
      "destination.port": "22",
      "flow.bytes": "9007199254740991",
      "flow.ratio": "0.125",
      "flow.terminated": "true",
      "flow.detections": '["ssh-from-outside","scan"]',
    },
  ]);
});

test("keeps duplicates and records of any age, and returns all or the newest of them", async () => {
  const days = Array.from({ length: 1_500 }, (_, day) => ({
    ...sdkRecord,
    hrTime: [1_600_000_000 + Math.floor(day / 100) * 86_400 * 100 + (day % 100), 0] as [number, number],
    attributes: { "log.record.uid": `age-${day}` },
  }));
  expect(await postWithSdk(victoriaLogs().endpoint, "protobuf", days)).toBe(200);
  expect(await postWithSdk(victoriaLogs().endpoint, "protobuf", days.slice(0, 1))).toBe(200);
  await victoriaLogs().flush();

  const rows = await victoriaLogs().query('"log.record.uid":age-*');
  const uids = rows.map((row) => row["log.record.uid"]);
  expect(uids).toHaveLength(1_501);
  expect(new Set(uids).size).toBe(1_500);

  const newest = await victoriaLogs().query('"log.record.uid":age-*', 2);
  expect(newest.map((row) => row["log.record.uid"]).sort()).toEqual(["age-1498", "age-1499"]);
});

test("refuses JSON", async () => {
  expect(await postWithSdk(victoriaLogs().endpoint, "json", [sdkRecord])).toBe(400);
});

test("records in otel-compact have the fields of otel, and a stream for each interface unless a header names the stream's fields", async () => {
  const post = async (schema: string, service: string, headers: Record<string, string> = {}) => {
    const options = { serviceName: service, version: "1", body: "summary", maxBytes: 1 << 20 } as const;
    const flows = ["one", "two"].map((vnic, index) => sshFlow(index + 1, { context: { ...CONTEXT, vnic } }));
    const [body = new Uint8Array()] = createEncoder(protobuf, loadSchema(schema, "/"), options).encode(flows, Date.now()).parts;
    const response = await fetch(`${victoriaLogs().endpoint}/v1/logs`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf", ...headers },
      body,
    });
    expect(response.status).toBe(200);
    await victoriaLogs().flush();
    return victoriaLogs().query(`"service.name":=${service}`);
  };
  const streamed = "service.name,cloud.provider,cloud.account.id,cloud.region,flow.vcn.id";
  const otel = await post("otel", "a");
  const compact = await post("otel-compact", "b");
  const asBefore = await post("otel-compact", "c", { "vl-stream-fields": streamed });
  const streams = (rows: typeof otel) => new Set(rows.map((row) => row._stream)).size;
  expect([streams(otel), streams(compact), streams(asBefore)]).toEqual([1, 2, 1]);
  const fields = (rows: typeof otel) =>
    rows.map(({ _stream, _stream_id, "service.name": _, ...row }) => JSON.stringify(Object.entries(row).sort())).sort();
  expect(fields(otel)).toHaveLength(2);
  expect(fields(compact)).toEqual(fields(otel));
  expect(fields(asBefore)).toEqual(fields(otel));
});
