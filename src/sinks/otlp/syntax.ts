import type { Flow } from "../../flow/flow.ts";
import type { Body } from "../../schemas/record.ts";
import type { Bytes } from "./bytes.ts";
import type { EncodeAttribute, Plan } from "./plan.ts";

/** How an export request is written: as protobuf, or as JSON. */
export interface Syntax {
  readonly contentType: string;
  readonly encodeAttribute: EncodeAttribute;
  recordWriter(plan: Plan, options: { body: Body }): RecordWriter;
  requestWriter(scope: { name: string; version: string }): RequestWriter;
}

export interface RecordWriter {
  /** Called before the records of a request: when all of them were observed, in ms since the epoch. */
  observed(ms: number): void;
  /** Writes one record; `context` are the attributes of its context, encoded. */
  write(out: Bytes, flow: Flow, context: Uint8Array): void;
}

/** Frames the records. The calls come in this order: begin, then for each resource beginResource, its records, endResource; end. */
export interface RequestWriter {
  /** The resource of these attributes, which are encoded as a record's are; done once for all requests. */
  encodeResource(attributes: Uint8Array): Uint8Array;
  begin(out: Bytes): void;
  beginResource(out: Bytes, resource: Uint8Array): void;
  endResource(out: Bytes): void;
  /** The whole request, a part of the bytes of `out`. */
  end(out: Bytes): Buffer<ArrayBuffer>;
}
