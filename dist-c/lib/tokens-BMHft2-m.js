import { t as Failure } from "./errors-C4nvsd9u.js";
import { a as readBody, c as textOf, n as oneLine } from "./answers-CeDnf6Uf.js";
import { a as readRetryAfter, i as networkFailure, n as drawerOfStatus } from "./failures-B32_Iw8l.js";
import { i as shownUrl } from "./urls-hmwHZnCP.js";
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { request } from "undici";
// src/clouds/oci/tokens.ts
const LARGEST_ANSWER_BYTES = 1048576;
const CONNECT_TIMEOUT_MS = 5e3;
const ANSWER_TIMEOUT_MS = 3e4;
/** A token is replaced this long before it expires, or at half of its life if that is shorter. */
const RENEWAL_MARGIN_MS = 12e4;
/** How long a token is used that does not say when it expires. */
const UNKNOWN_LIFE_MS = 6e5;
/** For the dispatchers of token exchanges. */
const exchangeLimits = {
	connect: { timeout: CONNECT_TIMEOUT_MS },
	headersTimeout: ANSWER_TIMEOUT_MS,
	bodyTimeout: ANSWER_TIMEOUT_MS,
	maxResponseSize: LARGEST_ANSWER_BYTES
};
/** When the token of a key id `ST$…` expires, in ms since the epoch; undefined if it does not say. */
function tokenExpiry(keyId) {
	const claims = keyId.split(".")[1] ?? "";
	try {
		const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString());
		return typeof exp === "number" ? exp * 1e3 : void 0;
	} catch {
		return;
	}
}
/**
* A key pair of its own and a token for it, both replaced together before the token expires. The SDK's providers for this
* replace the key while other requests are being signed, print to stdout, and know neither proxies nor time limits.
*/
function tokenSession(exchange) {
	let session;
	const current = () => {
		if (session === void 0) throw new Error("prepare() has to be awaited before a request is signed");
		return session;
	};
	const start = async (signal) => {
		const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
		const keyId = `ST$${await exchange(publicKey.export({
			type: "spki",
			format: "der"
		}), signal)}`;
		const life = (tokenExpiry(keyId) ?? Date.now() + UNKNOWN_LIFE_MS) - Date.now();
		return {
			keyId,
			privateKey: privateKey.export({
				type: "pkcs8",
				format: "pem"
			}).toString(),
			renewAt: Date.now() + life - Math.min(RENEWAL_MARGIN_MS, life / 2)
		};
	};
	return {
		provider: {
			getKeyId: async () => current().keyId,
			getPrivateKey: () => current().privateKey,
			getPassphrase: () => null
		},
		async prepare(signal) {
			if (session === void 0 || session.renewAt <= Date.now()) session = await start(signal);
		},
		async renew(refusedKeyId, signal) {
			if (session === void 0 || session.keyId === refusedKeyId) session = await start(signal);
			return true;
		}
	};
}
/** An HTTP exchange whose failure says who did not answer, with what, and what to do. */
async function exchangeText(url, options, who, advice) {
	const { signal } = options;
	let answer;
	let text;
	let fault;
	try {
		answer = await request(url, options);
		const body = await readBody(answer.body, header(answer, "content-encoding"), signal);
		text = textOf(body);
		fault = body.fault;
	} catch (cause) {
		signal.throwIfAborted();
		const { drawer } = networkFailure("network", who, url, cause);
		throw new Failure(drawer, "not-authenticated", `${who} at ${shownUrl(url)} does not answer; ${advice}`, { cause });
	}
	const { statusCode: status } = answer;
	if (status === 200 && fault === void 0) return text;
	const byStatus = drawerOfStatus(status) ?? "not-understood";
	const said = fault === void 0 ? oneLine(text.slice(0, 200)) : `, and the answer ${oneLine(fault)}`;
	throw new Failure(byStatus === "batch" ? "person" : byStatus, "not-authenticated", `${who} at ${shownUrl(url)} answers ${status} ${said}; ${advice}`, { retryAfterMs: readRetryAfter(header(answer, "retry-after")) });
}
const header = ({ headers }, name) => [headers[name]].flat()[0];
/** The token in an answer `{"token": "…"}`. */
function tokenOf(json, who) {
	let token;
	try {
		({token} = JSON.parse(json));
	} catch (cause) {
		throw new Failure("not-understood", "not-authenticated", `${who} answers with something other than JSON`, { cause });
	}
	if (typeof token === "string" && token !== "") return token;
	throw new Failure("not-understood", "not-authenticated", `${who} answers without a token`);
}
export { tokenSession as a, tokenOf as i, exchangeText as n, tokenExpiry as r, exchangeLimits as t };
