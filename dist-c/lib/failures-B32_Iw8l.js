import { a as describeError, i as codeOf, t as Failure } from "./errors-C4nvsd9u.js";
// src/lib/http/failures.ts
/**
* The drawer of an answer by its status, where the call spoke to a destination as a whole: a receiver, a listing, a token service.
* RFC 9110 says what a status means; who says it in practice is often a proxy. Of 2xx the body has to be understood: no drawer.
* What speaks of one object (a GET of it) has another table: `drawerOfObjectStatus`.
*/
function drawerOfStatus(status) {
	if (status >= 200 && status < 300) return void 0;
	if (status === 400 || status === 413 || status === 422) return "batch";
	if (status === 511) return "person";
	if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500 && status < 600) return "passing";
	if (status >= 300 && status < 500) return "person";
	return "not-understood";
}
/** The drawer of a refused reading of one object, where the listing is allowed: 401 and redirects still speak of the bucket. */
function drawerOfObjectStatus(status) {
	if (status >= 400 && status < 500 && status !== 401 && status !== 407 && drawerOfStatus(status) !== "passing") return "object";
	return drawerOfStatus(status);
}
/**
* The failure of an exchange that broke before there was an answer. What TLS or a proxy refuses needs a person, what speaks no HTTP is not
* understood, anything else passes. `code` is the failure's, `what` the operation for the message, `endpoint` a host without credentials,
* `authorities` where an operator names a certificate authority.
*/
function networkFailure(code, what, endpoint, cause, authorities = "NODE_EXTRA_CA_CERTS") {
	const { drawer, said } = meaningOf(cause, authorities);
	const broke = said === void 0 ? `the exchange with ${endpoint} failed` : `${endpoint} ${said}`;
	const words = endpoint.startsWith("http:") && (CUT.has(codeOf(cause)) || drawer === "not-understood") ? `${broke} (if it speaks TLS, its URL begins with https://)` : broke;
	return new Failure(drawer, code, `${what}: ${words}`, { cause });
}
/** How a server that speaks TLS ends an exchange that is begun in plain text. */
const CUT = /* @__PURE__ */ new Set([
	"ECONNRESET",
	"EPIPE",
	"UND_ERR_SOCKET"
]);
/** What messages call the other side: its host, and the scheme where it is plain http. */
function endpointOf({ protocol, origin, host }) {
	return protocol === "http:" ? origin : host;
}
function meaningOf(cause, authorities) {
	const reason = codeOf(cause);
	if (reason in TLS) {
		const said = TLS[reason];
		return {
			drawer: "person",
			said: said === UNKNOWN_AUTHORITY ? `${said}: name it in ${authorities}` : said
		};
	}
	if (OTHER_TLS.test(reason)) return {
		drawer: "person",
		said: `cannot be spoken to over TLS (${reason})`
	};
	const proxy = Number(/Proxy response \((\d{3})\)/.exec(describeError(cause))?.[1]);
	if (proxy > 0) return {
		drawer: drawerOfStatus(proxy) === "passing" ? "passing" : "person",
		said: `is behind a proxy that answers ${proxy}: check HTTPS_PROXY and its credentials`
	};
	if (hasCause(cause, "HTTPParserError")) return {
		drawer: "not-understood",
		said: "does not speak HTTP/1.1: check that the URL has the right scheme and port"
	};
	return {
		drawer: "passing",
		said: NETWORK[reason]
	};
}
function hasCause(thrown, name) {
	return thrown instanceof Error && (thrown.name === name || hasCause(thrown.cause, name));
}
/** Milliseconds that a Retry-After header asks for: whole or broken seconds, or an HTTP date (RFC 9110, 10.2.3); undefined for anything else. */
function readRetryAfter(header, now = Date.now()) {
	if (header === null || header === void 0) return void 0;
	if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Math.ceil(Number(header) * 1e3);
	const date = /^\s*[A-Za-z]{3,9}, /.test(header) ? Date.parse(header) : NaN;
	return Number.isNaN(date) ? void 0 : Math.max(0, date - now);
}
const UNKNOWN_AUTHORITY = "has a certificate of an unknown authority";
/** By the codes of https://nodejs.org/api/tls.html#x509-certificate-error-codes and of OpenSSL. */
const TLS = {
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
	ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "wants a client certificate"
};
/** What these tables name no words for: what OpenSSL says of a handshake, and of certificates. */
const OTHER_TLS = /^(ERR_SSL_|CERT_|CRL_|UNABLE_TO_(GET|DECRYPT|DECODE)_|ERROR_IN_C|INVALID_(CA|PURPOSE)$|PATH_LENGTH_|HOSTNAME_MISMATCH)/;
const NETWORK = {
	ENOTFOUND: "is no known host: check endpoint and region, and whether a proxy is needed (HTTPS_PROXY)",
	EAI_AGAIN: "cannot be looked up now",
	ECONNREFUSED: "takes no connections",
	ECONNRESET: "dropped the connection",
	UND_ERR_SOCKET: "closed the connection",
	UND_ERR_CONNECT_TIMEOUT: "cannot be connected to in time: check the route (service gateway, NAT) and whether a proxy is needed (HTTPS_PROXY)",
	UND_ERR_HEADERS_TIMEOUT: "does not answer in time",
	UND_ERR_BODY_TIMEOUT: "stopped in the middle of an answer"
};
export { readRetryAfter as a, networkFailure as i, drawerOfStatus as n, endpointOf as r, drawerOfObjectStatus as t };
