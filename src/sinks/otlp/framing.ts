import type { Payload } from "../../contracts/sink.ts";
import type { Flow, FlowContext } from "../../flow/flow.ts";
import { Failure } from "../../lib/errors.ts";
import { Bytes } from "./bytes.ts";
import type { Plan } from "./plan.ts";
import type { RequestWriter, Syntax } from "./syntax.ts";

/** What is encoded once for all records of a context, and what it has in the request at hand. Equal ones are one object. */
export interface OfContext<Item> {
  readonly resource: Resource<Item>;
  readonly attributes: Uint8Array;
  readonly items: Item[];
}

/** Equal resources are one object. */
interface Resource<Item> {
  readonly encoded: Uint8Array;
  readonly contexts: OfContext<Item>[];
}

export interface FramingOptions {
  readonly serviceName: string;
  /** Of the program, which is the instrumentation scope. */
  readonly version: string;
  /** Largest request, in bytes before compression. */
  readonly maxBytes: number;
}

const SCOPE = "flowferry";
/** First size of a buffer; it grows to what the batches need. */
const CAPACITY = 256 * 1024;
/** Most resources and contexts that are remembered, of each, and the longest of them, in bytes. */
const MOST = 4096;
const LONGEST = 8192;

/**
 * Makes requests of records, whatever stands for these. They are gathered by resource, as the protocol wants it, and within by context, though
 * their order means nothing to a receiver: long identifiers that repeat right after each other make compression faster by a quarter and its
 * result smaller by a third.
 */
export class Framing<Item> {
  readonly #plan: Plan;
  readonly #request: RequestWriter;
  readonly #service: Uint8Array;
  readonly #maxBytes: number;
  readonly #known = new WeakMap<FlowContext, OfContext<Item>>();
  readonly #resources = new Map<string, Resource<Item>>();
  readonly #contexts = new Map<string, OfContext<Item>>();
  readonly #free: Bytes[] = [];

  constructor(plan: Plan, syntax: Syntax, { serviceName, version, maxBytes }: FramingOptions) {
    this.#plan = plan;
    this.#request = syntax.requestWriter({ name: SCOPE, version });
    this.#service = syntax.encodeAttribute("service.name", serviceName);
    this.#maxBytes = maxBytes;
  }

  /** Of an enriched flow. */
  contextOf(flow: Flow): OfContext<Item> {
    let context = this.#known.get(flow.context);
    if (context === undefined) {
      context = this.#encoded(Buffer.concat([this.#service, this.#plan.encodeResource(flow)]), this.#plan.encodeContext(flow));
      this.#known.set(flow.context, context);
    }
    return context;
  }

  /** Equal contexts may be several objects: each source makes its own. */
  #encoded(ofResource: Buffer, attributes: Buffer): OfContext<Item> {
    const resource = remembered(this.#resources, ofResource.toString("latin1"), () => ({
      encoded: this.#request.encodeResource(ofResource),
      contexts: [],
    }));
    const key = `${ofResource.length} ${ofResource.toString("latin1")}${attributes.toString("latin1")}`;
    return remembered(this.#contexts, key, () => ({ resource, attributes, items: [] }));
  }

  /** The request of some records, each of which `write` writes. Throws a Failure for those that make a larger one than is allowed. */
  encode(
    items: readonly Item[],
    contextOf: (item: Item) => OfContext<Item>,
    write: (out: Bytes, item: Item, context: OfContext<Item>) => void,
  ): Payload {
    const gathered: Resource<Item>[] = [];
    const out = this.#free.pop() ?? new Bytes(new ArrayBuffer(CAPACITY));
    try {
      for (const item of items) {
        const context = contextOf(item);
        if (context.items.length === 0) {
          if (context.resource.contexts.length === 0) gathered.push(context.resource);
          context.resource.contexts.push(context);
        }
        context.items.push(item);
      }
      out.position = 0;
      const bytes = this.#write(out, gathered, write);
      if (bytes.length > this.#maxBytes) throw tooLarge(items.length, this.#maxBytes);
      return { records: items.length, parts: [bytes] };
    } catch (error) {
      this.#free.push(out);
      throw error;
    } finally {
      for (const { contexts } of gathered) {
        for (const context of contexts.splice(0)) context.items.length = 0;
      }
    }
  }

  #write(
    out: Bytes,
    gathered: readonly Resource<Item>[],
    write: (out: Bytes, item: Item, context: OfContext<Item>) => void,
  ): Buffer<ArrayBuffer> {
    this.#request.begin(out);
    for (const resource of gathered) {
      this.#request.beginResource(out, resource.encoded);
      for (const context of resource.contexts) {
        for (const item of context.items) write(out, item, context);
        if (out.position > this.#maxBytes) break;
      }
      this.#request.endResource(out);
    }
    return this.#request.end(out);
  }

  /** Nobody reads the request any more. */
  recycle({ parts }: Payload): void {
    for (const { buffer } of parts) this.#free.push(new Bytes(buffer));
  }
}

function remembered<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    if (known.size >= MOST) known.clear();
    if (key.length <= LONGEST) known.set(key, value);
  }
  return value;
}

function tooLarge(records: number, maxBytes: number): Failure {
  const what = records === 1 ? "a record is" : `${records} records are`;
  const message = `${what} larger than batch.bytes (${maxBytes})`;
  return new Failure("batch", "otlp-too-large", message, { tooLarge: true, certain: true });
}
