import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Sink } from "../../../src/contracts/sink.ts";
import { type Drawer, describeError, Failure, UsageError } from "../../../src/lib/errors.ts";
import { exporter } from "../../../src/sinks/exporter.ts";
import { type Receiver, startReceiver } from "../../simulators/otlp/receiver.ts";
import { batchOf, CONTEXT, flowsOf, sshFlow, TIME } from "./flows.ts";
import { write as writeTo } from "./writing.ts";

let folder = "";
const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exporter-"));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

const signal = AbortSignal.timeout(60_000);
async function sinkOf(options: object): Promise<Sink> {
  const sink = await exporter.create(exporter.options.parse(options), {
    name: "test",
    baseDir: folder,
    env: {},
    version: "1.2.3",
  });
  closing.push(() => sink.close());
  return sink;
}
async function receiving(): Promise<Receiver> {
  const receiver = await startReceiver();
  closing.push(() => receiver.close());
  return receiver;
}
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Error) => error,
  );
/** An exporter that does what the first port says and notes its records in a global. */
const moduleWith = (body: string, name = "my-exporter.mjs"): string => {
  writeFileSync(join(folder, name), body);
  return `./${name}`;
};
const CLASS = `
  constructor(options) { this.options = options; globalThis.exported ??= []; }
  export(records, callback) { globalThis.exported.push(records); this.options.result === "never" ? undefined : callback(this.options.result ?? { code: 0 }); }
  async forceFlush() {}
  async shutdown() { globalThis.shutdowns = (globalThis.shutdowns ?? 0) + 1; }
`;
const exported = (): unknown[][] => (globalThis as unknown as { exported: unknown[][] }).exported.splice(0);

test("the real OTLP exporter of OpenTelemetry delivers to a receiver", async () => {
  const receiver = await receiving();
  const sink = await sinkOf({ module: "@opentelemetry/exporter-logs-otlp-http", options: { url: `${receiver.url}/v1/logs` } });
  expect(await sink.probe(signal)).toBe(
    "@opentelemetry/exporter-logs-otlp-http is loaded, and its OTLPLogExporter takes an export without records",
  );
  const elsewhere = sshFlow(4, { context: { ...CONTEXT, region: "eu-frankfurt-1" } });
  // The exporter writes 64-bit integers as JSON numbers, which the receiver refuses; texts are enough here.
  const flows = [...flowsOf(3), elsewhere].map((flow) =>
    Object.assign(flow, {
      start: undefined,
      end: undefined,
      sourcePort: undefined,
      destinationPort: undefined,
      protocol: undefined,
      bytes: undefined,
      packets: undefined,
    }),
  );
  expect(await writeTo(sink, batchOf(flows), signal)).toEqual({ rejected: 0 });
  expect([...receiver.uids.keys()].sort()).toEqual(flows.map(({ uid }) => uid).sort());
  expect(receiver.records.map(({ resource }) => resource["cloud.region"]).sort()).toEqual([
    "eu-frankfurt-1",
    "us-ashburn-1",
    "us-ashburn-1",
    "us-ashburn-1",
  ]);
  expect(receiver.records[0]).toMatchObject({
    timeUnixNano: BigInt(TIME) * 1_000_000n,
    severityText: "INFO",
    eventName: "flow.accept",
    scope: { name: "flowferry", version: "1.2.3" },
  });
});

test("a class of one's own gets records of the SDK's shape; counters above 2^53 are text", async () => {
  const module = moduleWith(`export class MyExporter {${CLASS}}`);
  const sink = await sinkOf({ module, options: {} });
  await writeTo(sink, batchOf([sshFlow(1, { bytes: 2n ** 64n - 1n, time: TIME + 7 }), sshFlow(2)]), signal);
  const [[first, second] = []] = exported() as [Record<string, unknown>, Record<string, unknown>][];
  expect(first).toMatchObject({
    hrTime: [TIME / 1000, 7_000_000],
    severityNumber: 9,
    severityText: "INFO",
    eventName: "flow.accept",
    body: "accept tcp 203.0.113.9:51234 -> 10.0.1.7:22",
    instrumentationScope: { name: "flowferry", version: "1.2.3" },
    droppedAttributesCount: 0,
    attributes: {
      "log.record.uid": sshFlow(1).uid,
      "flow.bytes": "18446744073709551615",
      "flow.packets": 12,
      "flow.destination.owner": "platform",
      "flow.detections": ["ssh-from-outside"],
    },
  });
  expect(first).toMatchObject({ resource: { attributes: { "service.name": "flowferry", "cloud.region": "us-ashburn-1" } } });
  expect(second?.resource).toBe(first?.resource);
  expect(second?.instrumentationScope).toBe(first?.instrumentationScope);
});

test.each([
  ["a default export that is a class", `export default class {${CLASS}}`, {}],
  ["a factory", `class E {${CLASS}} export default (options) => new E(options);`, {}],
  [
    "a factory that takes its time",
    `class E {${CLASS}} export const make = async (options) => new E(options);`,
    { export: "make" },
  ],
  ["an exporter that is there already", `class E {${CLASS}} export const ready = new E({});`, {}],
  ["one of several", `export class A {${CLASS}} export class B {${CLASS}}`, { export: "B" }],
])("%s is taken", async (_, body, more) => {
  const sink = await sinkOf({ module: moduleWith(body), options: {}, ...more });
  await writeTo(sink, batchOf(flowsOf(2)), signal);
  expect(exported().map((records) => records.length)).toEqual([2]);
});

test.each([
  ["export const x = 1;", {}, "no exporter is found; name one of its exports as `export`: x"],
  [`export class A {${CLASS}} export class B {${CLASS}}`, {}, "several exporters are found (A, B)"],
  [`export class A {${CLASS}}`, { export: "C" }, "exports no C; it exports A"],
  ["export default () => ({})", {}, "default gives no LogRecordExporter: it lacks export() or shutdown()"],
  ["export default class { constructor() { throw new Error('no key'); } export() {} }", {}, "default cannot be made: no key"],
  ["export default class {", {}, "cannot load module"],
])("a module that gives no exporter is a clear error: %s", async (body, more, message) => {
  const error = await failure(sinkOf({ module: moduleWith(body), ...more }));
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toContain(message);
});

test("a module that is not there is named, with what to do", async () => {
  expect((await failure(sinkOf({ module: "./none.js" }))).message).toContain("cannot load module ./none.js");
  expect((await failure(sinkOf({ module: "@none/none" }))).message).toContain(
    "it is installed neither beside the configuration (",
  );
});

const write = (sink: Sink) => failure(writeTo(sink, batchOf(flowsOf(1)), signal));
/** An exporter whose failures are made of JSON: an error with a message and further members. */
let failing = 0;
const failingWith = (error: object | undefined, options: object = {}): Promise<Sink> => {
  failing += 1;
  const body = `export class MyExporter {
      export(_, callback) {
        const error = ${JSON.stringify(error)};
        callback({ code: 1, error: error && Object.assign(new Error(error.message), error) });
      }
      async shutdown() {}
    }`;
  // A module is loaded once under its name.
  return sinkOf({ module: moduleWith(body, `failing-${failing}.mjs`), options });
};

test.each<[string, object | undefined, Drawer]>([
  ["the status of HTTP as code", { message: "Unauthorized", code: 401 }, "person"],
  ["as text", { message: "x", code: "503" }, "passing"],
  ["as httpCode", { message: "x", httpCode: 404 }, "person"],
  ["as statusCode", { message: "x", statusCode: 429 }, "passing"],
  ["as status", { message: "x", status: 400 }, "batch"],
  ["of its response", { message: "x", response: { status: 403 } }, "person"],
  ["of its cause", { message: "x", cause: { status: 422 } }, "batch"],
  ["a 2xx", { message: "x", code: 200 }, "not-understood"],
  ["gRPC: INVALID_ARGUMENT", { message: "x", code: 3 }, "batch"],
  ["gRPC: DEADLINE_EXCEEDED", { message: "x", code: 4 }, "passing"],
  ["gRPC: PERMISSION_DENIED", { message: "x", code: 7 }, "person"],
  ["gRPC: RESOURCE_EXHAUSTED", { message: "x", code: 8 }, "passing"],
  ["gRPC: UNIMPLEMENTED", { message: "x", code: 12 }, "person"],
  ["gRPC: UNAVAILABLE", { message: "x", code: 14 }, "passing"],
  ["gRPC: UNAUTHENTICATED", { message: "x", code: 16 }, "person"],
  ["gRPC: UNKNOWN", { message: "x", code: 2 }, "not-understood"],
  ["the network", { message: "x", code: "ECONNREFUSED" }, "passing"],
  ["TLS", { message: "x", code: "CERT_HAS_EXPIRED" }, "person"],
  ["a code of its own", { message: "x", code: "busy" }, "not-understood"],
  ["words alone", { message: "Export failed with retryable status" }, "not-understood"],
  ["no error", undefined, "not-understood"],
])("a failure is told apart by %s", async (_, error, drawer) => {
  const failed = await write(await failingWith(error));
  expect(failed).toBeInstanceOf(Failure);
  expect(failed).toMatchObject({ drawer, code: "exporter-failed", message: expect.stringMatching(/^MyExporter failed: /) });
});

test("a failure tells the status and the receiver's words", async () => {
  const data = '{"code":16,"message":"token is\\nexpired"}';
  const failed = await write(await failingWith({ message: "Unauthorized", code: 401, data }));
  expect(failed.message).toBe("MyExporter failed: 401 Unauthorized: token is expired");
  expect(await write(await failingWith({ message: "Payload Too Large", code: 413 }))).toMatchObject({
    drawer: "batch",
    tooLarge: true,
  });
});

test("an exporter that throws, rejects or never reports fails, too", async () => {
  const throwing = (body: string, name: string) =>
    sinkOf({ module: moduleWith(`export default { ${body}, async shutdown() {} }`, name) });
  expect(describeError(await write(await throwing("export() { throw new TypeError('odd'); }", "t.mjs")))).toBe(
    "default failed: odd",
  );
  const rejecting = await throwing("async export() { throw Object.assign(new Error('late'), { status: 503 }); }", "r.mjs");
  expect(await write(rejecting)).toMatchObject({ drawer: "passing", message: "default failed: 503 late" });
  expect(await write(await throwing("export(_, callback) { callback(); }", "n.mjs"))).toMatchObject({ drawer: "not-understood" });
  const module = moduleWith(`export class MyExporter {${CLASS}}`);
  const silent = await write(await sinkOf({ module, options: { result: "never" }, timeoutMs: 50 }));
  expect(silent).toMatchObject({
    drawer: "passing",
    code: "exporter-timeout",
    message: "MyExporter reported nothing within 50 ms",
  });
});

test("an own exporter of this program keeps its drawers", async () => {
  const at = JSON.stringify(new URL("../../../src/lib/errors.ts", import.meta.url).href);
  const module = moduleWith(`import { Failure } from ${at};
    export default { export(_, callback) { callback({ code: 1, error: new Failure("person", "not-authorized", "a policy is missing") }); }, async shutdown() {} }`);
  expect(await write(await sinkOf({ module }))).toMatchObject({ drawer: "person", code: "not-authorized" });
});

test("the probe exports nothing, and fails as an export does", async () => {
  const receiver = await receiving();
  const otlp = { module: "@opentelemetry/exporter-logs-otlp-http", options: { url: `${receiver.url}/v1/logs` } };
  const sink = await sinkOf(otlp);
  receiver.faults = { "1": { status: 401 }, "2": { status: 400, message: "unknown tenant" } };
  expect(await failure(sink.probe(signal))).toMatchObject({
    drawer: "person",
    message: "OTLPLogExporter failed: 401 Unauthorized: fault (for an export without records)",
  });
  expect(await failure(sink.probe(signal))).toMatchObject({ drawer: "person", code: "exporter-failed" });
  await expect(sink.probe(AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
  expect(await sink.probe(signal)).toContain("takes an export without records");
  expect(receiver.records).toEqual([]);
});

test("close shuts the exporter down, once", async () => {
  const counts = globalThis as unknown as { shutdowns?: number };
  counts.shutdowns = 0;
  const sink = await sinkOf({ module: moduleWith(`export class MyExporter {${CLASS}}`), options: {} });
  await sink.close();
  await sink.close();
  expect(counts.shutdowns).toBe(1);
});

test("the exporter gets the same records of flows at hand and of those that came packed from another thread", async () => {
  const options = { module: moduleWith(`export class Mine {${CLASS}}`), options: {} };
  const sink = await sinkOf(options);
  const flows = [...flowsOf(3), sshFlow(4, { context: { ...CONTEXT, region: "eu-frankfurt-1" } })];
  const encoder = exporter.encoder?.(exporter.options.parse(options), { baseDir: folder, env: {}, version: "1.2.3" });
  const [here, packed] = [sink.encode(flows, TIME), encoder?.encode(flows, TIME)];
  expect(here.records).toBe(4);
  await sink.send(here, signal);
  await sink.send(structuredClone({ ...packed, records: 4, parts: packed?.parts ?? [] }), signal);
  const [first, second] = exported().slice(-2);
  expect(first).toHaveLength(4);
  expect(second).toEqual(first);
});
