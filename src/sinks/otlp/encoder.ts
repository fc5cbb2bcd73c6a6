import type { Encoder } from "../../contracts/sink.ts";
import type { Flow, FlowContext } from "../../flow/flow.ts";
import { Failure } from "../../lib/errors.ts";
import type { Body } from "../../schemas/record.ts";
import type { Schema } from "../../schemas/schema.ts";
import { Bytes } from "./bytes.ts";
import { createPlan, type EncodeAttribute, type Plan } from "./plan.ts";

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

export interface EncoderOptions {
  readonly serviceName: string;
  /** Of the program, which is the instrumentation scope. */
  readonly version: string;
  readonly body: Body;
  /** Largest request, in bytes before compression. */
  readonly maxBytes: number;
}

/** Encodes the export requests of one sink, each as one part. Any number of payloads may be alive at a time. */
export interface OtlpEncoder extends Required<Omit<Encoder, "compress">> {
  readonly contentType: string;
}

/** What is encoded once for all flows of a context, and its flows in the request at hand. */
interface Context {
  readonly resource: Resource;
  readonly attributes: Uint8Array;
  readonly flows: Flow[];
}

/** Equal resources are one object. */
interface Resource {
  readonly encoded: Uint8Array;
  readonly contexts: Context[];
}

const SCOPE = "flowferry";
/** First size of a buffer; it grows to what the batches need. */
const CAPACITY = 256 * 1024;
/** Most resources that are remembered, and the longest of them, in bytes. */
const MOST_RESOURCES = 4096;
const LONGEST_RESOURCE = 8192;

/**
 * Records are gathered by resource, as the protocol wants it, and within by context, though their order means nothing to a receiver:
 * long identifiers that repeat right after each other make compression faster by a quarter and its result smaller by a third.
 */
export function createEncoder(syntax: Syntax, schema: Schema, options: EncoderOptions): OtlpEncoder {
  const plan = createPlan(schema, syntax.encodeAttribute);
  const service = syntax.encodeAttribute("service.name", options.serviceName);
  const record = syntax.recordWriter(plan, { body: options.body });
  const request = syntax.requestWriter({ name: SCOPE, version: options.version });
  const known = new WeakMap<FlowContext, Context>();
  const resources = new Map<string, Resource>();
  const free: Bytes[] = [];

  const contextOf = (flow: Flow): Context => {
    let context = known.get(flow.context);
    if (context === undefined) {
      const attributes = Buffer.concat([service, plan.encodeResource(flow)]);
      const key = attributes.toString("latin1");
      let resource = resources.get(key);
      if (resource === undefined) {
        if (resources.size >= MOST_RESOURCES) resources.clear();
        resource = { encoded: request.encodeResource(attributes), contexts: [] };
        if (key.length <= LONGEST_RESOURCE) resources.set(key, resource);
      }
      context = { resource, attributes: plan.encodeContext(flow), flows: [] };
      known.set(flow.context, context);
    }
    return context;
  };

  /** Hands every flow to its context, and returns the resources that have any. */
  const gather = (flows: readonly Flow[]): Resource[] => {
    const gathered: Resource[] = [];
    let last: FlowContext | undefined;
    let context: Context | undefined;
    for (const flow of flows) {
      if (context === undefined || flow.context !== last) {
        last = flow.context;
        context = contextOf(flow);
        if (context.flows.length === 0) {
          if (context.resource.contexts.length === 0) gathered.push(context.resource);
          context.resource.contexts.push(context);
        }
      }
      context.flows.push(flow);
    }
    return gathered;
  };

  const write = (out: Bytes, gathered: readonly Resource[]): Buffer<ArrayBuffer> => {
    request.begin(out);
    for (const resource of gathered) {
      request.beginResource(out, resource.encoded);
      for (const { flows, attributes } of resource.contexts) {
        for (const flow of flows) record.write(out, flow, attributes);
        if (out.position > options.maxBytes) break;
      }
      request.endResource(out);
    }
    return request.end(out);
  };

  return {
    contentType: syntax.contentType,
    encode(flows, observed) {
      const gathered = gather(flows);
      const out = free.pop() ?? new Bytes(new ArrayBuffer(CAPACITY));
      try {
        out.position = 0;
        record.observed(observed);
        const bytes = write(out, gathered);
        if (bytes.length > options.maxBytes) throw tooLarge(flows.length, options.maxBytes);
        return { records: flows.length, parts: [bytes] };
      } catch (error) {
        free.push(out);
        throw error;
      } finally {
        for (const resource of gathered) {
          for (const context of resource.contexts.splice(0)) context.flows.length = 0;
        }
      }
    },
    recycle({ parts }) {
      for (const { buffer } of parts) free.push(new Bytes(buffer));
    },
  };
}

function tooLarge(records: number, maxBytes: number): Failure {
  const what = records === 1 ? "a record is" : `${records} records are`;
  const message = `${what} larger than batch.bytes (${maxBytes})`;
  return new Failure("batch", "otlp-too-large", message, { tooLarge: true, certain: true });
}
