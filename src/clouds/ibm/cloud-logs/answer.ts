import { Failure } from "../../../lib/errors.ts";
import { type AnswerBody, oneLine, pageTitle, parseJson, saysDone, textOf } from "../../../lib/http/answers.ts";
import { denialIn } from "../../../lib/http/denial.ts";
import { drawerOfStatus } from "../../../lib/http/failures.ts";

/** An answer of the ingress. */
export interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** Without the token. */
  readonly body: AnswerBody;
}

/** What a person can do about a status. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, "check auth.apiKey, and that the key is of the instance's account"],
  [403, "the key's owner needs the role Sender on the IBM Cloud Logs instance"],
  [404, "check instance, region and endpoint"],
  [405, "check endpoint"],
  [407, "the proxy wants credentials: give them in HTTPS_PROXY"],
]);

/** What is said of a request without logs. */
const OF_NOTHING =
  /\bempty\b|at least one log|\b(no|without|missing|zero) (any )?(logs?|records?|entries|data|body|request body|payload)\b/i;

/**
 * Returns for an answer that says that the logs were taken, throws the Failure of any other. What the ingress says of success is not
 * defined: nothing, a yes in words, and any JSON that denies nothing are taken for it.
 */
export function judge({ status, retryAfterMs, body }: Answer, host: string): void {
  const notUnderstood = (what: string): Failure =>
    new Failure(
      "not-understood",
      "ibm-cloud-logs-bad-answer",
      `${host} answered ${status}, which acknowledges nothing: the answer ${oneLine(what)}; check endpoint, and what stands between`,
      { retryAfterMs },
    );
  const drawer = drawerOfStatus(status);
  if (drawer === undefined) {
    const denial = saysDone(status) ? denialIn(body) : `has the status ${status}`;
    if (denial !== undefined) throw notUnderstood(denial);
    return;
  }
  if (drawer === "batch" && body.fault !== undefined) throw notUnderstood(body.fault);
  const words = wordsOf(body);
  const said = pageTitle(words) ?? oneLine(words);
  const advice = status >= 300 && status < 400 ? "it redirects, which is not followed: check endpoint" : ADVICE.get(status);
  const message = [`${host} answered ${status}${said === "" ? "" : `: ${said}`}`, advice].filter(Boolean).join("; ");
  throw new Failure(drawer, `ibm-cloud-logs-http-${status}`, message, { retryAfterMs, tooLarge: status === 413 });
}

/** Whether a refusal speaks of there being no logs in the request. */
export function isAboutNothing({ body }: Answer): boolean {
  return OF_NOTHING.test(wordsOf(body));
}

/** The message of a JSON answer, or the body as it came. */
function wordsOf(body: AnswerBody): string {
  const text = textOf(body);
  const value = parseJson(text);
  if (typeof value !== "object" || value === null) return text;
  const { message, error } = value as Record<string, unknown>;
  return [message, error].find((one) => typeof one === "string") ?? text;
}
