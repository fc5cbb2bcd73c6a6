import type { Decoded, DecodeOptions } from "../../../contracts/decoder.ts";
import { ContextPool } from "../../../flow/contexts.ts";
import { EMPTY_CONTEXT, Flow } from "../../../flow/flow.ts";
import type { Origin } from "../../../flow/origin.ts";
import type { FormatKind, RecordTaker, Sample } from "../../../formats/format.ts";
import { isObject, NotJson, parseJson, valueAt } from "../../../formats/json.ts";
import type { ListPath } from "../../../formats/json-scan.ts";
import { loadMapping, type Mapping } from "../../../formats/mapping.ts";
import { type Problem, show } from "../../../formats/problem.ts";
import { noticeOf } from "../../../formats/quality.ts";
import { draftContext, missing, setContext, setFields, setTime } from "../../../formats/record.ts";
import { decodeRecords, decodeWhole, type Position, RecordReader } from "../../../formats/record-reader.ts";
import { ShapeReader } from "../../../formats/shape-reader.ts";
import { type Span, textOf } from "../../../formats/span.ts";
import type { Unpacked } from "../../../formats/unpacked.ts";

const DATA_EVENT = "com.oraclecloud.vcn.flowlogs.DataEvent";
/** Types of events that say something about a VNIC's log, with the status that they stand for. */
const QUALITY_EVENTS: ReadonlyMap<string, Flow["status"]> = new Map([
  ["com.oraclecloud.vcn.flowlogs.QualityEvent.NoData", "NODATA"],
  ["com.oraclecloud.vcn.flowlogs.QualityEvent.SkipData", "SKIPDATA"],
]);

const METADATA = "oracle";
/** Where events stand in what the service's search answers, in its own form and in that of its command line, and in other exports. */
const LISTS: readonly ListPath[] = [["results"], ["data", "results"], ["data"]];
/** Members that hold the event in the wrappers of the console and of the search, which may stand in each other. */
const CONTENT = "logContent";
const RESULT = "data";
const MOST_WRAPPERS = 4;
/** Names that only an event or its wrapper has. */
const NAMES = [RESULT, "oracle", "specversion", CONTENT];

/**
 * OCI VCN flow log events in whatever frame JSON stands in (see `RecordScanner`), bare or wrapped. Events of other types (a bucket may
 * hold several logs) are skipped and counted by type; quality records become flows with their status, and a notice each.
 */
export const ociVcn: FormatKind = {
  name: "oci-vcn",
  create() {
    const mapping = loadMapping("oci-vcn");
    const contexts = new ContextPool();
    const shapes = new ShapeReader({ rules: mapping.record.fields, fixed: fixedNames(mapping), block: METADATA }, "ingestedtime");
    return {
      recognises: ({ names }: Sample) => names !== undefined && NAMES.some((name) => names.has(name)),
      decode: (unpacked: Unpacked, origin: Origin, options: DecodeOptions, taker?: RecordTaker): AsyncIterable<Decoded> =>
        decodeRecords(unpacked, new EventReader(mapping, contexts, shapes, origin, options, taker), options.maxRecordBytes),
      decodeMessage: (message: Buffer, origin: Origin, options: DecodeOptions): Decoded =>
        decodeWhole(message, new EventReader(mapping, contexts, shapes, origin, options), options.maxRecordBytes),
    };
  },
};

/** Members whose values decide what a record is, or what its context says beside the metadata block. */
function fixedNames({ record, header }: Mapping): Set<string> {
  const status = record.fields.filter(({ target }) => target.type === "status");
  const contexts = record.contexts.filter(({ parent }) => parent[0] !== METADATA);
  return new Set(["type", ...[...status, ...contexts].map(({ name }) => name), ...header.contexts.map(({ name }) => `^${name}`)]);
}

class EventReader extends RecordReader {
  readonly lists = LISTS;
  readonly #mapping: Mapping;
  readonly #contexts: ContextPool;
  readonly #shapes: ShapeReader;
  readonly #origin: Origin;
  readonly #taker: RecordTaker | undefined;
  /** Of an object with a list: the number of the last record before it, and its text up to the list. */
  #listed = 0;
  #head = "";

  constructor(
    mapping: Mapping,
    contexts: ContextPool,
    shapes: ShapeReader,
    origin: Origin,
    position: Position,
    taker?: RecordTaker,
  ) {
    super(position);
    this.#mapping = mapping;
    this.#contexts = contexts;
    this.#shapes = shapes;
    this.#origin = origin;
    this.#taker = taker;
  }

  readKnown(buffer: Buffer, start: number, limit: number): number {
    if (this.skipsNext) return -1;
    const taken = this.#taker?.take(buffer, start, limit, this.record + 1) ?? -1;
    if (taken !== -1) {
      this.next();
      return taken;
    }
    if (this.#shapes.isEmpty) return -1;
    const flow = new Flow(this.#origin, this.record + 1, EMPTY_CONTEXT, 0);
    const end = this.#shapes.read(buffer, start, limit, flow);
    if (end === -1) return -1;
    this.next();
    this.piece.flows.push(flow);
    this.#taker?.learn(buffer, start, flow);
    return end;
  }

  read(event: Span, isUnknown: boolean): Problem | undefined {
    if (isUnknown) return this.#parse(event);
    const { buffer, start, end } = event;
    const flow = new Flow(this.#origin, this.record, EMPTY_CONTEXT, 0);
    if (this.#shapes.read(buffer, start, end, flow) !== end) return this.#parse(event);
    this.piece.flows.push(flow);
    return undefined;
  }

  onList(before: Span, isFirst: boolean): void {
    if (!isFirst) return;
    this.#listed = this.record;
    this.#head = textOf(before);
  }

  /** Of an object with a list nothing else is of interest, unless it is an event of another log whose data is an empty list. */
  onObjectEnd(after: Span): void {
    if (this.record > this.#listed) return;
    const value = parseJson(`${this.#head}[]${textOf(after)}`);
    if (!isObject(value) || typeof value.type !== "string") return;
    if (this.next()) this.piece.skip(this.record, value.type);
  }

  onObjectLost(): void {}

  #parse(span: Span): Problem | undefined {
    const text = textOf(span);
    const value = parseJson(text);
    if (value instanceof NotJson) return value.problem;
    if (!isObject(value)) return { code: "not-an-object", reason: `the record is ${show(value)}, not a JSON object` };
    const within = pathToEvent(value);
    const event = valueAt(value, within);
    if (!isObject(event)) return { code: "not-an-object", reason: `${within.join(".")} is ${show(event)}, not a JSON object` };
    const { type } = event;
    if (type === undefined || type === null || type === "") return missing("type");
    if (typeof type !== "string") return { code: "bad-string", reason: `type: ${show(type)} is not text` };
    const quality = QUALITY_EVENTS.get(type);
    if (type !== DATA_EVENT && quality === undefined) {
      this.piece.skip(this.record, type);
      return undefined;
    }
    const flow = new Flow(this.#origin, this.record, EMPTY_CONTEXT, 0);
    if (quality !== undefined) flow.status = quality;
    const problem = this.#fill(flow, value, event, quality !== undefined, text, within);
    if (problem !== undefined) return problem;
    this.piece.flows.push(flow);
    const notice = noticeOf(flow);
    if (notice !== undefined) this.piece.quality.push(notice);
    else {
      this.#shapes.learn(span, flow, within);
      if (within.length === 0) this.#taker?.learn(span.buffer, span.start, flow);
    }
    return undefined;
  }

  #fill(
    flow: Flow,
    value: object,
    event: object,
    isQuality: boolean,
    text: string,
    within: readonly string[],
  ): Problem | undefined {
    const { record, header, provider } = this.#mapping;
    const context = draftContext(provider);
    const problem =
      setFields(record.fields, flow, event, isQuality, text, within) ??
      setTime(flow, record.times, event) ??
      setContext(record, context, event) ??
      setContext(header, context, valueAt(value, within.slice(0, -1)));
    if (problem === undefined) flow.context = this.#contexts.intern(context);
    return problem;
  }
}

/** The names that lead to the event, whatever it is wrapped in. */
function pathToEvent(value: Record<string, unknown>): string[] {
  const path: string[] = [];
  let current: unknown = value;
  while (path.length < MOST_WRAPPERS && isObject(current)) {
    const step = current[CONTENT] !== undefined ? CONTENT : isWrapper(current) ? RESULT : undefined;
    if (step === undefined) break;
    path.push(step);
    current = current[step];
  }
  return path;
}

/** Whether the member `data` is not the flow but an event, or one in a wrapper. */
function isWrapper({ type, [RESULT]: result }: Record<string, unknown>): boolean {
  return type === undefined && isObject(result) && (result[CONTENT] !== undefined || isObject(result[RESULT]));
}
