import type { Decoded, DecodeOptions } from "../contracts.ts";
import { EMPTY_CONTEXT, Flow, type Origin } from "../flow.ts";
import { ContextPool } from "./contexts.ts";
import type { Format, Sample } from "./format.ts";
import { isObject, NotJson, parseJson } from "./json.ts";
import { decodeLines, type LineReader } from "./lines.ts";
import { loadMapping, type Mapping } from "./mapping.ts";
import type { Piece } from "./piece.ts";
import { type Problem, show } from "./problem.ts";
import { noticeOf } from "./quality.ts";
import { draftContext, missing, setContext, setFields, setTime } from "./record.ts";
import { ShapeReader } from "./shape-reader.ts";
import { type Span, textOf } from "./span.ts";
import type { Unpacked } from "./unpacked.ts";

const DATA_EVENT = "com.oraclecloud.vcn.flowlogs.DataEvent";
/** Types of events that say something about a VNIC's log, with the status that they stand for. */
const QUALITY_EVENTS: ReadonlyMap<string, Flow["status"]> = new Map([
  ["com.oraclecloud.vcn.flowlogs.QualityEvent.NoData", "NODATA"],
  ["com.oraclecloud.vcn.flowlogs.QualityEvent.SkipData", "SKIPDATA"],
]);

const METADATA = "oracle";
/** Where the event stands in a bare record and in the console's wrapper. */
const BARE: readonly string[] = [];
const WRAPPED: readonly string[] = ["logContent"];
/** Names that only an event or its wrapper has. */
const NAMES = ["data", "oracle", "specversion", "logContent"];

/**
 * OCI VCN flow log events, one a line. Events of other types (a bucket may hold several logs) are skipped and counted by type;
 * quality records become flows with their status, and a notice each.
 */
export function ociVcn(): Format {
  const mapping = loadMapping("oci-vcn");
  const contexts = new ContextPool();
  const shapes = new ShapeReader({ rules: mapping.record.fields, fixed: fixedNames(mapping), block: METADATA }, "ingestedtime");
  return {
    name: mapping.format,
    recognises: ({ names }: Sample) => names !== undefined && NAMES.some((name) => names.has(name)),
    decode: (unpacked: Unpacked, origin: Origin, options: DecodeOptions): AsyncIterable<Decoded> =>
      decodeLines(unpacked, new EventReader(mapping, contexts, shapes, origin), options),
  };
}

/** Members whose values decide what a record is, or what its context says beside the metadata block. */
function fixedNames({ record, header }: Mapping): Set<string> {
  const status = record.fields.filter(({ target }) => target.type === "status");
  const contexts = record.contexts.filter(({ parent }) => parent[0] !== METADATA);
  return new Set(["type", ...[...status, ...contexts].map(({ name }) => name), ...header.contexts.map(({ name }) => `^${name}`)]);
}

class EventReader implements LineReader {
  readonly #mapping: Mapping;
  readonly #contexts: ContextPool;
  readonly #shapes: ShapeReader;
  readonly #origin: Origin;

  constructor(mapping: Mapping, contexts: ContextPool, shapes: ShapeReader, origin: Origin) {
    this.#mapping = mapping;
    this.#contexts = contexts;
    this.#shapes = shapes;
    this.#origin = origin;
  }

  isWhole(line: Span): boolean {
    return isObject(parseJson(textOf(line)));
  }

  read(line: Span, record: number, piece: Piece): void {
    const flow = new Flow(this.#origin, record, EMPTY_CONTEXT, 0);
    if (this.#shapes.read(line, flow)) {
      piece.flows.push(flow);
      return;
    }
    const problem = this.#parse(line, record, piece);
    if (problem !== undefined) piece.reject(record, problem);
  }

  #parse(line: Span, record: number, piece: Piece): Problem | undefined {
    const text = textOf(line);
    const value = parseJson(text);
    if (value instanceof NotJson) return value.problem;
    if (!isObject(value)) return { code: "not-an-object", reason: `the line is ${show(value)}, not a JSON object` };
    const within = value.logContent === undefined ? BARE : WRAPPED;
    const event = within === BARE ? value : value.logContent;
    if (!isObject(event)) return { code: "not-an-object", reason: `logContent is ${show(event)}, not a JSON object` };
    const { type } = event;
    if (type === undefined || type === null || type === "") return missing("type");
    if (typeof type !== "string") return { code: "bad-string", reason: `type: ${show(type)} is not text` };
    const quality = QUALITY_EVENTS.get(type);
    if (type !== DATA_EVENT && quality === undefined) {
      piece.skip(type);
      return undefined;
    }
    const flow = new Flow(this.#origin, record, EMPTY_CONTEXT, 0);
    if (quality !== undefined) flow.status = quality;
    const problem = this.#fill(flow, value, event, quality !== undefined, text, within);
    if (problem !== undefined) return problem;
    piece.flows.push(flow);
    const notice = noticeOf(flow);
    if (notice !== undefined) piece.quality.push(notice);
    else this.#shapes.learn(line, flow, within[0]);
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
      setContext(header, context, value);
    if (problem === undefined) flow.context = this.#contexts.intern(context);
    return problem;
  }
}
