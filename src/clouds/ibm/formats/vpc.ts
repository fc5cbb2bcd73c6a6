import { isUtf8 } from "node:buffer";
import type { Decoded, DecodeOptions } from "../../../contracts/decoder.ts";
import { ContextPool } from "../../../flow/contexts.ts";
import { Flow, type FlowContext } from "../../../flow/flow.ts";
import type { Origin } from "../../../flow/origin.ts";
import { CLOSE_OBJECT } from "../../../formats/bytes.ts";
import type { FormatKind, Sample } from "../../../formats/format.ts";
import { isObject, memberOf, NotJson, parseJson } from "../../../formats/json.ts";
import type { ListPath } from "../../../formats/json-scan.ts";
import { keyParts } from "../../../formats/key-parts.ts";
import { KINDS } from "../../../formats/kinds.ts";
import { loadMapping, type Mapping } from "../../../formats/mapping.ts";
import { Piece } from "../../../formats/piece.ts";
import { type Problem, show } from "../../../formats/problem.ts";
import { draftContext, missing, setContext, setFields, setTime } from "../../../formats/record.ts";
import { decodeRecords, decodeWhole, type Position, RecordReader } from "../../../formats/record-reader.ts";
import { ShapeReader } from "../../../formats/shape-reader.ts";
import { type Span, textOf } from "../../../formats/span.ts";
import type { Unpacked } from "../../../formats/unpacked.ts";

const LIST = "flow_logs";
/** Header fields that say something about the list. */
const STATE = "state";
const COUNT = "number_of_flow_logs";
/** Names that only a Flow Logs for VPC object has. */
const NAMES = [LIST, COUNT, "collector_crn", "vpc_crn", "network_interface_id", "attached_endpoint_type", "capture_start_time"];
/** The records of an object whose flows wait for the rest of its header: IBM's own objects have a few hundred. */
const MOST_HELD = 20_000;
/** Of the state. */
const SKIP_DATA = /^skip[\s_-]*data$/i;
const NO_STEPS: readonly string[] = [];
/** What makes an object of the text before the list, and of the text behind it. */
const LIST_END = "[]}";
const LIST_START = `{"${LIST}":[]`;

/**
 * IBM Flow Logs for VPC: JSON objects, in whatever frame they stand (see `RecordScanner`), with header fields and the list `flow_logs`,
 * which is read element by element. The header makes the context of the flows; what it lacks comes from the `name=value` parts of the object's
 * key, which alone name the subnet. A flow without times happened at `capture_end_time`, and where no header says that, at the start of its
 * connection. IBM writes the header before the list: where some of it is missing there, the flows of the first `MOST_HELD` records wait for what stands
 * behind the list; those of a longer list have what is known before it.
 */
export const ibmVpc: FormatKind = {
  name: "ibm-vpc",
  create() {
    const mapping = loadMapping("ibm-vpc");
    const contexts = new ContextPool();
    const shapes = new ShapeReader({ rules: mapping.record.fields, fixed: new Set() });
    return {
      recognises: ({ names }: Sample) => names !== undefined && NAMES.some((name) => names.has(name)),
      decode: (unpacked: Unpacked, origin: Origin, options: DecodeOptions): AsyncIterable<Decoded> =>
        decodeRecords(unpacked, new FlowLogReader(mapping, contexts, shapes, origin, options), options.maxRecordBytes),
      decodeMessage: (message: Buffer, origin: Origin, options: DecodeOptions): Decoded =>
        decodeWhole(message, new FlowLogReader(mapping, contexts, shapes, origin, options), options.maxRecordBytes),
    };
  },
};

class FlowLogReader extends RecordReader {
  readonly lists: readonly ListPath[] = [[LIST]];
  readonly #mapping: Mapping;
  readonly #contexts: ContextPool;
  readonly #shapes: ShapeReader;
  readonly #origin: Origin;
  readonly #key: Readonly<Record<string, string>>;
  readonly #headerNames: ReadonlySet<string>;
  /** Of the JSON object that is being read. */
  #header: Record<string, unknown> = {};
  #list: unknown;
  #context: FlowContext;
  /** Why none of its flow logs can be told whose it is. */
  #problem: Problem | undefined;
  /** Records before it. */
  #before = 0;
  /** Whether its flows, the first of which is the piece's `#held`th, wait for the rest of its header. */
  #waits = false;
  #held = 0;
  /** Those of them that have no times of their own. */
  #timeless: Flow[] = [];

  constructor(mapping: Mapping, contexts: ContextPool, shapes: ShapeReader, origin: Origin, position: Position) {
    super(position);
    this.#mapping = mapping;
    this.#contexts = contexts;
    this.#shapes = shapes;
    this.#origin = origin;
    this.#key = keyParts(origin.key);
    const { contexts: named, times } = mapping.header;
    this.#headerNames = new Set([STATE, COUNT, ...named.map(({ name }) => name), ...times.map(({ name }) => name)]);
    this.#context = contexts.intern(draftContext(mapping.provider));
  }

  override onRecord(record: Span, inList: boolean, isUnknown: boolean): void {
    if (inList) {
      super.onRecord(record, inList, isUnknown);
      return;
    }
    const problem = this.#withoutList(record);
    if (problem === undefined) this.#end();
    else this.onBad(problem);
  }

  onList(before: Span, isFirst: boolean): void {
    if (isFirst) this.#begin();
    this.#problem = this.#take(before, isFirst ? "" : LIST_START, LIST_END) ?? this.#settle();
    if (!isFirst || this.#problem !== undefined) return;
    this.#waits = [...this.#headerNames].some((name) => !(name in this.#header));
    this.#held = this.piece.flows.length;
  }

  onObjectEnd(after: Span): void {
    const { buffer, start, end } = after;
    if (end - start > 1 || buffer[start] !== CLOSE_OBJECT) {
      const problem = this.#take(after, LIST_START, "") ?? this.#complete();
      if (problem !== undefined) this.onBad(problem);
    }
    if (this.#problem !== undefined && this.record === this.#before) this.onBad(this.#problem);
    this.#end();
  }

  onObjectLost(): void {
    this.#release();
    this.#sayWhatWasLost();
  }

  /** Nothing while flows wait. */
  override takePiece(): Piece {
    return this.#waits ? new Piece(this.piece.through) : super.takePiece();
  }

  readKnown(buffer: Buffer, start: number, limit: number, inList: boolean): number {
    if (!inList || this.#problem !== undefined || this.#shapes.isEmpty || this.skipsNext) return -1;
    const flow = new Flow(this.#origin, this.record + 1, this.#context, 0);
    const end = this.#shapes.read(buffer, start, limit, flow);
    if (end === -1) return -1;
    this.next();
    this.#deliver(flow);
    return end;
  }

  read(record: Span, isUnknown: boolean): Problem | undefined {
    if (this.#problem !== undefined) return this.#problem;
    if (isUnknown) return this.#parse(record);
    const { buffer, start, end } = record;
    const flow = new Flow(this.#origin, this.record, this.#context, 0);
    if (this.#shapes.read(buffer, start, end, flow) !== end) return this.#parse(record);
    this.#deliver(flow);
    return undefined;
  }

  #begin(): void {
    this.#header = Object.create(null);
    this.#before = this.record;
  }

  /** Takes the header fields in a part of the object's text, which with what stands before and behind it is an object. */
  #take(part: Span, before: string, behind: string): Problem | undefined {
    const { buffer, start, end, isAscii } = part;
    const isValid = isAscii || isUtf8(buffer.subarray(start, end));
    const value = isValid
      ? parseJson(before + textOf(part) + behind)
      : new NotJson("invalid-utf8", "the text is not valid UTF-8");
    if (value instanceof NotJson) return { ...value.problem, reason: `outside of ${LIST}: ${value.problem.reason}` };
    for (const [name, member] of Object.entries(value as object)) if (this.#headerNames.has(name)) this.#header[name] = member;
    this.#list = memberOf(value, LIST);
    return undefined;
  }

  /** Makes the context of what the header and the key say. */
  #settle(): Problem | undefined {
    const { header, key, provider } = this.#mapping;
    const context = draftContext(provider);
    const problem = setContext(header, context, this.#header) ?? setContext(key, context, this.#key);
    context.objectPath = this.#origin.key;
    if (problem === undefined) this.#context = this.#contexts.intern(context);
    return problem;
  }

  /** Gives the flows that wait the context of the whole header. */
  #complete(): Problem | undefined {
    if (!this.#waits) return undefined;
    const problem = this.#settle();
    if (problem === undefined)
      for (const flow of this.piece.flows.slice(this.#held)) {
        flow.context = this.#context;
      }
    return problem;
  }

  /** Lets the flows go that wait: those without times have one by now, or are set aside. */
  #release(): void {
    this.#waits = false;
    const { flows, bad } = this.piece;
    for (const flow of this.#timeless.splice(0)) {
      const problem = setTime(flow, this.#mapping.header.times, this.#header);
      if (problem === undefined) continue;
      flows.splice(flows.indexOf(flow), 1);
      const { record } = flow;
      const next = bad.findIndex(({ from }) => from > record);
      bad.splice(next === -1 ? bad.length : next, 0, { from: record, to: record, ...problem });
    }
  }

  /** An object without a list: only one whose list is null is of this format, and has no flow logs. */
  #withoutList(object: Span): Problem | undefined {
    this.#begin();
    const problem = this.#take(object, "", "");
    if (problem !== undefined) return problem;
    if (this.#list === undefined) {
      return { code: "missing-field", reason: `${missing(LIST).reason}: the JSON is no Flow Logs for VPC object` };
    }
    if (this.#list !== null) return { code: "not-a-list", reason: `${LIST} is ${show(this.#list)}, not a list` };
    return this.#settle();
  }

  #deliver(flow: Flow): void {
    flow.context = this.#context;
    this.piece.flows.push(flow);
    if (this.#waits && this.record - this.#before > MOST_HELD) this.#release();
  }

  #end(): void {
    this.#release();
    // What an earlier reading said, which went on beyond this object, is not said again.
    if (this.skipsNext) return;
    this.#sayWhatWasLost();
    const count = this.record - this.#before;
    const stated = this.#header[COUNT];
    const notices = this.piece.quality;
    if (stated !== undefined && KINDS.counter.convert(stated) !== count) {
      const message = `${COUNT} is ${show(stated)}, but ${LIST} has ${count}`;
      notices.push({ kind: "count-mismatch", after: this.record, message });
    }
    const message = `${this.#who} had no traffic: ${LIST} is empty`;
    if (count === 0) notices.push({ kind: "no-data", after: this.record, message });
  }

  get #who(): string {
    return this.#context.vnic ?? this.#origin.key;
  }

  #sayWhatWasLost(): void {
    const state = this.#header[STATE];
    if (typeof state !== "string" || !SKIP_DATA.test(state)) return;
    const message = `${this.#who} had flows that were lost before they reached the bucket`;
    this.piece.quality.push({ kind: "skip-data", after: this.record, message });
  }

  #parse(element: Span): Problem | undefined {
    const text = textOf(element);
    const value = parseJson(text);
    if (value instanceof NotJson) return value.problem;
    if (!isObject(value)) return { code: "not-an-object", reason: `the flow log is ${show(value)}, not a JSON object` };
    const { record, header } = this.#mapping;
    const flow = new Flow(this.#origin, this.record, this.#context, 0);
    const problem = setFields(record.fields, flow, value, false, text, NO_STEPS);
    if (problem !== undefined) return problem;
    if (this.#waits && flow.start === undefined && flow.end === undefined) this.#timeless.push(flow);
    else {
      const unknown = setTime(flow, header.times, this.#header);
      if (unknown !== undefined) return unknown;
    }
    this.#shapes.learn(element, flow);
    this.#deliver(flow);
    return undefined;
  }
}
