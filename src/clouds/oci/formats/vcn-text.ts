import type { Decoded, DecodeOptions } from "../../../contracts/decoder.ts";
import { ContextPool } from "../../../flow/contexts.ts";
import { Flow } from "../../../flow/flow.ts";
import type { Origin } from "../../../flow/origin.ts";
import type { FormatKind, Sample } from "../../../formats/format.ts";
import { decodeLines, decodeWholeLines, type LineReader } from "../../../formats/lines.ts";
import { type FieldRule, loadMapping } from "../../../formats/mapping.ts";
import type { Piece } from "../../../formats/piece.ts";
import { type Problem, show } from "../../../formats/problem.ts";
import { noticeOf } from "../../../formats/quality.ts";
import { draftContext, setField, setTime } from "../../../formats/record.ts";
import { type Span, textOf } from "../../../formats/span.ts";
import type { Unpacked } from "../../../formats/unpacked.ts";

const WHITE_SPACE = /[ \t]+/;
const NUMBER = /^\d{1,20}$/;
const HEADER = /^\s*version\s+srcaddr(\s|$)/i;
/** A line of numbers and addresses that ends as only a flow log line does. */
const RECORD = /^\s*\d+\s(.*\s)?(ACCEPT|ALLOW|REJECT|-)\s+(OK|NODATA|SKIPDATA)\s*$/i;

/** A column of the line, and the field of a flow that takes it. */
interface Column {
  readonly index: number;
  readonly rule: FieldRule;
}

/** VCN flow logs as lines of twelve fields. A line that names the fields is skipped and counted as `header`. */
export const vcnText: FormatKind = {
  name: "vcn-text",
  create() {
    const mapping = loadMapping("vcn-text");
    const columns = mapping.record.fields.map((rule) => ({ index: mapping.columns.indexOf(rule.name), rule }));
    // The status first: it says whether the other fields may be missing.
    columns.sort((a, b) => Number(isStatus(b)) - Number(isStatus(a)));
    const context = new ContextPool().intern(draftContext(mapping.provider));
    return {
      recognises: ({ line }: Sample) => HEADER.test(line) || RECORD.test(line),
      decode: (unpacked: Unpacked, origin: Origin, options: DecodeOptions): AsyncIterable<Decoded> =>
        decodeLines(unpacked, new TextReader(columns, mapping.columns.length, context, origin), options),
      decodeMessage: (message: Buffer, origin: Origin, options: DecodeOptions): Decoded =>
        decodeWholeLines(message, new TextReader(columns, mapping.columns.length, context, origin), options),
    };
  },
};

function isStatus({ rule }: Column): boolean {
  return rule.target.type === "status";
}

class TextReader implements LineReader {
  readonly #columns: readonly Column[];
  readonly #width: number;
  readonly #context: Flow["context"];
  readonly #origin: Origin;

  constructor(columns: readonly Column[], width: number, context: Flow["context"], origin: Origin) {
    this.#columns = columns;
    this.#width = width;
    this.#context = context;
    this.#origin = origin;
  }

  read(line: Span, record: number, piece: Piece): void {
    const problem = this.#read(textOf(line), record, piece);
    if (problem !== undefined) piece.reject(record, problem);
  }

  #read(text: string, record: number, piece: Piece): Problem | undefined {
    if (text.includes("\0")) return { code: "nul-byte", reason: "the line holds a NUL byte" };
    if (HEADER.test(text)) {
      piece.skip(record, "header");
      return undefined;
    }
    const fields = text.split(WHITE_SPACE).filter((field) => field !== "");
    if (fields.length !== this.#width) {
      return { code: "wrong-field-count", reason: `the line has ${fields.length} fields, not ${this.#width}: ${show(text)}` };
    }
    if (!NUMBER.test(fields[0] ?? "")) return { code: "bad-version", reason: `version: ${show(fields[0])} is not a number` };
    const flow = new Flow(this.#origin, record, this.#context, 0);
    for (const { index, rule } of this.#columns) {
      const field = fields[index];
      const problem = setField(rule, flow, field === "-" ? null : field, flow.status !== "OK");
      if (problem !== undefined) return problem;
    }
    const problem = setTime(flow, [], undefined);
    if (problem !== undefined) return problem;
    piece.flows.push(flow);
    const notice = noticeOf(flow);
    if (notice !== undefined) piece.quality.push(notice);
    return undefined;
  }
}
