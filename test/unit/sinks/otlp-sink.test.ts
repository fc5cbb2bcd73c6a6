import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import type { Sink } from "../../../src/contracts/sink.ts";
import { describeError, type Failure } from "../../../src/lib/errors.ts";
import { otlp } from "../../../src/sinks/otlp/sink.ts";
import { type Receiver, type ReceiverOptions, startReceiver } from "../../simulators/otlp/receiver.ts";
import { batchOf, flowsOf } from "./flows.ts";
import { write as writeTo } from "./writing.ts";

const TLS = fileURLToPath(new URL("../../simulators/otlp/tls", import.meta.url));
const pem = (name: string): string => readFileSync(`${TLS}/${name}`, "utf8");
const signal = AbortSignal.timeout(60_000);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function receiving(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  closing.push(() => receiver.close());
  return receiver;
}

async function sinkOf(options: object, env: NodeJS.ProcessEnv = {}): Promise<Sink> {
  const parsed = otlp.options.parse(options);
  const sink = await otlp.create(parsed, { name: "test", baseDir: TLS, env, version: "1.2.3" });
  closing.push(() => sink.close());
  return sink;
}

const write = (sink: Sink, count = 3) => writeTo(sink, batchOf(flowsOf(count)), signal);
const uids = (count: number): string[] => flowsOf(count).map(({ uid }) => uid);
const failure = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Failure) => error,
  );

test.each(["protobuf", "json"].flatMap((encoding) => ["gzip", "zstd", "none"].map((compression) => [encoding, compression])))(
  "%s with %s arrives whole",
  async (encoding, compression) => {
    const receiver = await receiving({ requireHeaders: { "x-key": "value" } });
    const sink = await sinkOf({ endpoint: receiver.url, encoding, compression, headers: { "X-Key": "value" } });
    expect(await write(sink)).toEqual({ rejected: 0 });
    expect([...receiver.uids.keys()]).toEqual(uids(3));
    const [request] = receiver.requests;
    expect(request).toMatchObject({ path: "/v1/logs", records: 3 });
    expect(request?.headers).toMatchObject({
      "user-agent": "flowferry/1.2.3",
      "content-type": encoding === "json" ? "application/json" : "application/x-protobuf",
    });
    expect(request?.headers["content-encoding"]).toBe(compression === "none" ? undefined : compression);
    expect(receiver.records[0]).toMatchObject({ eventName: "flow.accept", body: "accept tcp 203.0.113.9:51234 -> 10.0.1.7:22" });
  },
);

const codings = ({ requests }: Receiver) => requests.map(({ headers, records }) => `${headers["content-encoding"]} ${records}`);

test.each(["protobuf", "json"])(
  "without other word a receiver that reads zstd gets it, once it has taken 20 requests: %s",
  async (encoding) => {
    const receiver = await receiving();
    const sink = await sinkOf({ endpoint: receiver.url, encoding });
    for (let count = 0; count < 20; count++) await write(sink, 1);
    await expect.poll(() => sink.coding).toBe("zstd");
    expect(await write(sink)).toEqual({ rejected: 0 });
    expect(codings(receiver)).toEqual([...Array(20).fill("gzip 1"), "zstd 0", "zstd 0", "zstd 3"]);
    // What is called zstd and is none was refused.
    expect(receiver.requests.map(({ status }) => status)).toEqual([...Array(20).fill(200), 400, 200, 200]);
    expect([...receiver.uids.keys()]).toEqual(uids(3));
  },
);

test("a receiver that says yes and looks at nothing is never sent zstd", async () => {
  const answered: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    answered.push(request.headers["content-encoding"] as string | undefined);
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const sink = await sinkOf({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  for (let count = 0; count < 20; count++) await write(sink, 1);
  await expect.poll(() => answered.length).toBe(21);
  for (let count = 0; count < 5; count++) await write(sink, 1);
  expect(answered).toEqual([...Array(20).fill("gzip"), "zstd", ...Array(5).fill("gzip")]);
});

test("any schema, service name and no body", async () => {
  const receiver = await receiving();
  await write(await sinkOf({ url: `${receiver.url}/x`, schema: "seed", serviceName: "mine", body: "none" }), 1);
  expect(receiver.requests[0]?.path).toBe("/x");
  expect(receiver.records[0]).toMatchObject({
    body: undefined,
    resource: { "service.name": "mine" },
    attributes: { destinationPort: 22n, traffic_type: "external traffic", oracle: { managed: "true" } },
  });
});

test("many batches at once keep apart and keep their connections", async () => {
  const receiver = await receiving();
  const sink = await sinkOf({ endpoint: receiver.url, inFlight: 3, compression: "none" });
  const flows = flowsOf(600);
  await Promise.all(
    Array.from({ length: 30 }, (_, index) => writeTo(sink, batchOf(flows.slice(index * 20, index * 20 + 20)), signal)),
  );
  expect([...receiver.uids.keys()].sort()).toEqual(flows.map(({ uid }) => uid).sort());
  expect([...receiver.uids.values()].every((count) => count === 1)).toBe(true);
});

test("an answer in part is counted with its reason", async () => {
  const receiver = await receiving({ faults: { "1": { partialSuccess: { rejected: 2, message: "too far behind" } } } });
  expect(await write(await sinkOf({ endpoint: receiver.url }))).toEqual({ rejected: 2, reason: "too far behind" });
});

test.each(["protobuf", "json"])("errors are told apart, with the receiver's words in %s", async (encoding) => {
  const receiver = await receiving({
    maxBodyBytes: 20_000,
    faults: {
      "1": { status: 503, retryAfter: "3", message: "overloaded" },
      "2": { status: 400, message: "unknown field" },
      "3": { status: 307, headers: { location: "http://elsewhere.example/v1/logs" } },
    },
  });
  const sink = await sinkOf({ endpoint: receiver.url, encoding, compression: "gzip" });
  const host = new URL(receiver.url).host;
  expect(await failure(write(sink))).toMatchObject({
    drawer: "passing",
    code: "otlp-http-503",
    message: `${host} answered 503: overloaded`,
    retryAfterMs: 3000,
  });
  expect(await failure(write(sink))).toMatchObject({
    drawer: "batch",
    code: "otlp-http-400",
    message: `${host} answered 400: unknown field`,
  });
  expect(await failure(write(sink))).toMatchObject({
    drawer: "person",
    code: "otlp-http-307",
    message: expect.stringContaining("elsewhere.example"),
  });
  expect(await failure(write(sink, 100))).toMatchObject({ drawer: "batch", tooLarge: true, certain: false });
  expect(await write(sink)).toEqual({ rejected: 0 });
  expect(receiver.requests).toHaveLength(5);
});

test("a batch over its bytes is refused before anything is sent", async () => {
  const receiver = await receiving();
  const error = await failure(write(await sinkOf({ endpoint: receiver.url, batch: { bytes: 2000 } })));
  expect(error).toMatchObject({ drawer: "batch", code: "otlp-too-large", tooLarge: true, certain: true });
  expect(receiver.requests).toHaveLength(0);
});

test("broken connections and silence are retried by others, and never by the sink", async () => {
  const receiver = await receiving({
    faults: { "1": { reset: "before-reading" }, "2": { reset: "after-reading" }, "3": { hang: true }, "4": { delayMs: 1000 } },
  });
  const sink = await sinkOf({ endpoint: receiver.url, timeoutMs: 300 });
  for (const code of ["otlp-unreachable", "otlp-unreachable", "otlp-timeout", "otlp-timeout"]) {
    expect(await failure(write(sink))).toMatchObject({ drawer: "passing", code });
  }
  expect(await write(sink)).toEqual({ rejected: 0 });
  expect(receiver.requests).toHaveLength(5);
  // Taken by the last request, and by the one whose answer came too late.
  expect([...receiver.uids.values()]).toEqual([2, 2, 2]);
});

test("nobody listening is one clear line", async () => {
  const receiver = await startReceiver();
  await receiver.close();
  const error = await failure(write(await sinkOf({ endpoint: receiver.url })));
  expect(error).toMatchObject({ drawer: "passing", code: "otlp-unreachable" });
  expect(describeError(error)).toMatch(/^OTLP: http:\/\/127\.0\.0\.1:\d+ takes no connections: .*ECONNREFUSED/);
});

test("an abort ends a request that hangs, with the reason of the abort", async () => {
  const receiver = await receiving({ faults: { "*": { hang: true } } });
  const sink = await sinkOf({ endpoint: receiver.url });
  const abort = new AbortController();
  const reason = new Error("shutting down");
  const writing = failure(writeTo(sink, batchOf(flowsOf(1)), abort.signal));
  setTimeout(() => abort.abort(reason), 100);
  expect(await writing).toBe(reason);
  expect(await failure(writeTo(sink, batchOf(flowsOf(1)), abort.signal))).toBe(reason);
});

test("TLS verifies the receiver and shows the client's certificate", async () => {
  const receiver = await receiving({ tls: { key: pem("server.key"), cert: pem("server.pem"), clientCa: pem("ca.pem") } });
  const trusting = { caFile: "ca.pem", certFile: "client.pem", keyFile: "client.key" };
  expect(await write(await sinkOf({ endpoint: receiver.url, tls: trusting }))).toEqual({ rejected: 0 });
  const distrusting = await failure(write(await sinkOf({ endpoint: receiver.url })));
  expect(distrusting).toMatchObject({ drawer: "person", code: "otlp-unreachable" });
  expect(describeError(distrusting)).toMatch(
    /^OTLP: localhost:\d+ has a certificate of an unknown authority: name it in tls\.caFile: /,
  );
  const anonymous = await failure(write(await sinkOf({ endpoint: receiver.url, tls: { caFile: "ca.pem" } })));
  // The alert comes before or after the connection goes.
  expect(["person", "passing"]).toContain(anonymous.drawer);
  expect([...receiver.uids.values()]).toEqual([1, 1, 1]);
});

test("requests go through the proxy of the environment, and not to hosts in NO_PROXY", async () => {
  const receiver = await receiving({ tls: { key: pem("server.key"), cert: pem("server.pem") } });
  const plain = await receiving();
  const { proxy, tunnels, forwarded } = await startProxy();
  const env = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy };
  await write(await sinkOf({ endpoint: receiver.url, tls: { caFile: "ca.pem" } }, env));
  expect(tunnels).toEqual([`localhost:${receiver.port}`]);
  await write(await sinkOf({ endpoint: plain.url }, env));
  expect(forwarded).toEqual([`${plain.url}/v1/logs`]);
  await write(await sinkOf({ endpoint: plain.url }, { ...env, NO_PROXY: "127.0.0.1" }));
  expect(forwarded).toHaveLength(1);
  expect([...plain.uids.values()]).toEqual([2, 2, 2]);
});

test("the probe reaches the receiver and delivers nothing", async () => {
  const receiver = await receiving({
    faults: {
      "2": { status: 401, message: "who are you" },
      "3": { status: 400, message: "no records" },
      "4": { status: 422, message: "error at least one valid stream is required for ingestion" },
      "5": { status: 400, message: "unknown tenant" },
      "6": { raw: { status: 400, body: 'unsupported path requested: "/v1/logs"' } },
      "7": { raw: { status: 200, body: "<title>Sign in</title>" } },
      "8": { raw: { status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"1"}}' } },
    },
  });
  const host = new URL(receiver.url).host;
  const sink = await sinkOf({ endpoint: receiver.url });
  expect(await sink.probe(signal)).toBe(`${host} answered 200 to a request without records`);
  expect(await failure(sink.probe(signal))).toMatchObject({ drawer: "person", code: "otlp-http-401" });
  expect(await sink.probe(signal)).toBe(`${host} answered 400: no records (to a request without records)`);
  expect(await sink.probe(signal)).toContain("answered 422: error at least one valid stream is required for ingestion (to a");
  expect(await failure(sink.probe(signal))).toMatchObject({
    drawer: "person",
    message: `${host} answered 400: unknown tenant (to a request without records)`,
  });
  expect(await failure(sink.probe(signal))).toMatchObject({
    drawer: "person",
    message: expect.stringContaining("VictoriaLogs below /insert/opentelemetry"),
  });
  expect(await failure(sink.probe(signal))).toMatchObject({ drawer: "not-understood" });
  expect(await failure(sink.probe(signal))).toMatchObject({ drawer: "not-understood" });
  expect(receiver.records).toEqual([]);
});

test("limits come from the options", async () => {
  const sink = await sinkOf({ endpoint: "http://localhost:1", batch: { records: 7, lingerMs: 5 }, inFlight: 2 });
  expect(sink.limits).toEqual({ records: 7, inFlight: 2, lingerMs: 5 });
});

/** A forward proxy that notes what it is asked for. */
async function startProxy(): Promise<{ proxy: string; tunnels: string[]; forwarded: string[] }> {
  const tunnels: string[] = [];
  const forwarded: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createHttpServer((request, response) => {
    forwarded.push(request.url ?? "");
    const target = new URL(request.url ?? "");
    const upstream = connect(Number(target.port), target.hostname);
    sockets.add(upstream);
    const headers = Object.entries({ ...request.headers, connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`);
    upstream.write(`POST ${target.pathname} HTTP/1.1\r\n${headers.join("")}\r\n`);
    request.on("data", (chunk: Buffer) => upstream.write(chunk));
    upstream.pipe(response.socket as Socket);
  });
  server.on("connect", (request, socket: Socket, head: Buffer) => {
    tunnels.push(request.url ?? "");
    const [host = "", port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host === "localhost" ? "127.0.0.1" : host, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    sockets.add(upstream).add(socket);
    for (const one of [upstream, socket]) one.on("error", () => one.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels, forwarded };
}
