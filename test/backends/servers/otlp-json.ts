/** An attribute's value or a body. Integers are `bigint`, so they are exact; floating-point values are `number`. */
type ReceivedValue = string | boolean | bigint | number | null | Uint8Array | ReceivedValue[] | ReceivedMap;

interface ReceivedMap {
  [key: string]: ReceivedValue;
}

/** One log record as a receiver understood it, with what it shares with others repeated in each. Absent fields have OTLP's defaults. */
export interface ReceivedRecord {
  resource: ReceivedMap;
  scope: { name: string; version: string; attributes: ReceivedMap };
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  eventName: string;
  body: ReceivedValue;
  attributes: ReceivedMap;
  droppedAttributesCount: number;
  flags: number;
  /** Hexadecimal, empty when there is none. */
  traceId: string;
  spanId: string;
}

/** The records of one `LogsData` message in OTLP's JSON encoding. */
export function* recordsOf(logs: LogsData): Generator<ReceivedRecord> {
  for (const { resource, scopeLogs } of logs.resourceLogs ?? []) {
    const resourceAttributes = decodeMap(resource?.attributes);
    for (const { scope, logRecords } of scopeLogs ?? []) {
      const scopeOf = { name: scope?.name ?? "", version: scope?.version ?? "", attributes: decodeMap(scope?.attributes) };
      for (const record of logRecords ?? []) {
        yield {
          resource: resourceAttributes,
          scope: scopeOf,
          timeUnixNano: BigInt(record.timeUnixNano ?? 0),
          observedTimeUnixNano: BigInt(record.observedTimeUnixNano ?? 0),
          severityNumber: record.severityNumber ?? 0,
          severityText: record.severityText ?? "",
          eventName: record.eventName ?? "",
          body: decodeValue(record.body),
          attributes: decodeMap(record.attributes),
          droppedAttributesCount: record.droppedAttributesCount ?? 0,
          flags: record.flags ?? 0,
          traceId: record.traceId ?? "",
          spanId: record.spanId ?? "",
        };
      }
    }
  }
}

/** `LogsData` of opentelemetry/proto/logs/v1 in JSON: 64-bit integers are strings of decimals, bytes are base64. */
export interface LogsData {
  resourceLogs?: {
    resource?: { attributes?: KeyValue[] };
    scopeLogs?: { scope?: { name?: string; version?: string; attributes?: KeyValue[] }; logRecords?: LogRecord[] }[];
  }[];
}

interface LogRecord {
  timeUnixNano?: string;
  observedTimeUnixNano?: string;
  severityNumber?: number;
  severityText?: string;
  eventName?: string;
  body?: AnyValue;
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
  flags?: number;
  traceId?: string;
  spanId?: string;
}

interface KeyValue {
  key: string;
  value?: AnyValue;
}

interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  /** A string for `NaN` and the infinities. */
  doubleValue?: number | string;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
  bytesValue?: string;
}

function decodeMap(pairs: KeyValue[] = []): ReceivedMap {
  const map: ReceivedMap = {};
  for (const { key, value } of pairs) {
    if (Object.hasOwn(map, key)) throw new Error(`a record with two attributes named ${key}`);
    map[key] = decodeValue(value);
  }
  return map;
}

function decodeValue(value: AnyValue = {}): ReceivedValue {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.intValue !== undefined) return BigInt(value.intValue);
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(decodeValue);
  if (value.kvlistValue !== undefined) return decodeMap(value.kvlistValue.values);
  if (value.bytesValue !== undefined) return Uint8Array.from(Buffer.from(value.bytesValue, "base64"));
  return null;
}
