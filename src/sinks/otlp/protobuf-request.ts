import type { RequestWriter } from "./encoder.ts";
import { delimited, varint } from "./wire.ts";

// Field numbers of ExportLogsServiceRequest, ResourceLogs, ScopeLogs and InstrumentationScope in opentelemetry-proto 1.11.
const REQUEST_RESOURCE_LOGS = 1;
const RESOURCE_LOGS_RESOURCE = 1;
const RESOURCE_LOGS_SCOPE_LOGS = 2;
const SCOPE_LOGS_SCOPE = 1;
const SCOPE_NAME = 1;
const SCOPE_VERSION = 2;
const RESOURCE_ATTRIBUTES_TAG = 0x0a;

/** Most bytes of a length, with its tag. */
const MAX_LENGTH = 6;

/**
 * The records of a resource are written before the lengths that stand in front of them are known: room is left, and the head is put
 * right in front of the records. The first head may so begin behind some unused bytes; the records of later resources are moved up.
 */
export function requestWriter(scope: { name: string; version: string }): RequestWriter {
  const encodedScope = delimited(
    SCOPE_LOGS_SCOPE,
    Buffer.concat([delimited(SCOPE_NAME, Buffer.from(scope.name)), delimited(SCOPE_VERSION, Buffer.from(scope.version))]),
  );
  let first = 0;
  let start = 0;
  let records = 0;
  let resource: Buffer = Buffer.alloc(0);
  return {
    begin(out) {
      first = out.position;
    },
    beginResource(out, attributes) {
      start = out.position;
      resource = delimited(RESOURCE_LOGS_RESOURCE, resourceAttributes(attributes));
      const room = resource.length + encodedScope.length + 2 * MAX_LENGTH;
      out.reserve(room);
      out.position += room;
      records = out.position;
    },
    endResource(out) {
      const length = out.position - records;
      const scopeLogs = Buffer.concat([head(RESOURCE_LOGS_SCOPE_LOGS, encodedScope.length + length), encodedScope]);
      const resourceLogs = head(REQUEST_RESOURCE_LOGS, resource.length + scopeLogs.length + length);
      const before = Buffer.concat([resourceLogs, resource, scopeLogs]);
      if (start === first) {
        first = records - before.length;
        out.bytes.set(before, first);
        return;
      }
      out.bytes.copyWithin(start + before.length, records, out.position);
      out.bytes.set(before, start);
      out.position = start + before.length + length;
    },
    end: (out) => out.bytes.subarray(first, out.position),
  };
}

const head = (field: number, length: number): Buffer => Buffer.concat([Buffer.of((field << 3) | 2), varint(length)]);

/** Attributes come encoded for a record, where they are field 6; in a resource they are field 1. */
function resourceAttributes(attributes: Uint8Array): Buffer {
  const copy = Buffer.from(attributes);
  let at = 0;
  while (at < copy.length) {
    copy[at++] = RESOURCE_ATTRIBUTES_TAG;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = copy[at++] as number;
      length += (byte & 0x7f) << shift;
      if (byte <= 0x7f) break;
    }
    at += length;
  }
  return copy;
}
