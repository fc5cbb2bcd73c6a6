import type { WriteResult } from "../../contracts.ts";
import { PermanentError, RetryableError, TooLargeError } from "../../errors.ts";
import { readRetryAfter } from "../../http-failures.ts";
import { readField, readFields } from "./wire.ts";

/** An answer of the receiver, its body cut at the transport's bound. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** The longest of the receiver's words that are passed on, in characters. */
const LONGEST_MESSAGE = 300;
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * What an answer means, by the OTLP specification: 2xx is success, possibly in part; 429, 502, 503, 504 heal; 413 asks for less at a
 * time; nothing else may be repeated. A 2xx whose body cannot be read was nevertheless taken, and says so in `reason`.
 * `redact` removes secrets from the receiver's words.
 */
export function judge(answer: Answer, records: number, host: string, redact: (text: string) => string): WriteResult {
  const { status } = answer;
  if (status >= 200 && status < 300) return partialSuccess(answer, records, redact);
  const code = `otlp-http-${status}`;
  if (status >= 300 && status < 400) {
    const target = answer.location === undefined ? "" : ` to ${hostOf(answer.location)}`;
    throw new PermanentError(
      code,
      `${host} answered ${status}: it redirects${target}, which is not followed; set \`url\` to where it leads`,
    );
  }
  const said = clean(redact(messageOf(answer)));
  const message = `${host} answered ${status}${said === "" ? "" : `: ${said}`}`;
  if (status === 413) throw new TooLargeError(code, message);
  if (RETRYABLE.has(status)) throw new RetryableError(code, message, { retryAfterMs: readRetryAfter(answer.retryAfter) });
  throw new PermanentError(code, message);
}

function partialSuccess(answer: Answer, records: number, redact: (text: string) => string): WriteResult {
  if (answer.body.length === 0) return { rejected: 0 };
  let partial: { rejected: number; message: string };
  try {
    partial = isProtobuf(answer) ? partialOfProtobuf(answer.body) : partialOfJson(answer);
  } catch {
    return { rejected: 0, reason: `the answer ${answer.status} has a body that is no OTLP response` };
  }
  const rejected = Math.min(Math.max(0, partial.rejected), records);
  const reason = clean(redact(partial.message));
  return reason === "" ? { rejected } : { rejected, reason };
}

const isProtobuf = ({ contentType }: Answer): boolean => contentType.startsWith("application/x-protobuf");
const isJson = ({ contentType }: Answer): boolean => contentType.startsWith("application/json");

// ExportLogsServiceResponse.partial_success = 1; ExportLogsPartialSuccess: rejected_log_records = 1, error_message = 2.
function partialOfProtobuf(body: Buffer): { rejected: number; message: string } {
  const partial = readField(readFields(body), 1);
  if (!Buffer.isBuffer(partial)) return { rejected: 0, message: "" };
  const fields = readFields(partial);
  const rejected = readField(fields, 1);
  return {
    rejected: typeof rejected === "bigint" ? Number(BigInt.asIntN(64, rejected)) : 0,
    message: textOf(readField(fields, 2)),
  };
}

/** Answers of another type (`ok` as text/plain) say nothing of a part. */
function partialOfJson(answer: Answer): { rejected: number; message: string } {
  if (!isJson(answer)) return { rejected: 0, message: "" };
  const response = JSON.parse(answer.body.toString()) as {
    partialSuccess?: { rejectedLogRecords?: unknown; errorMessage?: unknown } | null;
  } | null;
  const { rejectedLogRecords = 0, errorMessage = "" } = response?.partialSuccess ?? {};
  const rejected = Number(rejectedLogRecords);
  if (!Number.isSafeInteger(rejected)) throw new TypeError("rejectedLogRecords is no integer");
  return { rejected, message: String(errorMessage) };
}

/** The text of a google.rpc.Status (message = 2), of common JSON errors, or the body itself. */
function messageOf(answer: Answer): string {
  try {
    if (isProtobuf(answer)) return textOf(readField(readFields(answer.body), 2));
    if (isJson(answer)) {
      const body = JSON.parse(answer.body.toString()) as Record<string, unknown> | string | null;
      if (typeof body === "string") return body;
      for (const value of [body?.message, body?.error, (body?.error as Record<string, unknown> | undefined)?.message]) {
        if (typeof value === "string") return value;
      }
    }
  } catch {
    // What claims to be protobuf or JSON and is not, is shown as it came.
  }
  return answer.body.toString();
}

const textOf = (field: Buffer | bigint | undefined): string => (Buffer.isBuffer(field) ? field.toString() : "");

/** One line of printable text, of bounded length. */
export function clean(text: string): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]+/gu, " ")
    .replaceAll(/ {2,}/g, " ")
    .trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE).toWellFormed()}…` : line;
}

function hostOf(location: string): string {
  return URL.canParse(location) ? new URL(location).host : "another path";
}
