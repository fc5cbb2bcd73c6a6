import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import type { Columns } from "../../../src/flow/types.ts";
import { loadSchema, SCHEMA_NAMES } from "../../../src/schemas/load.ts";
import { recordClassOf, summaryOf } from "../../../src/schemas/record.ts";
import type { Attribute, Schema } from "../../../src/schemas/schema.ts";
import { recordMaker } from "../../../src/sinks/log-records.ts";
import { createEncoder, type EncoderOptions } from "../../../src/sinks/otlp/encoder.ts";
import { json } from "../../../src/sinks/otlp/json.ts";
import { protobuf } from "../../../src/sinks/otlp/protobuf.ts";
import { readFields } from "../../../src/sinks/otlp/wire.ts";
import { decodeRequest, type ReceivedRecord, type Value, type Values } from "../../simulators/otlp/decode.ts";
import { anyFlows, CONTEXT, flowsOf, noDataFlow, ORIGIN, sshFlow, TIME } from "./flows.ts";
import { bytesOf } from "./writing.ts";

const OBSERVED = TIME + 60_001;
const OPTIONS: EncoderOptions = { serviceName: "a service", version: "1.2.3", body: "summary", maxBytes: 1 << 30 };
const SYNTAXES = { protobuf, json };
type SyntaxName = keyof typeof SYNTAXES;

const encoderOf = (syntax: SyntaxName, schema: Schema, changes: Partial<EncoderOptions> = {}) =>
  createEncoder(SYNTAXES[syntax], schema, { ...OPTIONS, ...changes });

function roundTrip(syntax: SyntaxName, schema: Schema, flows: readonly Flow[]): ReceivedRecord[] {
  return decodeRequest(bytesOf(encoderOf(syntax, schema).encode(flows, OBSERVED)), syntax);
}

/** What a value becomes on the wire, from the protocol's definition: int64, double, UTF-8 text; text for what int64 cannot hold. */
function wireValue(value: unknown): Value {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "bigint") return value < 2n ** 63n ? value : String(value);
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(wireValue);
  if (value === null || value === undefined) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), wireValue(item)]));
}

function wireAttributes(schema: Schema, attributes: readonly Attribute[], flow: Flow): Values {
  const values: Values = {};
  for (const attribute of attributes) {
    const value = attribute.get(flow);
    if (value === undefined) continue;
    if (attribute.kind !== "columns") values[attribute.name] = wireValue(value);
    else
      for (const [column, text] of Object.entries(value as Columns))
        values[schema.columnName(attribute, column)] = wireValue(text);
  }
  return values;
}

const expected = (schema: Schema, flow: Flow): ReceivedRecord => ({
  ...recordClassOf(flow),
  timeUnixNano: BigInt(flow.time) * 1_000_000n,
  observedTimeUnixNano: BigInt(OBSERVED) * 1_000_000n,
  body: summaryOf(flow).toWellFormed(),
  attributes: wireAttributes(schema, schema.attributes, flow),
  resource: { "service.name": "a service", ...wireAttributes(schema, schema.resource, flow) },
  scope: { name: "flowferry", version: "1.2.3" },
});

/** Records travel in another order than they came. */
const sorted = (records: readonly ReceivedRecord[]): string[] => records.map((record) => print(record)).sort();
const print = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    typeof item === "bigint"
      ? `int ${item}`
      : typeof item === "object" && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
  );

const cases = (["protobuf", "json"] as const).flatMap((syntax) => SCHEMA_NAMES.map((schema) => [syntax, schema] as const));

test.each(cases)(
  "any flows come back from the official definitions as they went: %s, schema %s",

  (syntax, name) => {
    const schema = loadSchema(name, "/");
    fc.assert(
      fc.property(anyFlows, (flows) => {
        expect(sorted(roundTrip(syntax, schema, flows))).toEqual(sorted(flows.map((flow) => expected(schema, flow))));
      }),
    );
  },
);

test.each(["protobuf", "json"] as const)(
  "%s keeps apart what it keeps: values, contexts and objects seen before change nothing",

  (syntax) => {
    const schema = loadSchema("otel", "/");
    const encoder = encoderOf(syntax, schema);
    fc.assert(
      fc.property(anyFlows, (flows) => {
        const encoded = encoder.encode(flows, OBSERVED);
        expect(sorted(decodeRequest(bytesOf(encoded), syntax))).toEqual(sorted(flows.map((flow) => expected(schema, flow))));
        encoder.recycle(encoded);
      }),
    );
  },
);

const official = recordMaker(loadSchema("otel", "/"), { serviceName: "a service", version: "1.2.3", body: "summary" });
/** Counters and texts that both serializers can say. */
const plain = [
  ...flowsOf(3),
  sshFlow(9, { bytes: 2 ** 53 - 1, sourceServer: "héllo 漢 😀", action: "reject" }),
  new Flow(ORIGIN, 7, EMPTY_CONTEXT, 1),
];

test("protobuf means what the official serializer's means", () => {
  const bytes = ProtobufLogsSerializer.serializeRequest(plain.map((flow) => official(flow, OBSERVED)));
  const records = decodeRequest(bytes ?? new Uint8Array(), "protobuf");
  expect(sorted(roundTrip("protobuf", loadSchema("otel", "/"), plain))).toEqual(sorted(records));
});

test("json means what the official serializer's means, with 64-bit integers as strings", () => {
  const bytes = JsonLogsSerializer.serializeRequest(plain.map((flow) => official(flow, OBSERVED)));
  const text = new TextDecoder().decode(bytes).replaceAll(/"intValue":(\d+)/g, '"intValue":"$1"');
  const records = decodeRequest(Buffer.from(text), "json");
  expect(sorted(roundTrip("json", loadSchema("otel", "/"), plain))).toEqual(sorted(records));
});

test.each(["protobuf", "json"] as const)("%s: a body may end with the uid, or be left out", (syntax) => {
  const flows = [sshFlow(1), sshFlow(2), noDataFlow(3)];
  const bodies = (body: EncoderOptions["body"]) => {
    const encoded = createEncoder(SYNTAXES[syntax], loadSchema("otel", "/"), { ...OPTIONS, body }).encode(flows, OBSERVED);
    return decodeRequest(bytesOf(encoded), syntax).map((record) => record.body);
  };
  const line = "accept tcp 203.0.113.9:51234 -> 10.0.1.7:22";
  expect(bodies("unique")).toEqual([`${line} ${flows[0]?.uid}`, `${line} ${flows[1]?.uid}`, `no data ${flows[2]?.uid}`]);
  expect(bodies("none")).toEqual([undefined, undefined, undefined]);
});

test("flows of one resource are one ResourceLogs, whatever the order they come in", () => {
  const other = { ...CONTEXT, region: "eu-frankfurt-1" };
  const sibling = { ...CONTEXT, vnic: "ocid1.vnic.oc1.iad.other" };
  const flows = flowsOf(9);
  flows.forEach((flow, index) => {
    flow.context = [CONTEXT, other, sibling][index % 3] ?? CONTEXT;
  });
  const encoded = encoderOf("json", loadSchema("otel", "/")).encode(flows, OBSERVED);
  const request = JSON.parse(bytesOf(encoded).toString()) as { resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[] };
  expect(request.resourceLogs.map(({ scopeLogs }) => scopeLogs.map(({ logRecords }) => logRecords.length))).toEqual([[6], [3]]);
  expect(sorted(roundTrip("protobuf", loadSchema("otel", "/"), flows))).toEqual(sorted(decodeRequest(bytesOf(encoded), "json")));
});

test("in otel-compact the flows of a network interface are one ResourceLogs, which says once what is the same for them", () => {
  const sibling = { ...CONTEXT, vnic: "ocid1.vnic.oc1.iad.other" };
  // Of the same interface, and read of another object.
  const again = { ...CONTEXT, objectPath: "another" };
  const flows = flowsOf(9);
  flows.forEach((flow, index) => {
    flow.context = [CONTEXT, sibling, again][index % 3] ?? CONTEXT;
  });
  const encoded = bytesOf(encoderOf("json", loadSchema("otel-compact", "/")).encode(flows, OBSERVED)).toString();
  const request = JSON.parse(encoded) as { resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[] };
  expect(request.resourceLogs.map(({ scopeLogs }) => scopeLogs.map(({ logRecords }) => logRecords.length))).toEqual([[6], [3]]);
  expect([CONTEXT.vnic, sibling.vnic, CONTEXT.subnet].map((id) => encoded.split(`"${id}"`).length - 1)).toEqual([1, 1, 2]);
});

test.each(["protobuf", "json"] as const)("%s: no flows are an empty request", (syntax) => {
  const bytes = bytesOf(encoderOf(syntax, loadSchema("otel", "/")).encode([], OBSERVED));
  expect(decodeRequest(bytes, syntax)).toEqual([]);
  expect(bytes.toString()).toBe(syntax === "json" ? '{"resourceLogs":[]}' : "");
});

test.each(["protobuf", "json"] as const)("%s: bytes stay as they are until they are released", (syntax) => {
  const encoder = encoderOf(syntax, loadSchema("otel", "/"));
  const first = encoder.encode(flowsOf(50), OBSERVED);
  const copy = Buffer.from(bytesOf(first));
  const second = encoder.encode(flowsOf(80).slice(30), OBSERVED);
  expect(bytesOf(first).equals(copy)).toBe(true);
  expect(bytesOf(second).equals(copy)).toBe(false);
  encoder.recycle(first);
  const third = encoder.encode(flowsOf(50), OBSERVED);
  expect(bytesOf(third).equals(copy)).toBe(true);
});

test.each(["protobuf", "json"] as const)(
  "%s: a request over the limit is refused before it is sent, and the next one works",
  (syntax) => {
    const schema = loadSchema("otel", "/");
    const size = (count: number) => bytesOf(encoderOf(syntax, schema).encode(flowsOf(count), OBSERVED)).length;
    const encoder = encoderOf(syntax, schema, { maxBytes: size(10) });
    expect(() => encoder.encode(flowsOf(11), OBSERVED)).toThrow(
      expect.objectContaining({ drawer: "batch", code: "otlp-too-large", tooLarge: true, certain: true }),
    );
    expect(() => encoder.encode(flowsOf(1000), OBSERVED)).toThrow(`1000 records are larger than batch.bytes (${size(10)})`);
    expect(decodeRequest(bytesOf(encoder.encode(flowsOf(10), OBSERVED)), syntax)).toHaveLength(10);
  },
);

test("protobuf: a record's length is right at the borders of one, two, three and four bytes", () => {
  const otel = loadSchema("otel", "/");
  // As little as there can be: one text of a chosen length.
  const schema = { ...otel, resource: [], attributes: otel.attributes.filter(({ name }) => name === "flow.source.server") };
  const encoder = encoderOf("protobuf", schema, { body: "none" });
  const server = (length: number, end: string): Flow => sshFlow(1, { sourceServer: "s".repeat(length) + end });
  const lengths = new Set<number>();
  /** Gives what a record takes beside its text. */
  const check = (length: number): number => {
    const encoded = encoder.encode([server(length, "a"), server(length, "b")], OBSERVED);
    const records = decodeRequest(bytesOf(encoded), "protobuf");
    const [first, second] = records.map(({ attributes }) => attributes["flow.source.server"]);
    expect([first === `${"s".repeat(length)}a`, second === `${"s".repeat(length)}b`]).toEqual([true, true]);
    const [size = 0, other] = recordsIn(bytesOf(encoded)).map((record) => record.length);
    expect(other).toBe(size);
    lengths.add(size);
    encoder.recycle(encoded);
    return size - length;
  };
  for (let length = 0; length <= 70; length += 1) check(length);
  for (const border of [16_384, 2_097_152]) {
    const at = border - check(border - 80);
    for (let length = at - 2; length <= at + 1; length += 1) check(length);
  }
  for (const border of [127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) expect(lengths).toContain(border);
});

/** ExportLogsServiceRequest.resource_logs = 1, ResourceLogs.scope_logs = 2, ScopeLogs.log_records = 2. */
function recordsIn(request: Buffer): Buffer[] {
  const within = (messages: Buffer[], number: number): Buffer[] =>
    messages.flatMap((message) => readFields(message).flatMap(({ field, value }) => (field === number ? [value as Buffer] : [])));
  return within(within(within([request], 1), 2), 2);
}

test("times are exact nanoseconds; what fixed64 cannot say is 0", () => {
  const schema = loadSchema("otel", "/");
  const at = (time: number) => roundTrip("protobuf", schema, [Object.assign(sshFlow(), { time })])[0]?.timeUnixNano;
  for (const ms of [1, 65_535, 65_536, 1_725_632_768_123, 18_446_744_073_709]) expect(at(ms)).toBe(BigInt(ms) * 1_000_000n);
  expect([at(-1), at(18_446_744_073_710)]).toEqual([0n, 0n]);
});
