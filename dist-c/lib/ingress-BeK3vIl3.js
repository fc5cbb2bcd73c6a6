import { a as readBody } from "./answers-CeDnf6Uf.js";
import { a as readRetryAfter, i as networkFailure } from "./failures-B32_Iw8l.js";
import { n as proxyAgent } from "./proxy-agent-BXfkr1el.js";
import { r as pause, t as firstOf } from "./waiting-CQj_eCsn.js";
import { t as ibmIamTokens } from "./iam-AZiTKy5-.js";
import { r as singlesUrl } from "./options-b4vMsW62.js";
import { request } from "undici";
// src/clouds/ibm/cloud-logs/pace.ts
/** Spaces requests in the order in which they ask, so that on average no more than so many bytes a second go. */
function paceOf(bytesPerSecond) {
	/** On the clock of `performance.now()`, in ms. */
	let free = 0;
	return async (bytes, signal) => {
		const now = performance.now();
		const start = Math.max(now, free);
		free = start + bytes / bytesPerSecond * 1e3;
		if (start > now) await pause(start - now, signal);
		signal.throwIfAborted();
	};
}
// src/clouds/ibm/cloud-logs/ingress.ts
/** Asks nothing of the network before the first request. Throws UsageError. */
function createIngress(options, { env, version, onNotice, secrets, now }) {
	const { auth, bytesPerSecond, inFlight, connectTimeoutMs, timeoutMs } = options;
	const url = singlesUrl(options);
	const tokens = ibmIamTokens(auth, {
		env,
		secrets
	}, now);
	const pace = paceOf(bytesPerSecond);
	const dispatcher = proxyAgent(env, {
		connections: inFlight,
		headersTimeout: timeoutMs,
		bodyTimeout: timeoutMs,
		connect: { timeout: connectTimeoutMs }
	});
	const tokenWithin = async (signal) => {
		const token = tokens.token();
		await firstOf([token], signal);
		signal.throwIfAborted();
		return token;
	};
	const exchange = async (body, token, signal) => {
		await pace(body.length, signal);
		try {
			const answer = await request(url, {
				dispatcher,
				method: "POST",
				headers: {
					authorization: `Bearer ${token}`,
					"content-type": "application/json",
					"user-agent": `flowferry/${version}`
				},
				body,
				signal
			});
			const header = (name) => [answer.headers[name]].flat()[0];
			return {
				status: answer.statusCode,
				retryAfterMs: readRetryAfter(header("retry-after")),
				body: await readBody(answer.body, header("content-encoding"), signal)
			};
		} catch (error) {
			signal.throwIfAborted();
			throw networkFailure("network", "IBM Cloud Logs", url.origin, error);
		}
	};
	return {
		host: url.host,
		async post(body, signal) {
			signal.throwIfAborted();
			const token = await tokenWithin(signal);
			const answer = await exchange(body, token, signal);
			if (answer.status !== 401) return answer;
			tokens.refused();
			const renewed = await tokenWithin(signal);
			if (renewed === token) return answer;
			onNotice?.("IBM Cloud Logs refused the token (401); a new one was fetched, and the request is repeated with it");
			return exchange(body, renewed, signal);
		},
		async close() {
			await Promise.all([dispatcher.destroy(), tokens.close()]);
		}
	};
}
export { createIngress };
