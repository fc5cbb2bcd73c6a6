import { n as FlowferryError, t as Failure } from "./errors-C4nvsd9u.js";
import { a as readBody, c as textOf, i as parseJson, n as oneLine, o as saysDone, s as shown, t as NO_BODY } from "./answers-CeDnf6Uf.js";
import { a as readRetryAfter, n as drawerOfStatus } from "./failures-B32_Iw8l.js";
import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
// src/lib/http/denial.ts
const SERVICE = { mayEcho: false };
const ASSENT = /^(?:(?:ok|okay|success|successful|successfully|accepted|received|done|ingested|stored|written)(?:$|[\s.!,:]+))+$/i;
const NEUTRAL = /\b(?:20[0-2]|all|the|your|logs?|records?|events?|data|request|status|message|is|was|were|have|has|been|and|with)\b[\s.!,:]*/gi;
/** The longest words that may be a yes, in characters: what is longer is somebody else's. */
const LONGEST_ASSENT = 100;
const LONGEST_ECHO = 1e3;
/** Whether words are nothing but a yes: `ok`, `200 OK`, `Accepted`, `Logs received`. */
function isAssent(text) {
	return text.length <= LONGEST_ASSENT && ASSENT.test(text.replaceAll(NEUTRAL, ""));
}
/** How words begin that say no. Teams says it in the second way, below a 200. */
const NO = /^\W*(error|failed|failure|forbidden|unauthori[sz]ed|(access )?denied)\b|\bfailed with error\b/i;
const REFUSAL = /err|fail|fault|exception|den(?:y|ied)|unauth|not auth|forbid|invalid|reject|refus|expired|unavail|unknown|unsupported|not found|timed? ?out|log ?in|sign ?in/i;
const FAILED = /^(error|fail|failed|failure)$/i;
/** Members that hold something when it went wrong. */
const FAULTS = [
	"error",
	"errors",
	"err",
	"errorCode",
	"error_code",
	"errcode",
	"errorMessage",
	"errorNum",
	"fault",
	"exception"
];
const VERDICTS = [
	"ok",
	"success",
	"succeeded",
	"successful"
];
const NUMBERS = [
	"status",
	"statusCode",
	"status_code",
	"httpStatus",
	"httpCode",
	"code"
];
const WORDS = [
	"status",
	"code",
	"result"
];
const SENTENCES = [
	"status",
	"message",
	"msg",
	"detail",
	"reason",
	"title",
	"result"
];
/** Whether a JSON value says that it went wrong, in one of the ways in which APIs and gateways say so below a 200. */
function isDenial(value, receiver = SERVICE) {
	const { mayEcho } = receiver;
	if (Array.isArray(value)) return value.some((one) => isDenial(one, receiver));
	if (typeof value === "string") return mayEcho ? NO.test(value) : !isAssent(value);
	if (typeof value !== "object" || value === null) return value === false || typeof value === "number" && !mayEcho;
	const given = (name) => Object.hasOwn(value, name) ? value[name] : void 0;
	if (FAULTS.map(given).some(isSomething)) return true;
	if (VERDICTS.map(given).some((verdict) => verdict === false || verdict === "false")) return true;
	const numbers = NUMBERS.map(given).filter(isNumeric).map(Number);
	if (mayEcho) return numbers.some(isHttpError) || WORDS.map(given).some((word) => FAILED.test(String(word)));
	const code = given("code");
	return numbers.some((number) => number !== 0 && !(number >= 200 && number < 300)) || SENTENCES.map(given).some((text) => typeof text === "string" && REFUSAL.test(text)) || typeof code === "string" && !isNumeric(code) && !isAssent(code);
}
/**
* What makes the body of a 2xx no acknowledgement where the protocol defines no body: a page, JSON that says that it went wrong, words
* that are no yes (of whoever may echo: that are a no, or too many), a fault. Undefined for a body that may stand.
*/
function denialIn(body, receiver = SERVICE) {
	if (body.fault !== void 0) return body.fault;
	const text = textOf(body);
	if (text === "" || isAssent(text)) return void 0;
	const value = parseJson(text);
	const isWords = !text.startsWith("<") && text.length <= LONGEST_ECHO;
	return (value === void 0 ? receiver.mayEcho && isWords && !NO.test(text) : !isDenial(value, receiver)) ? void 0 : shown(text);
}
const isNumeric = (value) => typeof value === "number" || typeof value === "string" && /^-?\d+$/.test(value);
const isHttpError = (status) => status >= 400 && status < 600;
/** Whether a member that is there for faults holds one. */
function isSomething(value) {
	if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
	return Boolean(value) && value !== "0";
}
// src/clouds/oci/transport.ts
/** Most bytes of an answer that is no stream: the largest are pages of a list. */
const LARGEST_BYTES = 67108864;
/** A failure of an SDK call: the SDK's own OciError or what the network said as `cause`, and the answer if there was one. */
var OciCallFailure = class extends Error {
	answer;
	constructor(cause, answer) {
		super("OCI call failed", { cause });
		this.answer = answer;
	}
};
/** How a key id begins that is a session token. */
const TOKEN = "ST$";
/** The transport for all clients of one identity. Close it when the last of them is done. */
async function ociTransport(identity, options) {
	const [common, { proxyAgent }] = await Promise.all([import("oci-common"), import("./proxy-agent-C88f0ufp.js")]);
	const calls = new AsyncLocalStorage();
	const dispatcher = proxyAgent(options.env, {
		keepAliveTimeout: 3e4,
		headersTimeout: options.timeoutMs,
		bodyTimeout: options.timeoutMs,
		connect: { timeout: options.connectTimeoutMs }
	});
	let signer;
	let signing = Promise.resolve();
	let told;
	/**
	* Signs with a key and a key id that belong together: one at a time, since both change when a token is renewed.
	* Gives the key id, or undefined if the refused one is still the newest.
	*/
	const sign = (request, excludeBody, signal, refused) => {
		const signed = signing.then(async () => {
			try {
				await identity.prepare(signal);
				if (refused !== void 0 && !await identity.renew(refused, signal)) return void 0;
				signer ??= new common.DefaultRequestSigner(identity.provider);
				await signer.signHttpRequest(request, excludeBody);
				const keyId = await identity.provider.getKeyId();
				if (keyId.startsWith(TOKEN)) options.secrets?.addPassing(keyId.slice(3));
				return keyId;
			} catch (cause) {
				signal.throwIfAborted();
				if (cause instanceof FlowferryError) throw cause;
				throw new Failure("person", "not-authenticated", `the request cannot be signed; ${identity.authenticationAdvice}`, { cause });
			}
		});
		signing = signed.catch(() => void 0);
		return signed;
	};
	const httpClient = { async send(sdkRequest, excludeBody = false) {
		const call = calls.getStore();
		if (call === void 0) throw new Error("an SDK client has to be used inside of call()");
		const uri = escaped(sdkRequest.uri);
		const copy = () => ({
			...sdkRequest,
			uri,
			headers: new Headers(sdkRequest.headers)
		});
		try {
			const first = copy();
			const keyId = await sign(first, excludeBody, call.signal);
			const response = await exchange(dispatcher, first, call);
			if (response.status !== 401) return response;
			const second = copy();
			const renewed = await sign(second, excludeBody, call.signal, keyId);
			if (renewed === void 0) return response;
			if (renewed !== told) options.onRenewed?.();
			told = renewed;
			await response.arrayBuffer();
			return await exchange(dispatcher, second, call);
		} catch (error) {
			call.failure = error;
			throw error;
		}
	} };
	const run = async (call, request) => {
		call.signal.throwIfAborted();
		try {
			const result = await calls.run(call, request);
			if (call.answer === void 0) throw new Error("the SDK sent no request");
			return {
				result,
				answer: call.answer
			};
		} catch (error) {
			call.signal.throwIfAborted();
			throw error instanceof FlowferryError ? error : new OciCallFailure(error, call.answer);
		}
	};
	const callOf = (signal, streamed) => ({
		signal,
		streamed,
		failure: void 0,
		answer: void 0,
		body: NO_BODY,
		response: void 0
	});
	return {
		httpClient,
		configuration: {
			circuitBreaker: new common.CircuitBreaker({ disableClientCircuitBreaker: true }),
			retryConfiguration: {
				retryCondition(error) {
					const call = calls.getStore();
					if (call !== void 0) call.failure = error;
					return true;
				},
				terminationStrategy: { shouldTerminate() {
					throw calls.getStore()?.failure ?? /* @__PURE__ */ new Error("an SDK client has to be used inside of call()");
				} }
			}
		},
		call: (signal, request) => run(callOf(signal, true), request),
		async ask(signal, request) {
			const call = callOf(signal, false);
			const { result, answer } = await run(call, request);
			const rest = call.response?.bodyUsed === false ? call.body : NO_BODY;
			const denial = saysDone(answer.status) ? denialIn(rest) : `has the status ${answer.status}, which acknowledges nothing`;
			if (denial !== void 0) throw new OciCallFailure(/* @__PURE__ */ new Error(`it ${withoutSignature(oneLine(denial))}`), answer);
			return {
				result,
				answer,
				rest
			};
		},
		async close() {
			await Promise.all([dispatcher.destroy(), identity.close()]);
		}
	};
}
/** The SDK leaves to `fetch` what may not stand in a URL; the signer encodes it, and the apostrophe, for itself: both see it encoded. */
function escaped(uri) {
	return uri.replaceAll(/[^\x21-\x7e]+|["<>\\^`{|}]/g, encodeURIComponent).replaceAll("'", "%27");
}
/** What somebody may repeat of a request: its signature, and the token of a session as its key id. */
function withoutSignature(text) {
	return text.replaceAll(/ST\$[\w.~+/=-]+/g, "ST$***").replaceAll(/(signature=\\?")[^"\\]*/gi, "$1***");
}
/** Sends what was signed, byte for byte. A streamed body is given as it comes: a stored object is not decompressed on the way. */
async function exchange(dispatcher, { method, uri, headers, body }, call) {
	const origin = new URL(uri).origin;
	const path = uri.slice(uri.indexOf("/", uri.indexOf("//") + 2));
	const answer = await dispatcher.request({
		origin,
		path,
		method,
		headers: Object.fromEntries(headers),
		...body === void 0 ? {} : { body },
		signal: call.signal
	});
	const answerHeaders = new Headers();
	for (const [name, value] of Object.entries(answer.headers)) for (const one of Array.isArray(value) ? value : [value]) if (one !== void 0) answerHeaders.append(name, one);
	const status = answer.statusCode;
	call.answer = {
		status,
		headers: answerHeaders,
		retryAfterMs: readRetryAfter(answerHeaders.get("retry-after"))
	};
	const init = {
		status,
		headers: answerHeaders
	};
	if (method === "HEAD" || status === 204 || status === 205 || status === 304) {
		await answer.body.dump();
		return new Response(null, init);
	}
	if (call.streamed) return new Response(Readable.toWeb(answer.body), init);
	call.body = await readBody(answer.body, answerHeaders.get("content-encoding"), call.signal, LARGEST_BYTES);
	const drawer = drawerOfStatus(status);
	if (call.body.fault !== void 0 && drawer !== "passing" && drawer !== "person") throw new Error(`it ${call.body.fault}`);
	call.response = new Response(new Uint8Array(call.body.bytes), init);
	return call.response;
}
export { isAssent as a, denialIn as i, ociTransport as n, isDenial as o, withoutSignature as r, OciCallFailure as t };
