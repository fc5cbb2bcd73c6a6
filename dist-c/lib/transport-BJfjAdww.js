import { a as readBody, c as textOf, s as shown } from "./answers-CeDnf6Uf.js";
import { n as proxyAgent } from "./proxy-agent-BXfkr1el.js";
import { t as notUnderstood } from "./listing-D8Y4faBw.js";
import { Readable } from "node:stream";
// src/intake/s3/listing.ts
/** The root of a listing; the SDK finds nothing below one whose names have a prefix. */
const ROOT = /^(?:<\?xml[^>]*\?>)?\s*(?:<!--.*?-->\s*)*<ListBucketResult[\s>]/s;
const END = /<\/ListBucketResult\s*>$/;
const TRUNCATED = /<IsTruncated>\s*(?:true|false)\s*<\//;
/**
* Refuses a body that is no page of a listing. The SDK takes any XML for one, and nothing at all for one without objects; every store
* sends this root, and says whether more is to come.
*/
function checkListing(body, name) {
	const what = faultIn(body, textOf(body));
	if (what !== void 0) throw notUnderstood(name, what);
}
function faultIn({ fault }, text) {
	if (fault !== void 0) return fault;
	if (text === "") return "is empty: it does not even say that there are no objects";
	const error = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1];
	if (!ROOT.test(text)) return error === void 0 ? `is none: it ${shown(text)}` : `is none: it is an error, ${error}`;
	if (!END.test(text)) return "is cut short";
	return TRUNCATED.test(text) ? void 0 : "does not say whether more is to come (IsTruncated)";
}
// src/intake/s3/transport.ts
/** The largest answer that is no object, in bytes: a page of a listing is 4 MB at most. */
const LARGEST_ANSWER_BYTES = 16 * 1024 ** 2;
/**
* How the S3 client reaches its store: kept-alive connections, proxies from HTTPS_PROXY and NO_PROXY, and a limit on the wait for an
* answer and for the next bytes of a body. The limit rests while nobody reads: a slow sink does not break a download. What is no object is
* read to its end here, and a listing that is none is refused: the SDK would make an empty one of it.
*/
function s3Transport({ env, secrets, connectTimeoutMs, timeoutMs, name }) {
	const dispatcher = proxyAgent(env, {
		keepAliveTimeout: 3e4,
		headersTimeout: timeoutMs,
		bodyTimeout: timeoutMs,
		connect: { timeout: connectTimeoutMs }
	});
	const handle = async (request, { abortSignal } = {}) => {
		const { protocol, hostname, port, path, query, method, body } = request;
		const { expect: _, Expect: __, ...headers } = request.headers;
		const token = headers["x-amz-security-token"];
		if (token !== void 0) secrets?.addPassing(token);
		const { statusCode, headers: answered, body: bytes } = await dispatcher.request({
			origin: `${protocol}//${hostname}${port === void 0 ? "" : `:${port}`}`,
			path: path + queryOf(query ?? {}),
			method,
			headers,
			...body === void 0 ? {} : { body: body instanceof Readable ? body : Buffer.from(body) },
			...abortSignal === void 0 ? {} : { signal: abortSignal }
		});
		const flat = Object.entries(answered).map(([header, value]) => [header, Array.isArray(value) ? value.join(", ") : value ?? ""]);
		const answerHeaders = Object.fromEntries(flat);
		const isListing = query?.["list-type"] !== void 0;
		if (statusCode < 300 && !isListing) return { response: {
			statusCode,
			headers: answerHeaders,
			body: bytes
		} };
		const signal = abortSignal ?? new AbortController().signal;
		const answer = await readBody(bytes, answerHeaders["content-encoding"], signal, LARGEST_ANSWER_BYTES);
		if (statusCode < 300) checkListing(answer, name);
		return { response: {
			statusCode,
			headers: answerHeaders,
			body: new Uint8Array(answer.bytes)
		} };
	};
	return {
		requestHandler: {
			handle,
			destroy: () => {},
			updateHttpClientConfig: () => {},
			httpHandlerConfigs: () => ({})
		},
		close: () => dispatcher.destroy()
	};
}
function queryOf(query) {
	const parts = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => one === null ? encode(name) : `${encode(name)}=${encode(one)}`));
	return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
/** As the signature wants it: RFC 3986. */
function encode(text) {
	return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
export { s3Transport };
