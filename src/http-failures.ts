import { codeOf, type Drawer, Failure } from "./errors.ts";

/**
 * The drawer of an answer by its status, where the call spoke to a destination as a whole: a receiver, a listing, a token service.
 * RFC 9110 says what a status means; who says it in practice is often a proxy. Of 2xx the body has to be understood: no drawer.
 * What speaks of one object (a GET of it) has another table: `drawerOfObjectStatus`.
 */
export function drawerOfStatus(status: number): Drawer | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 400 || status === 413 || status === 422) return "batch";
  if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500) return "passing";
  if (status >= 300 && status < 500) return "person";
  return "not-understood";
}

/** The drawer of a refused reading of one object, where the listing is allowed: 401 and redirects still speak of the bucket. */
export function drawerOfObjectStatus(status: number): Drawer | undefined {
  if (status >= 400 && status < 500 && status !== 401 && status !== 407 && drawerOfStatus(status) !== "passing") return "object";
  return drawerOfStatus(status);
}

/**
 * The failure of an exchange that broke before there was an answer. What TLS refuses needs a person; anything else passes.
 * `code` is the failure's, `what` the operation for the message, `endpoint` a host without credentials.
 */
export function networkFailure(code: string, what: string, endpoint: string, cause: unknown): Failure {
  const reason = codeOf(cause);
  const said = TLS[reason] ?? NETWORK[reason];
  const words = said === undefined ? `the exchange with ${endpoint} failed` : `${endpoint} ${said}`;
  return new Failure(reason in TLS ? "person" : "passing", code, `${what}: ${words}`, { cause });
}

/** Milliseconds that a Retry-After header asks for: whole or broken seconds, or an HTTP date (RFC 9110, 10.2.3); undefined for anything else. */
export function readRetryAfter(header: string | null | undefined, now: number = Date.now()): number | undefined {
  if (header === null || header === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Math.ceil(Number(header) * 1000);
  const date = /^\s*[A-Za-z]{3,9}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const UNKNOWN_AUTHORITY = "has a certificate of an unknown authority: name it in NODE_EXTRA_CA_CERTS";

/** By the codes of https://nodejs.org/api/tls.html#x509-certificate-error-codes and of OpenSSL. */
const TLS: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: "has a certificate that has expired",
  CERT_NOT_YET_VALID: "has a certificate that is not valid yet: check this machine's clock",
  CERT_REVOKED: "has a certificate that was revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: "has a certificate for another host",
  EPROTO: "does not speak TLS as this program does: check that the URL has the right scheme and port",
  ERR_SSL_WRONG_VERSION_NUMBER: "does not speak TLS: check that the URL has the right scheme and port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "does not speak TLS: check that the URL has the right scheme and port",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "does not know the authority of the client certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "refuses the client certificate",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "wants a client certificate",
};

const NETWORK: Readonly<Record<string, string>> = {
  ENOTFOUND: "is no known host: check endpoint and region, and whether a proxy is needed (HTTPS_PROXY)",
  EAI_AGAIN: "cannot be looked up now",
  ECONNREFUSED: "takes no connections",
  ECONNRESET: "dropped the connection",
  UND_ERR_SOCKET: "closed the connection",
  UND_ERR_CONNECT_TIMEOUT:
    "cannot be connected to in time: check the route (service gateway, NAT) and whether a proxy is needed (HTTPS_PROXY)",
  UND_ERR_HEADERS_TIMEOUT: "does not answer in time",
  UND_ERR_BODY_TIMEOUT: "stopped in the middle of an answer",
};
