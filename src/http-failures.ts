import { codeOf, RetryableError } from "./errors.ts";

/** The error of the contract for an exchange that broke before there was an answer. It may heal. */
export function networkError(operation: string, endpoint: string, cause: unknown): RetryableError {
  const said = SAID[codeOf(cause)];
  const what = said === undefined ? `the exchange with ${endpoint} failed` : `${endpoint} ${said}`;
  return new RetryableError("network", `${operation}: ${what}`, { cause });
}

const UNKNOWN_AUTHORITY = "has a certificate of an unknown authority: name it in NODE_EXTRA_CA_CERTS";

const SAID: Readonly<Record<string, string>> = {
  ENOTFOUND: "is no known host: check endpoint and region, and whether a proxy is needed (HTTPS_PROXY)",
  EAI_AGAIN: "cannot be looked up now",
  ECONNREFUSED: "takes no connections",
  ECONNRESET: "dropped the connection",
  UND_ERR_SOCKET: "closed the connection",
  UND_ERR_CONNECT_TIMEOUT: "cannot be connected to in time: check the route and whether a proxy is needed (HTTPS_PROXY)",
  UND_ERR_HEADERS_TIMEOUT: "does not answer in time",
  UND_ERR_BODY_TIMEOUT: "stopped in the middle of an answer",
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
};

/** Milliseconds that a Retry-After header asks for, in seconds or as a date. */
export function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
