import { isUtf8 } from "node:buffer";
import type { Decoded, DecodeOptions } from "../contracts.ts";
import { Flow, type FlowContext, type Origin } from "../flow.ts";
import { ContextPool } from "./contexts.ts";
import type { Format, Sample } from "./format.ts";
import { isObject, NotJson, parseJson } from "./json.ts";
import { type ListHandler, ListScanner } from "./json-lists.ts";
import { keyParts } from "./key-parts.ts";
import { loadMapping, type Mapping } from "./mapping.ts";
import { Piece } from "./piece.ts";
import { type Problem, show } from "./problem.ts";
import { draftContext, missing, setContext, setFields, setTime } from "./record.ts";
import { ShapeReader } from "./shape-reader.ts";
import { type Span, textOf } from "./span.ts";
import { Broken, type Fault, type Unpacked } from "./unpacked.ts";

const LIST = "flow_logs";
/** Header fields that say something about the list. */
const STATE = "state";
const COUNT = "number_of_flow_logs";
/** Names that only a Flow Logs for VPC object has. */
const NAMES = [LIST, COUNT, "collector_crn", "vpc_crn", "network_interface_id", "attached_endpoint_type", "capture_start_time"];
/** Of the state. */
const SKIP_DATA = /^skip[\s_-]*data$/i;
const NO_STEPS: readonly string[] = [];

/**
 * IBM Flow Logs for VPC: a JSON object (or several, one after another) with header fields and the list `flow_logs`, which is read
 * element by element. What the header says before the list makes the context of the flows; what it lacks there comes from the
 * `name=value` parts of the object's key, which alone name the subnet. A flow without times happened at `capture_end_time`, and
 * where the header says that only after the list, at the start of its connection.
 */
export function ibmVpc(): Format {
  const mapping = loadMapping("ibm-vpc");
  const contexts = new ContextPool();
  const shapes = new ShapeReader({ rules: mapping.record.fields, fixed: new Set() });
  return {
    name: mapping.format,
    recognises: ({ names }: Sample) => names !== undefined && NAMES.some((name) => names.has(name)),
    decode: (unpacked: Unpacked, origin: Origin, options: DecodeOptions): AsyncIterable<Decoded> =>
      decodeLists(unpacked, new FlowLogReader(mapping, contexts, shapes, origin, options.skip), options.maxRecordBytes),
  };
}

async function* decodeLists(unpacked: Unpacked, reader: FlowLogReader, maxRecordBytes: number): AsyncGenerator<Decoded> {
  const scanner = new ListScanner(LIST, reader, maxRecordBytes);
  let fault: Fault | undefined;
  for await (const chunk of unpacked.chunks) {
    try {
      scanner.feed(chunk);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      fault = error.fault;
      break;
    }
    const piece = reader.takePiece();
    if (!piece.isEmpty) yield piece;
  }
  if (fault === undefined) {
    const unfinished = scanner.end();
    fault = unpacked.fault ?? unfinished;
  }
  const piece = reader.end(fault);
  if (!piece.isEmpty) yield piece;
}

class FlowLogReader implements ListHandler {
  readonly #mapping: Mapping;
  readonly #contexts: ContextPool;
  readonly #shapes: ShapeReader;
  readonly #origin: Origin;
  readonly #skip: number;
  readonly #key: Readonly<Record<string, string>>;
  readonly #headerNames: ReadonlySet<string>;
  #piece: Piece;
  #record = 0;
  /** Of the JSON object that is being read. */
  #header: Record<string, unknown> = {};
  #context: FlowContext;
  #first = 1;
  #hasList = false;
  #isInside = false;

  constructor(mapping: Mapping, contexts: ContextPool, shapes: ShapeReader, origin: Origin, skip: number) {
    this.#mapping = mapping;
    this.#contexts = contexts;
    this.#shapes = shapes;
    this.#origin = origin;
    this.#skip = skip;
    this.#key = keyParts(origin.key);
    const { contexts: named, times } = mapping.header;
    this.#headerNames = new Set([STATE, COUNT, ...named.map(({ name }) => name), ...times.map(({ name }) => name)]);
    this.#context = contexts.intern(draftContext(mapping.provider));
    this.#piece = new Piece(skip);
  }

  /** What was read since the last call. */
  takePiece(): Piece {
    const piece = this.#piece;
    this.#piece = new Piece(Math.max(this.#record, this.#skip));
    return piece;
  }

  end(fault: Fault | undefined): Piece {
    if (this.#isInside) this.#sayWhatWasLost();
    const piece = this.takePiece();
    if (fault !== undefined) piece.breakOff(fault);
    return piece;
  }

  onObject(): void {
    this.#header = Object.create(null);
    this.#isInside = true;
    this.#hasList = false;
    this.#first = this.#record + 1;
  }

  onMember(name: string, value: unknown): void {
    if (this.#headerNames.has(name)) this.#header[name] = value;
    if (name !== LIST) return;
    if (value !== null) throw new Broken("not-a-list", `${LIST} is ${show(value)}, not a list`);
    this.onList();
  }

  onList(): void {
    this.#hasList = true;
    const { header, key, provider } = this.#mapping;
    const context = draftContext(provider);
    const problem = setContext(header, context, this.#header) ?? setContext(key, context, this.#key);
    if (problem !== undefined) throw new Broken(problem.code, problem.reason);
    this.#context = this.#contexts.intern(context);
  }

  onElement(element: Span): void {
    if (!this.#next()) return;
    const { buffer, start, end, isAscii } = element;
    if (!isAscii && !isUtf8(buffer.subarray(start, end))) {
      this.#piece.reject(this.#record, { code: "invalid-utf8", reason: "the flow log is not valid UTF-8" });
      return;
    }
    let flow = this.#newFlow();
    if (!this.#shapes.read(element, flow)) {
      flow = this.#newFlow();
      const problem = this.#parse(element, flow);
      if (problem !== undefined) {
        this.#piece.reject(this.#record, problem);
        return;
      }
    }
    flow.context = this.#context;
    this.#piece.flows.push(flow);
  }

  #newFlow(): Flow {
    return new Flow(this.#origin, this.#record, this.#context, 0);
  }

  onTooLong(bytes: number): void {
    if (!this.#next()) return;
    this.#piece.reject(this.#record, { code: "line-too-long", reason: `the flow log has ${bytes} bytes, more than is allowed` });
  }

  onObjectEnd(): void {
    if (!this.#hasList) {
      const { reason } = missing(LIST);
      throw new Broken("missing-field", `${reason}: the JSON is no Flow Logs for VPC object`);
    }
    this.#isInside = false;
    // What an earlier reading said, which went on beyond this object, is not said again.
    if (this.#record < this.#skip) return;
    this.#sayWhatWasLost();
    const count = this.#record - this.#first + 1;
    const stated = this.#header[COUNT];
    const notices = this.#piece.quality;
    if (stated !== undefined && stated !== count) {
      notices.push({ kind: "count-mismatch", message: `${COUNT} is ${show(stated)}, but ${LIST} has ${count}` });
    }
    if (count === 0) notices.push({ kind: "no-data", message: `${this.#who} had no traffic: ${LIST} is empty` });
  }

  get #who(): string {
    return this.#context.vnic ?? this.#origin.key;
  }

  #sayWhatWasLost(): void {
    const state = this.#header[STATE];
    if (typeof state !== "string" || !SKIP_DATA.test(state)) return;
    const message = `${this.#who} had flows that were lost before they reached the bucket`;
    this.#piece.quality.push({ kind: "skip-data", message });
  }

  /** Counts a record; false for one that was delivered before. */
  #next(): boolean {
    const record = ++this.#record;
    if (record <= this.#skip) return false;
    this.#piece.through = record;
    return true;
  }

  #parse(element: Span, flow: Flow): Problem | undefined {
    const text = textOf(element);
    const value = parseJson(text);
    if (value instanceof NotJson) return value.problem;
    if (!isObject(value)) return { code: "not-an-object", reason: `the flow log is ${show(value)}, not a JSON object` };
    const { record, header } = this.#mapping;
    const problem = setFields(record.fields, flow, value, false, text, NO_STEPS) ?? setTime(flow, header.times, this.#header);
    if (problem === undefined) this.#shapes.learn(element, flow);
    return problem;
  }
}
