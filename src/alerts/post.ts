import type { EnvHttpProxyAgent } from "undici";
import { Failure, UsageError } from "../lib/errors.ts";
import { type AnswerBody, oneLine, pageTitle, readBody, saysDone, textOf } from "../lib/http/answers.ts";
import { drawerOfStatus, endpointOf, networkFailure, readRetryAfter } from "../lib/http/failures.ts";
import { proxiesOf } from "../lib/http/proxies.ts";
import { isLoopback } from "../lib/urls.ts";
import { version } from "../lib/version.ts";
import type { Objection } from "./answer.ts";
import { cut } from "./text.ts";

export interface Post {
  readonly url: URL;
  /** What the receiver is called in messages; the URL may be a secret and never is in one. */
  readonly label: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** What the receiver answers when it has taken the message. */
  readonly objection: Objection;
}

/** An answer of the receiver. */
interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: AnswerBody;
}

/** One dispatcher for all: it honours HTTPS_PROXY and NO_PROXY. */
let dispatcher: EnvHttpProxyAgent | undefined;

/**
 * Posts JSON. Resolves when the receiver has taken it, and throws a Failure for anything else: by the status, or of the drawer
 * `not-understood` for a 2xx that acknowledges nothing (205, 206), or with a body that the receiver of such a message does not answer with.
 * A redirect is not followed: the body would go to somebody else.
 */
export async function post(message: Post, signal: AbortSignal): Promise<void> {
  const { url, label, timeoutMs } = message;
  const timeout = AbortSignal.timeout(timeoutMs);
  let answer: Answer;
  try {
    answer = await exchange(message, AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) {
      throw new Failure("passing", "alert-timeout", `${label} at ${url.host} did not answer within ${timeoutMs} ms`);
    }
    throw networkFailure("alert-unreachable", label, endpointOf(url), error);
  }
  judge(answer, message);
}

async function exchange({ url, headers, body }: Post, signal: AbortSignal): Promise<Answer> {
  const undici = await import("undici");
  dispatcher ??= new undici.EnvHttpProxyAgent(proxiesOf(process.env));
  const response = await undici.request(url, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": `flowferry/${version}`, ...headers },
    body,
    signal,
    dispatcher,
  });
  const header = (name: string): string | undefined => [response.headers[name]].flat()[0];
  return {
    status: response.statusCode,
    retryAfter: header("retry-after"),
    body: await readBody(response.body, header("content-encoding"), signal),
  };
}

/** What an answer means, by its status and, where that says that the message was taken, by its body. */
function judge({ status, retryAfter, body }: Answer, { url, label, objection }: Post): void {
  const retryAfterMs = readRetryAfter(retryAfter);
  const line = `${label} at ${url.host} answered ${status}`;
  const drawer = drawerOfStatus(status);
  if (drawer === undefined) {
    const objected = saysDone(status) ? objection(body) : `has the status ${status}, which acknowledges nothing`;
    if (objected === undefined) return;
    const advice = "check the URL, and what stands between";
    throw new Failure(
      "not-understood",
      "alert-bad-answer",
      `${line}, and the answer is not the receiver's: it ${oneLine(objected)}; ${advice}`,
      {
        retryAfterMs,
      },
    );
  }
  const said = cut(oneLine(pageTitle(textOf(body)) ?? textOf(body)), LONGEST_WORDS);
  const redirected = status >= 300 && status < 400 ? ": redirects are not followed, configure the final URL" : "";
  throw new Failure(drawer, `alert-http-${status}`, `${line}${said === "" ? "" : `: ${said}`}${redirected}`, {
    retryAfterMs,
    tooLarge: status === 413,
  });
}

/** The longest of a receiver's words that are passed on, in characters. */
const LONGEST_WORDS = 200;

/** A URL that messages are posted to: https, or http to this machine. Throws UsageError without the URL in it. */
export function receiverUrl(text: string, label: string, allowInsecure?: boolean): URL {
  if (!URL.canParse(text)) throw new UsageError("alert-url", `the URL of ${label} is not a URL`);
  const url = new URL(text);
  if (url.protocol === "https:" || (url.protocol === "http:" && (allowInsecure === true || isLoopback(url.hostname)))) return url;
  const advice = allowInsecure === undefined ? "" : ", or set allowInsecure: true";
  throw new UsageError("alert-url", `the URL of ${label} must begin with https://${advice}`);
}

/** Those that HTTP itself sets. */
const RESERVED = new Set(["connection", "content-length", "expect", "keep-alive", "transfer-encoding", "upgrade"]);

/** Headers that are sent as they are. Throws UsageError for one that cannot be, without its value in it. */
export function receiverHeaders(headers: Readonly<Record<string, string>>, label: string): Readonly<Record<string, string>> {
  // An import would load node:http, and fetch with it, at each start.
  const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule("node:http");
  for (const [name, value] of Object.entries(headers)) {
    const refuse = (why: string) => new UsageError("alert-headers", `the header ${JSON.stringify(name)} of ${label} ${why}`);
    if (RESERVED.has(name.toLowerCase())) throw refuse("is set by HTTP itself: leave it out");
    if (!isValid(() => validateHeaderName(name))) throw refuse("has a name that HTTP does not allow");
    if (!isValid(() => validateHeaderValue(name, value))) {
      throw refuse("has a value that HTTP does not allow: it holds a line break or a character that is not in Latin-1");
    }
  }
  return headers;
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
