import type { Entry } from "../contracts/entry.ts";
import type { Encoder, Payload } from "../contracts/sink.ts";
import { readHere } from "../delivery/reader.ts";
import type { Flow, FlowContext } from "../flow/flow.ts";
import { isUnbounded, within } from "../flow/window.ts";
import { decoderFor, type TakenDecoder } from "../formats/formats.ts";
import { Registry } from "../registry.ts";
import type { EncodedRecord } from "../transcode/records.ts";
import { transcoderOf } from "../transcode/sink.ts";
import type { Transcoder } from "../transcode/transcoder.ts";
import { plainOf } from "./failures.ts";
import { Knowing, type Known } from "./knowing.ts";
import type { Setup, ToThread } from "./messages.ts";
import { type Post, ThreadReading } from "./reading.ts";

type Message<Kind extends ToThread["kind"]> = Extract<ToThread, { kind: Kind }>;

/** What a thread does: reads whole objects, keeps their flows until they are released, and makes payloads of them. */
export class Work {
  readonly #post: Post;
  readonly #sources: {
    readonly decode: TakenDecoder;
    readonly keep: (flow: Flow) => boolean;
    /** Whether it keeps every flow. */
    readonly isWhole: boolean;
    readonly enrichment: number;
  }[];
  readonly #encoders: ReadonlyMap<string, Encoder>;
  /** Encodes for the only sink as objects are read. */
  readonly #transcoder: Transcoder | undefined;
  readonly #enrichments = new Map<number, Knowing>();
  readonly #readings = new Map<number, { readonly reading: ThreadReading<Known>; readonly source: number }>();
  readonly #pieces = new Map<number, readonly Entry[]>();
  readonly #calls = new Map<number, () => void>();
  #lastPiece = 0;
  #lastCall = 0;

  constructor({ sources, sinks, transcodes, baseDir, env, version }: Setup, post: Post) {
    this.#post = post;
    const registry = new Registry();
    this.#sources = sources.map(({ format, window, enrichment }) => ({
      decode: decoderFor(registry.formats, format),
      keep: within(window),
      isWhole: isUnbounded(window),
      enrichment,
    }));
    const [sink] = sinks;
    this.#transcoder = transcodes && sink ? transcoderOf(sink.options, { baseDir, version }) : undefined;
    this.#encoders = new Map(
      (this.#transcoder === undefined ? sinks : []).map(({ name, type, options }) => {
        const encoder = registry.sinks.get(type)?.encoder?.(options, { baseDir, env, version });
        if (encoder === undefined) throw new Error(`a sink ${type} has no encoder`);
        return [name, encoder];
      }),
    );
  }

  handle(message: ToThread): void {
    switch (message.kind) {
      case "read":
        this.#read(message);
        break;
      case "bytes":
        this.#bytes(message);
        break;
      case "end":
        this.#readings.get(message.reading)?.reading.end(message.broken);
        break;
      case "more":
        this.#readings.get(message.reading)?.reading.more();
        break;
      case "stop":
        this.#readings.get(message.reading)?.reading.stop();
        break;
      case "release":
        for (const piece of message.pieces) this.#release(piece);
        break;
      case "encode":
        void this.#encode(message);
        break;
      case "know":
        void this.#know(message);
        break;
      case "use":
        this.#enrichment(message.enrichment).use(message.version);
        break;
      case "prepared":
        this.#calls.get(message.call)?.();
        this.#calls.delete(message.call);
    }
  }

  #read({ reading: id, source, origin, options }: Message<"read">): void {
    const reading = new ThreadReading<Known>(id, this.#post, (entries) => this.#keep(entries));
    this.#readings.set(id, { reading, source });
    const { decode, keep, isWhole, enrichment } = this.#source(source);
    const asked = new WeakSet<FlowContext>();
    const enrich = async (flows: readonly Flow[]) => {
      if (reading.state.asks) await this.#ask(enrichment, flows, asked);
      // Where somebody is asked, the bytes may have come before an answer.
      const { enrich } = reading.state.asks ? this.#enrichment(enrichment).used : reading.state;
      enrich(flows);
    };
    const stages = { decode, enrich, keep, enrichment };
    const conditions = {
      tables: () => (isWhole ? reading.state.tables : undefined),
      needsFlows: () => reading.packs,
    };
    const transcoder = this.#transcoder;
    const read = transcoder === undefined ? readHere(stages) : transcoder.reader(stages, conditions);
    const signal = new AbortController().signal;
    void reading.run((bytes) => read(bytes, { origin, options }, signal)).finally(() => this.#readings.delete(id));
  }

  #bytes({ reading: id, bytes, packed }: Message<"bytes">): void {
    const found = this.#readings.get(id);
    if (found === undefined) return;
    const { enrichment } = this.#source(found.source);
    found.reading.add({ bytes, packed, state: this.#enrichment(enrichment).used });
  }

  #keep(entries: readonly Entry[]): number {
    this.#lastPiece += 1;
    this.#pieces.set(this.#lastPiece, entries);
    return this.#lastPiece;
  }

  #release(piece: number): void {
    const entries = this.#pieces.get(piece);
    this.#pieces.delete(piece);
    if (entries !== undefined) this.#transcoder?.release(entries as readonly EncodedRecord[]);
  }

  /**
   * Has the main thread ask about contexts that a reading has not asked about; resolves when the answers are in use. Each reading asks for
   * itself: so none goes on before an answer that another one waits for, and whoever answers hears what is still met.
   */
  async #ask(enrichment: number, flows: readonly Flow[], asked: WeakSet<FlowContext>): Promise<void> {
    const contexts = new Set<FlowContext>();
    for (const { context } of flows) if (!asked.has(context)) contexts.add(context);
    if (contexts.size === 0) return;
    for (const context of contexts) asked.add(context);
    this.#lastCall += 1;
    const call = this.#lastCall;
    const answered = new Promise<void>((resolve) => this.#calls.set(call, resolve));
    this.#post({ kind: "prepare", call, enrichment, contexts: [...contexts] });
    await answered;
  }

  async #encode({ call, sink, runs, marks, observed, coding }: Message<"encode">): Promise<void> {
    try {
      const entries = runs.flatMap(([piece, from, to]) => this.#entriesOf(piece, from, to));
      const sent = await this.#payloadOf(sink, entries, marks, observed, coding);
      const { records, parts } = sent;
      this.#post(
        { kind: "encoded", call, records, parts, coding: sent.coding },
        parts.map(({ buffer }) => buffer),
      );
    } catch (error) {
      this.#post({ kind: "refused", call, failure: plainOf(error) });
    }
  }

  /** With memory of its own. */
  async #payloadOf(
    sink: string,
    entries: readonly Entry[],
    marks: Message<"encode">["marks"],
    observed: number,
    coding: string | undefined,
  ): Promise<Payload> {
    if (this.#transcoder !== undefined) {
      return finished(this.#transcoder, this.#transcoder.encode(entries as readonly EncodedRecord[], observed), coding);
    }
    const encoder = this.#encoders.get(sink);
    if (encoder === undefined) throw new Error(`there is no encoder for sink ${sink}`);
    const flows = entries as readonly Flow[];
    for (const [place, detections] of marks) (flows[place] as Flow).detections = detections;
    return finished(encoder, encoder.encode(flows, observed), coding);
  }

  #entriesOf(piece: number, from: number, to: number): readonly Entry[] {
    const entries = this.#pieces.get(piece);
    if (entries === undefined) throw new Error("the flows of a payload were released");
    return from === 0 && to === entries.length ? entries : entries.slice(from, to);
  }

  async #know({ version, enrichment, knowledge }: Message<"know">): Promise<void> {
    await this.#enrichment(enrichment).know(version, knowledge);
    this.#post({ kind: "ready", version, enrichment });
  }

  #enrichment(number: number): Knowing {
    const known = this.#enrichments.get(number) ?? new Knowing();
    this.#enrichments.set(number, known);
    return known;
  }

  #source(number: number) {
    const source = this.#sources[number];
    if (source === undefined) throw new Error(`there is no source ${number}`);
    return source;
  }
}

/** The payload as it is sent, with memory of its own: what an encoder and zlib give may share memory. */
async function finished(
  { compress, recycle }: Pick<Encoder, "compress" | "recycle">,
  payload: Payload,
  coding: string | undefined,
): Promise<Payload> {
  const sent = coding === undefined || compress === undefined ? payload : await compress(payload, coding);
  const parts = sent.parts.map((part) => new Uint8Array(part));
  recycle?.(payload);
  return { ...sent, parts };
}
