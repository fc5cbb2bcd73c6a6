import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Sink } from "../../../src/contracts.ts";
import { describeError, RetryableError, UsageError } from "../../../src/errors.ts";
import { exporter } from "../../../src/sinks/exporter.ts";
import { type Receiver, startReceiver } from "../../simulators/otlp/receiver.ts";
import { batchOf, CONTEXT, flowsOf, sshFlow, TIME } from "./flows.ts";

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
  expect(await sink.probe(signal)).toBe("@opentelemetry/exporter-logs-otlp-http is loaded and gives OTLPLogExporter");
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
  expect(await sink.write(batchOf(flows), signal)).toEqual({ rejected: 0 });
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
  await sink.write(batchOf([sshFlow(1, { bytes: 2n ** 64n - 1n, time: TIME + 7 }), sshFlow(2)]), signal);
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
  await sink.write(batchOf(flowsOf(2)), signal);
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
    "is it installed beside the configuration or the program?",
  );
});

test("what the exporter reports as failed, throws or never reports is tried again by others", async () => {
  const failing = (result: unknown, timeoutMs = 5000) =>
    sinkOf({ module: moduleWith(`export class MyExporter {${CLASS}}`), options: { result }, timeoutMs });
  const write = (sink: Sink) => failure(sink.write(batchOf(flowsOf(1)), signal));
  const failed = await write(await failing({ code: 1, error: new Error("HTTP 503") }));
  expect(failed).toBeInstanceOf(RetryableError);
  expect(describeError(failed)).toBe("MyExporter failed: HTTP 503");
  expect(await write(await failing({ code: 1 }))).toMatchObject({ code: "exporter-failed" });
  const silent = await write(await failing("never", 50));
  expect(silent).toBeInstanceOf(RetryableError);
  expect(silent).toMatchObject({ code: "exporter-timeout", message: "MyExporter reported nothing within 50 ms" });
  const throwing = await sinkOf({
    module: moduleWith("export default { export() { throw new TypeError('odd'); }, async shutdown() {} }", "t.mjs"),
  });
  expect(describeError(await write(throwing))).toBe("default failed: odd");
});

test("close shuts the exporter down, once", async () => {
  const counts = globalThis as unknown as { shutdowns?: number };
  counts.shutdowns = 0;
  const sink = await sinkOf({ module: moduleWith(`export class MyExporter {${CLASS}}`), options: {} });
  await sink.close();
  await sink.close();
  expect(counts.shutdowns).toBe(1);
});
