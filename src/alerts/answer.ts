import { type AnswerBody, parseJson, shown, textOf } from "../lib/http/answers.ts";
import { denialIn } from "../lib/http/denial.ts";

/** What makes the body of a 2xx no acknowledgement: `is a page`, `says …`, `breaks off: …`. Undefined for one that may stand. */
export type Objection = (body: AnswerBody) => string | undefined;

/**
 * To the answer of any receiver: nothing, a few words and JSON may stand. Receivers answer with what they like, also with the alert itself,
 * so JSON is objected to only for what names an error, not for words like "denied" in it.
 */
export const objectionToAny: Objection = (body) => denialIn(body, { mayEcho: true });

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
