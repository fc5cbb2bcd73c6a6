import { crc32 } from "node:zlib";
import { type Context, context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";

/** What is told of an object. */
export interface Traveller {
  readonly id: number;
  /** Name of its source. */
  readonly source: string;
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  /** When it lay in the bucket, ms since the epoch; 0 where the store keeps no times. */
  readonly time: number;
}

/** One reading of an object. */
export interface ReadingSpan {
  /** It was read to its end, so many records of it. */
  ended(records: number): void;
  /** It broke off. */
  failed(reason: string): void;
}

interface Journey {
  readonly root: Span;
  readonly context: Context;
  readonly begun: number;
  /** Sinks that have not acknowledged all of it. */
  readonly open: Set<string>;
  isRead: boolean;
}

/** So many journeys are followed at once; the oldest is let go for another. */
const MOST = 1000;

/**
 * Traces of the journeys of some objects: from the bucket, through a reading or several, to the acknowledgement of each sink. Chosen by the
 * object, one in so many, so that every reading of an object is chosen or none is.
 */
export class Journeys {
  readonly #tracer: Tracer;
  readonly #oneIn: number;
  readonly #scrub: (text: string) => string;
  readonly #now: () => number;
  readonly #all = new Map<number, Journey>();

  /** `scrub` takes secrets out of what is told. */
  constructor(tracer: Tracer, oneIn: number, scrub: (text: string) => string, now: () => number = Date.now) {
    this.#tracer = tracer;
    this.#oneIn = oneIn;
    this.#scrub = scrub;
    this.#now = now;
  }

  /** A reading begins, for these sinks; undefined for an object that is not followed. */
  reading(object: Traveller, sinks: readonly string[]): ReadingSpan | undefined {
    if (crc32(`${object.key}\0${object.etag}`) >= 2 ** 32 / this.#oneIn) return undefined;
    const journey = this.#all.get(object.id) ?? this.#begin(object);
    for (const sink of sinks) journey.open.add(sink);
    const span = this.#tracer.startSpan("read", { startTime: this.#now() }, journey.context);
    return {
      ended: (records) => {
        span.setAttribute("flowferry.records", records).end(this.#now());
        journey.isRead = true;
        this.#mayBeOver(object.id, journey);
      },
      failed: (reason) => {
        span.setStatus({ code: SpanStatusCode.ERROR, message: this.#scrub(reason) }).end(this.#now());
      },
    };
  }

  /** The sink has acknowledged all of the object, or set it aside. */
  finished(sink: string, id: number): void {
    const journey = this.#all.get(id);
    if (journey === undefined) return;
    const options = { startTime: journey.begun, kind: SpanKind.PRODUCER, attributes: { "flowferry.sink": sink } };
    this.#tracer.startSpan(`deliver ${sink}`, options, journey.context).end(this.#now());
    journey.open.delete(sink);
    this.#mayBeOver(id, journey);
  }

  #begin({ id, source, key, size, time }: Traveller): Journey {
    const [oldest] = this.#all.keys();
    if (this.#all.size >= MOST && oldest !== undefined) this.#end(oldest);
    const begun = this.#now();
    const landed = time > 0 ? Math.min(time, begun) : begun;
    const root = this.#tracer.startSpan("object", {
      root: true,
      kind: SpanKind.CONSUMER,
      startTime: landed,
      attributes: { "flowferry.source": source, "flowferry.object.key": this.#scrub(key), "flowferry.object.size": size },
    });
    const own = trace.setSpan(context.active(), root);
    this.#tracer.startSpan("wait", { startTime: landed }, own).end(begun);
    const journey = { root, context: own, begun, open: new Set<string>(), isRead: false };
    this.#all.set(id, journey);
    return journey;
  }

  #mayBeOver(id: number, { isRead, open }: Journey): void {
    if (isRead && open.size === 0) this.#end(id);
  }

  #end(id: number): void {
    this.#all.get(id)?.root.end(this.#now());
    this.#all.delete(id);
  }
}
