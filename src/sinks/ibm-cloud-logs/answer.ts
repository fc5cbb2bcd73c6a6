import { PermanentError, RetryableError, TooLargeError } from "../../errors.ts";
import { clean } from "../otlp/response.ts";

/** An answer of the ingress, its body cut at the transport's bound. */
export interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly body: string;
}

/** What to do about a refusal that is the configuration's or the account's, and heals when that is put right: nothing is set aside. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, "check auth.apiKey, and that the key is of the instance's account"],
  [403, "the key's owner needs the role Sender on the IBM Cloud Logs instance"],
  [404, "check instance, region and endpoint"],
]);
const TEMPORARY: ReadonlySet<number> = new Set([408, 425, 429]);

/** Returns for an answer that says the logs were taken, else throws what the contract of sinks has for it. */
export function judge({ status, retryAfterMs, body }: Answer, host: string): void {
  if (status >= 200 && status < 300) return;
  const code = `ibm-cloud-logs-http-${status}`;
  const said = clean(wordsOf(body));
  const message = `${host} answered ${status}${said === "" ? "" : `: ${said}`}`;
  const advice = status >= 300 && status < 400 ? "it redirects, which is not followed: check endpoint" : ADVICE.get(status);
  if (advice !== undefined) throw new RetryableError(code, `${message}: ${advice}`, { retryAfterMs });
  if (status === 413) throw new TooLargeError(code, message);
  if (status >= 500 || TEMPORARY.has(status)) throw new RetryableError(code, message, { retryAfterMs });
  throw new PermanentError(code, message);
}

/** The message of a JSON answer, or the body as it came. */
function wordsOf(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === "object" && answer !== null) {
      const { message, error } = answer as Record<string, unknown>;
      return [message, error].find((value) => typeof value === "string") ?? body;
    }
  } catch {
    // No JSON: a proxy's page, or plain text.
  }
  return body;
}
