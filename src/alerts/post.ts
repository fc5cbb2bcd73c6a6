import { EnvHttpProxyAgent, fetch, type Response } from "undici";
import { PermanentError, RetryableError, UsageError } from "../errors.ts";
import { readRetryAfter } from "../http-failures.ts";
import { isLoopback } from "../urls.ts";

export interface Post {
  readonly url: URL;
  /** What the receiver is called in messages; the URL may be a secret and never is in one. */
  readonly label: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Whether the path of the URL is a secret too: it is removed from what the receiver says, as the values of the headers are. */
  readonly secretPath?: boolean;
}

/** One dispatcher for all: it honours HTTPS_PROXY and NO_PROXY. */
let dispatcher: EnvHttpProxyAgent | undefined;

/**
 * Posts JSON. 408, 429, 5xx and failed connections throw RetryableError (with Retry-After); any other status but 2xx throws
 * PermanentError with what the receiver said. A redirect is not followed: the body would go to somebody else.
 */
export async function post(
  { url, label, headers, body, timeoutMs, secretPath = false }: Post,
  signal: AbortSignal,
): Promise<void> {
  dispatcher ??= new EnvHttpProxyAgent();
  let status: number;
  let said: string;
  let retryAfter: string | null;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      dispatcher,
    });
    status = response.status;
    retryAfter = response.headers.get("retry-after");
    const secrets = [...(secretPath ? [url.pathname] : []), url.search, ...Object.values(headers ?? {})];
    said = withoutSecrets(await beginningOf(response), secrets)
      .replaceAll(/\s+/g, " ")
      .trim()
      .slice(0, 200);
  } catch (error) {
    signal.throwIfAborted();
    throw new RetryableError("alert-unreachable", `${label} at ${url.host} cannot be reached: ${reasonOf(error)}`);
  }
  if (status >= 200 && status < 300) return;
  const line = `${label} at ${url.host} answered ${status}${said === "" ? "" : `: ${said}`}`;
  if (status === 408 || status === 429 || status >= 500) {
    throw new RetryableError("alert-refused", line, { retryAfterMs: readRetryAfter(retryAfter) });
  }
  if (status >= 300 && status < 400)
    throw new PermanentError("alert-redirected", `${line}: redirects are not followed, configure the final URL`);
  throw new PermanentError("alert-refused", line);
}

/** Characters of an answer that are looked at. */
const LONGEST_ANSWER = 16_384;

/** Shorter ones would take away common words. */
const LEAST_SECRET = 6;

/** A receiver or a proxy before it may repeat what it was asked, whole or a part of it. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/[/?&=\s]/)]);
  return parts
    .filter((part) => part.length >= LEAST_SECRET)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, part) => rest.replaceAll(part, "***"), text);
}

/** As much of an answer as may be shown, and a secret that reaches over its end. The rest is not read. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > LONGEST_ANSWER) break;
  }
  return text;
}

/** The cause of a failed fetch without the URL, which may be a secret. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return "unknown error";
  if (cause.name === "TimeoutError") return "no answer in time";
  if (cause.message === "bad port") return "it is a port that HTTP must not use (https://fetch.spec.whatwg.org/#port-blocking)";
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return code === undefined ? cause.name : (REASONS[code] ?? code);
}

const UNKNOWN_AUTHORITY = "its certificate is of an unknown authority: name that authority's file in NODE_EXTRA_CA_CERTS";

const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  ENOTFOUND: "there is no such host (ENOTFOUND)",
};

/** A URL that messages are posted to: https, or http to this machine. Throws UsageError without the URL in it. */
export function receiverUrl(text: string, label: string, allowInsecure?: boolean): URL {
  if (!URL.canParse(text)) throw new UsageError("alert-url", `the URL of ${label} is not a URL`);
  const url = new URL(text);
  if (url.protocol === "https:" || (url.protocol === "http:" && (allowInsecure === true || isLoopback(url.hostname)))) return url;
  const advice = allowInsecure === undefined ? "" : ", or set allowInsecure: true";
  throw new UsageError("alert-url", `the URL of ${label} must begin with https://${advice}`);
}
