import { readFileSync } from "node:fs";
import protobuf from "protobufjs";

const root = protobuf.parse(readFileSync(new URL("./otlp.proto", import.meta.url), "utf8")).root;
const ExportRequest = root.lookupType("ExportLogsServiceRequest");
const ExportResponse = root.lookupType("ExportLogsServiceResponse");
const RpcStatus = root.lookupType("Status");

/** An attribute as the receiver has it: 64-bit integers are bigint, so that none is rounded. */
export type Value = string | boolean | bigint | number | Uint8Array | undefined | Value[] | { [key: string]: Value };
export type Values = Record<string, Value>;

export interface ReceivedRecord {
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  eventName: string;
  body: Value;
  attributes: Values;
  resource: Values;
  scope: { name: string; version: string };
}

/** 64 bits, as protobufjs has them. */
interface Long {
  low: number;
  high: number;
}
interface KeyValue {
  key: string;
  value: AnyValue | null;
}
/** Has the field that was sent as its own; any other is that of its prototype. */
interface AnyValue {
  stringValue: string;
  boolValue: boolean;
  intValue: Long;
  doubleValue: number;
  arrayValue: { values: AnyValue[] };
  kvlistValue: { values: KeyValue[] };
  bytesValue: Uint8Array;
}
interface ExportRequestMessage {
  resourceLogs: {
    resource: { attributes: KeyValue[] } | null;
    scopeLogs: {
      scope: { name: string; version: string } | null;
      logRecords: {
        timeUnixNano: Long;
        observedTimeUnixNano: Long;
        severityNumber: number;
        severityText: string;
        eventName: string;
        body: AnyValue | null;
        attributes: KeyValue[];
      }[];
    }[];
  }[];
}

/** Records of an export request. Throws what is wrong with a body that is none. */
export function decodeRequest(body: Uint8Array, encoding: "protobuf" | "json"): ReceivedRecord[] {
  const message = encoding === "protobuf" ? ExportRequest.decode(body) : fromJson(body);
  return (message as unknown as ExportRequestMessage).resourceLogs.flatMap((resourceLogs) => {
    const resource = values(resourceLogs.resource?.attributes ?? []);
    return resourceLogs.scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map((record) => ({
        timeUnixNano: BigInt.asUintN(64, bits(record.timeUnixNano)),
        observedTimeUnixNano: BigInt.asUintN(64, bits(record.observedTimeUnixNano)),
        severityNumber: record.severityNumber,
        severityText: record.severityText,
        eventName: record.eventName,
        body: value(record.body),
        attributes: values(record.attributes),
        resource,
        scope: { name: scope?.name ?? "", version: scope?.version ?? "" },
      })),
    );
  });
}

/** How many records a protobuf export request holds, without decoding them. */
export function countRecords(body: Uint8Array): number {
  let count = 0;
  const each = (reader: protobuf.Reader, end: number, field: number, visit: (end: number) => void) => {
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === ((field << 3) | 2)) {
        const length = reader.uint32();
        visit(reader.pos + length);
      } else reader.skipType(tag & 7);
    }
  };
  const reader = protobuf.Reader.create(body);
  each(reader, body.length, 1, (resourceLogsEnd) =>
    each(reader, resourceLogsEnd, 2, (scopeLogsEnd) =>
      each(reader, scopeLogsEnd, 2, (recordEnd) => {
        count++;
        reader.pos = recordEnd;
      }),
    ),
  );
  return count;
}

/** The answer to an export: empty, or a partial success. */
export function encodeResponse(encoding: "protobuf" | "json", partial?: { rejected: number; message: string }): Uint8Array {
  const object =
    partial === undefined ? {} : { partialSuccess: { rejectedLogRecords: partial.rejected, errorMessage: partial.message } };
  const message = ExportResponse.fromObject(object);
  if (encoding === "protobuf") return ExportResponse.encode(message).finish();
  return Buffer.from(JSON.stringify(ExportResponse.toObject(message, { longs: String })));
}

/** A google.rpc.Status, the body that the specification asks for beside a 4xx or 5xx. */
export function encodeStatus(encoding: "protobuf" | "json", code: number, text: string): Uint8Array {
  const status = { code, message: text };
  return encoding === "protobuf" ? RpcStatus.encode(RpcStatus.fromObject(status)).finish() : Buffer.from(JSON.stringify(status));
}

function fromJson(body: Uint8Array): protobuf.Message {
  const object: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  verifyJson(object, ExportRequest, "request");
  return ExportRequest.fromObject(object as Record<string, unknown>);
}

/** Stricter than a receiver has to be: an unknown name, a 64-bit integer that is no decimal string, or an enum by name is an error. */
function verifyJson(object: unknown, type: protobuf.Type, path: string): void {
  if (typeof object !== "object" || object === null)
    throw new Error(`${path}: expected an object, got ${JSON.stringify(object)}`);
  for (const [name, item] of Object.entries(object)) {
    const field = type.fields[name];
    if (field === undefined) throw new Error(`${path}: ${type.name} has no field ${name}`);
    if (field.repeated && !Array.isArray(item)) throw new Error(`${path}.${name}: expected an array`);
    const items: unknown[] = field.repeated ? (item as unknown[]) : [item];
    for (const one of items) {
      const resolved = field.resolve().resolvedType;
      if (resolved instanceof protobuf.Type) verifyJson(one, resolved, `${path}.${name}`);
      else if (!jsonTypeFits(one, resolved instanceof protobuf.Enum ? "enum" : field.type)) {
        throw new Error(`${path}.${name}: ${JSON.stringify(one)} is no ${field.type}`);
      }
    }
  }
}

function jsonTypeFits(item: unknown, type: string): boolean {
  switch (type) {
    case "string":
    case "bytes":
      return typeof item === "string";
    case "bool":
      return typeof item === "boolean";
    case "double":
      return typeof item === "number" || item === "NaN" || item === "Infinity" || item === "-Infinity";
    case "fixed64":
    case "int64":
      return typeof item === "string" && /^-?\d{1,20}$/.test(item);
    default:
      return Number.isInteger(item);
  }
}

function values(pairs: readonly KeyValue[]): Values {
  const entries = new Map<string, Value>();
  for (const { key, value: any } of pairs) {
    if (entries.has(key)) throw new Error(`attribute ${key} appears twice`);
    entries.set(key, value(any));
  }
  return Object.fromEntries(entries);
}

function value(any: AnyValue | null): Value {
  if (any === null) return undefined;
  if (Object.hasOwn(any, "stringValue")) return any.stringValue;
  if (Object.hasOwn(any, "intValue")) return bits(any.intValue);
  if (Object.hasOwn(any, "boolValue")) return any.boolValue;
  if (Object.hasOwn(any, "arrayValue")) return any.arrayValue.values.map(value);
  if (Object.hasOwn(any, "kvlistValue")) return values(any.kvlistValue.values);
  if (Object.hasOwn(any, "doubleValue")) return any.doubleValue;
  return Object.hasOwn(any, "bytesValue") ? any.bytesValue : undefined;
}

/** A signed integer. */
const bits = ({ low, high }: Long): bigint => (BigInt(high) << 32n) | BigInt(low >>> 0);
