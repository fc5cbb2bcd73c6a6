import { expect, test } from "vitest";
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
