import type { Payload } from "../contracts/sink.ts";
import type { EnrichedPiece, Stages, ToRead } from "../delivery/reader.ts";
import type { Origin } from "../flow/origin.ts";
import type { TakenDecoder } from "../formats/formats.ts";
import { loadMapping } from "../formats/mapping.ts";
import type { Schema } from "../schemas/schema.ts";
import type { Compress } from "../sinks/otlp/compression.ts";
import type { EncoderOptions } from "../sinks/otlp/encoder.ts";
import { Framing } from "../sinks/otlp/framing.ts";
import { createPlan, type Plan } from "../sinks/otlp/plan.ts";
import { protobuf } from "../sinks/otlp/protobuf.ts";
import type { RecordWriter } from "../sinks/otlp/syntax.ts";
import { putNanoseconds } from "../sinks/otlp/wire.ts";
import { Kernel } from "./kernel.ts";
import { misfit } from "./layout.ts";
import { type EncodedRecord, Sheets } from "./records.ts";
import { type Conditions, Taking } from "./taking.ts";

/** A piece of an object whose records are encoded already. */
export interface EncodedPiece extends EnrichedPiece {
  readonly flows: readonly EncodedRecord[];
  readonly wanted: readonly EncodedRecord[];
}

/** What makes encoded records of the objects of a source. */
export interface EncodedStages extends Stages {
  readonly decode: TakenDecoder;
  /** Number of the tables: sources with the same ones are served by the same kernel. */
  readonly enrichment: number;
}

/**
 * From the bytes of objects to the requests of one OTLP sink: records are encoded as they are read, most of them by the kernel, which makes no
 * flows of them. Requests are the same as those of the sink's encoder.
 */
export class Transcoder {
  readonly compress: Compress;
  readonly #schema: Schema;
  readonly #plan: Plan;
  readonly #framing: Framing<EncodedRecord>;
  readonly #writer: RecordWriter;
  readonly #sheets = new Sheets();
  readonly #kernels = new Map<number, Kernel>();
  readonly #observed = new DataView(new ArrayBuffer(8));

  /** Throws for a schema that the kernel does not write. */
  constructor(schema: Schema, options: EncoderOptions, compress: Compress) {
    this.compress = compress;
    this.#schema = schema;
    this.#plan = createPlan(schema, protobuf.encodeAttribute);
    if (options.body !== "summary") throw new Error("the kernel writes bodies of another form");
    const wrong = misfit(schema, loadMapping("oci-vcn"));
    if (wrong !== undefined) throw new Error(`${schema.name} is no schema for the kernel (src/transcode/layout.ts): ${wrong}`);
    this.#framing = new Framing(this.#plan, protobuf, options);
    this.#writer = protobuf.recordWriter(this.#plan, options);
    // Said of each record when it is sent.
    this.#writer.observed(0);
  }

  /** As `readHere`, with records that are encoded. */
  reader(stages: EncodedStages, conditions: Conditions) {
    const { decode, enrich, keep, enrichment } = stages;
    const takingOf = (origin: Origin) => this.#taking(origin, enrichment, conditions);
    return async function* (
      bytes: AsyncIterable<Uint8Array>,
      { origin, options }: Pick<ToRead, "origin" | "options">,
      signal: AbortSignal,
    ): AsyncGenerator<EncodedPiece> {
      const taking = takingOf(origin);
      for await (const piece of decode(bytes, origin, options, taking)) {
        await enrich(piece.flows, signal);
        const { bad, quality, skipped, through } = piece;
        const left = new Set(piece.flows.filter((flow) => !keep(flow)));
        const flows = taking.records(piece.flows, left);
        const unwanted = new Set([...left].map(({ record }) => record));
        const wanted = left.size === 0 ? flows : flows.filter(({ record }) => !unwanted.has(record));
        yield { flows, bad, quality, skipped, through, wanted };
      }
    };
  }

  #taking(origin: Origin, enrichment: number, conditions: Conditions): Taking {
    const kernel = this.#kernels.get(enrichment) ?? new Kernel(this.#schema, this.#plan);
    this.#kernels.set(enrichment, kernel);
    const parts = { kernel, framing: this.#framing, writer: this.#writer, sheets: this.#sheets };
    return new Taking(origin, parts, conditions);
  }

  /** As `Encoder`. */
  readonly encode = (records: readonly EncodedRecord[], observed: number): Payload => {
    putNanoseconds(this.#observed, 0, observed);
    const [low, high] = [this.#observed.getUint32(0, true), this.#observed.getUint32(4, true)];
    return this.#framing.encode(
      records,
      ({ context }) => context,
      (out, { sheet, start, end, tail }) => {
        out.reserve(end - start);
        sheet.bytes.copy(out.bytes, out.position, start, end);
        out.position += end - start;
        out.view.setUint32(out.position - tail, low, true);
        out.view.setUint32(out.position - tail + 4, high, true);
      },
    );
  };

  readonly recycle = (payload: Payload): void => this.#framing.recycle(payload);

  /** The records, which are all of some pieces, are not needed any more. */
  release(records: readonly EncodedRecord[]): void {
    this.#sheets.release(records);
  }
}
