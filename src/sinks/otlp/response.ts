import type { WriteResult } from "../../contracts/sink.ts";
import { type Drawer, Failure } from "../../lib/errors.ts";
import { type AnswerBody, oneLine, pageTitle, parseJson, saysDone, textOf } from "../../lib/http/answers.ts";
import { drawerOfStatus, readRetryAfter } from "../../lib/http/failures.ts";
import { type ExportResponse, NoExportResponse, readExportResponse } from "./export-response.ts";
import { readField, readFields } from "./wire.ts";

/** An answer of the receiver. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
  /** Of a gateway to gRPC, which says there what its 200 means. */
  readonly grpcStatus: string | undefined;
  readonly body: AnswerBody;
}

const PATHS = "Loki takes OTLP below /otlp, VictoriaLogs below /insert/opentelemetry";

/** What a person can do about a status. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, "check the credentials in `headers`"],
  [403, "check the credentials in `headers`"],
  [404, `check the path of the URL: ${PATHS}`],
  [405, `check the path of the URL: ${PATHS}`],
  [407, "the proxy wants credentials: give them in HTTPS_PROXY or HTTP_PROXY"],
  [415, "check `encoding` and `compression`"],
]);

/** What servers say with a 400 of the URL and not of the records. */
const OF_THE_URL: readonly (readonly [RegExp, string])[] = [
  [/unsupported path|missing `?-pathPrefix|no handler found for uri/i, `the path is wrong: ${PATHS}`],
  [/json encoding isn't supported/i, "set `encoding: protobuf`"],
  [/plain HTTP to an SSL|HTTP request (was sent )?to (an )?HTTPS/i, "the URL has to begin with https"],
  [/required SSL certificate/i, "it wants a client certificate: set `tls.certFile` and `tls.keyFile`"],
];

/** What receivers say of a request without records; Loki's is `at least one valid stream is required for ingestion`. */
const OF_NOTHING =
  /\bempty\b|at least one (valid )?(stream|log|record)|\b(no|without|missing|zero) (any )?(valid )?(log|logs|records?|log records?|data|body|request body|payload|streams?|resource_?logs)\b/i;

/**
 * What an answer means, by its status and, where that says that all is done, by its body. Throws the Failure of anything but success:
 * also of a 2xx that is no answer of the protocol, or that counts more records as refused than it was sent.
 */
export function judge(answer: Answer, records: number, host: string): WriteResult {
  const { status, retryAfter } = answer;
  const retryAfterMs = readRetryAfter(retryAfter);
  const notUnderstood = (what: string): Failure =>
    new Failure(
      "not-understood",
      "otlp-bad-answer",
      `${host} answered ${status}, and the answer is none of OTLP: it ${oneLine(what)}; check the URL, and what stands between`,
      { retryAfterMs },
    );
  const drawer = drawerOfStatus(status);
  if (drawer === undefined) {
    if (!saysDone(status)) throw notUnderstood(`has the status ${status}, which acknowledges nothing`);
    return acknowledged(answer, records, notUnderstood);
  }
  if (drawer === "batch" && answer.body.fault !== undefined) throw notUnderstood(answer.body.fault);
  const words = wordsOf(answer);
  const said = pageTitle(words) ?? oneLine(words);
  const advice = adviceOn(answer);
  const message = [`${host} answered ${status}${said === "" ? "" : `: ${said}`}`, advice].filter(Boolean).join("; ");
  const meant: Drawer = status === 400 && advice !== undefined ? "person" : drawer;
  throw new Failure(meant, `otlp-http-${status}`, message, { retryAfterMs, tooLarge: status === 413 });
}

function acknowledged({ body, grpcStatus }: Answer, records: number, notUnderstood: (what: string) => Failure): WriteResult {
  if (grpcStatus !== undefined && grpcStatus !== "0") throw notUnderstood(`has the gRPC status ${grpcStatus}`);
  let response: ExportResponse;
  try {
    response = readExportResponse(body, records);
  } catch (error) {
    if (error instanceof NoExportResponse) throw notUnderstood(error.message);
    throw error;
  }
  const { rejected, message } = response;
  const reason = oneLine(message);
  return reason === "" ? { rejected } : { rejected, reason };
}

/** Whether a refusal speaks of there being nothing in the request. */
export function isAboutNothing(answer: Answer): boolean {
  return OF_NOTHING.test(wordsOf(answer));
}

function adviceOn(answer: Answer): string | undefined {
  const { status, location } = answer;
  if (status >= 300 && status < 400) {
    const target = location === undefined ? "" : ` to ${hostOf(location)}`;
    return `it redirects${target}, which is not followed: set \`url\` to where it leads`;
  }
  if (status === 400) return OF_THE_URL.find(([pattern]) => pattern.test(wordsOf(answer)))?.[1];
  return ADVICE.get(status);
}

/** The text of a google.rpc.Status (message = 2), of common JSON errors, or the body itself. */
function wordsOf({ body }: Answer): string {
  const text = textOf(body);
  if (text.startsWith("{") || text.startsWith('"')) return messageIn(parseJson(text)) ?? text;
  try {
    const message = readField(readFields(body.bytes), 2);
    if (Buffer.isBuffer(message)) return message.toString();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // No protobuf: plain text, or a page.
  }
  return text;
}

function messageIn(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const { message, error } = value as Record<string, unknown>;
  const inner = typeof error === "object" && error !== null ? (error as Record<string, unknown>).message : undefined;
  return [message, error, inner].find((one) => typeof one === "string");
}

function hostOf(location: string): string {
  return URL.canParse(location) ? new URL(location).host : "another path";
}
