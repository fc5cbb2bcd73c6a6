import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { afterEach, expect, test } from "vitest";
import { type Receiver, type ReceiverOptions, startReceiver } from "../../simulators/otlp/receiver.ts";

const open: Receiver[] = [];
const start = async (options: ReceiverOptions = {}): Promise<Receiver> => {
  const receiver = await startReceiver(options);
  open.push(receiver);
  return receiver;
};
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close();
});

const resource = resourceFromAttributes({ "service.name": "test" });
const instrumentationScope = { name: "scope", version: "1" };
const record = (uid: string): ReadableLogRecord =>
  ({
    hrTime: [1_725_632_768, 123_000_000],
    hrTimeObserved: [1_725_632_800, 1],
    severityNumber: 13,
    severityText: "WARN",
    eventName: "event",
    body: "äöü",
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    attributes: {
      "log.record.uid": uid,
      integer: 9_007_199_254_740_991,
      double: 1.5,
      yes: true,
      list: ["a", 1],
      map: { a: "b" },
    },
  }) as unknown as ReadableLogRecord;
const expected = (uid: string) => ({
  timeUnixNano: 1_725_632_768_123_000_000n,
  observedTimeUnixNano: 1_725_632_800_000_000_001n,
  severityNumber: 13,
  severityText: "WARN",
  eventName: "event",
  body: "äöü",
  attributes: {
    "log.record.uid": uid,
    integer: 9_007_199_254_740_991n,
    double: 1.5,
    yes: true,
    list: ["a", 1n],
    map: { a: "b" },
  },
  resource: { "service.name": "test" },
  scope: { name: "scope", version: "1" },
});

const protobuf = (records: ReadableLogRecord[]): Uint8Array => {
  const bytes = ProtobufLogsSerializer.serializeRequest(records);
  if (bytes === undefined) throw new Error("the official serializer gave nothing");
  return bytes;
};
const post = (url: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/logs`, {
    method: "POST",
    body: Buffer.from(body),
    headers: { "content-type": "application/x-protobuf", ...headers },
  });

test("decodes what the official protobuf serializer writes, in every compression", async () => {
  const receiver = await start();
  const body = protobuf([record("a"), record("b")]);
  expect((await post(receiver.url, body)).status).toBe(200);
  expect((await post(receiver.url, gzipSync(body), { "content-encoding": "gzip" })).status).toBe(200);
  expect((await post(receiver.url, zstdCompressSync(body), { "content-encoding": "zstd" })).status).toBe(200);
  expect(receiver.records).toEqual([1, 2, 3].flatMap(() => [expected("a"), expected("b")]));
  expect(receiver.uids).toEqual(
    new Map([
      ["a", 3],
      ["b", 3],
    ]),
  );
  expect(receiver.requests.map((request) => [request.number, request.records, request.status, request.bodyBytes])).toEqual(
    [1, 2, 3].map((number) => [number, 2, 200, body.length]),
  );
});

test("decodes JSON whose 64-bit integers are strings, and refuses names that are not in the definitions", async () => {
  const receiver = await start();
  const send = (body: string) => post(receiver.url, Buffer.from(body), { "content-type": "application/json" });
  const official = new TextDecoder().decode(JsonLogsSerializer.serializeRequest([record("a")]));
  const strict = official.replaceAll(/"intValue":(\d+)/g, '"intValue":"$1"');
  expect((await send(strict)).status).toBe(200);
  expect(receiver.records).toEqual([expected("a")]);
  const refused = await send('{"resource_logs":[]}');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toEqual({ code: 400, message: "request: ExportLogsServiceRequest has no field resource_logs" });
});

test("injects faults by request number", async () => {
  const receiver = await start({
    faults: {
      "1": { status: 503, retryAfter: "7", message: "later" },
      "2": { partialSuccess: { rejected: 1, message: "too old" } },
      "3": { reset: "before-reading" },
      "4": { reset: "after-reading", store: true },
      "5-6": { status: 429 },
    },
  });
  const body = protobuf([record("a"), record("b")]);
  const first = await post(receiver.url, body);
  expect([first.status, first.headers.get("retry-after")]).toEqual([503, "7"]);
  const second = await post(receiver.url, body);
  expect(ProtobufLogsSerializer.deserializeResponse(await second.bytes())).toEqual({
    partialSuccess: { rejectedLogRecords: 1, errorMessage: "too old" },
  });
  expect([...receiver.uids]).toEqual([["b", 1]]);
  await expect(post(receiver.url, body)).rejects.toThrow();
  await expect(post(receiver.url, body)).rejects.toThrow();
  expect([...receiver.uids]).toEqual([
    ["b", 2],
    ["a", 1],
  ]);
  const rest = [await post(receiver.url, body), await post(receiver.url, body), await post(receiver.url, body)];
  expect(rest.map((response) => response.status)).toEqual([429, 429, 200]);
});

test("answers 413 above its size and 401 without its headers, and counts without decoding", async () => {
  const receiver = await start({ keep: "count", maxBodyBytes: 1000, requireHeaders: { Authorization: "Bearer x" } });
  const authorization = { authorization: "Bearer x" };
  const small = protobuf([record("a")]);
  const large = protobuf(["a", "b", "c", "d", "e", "f", "g"].map(record));
  expect((await post(receiver.url, small)).status).toBe(401);
  expect((await post(receiver.url, large, authorization)).status).toBe(413);
  expect((await post(receiver.url, small, authorization)).status).toBe(200);
  expect(receiver.stats).toMatchObject({ requests: 3, records: 1, statuses: { 401: 1, 413: 1, 200: 1 } });
});

test("as a process, has the uid in its file before it answers", async () => {
  const folder = mkdtempSync(join(tmpdir(), "receiver-"));
  const file = join(folder, "uids");
  const child = spawn(process.execPath, ["test/simulators/otlp/main.ts", "--uids", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    expect((await post(url, protobuf([record("a"), record("b")]))).status).toBe(200);
    expect(readFileSync(file, "utf8")).toBe("a\nb\n");
    const stats = await (await fetch(`${url}/stats`)).json();
    expect(stats).toMatchObject({ requests: 1, records: 2, distinct: 2 });
  } finally {
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
  }
});
