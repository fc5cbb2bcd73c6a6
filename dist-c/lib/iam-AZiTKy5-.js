import { b as object, w as string, y as number } from "./schemas-Dm7Z0tOD.js";
import { n as FlowferryError, t as Failure } from "./errors-C4nvsd9u.js";
import { a as readBody, c as textOf, i as parseJson } from "./answers-CeDnf6Uf.js";
import { a as readRetryAfter, i as networkFailure, n as drawerOfStatus } from "./failures-B32_Iw8l.js";
import { n as proxyAgent } from "./proxy-agent-BXfkr1el.js";
import { i as shownUrl } from "./urls-hmwHZnCP.js";
import { t as checkTokenUrl } from "./iam-options-CHrki5ta.js";
import { request } from "undici";
// src/clouds/ibm/iam.ts
const answerSchema = object({
	access_token: string().min(1),
	expires_in: number().positive()
});
const refusalSchema = object({
	errorCode: string().optional(),
	errorMessage: string().optional()
});
/** A token is renewed when this part of its life is over; while that fails it is used up to its end. */
const RENEW_AFTER = .8;
const JUST_ISSUED_MS = 6e4;
const TIMEOUT_MS = 3e4;
/**
* Tokens for a key: callers at the same time share one exchange, and a token that has only just been issued is kept although it is refused.
* Throws UsageError for a token URL that would send the key in the clear.
*/
function ibmIamTokens(options, { env, secrets }, now = Date.now) {
	checkTokenUrl(options);
	const { apiKey, tokenUrl } = options;
	const dispatcher = proxyAgent(env, {
		connect: { timeout: TIMEOUT_MS },
		maxResponseSize: 1024 ** 2
	});
	let current;
	let exchange;
	const renew = async () => {
		try {
			const issued = now();
			const { access_token, expires_in } = await askFor(apiKey, tokenUrl, { dispatcher });
			secrets?.addPassing(access_token);
			current = {
				token: access_token,
				issued,
				lifeMs: expires_in * 1e3
			};
			return access_token;
		} catch (error) {
			if (current !== void 0 && now() < current.issued + current.lifeMs) return current.token;
			throw error;
		} finally {
			exchange = void 0;
		}
	};
	return {
		token: async () => {
			if (current !== void 0 && now() < current.issued + current.lifeMs * RENEW_AFTER) return current.token;
			exchange ??= renew();
			return exchange;
		},
		refused() {
			if (current !== void 0 && now() > current.issued + JUST_ISSUED_MS) current = void 0;
		},
		close: () => dispatcher.destroy()
	};
}
async function askFor(apiKey, tokenUrl, { dispatcher }) {
	try {
		const signal = AbortSignal.timeout(TIMEOUT_MS);
		const { statusCode, headers, body } = await request(tokenUrl, {
			dispatcher,
			method: "POST",
			headers: {
				"content-type": "application/x-www-form-urlencoded",
				accept: "application/json"
			},
			body: new URLSearchParams({
				grant_type: "urn:ibm:params:oauth:grant-type:apikey",
				apikey: apiKey
			}).toString(),
			signal
		});
		const header = (name) => [headers[name]].flat()[0];
		const answer = parseJson(textOf(await readBody(body, header("content-encoding"), signal)));
		const retryAfterMs = readRetryAfter(header("retry-after"));
		const token = answerSchema.safeParse(answer);
		if (statusCode === 200 && token.success) return token.data;
		const { errorCode, errorMessage } = refusalSchema.safeParse(answer).data ?? {};
		const words = [errorCode, errorMessage].filter(Boolean).join(" ");
		const said = `${shownUrl(tokenUrl)} answered ${statusCode} ${words}`.trim();
		const drawer = drawerOfStatus(statusCode);
		if (drawer === "passing") throw new Failure(drawer, "service-unavailable", said, { retryAfterMs });
		if (drawer === "batch" || drawer === "person") throw new Failure("person", "not-authenticated", `${said}: check auth.apiKey, that the key is neither locked nor deleted, and auth.tokenUrl`, { retryAfterMs });
		throw new Failure("not-understood", "bad-answer", `${said}, without a token: check auth.tokenUrl`, { retryAfterMs });
	} catch (error) {
		throw error instanceof FlowferryError ? error : networkFailure("network", "exchange of the IBM Cloud API key", shownUrl(tokenUrl), error);
	}
}
export { ibmIamTokens as t };
