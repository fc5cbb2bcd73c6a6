import type { Encoder, Payload } from "../../contracts/sink.ts";
import type { Flow, FlowContext } from "../../flow/flow.ts";
import type { Body } from "../../schemas/record.ts";
import type { Schema } from "../../schemas/schema.ts";
import { Framing, type OfContext } from "./framing.ts";
import { createPlan } from "./plan.ts";
import type { Syntax } from "./syntax.ts";

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

export function createEncoder(syntax: Syntax, schema: Schema, options: EncoderOptions): OtlpEncoder {
  const plan = createPlan(schema, syntax.encodeAttribute);
  const record = syntax.recordWriter(plan, { body: options.body });
  const framing = new Framing<Flow>(plan, syntax, options);
  let last: FlowContext | undefined;
  let context: OfContext<Flow> | undefined;
  const contextOf = (flow: Flow): OfContext<Flow> => {
    if (context === undefined || flow.context !== last) {
      last = flow.context;
      context = framing.contextOf(flow);
    }
    return context;
  };
  return {
    contentType: syntax.contentType,
    encode(flows, observed): Payload {
      record.observed(observed);
      return framing.encode(flows, contextOf, (out, flow, { attributes }) => record.write(out, flow, attributes));
    },
    recycle: (payload) => framing.recycle(payload),
  };
}
