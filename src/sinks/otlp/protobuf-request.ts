import type { RequestWriter } from "./syntax.ts";
import { delimited, putVarint, varintLength } from "./wire.ts";

// Field numbers of ExportLogsServiceRequest, ResourceLogs, ScopeLogs and InstrumentationScope in opentelemetry-proto 1.11.
const REQUEST_RESOURCE_LOGS = 1;
const RESOURCE_LOGS_RESOURCE = 1;
const RESOURCE_LOGS_SCOPE_LOGS = 2;
const SCOPE_LOGS_SCOPE = 1;
const SCOPE_NAME = 1;
const SCOPE_VERSION = 2;
const RESOURCE_ATTRIBUTES_TAG = 0x0a;

/** Most bytes of a length, with its tag. */
const MAX_HEAD = 6;

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
  let resource: Uint8Array = Buffer.alloc(0);
  return {
    encodeResource: (attributes) => delimited(RESOURCE_LOGS_RESOURCE, resourceAttributes(attributes)),
    begin(out) {
      first = out.position;
    },
    beginResource(out, encoded) {
      start = out.position;
      resource = encoded;
      const room = resource.length + encodedScope.length + 2 * MAX_HEAD;
      out.reserve(room);
      out.position += room;
      records = out.position;
    },
    endResource(out) {
      const inScopeLogs = encodedScope.length + out.position - records;
      const inResourceLogs = resource.length + headLength(inScopeLogs) + inScopeLogs;
      const end = start + headLength(inResourceLogs) + inResourceLogs;
      const { bytes, position } = out;
      /** Room that the head does not need. */
      const spare = position - end;
      let at = start;
      if (start === first) {
        first += spare;
        at = first;
      } else {
        bytes.copyWithin(records - spare, records, position);
        out.position = end;
      }
      at = putHead(bytes, at, REQUEST_RESOURCE_LOGS, inResourceLogs);
      bytes.set(resource, at);
      at = putHead(bytes, at + resource.length, RESOURCE_LOGS_SCOPE_LOGS, inScopeLogs);
      bytes.set(encodedScope, at);
    },
    end: (out) => out.bytes.subarray(first, out.position),
  };
}

/** What stands in front of a message of that length: its tag and the length. */
const headLength = (length: number): number => 1 + varintLength(length);

function putHead(bytes: Uint8Array, at: number, field: number, length: number): number {
  bytes[at] = (field << 3) | 2;
  return putVarint(bytes, at + 1, length);
}

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
