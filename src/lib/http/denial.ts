import { type AnswerBody, parseJson, shown, textOf } from "./answers.ts";

/** Who answers, where the protocol defines no body. */
export interface Receiver {
  /**
   * It may answer with what it likes, also with what it was sent: only what names an error says that it went wrong, not sentences with
   * words such as "denied", nor codes of its own.
   */
  readonly mayEcho: boolean;
}

const SERVICE: Receiver = { mayEcho: false };

const ASSENT =
  /^(?:(?:ok|okay|success|successful|successfully|accepted|received|done|ingested|stored|written)(?:$|[\s.!,:]+))+$/i;
const NEUTRAL =
  /\b(?:20[0-2]|all|the|your|logs?|records?|events?|data|request|status|message|is|was|were|have|has|been|and|with)\b[\s.!,:]*/gi;
/** The longest words that may be a yes, in characters: what is longer is somebody else's. */
const LONGEST_ASSENT = 100;
const LONGEST_ECHO = 1_000;

/** Whether words are nothing but a yes: `ok`, `200 OK`, `Accepted`, `Logs received`. */
export function isAssent(text: string): boolean {
  return text.length <= LONGEST_ASSENT && ASSENT.test(text.replaceAll(NEUTRAL, ""));
}

/** How words begin that say no. Teams says it in the second way, below a 200. */
const NO = /^\W*(error|failed|failure|forbidden|unauthori[sz]ed|(access )?denied)\b|\bfailed with error\b/i;
const REFUSAL =
  /err|fail|fault|exception|den(?:y|ied)|unauth|not auth|forbid|invalid|reject|refus|expired|unavail|unknown|unsupported|not found|timed? ?out|log ?in|sign ?in/i;
const FAILED = /^(error|fail|failed|failure)$/i;
/** Members that hold something when it went wrong. */
const FAULTS = ["error", "errors", "err", "errorCode", "error_code", "errcode", "errorMessage", "errorNum", "fault", "exception"];
const VERDICTS = ["ok", "success", "succeeded", "successful"];
const NUMBERS = ["status", "statusCode", "status_code", "httpStatus", "httpCode", "code"];
const WORDS = ["status", "code", "result"];
const SENTENCES = ["status", "message", "msg", "detail", "reason", "title", "result"];

/** Whether a JSON value says that it went wrong, in one of the ways in which APIs and gateways say so below a 200. */
export function isDenial(value: unknown, receiver = SERVICE): boolean {
  const { mayEcho } = receiver;
  if (Array.isArray(value)) return value.some((one) => isDenial(one, receiver));
  if (typeof value === "string") return mayEcho ? NO.test(value) : !isAssent(value);
  if (typeof value !== "object" || value === null) return value === false || (typeof value === "number" && !mayEcho);
  const given = (name: string): unknown => (Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);
  if (FAULTS.map(given).some(isSomething)) return true;
  if (VERDICTS.map(given).some((verdict) => verdict === false || verdict === "false")) return true;
  const numbers = NUMBERS.map(given).filter(isNumeric).map(Number);
  if (mayEcho) return numbers.some(isHttpError) || WORDS.map(given).some((word) => FAILED.test(String(word)));
  const code = given("code");
  return (
    numbers.some((number) => number !== 0 && !(number >= 200 && number < 300)) ||
    SENTENCES.map(given).some((text) => typeof text === "string" && REFUSAL.test(text)) ||
    // A code in words with a message is how clouds refuse.
    (typeof code === "string" && !isNumeric(code) && !isAssent(code))
  );
}

/**
 * What makes the body of a 2xx no acknowledgement where the protocol defines no body: a page, JSON that says that it went wrong, words
 * that are no yes (of whoever may echo: that are a no, or too many), a fault. Undefined for a body that may stand.
 */
export function denialIn(body: AnswerBody, receiver = SERVICE): string | undefined {
  if (body.fault !== undefined) return body.fault;
  const text = textOf(body);
  if (text === "" || isAssent(text)) return undefined;
  const value = parseJson(text);
  const isWords = !text.startsWith("<") && text.length <= LONGEST_ECHO;
  const stands = value === undefined ? receiver.mayEcho && isWords && !NO.test(text) : !isDenial(value, receiver);
  return stands ? undefined : shown(text);
}

const isNumeric = (value: unknown): boolean => typeof value === "number" || (typeof value === "string" && /^-?\d+$/.test(value));

const isHttpError = (status: number): boolean => status >= 400 && status < 600;

/** Whether a member that is there for faults holds one. */
function isSomething(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value) && value !== "0";
}
