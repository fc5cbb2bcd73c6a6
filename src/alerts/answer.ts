import { type AnswerBody, parseJson, shown, textOf } from "../lib/http/answers.ts";

/** The longest words that may be a yes, in characters: what is longer is somebody else's. */
const LONGEST_YES = 1_000;
/** How words begin that say no. Teams says it in the second way, below a 200. */
const NO = /^\W*(error|failed|failure|forbidden|unauthori[sz]ed|(access )?denied)\b|\bfailed with error\b/i;
const FAULTS = ["error", "errors", "err", "errorCode", "error_code", "errcode", "errorMessage", "fault", "exception"];
const VERDICTS = ["ok", "success", "succeeded", "successful"];
const STATUSES = ["status", "statusCode", "status_code", "code", "result"];
const FAILED = /^(error|fail|failed|failure)$/i;

/** What makes the body of a 2xx no acknowledgement: `is a page`, `says …`, `breaks off: …`. Undefined for one that may stand. */
export type Objection = (body: AnswerBody) => string | undefined;

/**
 * To the answer of any receiver: nothing, a few words and JSON may stand. Receivers answer with what they like, also with the alert itself,
 * so JSON is objected to only for what names an error, not for words like "denied" in it.
 */
export const objectionToAny: Objection = (body) => {
  const text = textOf(body);
  if (body.fault !== undefined) return body.fault;
  if (text.startsWith("<")) return shown(text);
  const value = parseJson(text);
  const stands = value === undefined ? text.length <= LONGEST_YES && !NO.test(text) : !namesError(value);
  return stands ? undefined : shown(text);
};

/** To an answer that is nothing or a JSON object. */
export const objectionToMoreThanObject: Objection = (body) => {
  const text = textOf(body);
  return objectionToAny(body) ?? (text === "" || objectIn(text) !== undefined ? undefined : shown(text));
};

/** To an answer that is not `ok`, nor an object that says so as the newer webhooks do. */
export const objectionToMoreThanOk: Objection = (body) => {
  const text = textOf(body);
  const { ok, success } = objectIn(text) ?? {};
  return objectionToAny(body) ?? (text.toLowerCase() === "ok" || ok === true || success === true ? undefined : shown(text));
};

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function namesError(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesError);
  if (typeof value === "string") return NO.test(value);
  if (typeof value !== "object" || value === null) return value === false;
  const given = (name: string): unknown => (Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);
  return (
    FAULTS.map(given).some(isSomething) ||
    VERDICTS.map(given).some((verdict) => verdict === false || verdict === "false") ||
    STATUSES.map(given).some((status) => FAILED.test(String(status)) || (Number(status) >= 400 && Number(status) < 600))
  );
}

/** Whether a member that is there for errors holds one. */
function isSomething(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value) && value !== "0";
}
