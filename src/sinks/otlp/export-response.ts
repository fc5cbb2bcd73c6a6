import { type AnswerBody, parseJson, shown, textOf } from "../../lib/http/answers.ts";
import { isAssent, isDenial } from "../../lib/http/denial.ts";
import { readField, readFields } from "./wire.ts";

/** What an ExportLogsServiceResponse says: how many records were refused, and the receiver's words. */
export interface ExportResponse {
  readonly rejected: number;
  readonly message: string;
}

/** The answer is none of the protocol; the message says what it is instead, as in `is a page`. */
export class NoExportResponse extends Error {}

interface Said {
  readonly rejected: bigint;
  readonly message: string;
}

const WHOLE: Said = { rejected: 0n, message: "" };

/**
 * Reads the body of a 2xx, in whichever form it comes: the body tells, since content types are often those of something in between. An
 * answer is no bytes, protobuf, JSON (`{}` or `{"partialSuccess":…}`), or a yes in words, as receivers outside the specification give.
 * Throws NoExportResponse for anything else, and for a count of refused records that cannot be, of so many that were sent.
 */
export function readExportResponse(body: AnswerBody, records: number): ExportResponse {
  if (body.fault !== undefined) throw new NoExportResponse(body.fault);
  if (body.bytes.length === 0) return { rejected: 0, message: "" };
  const text = textOf(body);
  const said = fromProtobuf(body.bytes) ?? (/^[{["]/.test(text) ? fromJson(text) : isAssent(text) ? WHOLE : undefined);
  if (said === undefined) throw new NoExportResponse(shown(text));
  const { rejected, message } = said;
  if (rejected >= 0n && rejected <= BigInt(records)) return { rejected: Number(rejected), message };
  throw new NoExportResponse(`counts ${rejected} of ${records} records as refused`);
}

// ExportLogsServiceResponse: partial_success = 1. ExportLogsPartialSuccess: rejected_log_records = 1, error_message = 2.
function fromProtobuf(bytes: Buffer): Said | undefined {
  try {
    const partial = readField(readFields(bytes), 1);
    if (!Buffer.isBuffer(partial)) return undefined;
    const fields = readFields(partial);
    const rejected = readField(fields, 1) ?? 0n;
    const message = readField(fields, 2) ?? Buffer.alloc(0);
    if (typeof rejected !== "bigint" || !Buffer.isBuffer(message)) return undefined;
    return { rejected: BigInt.asIntN(64, rejected), message: message.toString() };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function fromJson(text: string): Said | undefined {
  const value = parseJson(text);
  if (typeof value === "string") return isAssent(value) ? WHOLE : undefined;
  if (!isObject(value) || isDenial(value)) return undefined;
  if (Object.keys(value).length === 0) return WHOLE;
  const partial = member(value, "partialSuccess", "partial_success");
  if (partial === null) return WHOLE;
  if (!isObject(partial)) return undefined;
  const rejected = member(partial, "rejectedLogRecords", "rejected_log_records") ?? 0;
  const message = member(partial, "errorMessage", "error_message") ?? "";
  if (typeof message !== "string") return undefined;
  // An int64 is a text in JSON; a number is read too.
  if (typeof rejected === "number") return Number.isSafeInteger(rejected) ? { rejected: BigInt(rejected), message } : undefined;
  if (typeof rejected !== "string" || !/^-?\d{1,19}$/.test(rejected)) return undefined;
  return { rejected: BigInt(rejected), message };
}

/** Readers of protobuf's JSON take the name as it stands in the definition, too. */
function member(object: Record<string, unknown>, name: string, original: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : Object.hasOwn(object, original) ? object[original] : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
