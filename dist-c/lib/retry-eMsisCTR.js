import { o as drawerOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { setTimeout } from "node:timers/promises";
// src/lib/retry.ts
/** The longest Retry-After that is honoured; a receiver that asks for more is asked again after an hour. */
const LONGEST_RETRY_AFTER_MS = 36e5;
/**
* Repeats `attempt` until it succeeds: full-jitter exponential backoff, never sooner than Retry-After.
* Gives up only for what no repetition heals (the drawers `batch` and `object`, UsageError, what `isFinal` says) and when the signal aborts.
*/
async function retry(attempt, policy, signal, onRetry, isFinal = () => false) {
	for (let failures = 1;; failures += 1) try {
		return await attempt();
	} catch (error) {
		signal.throwIfAborted();
		const drawer = drawerOf(error);
		if (drawer === "batch" || drawer === "object" || error instanceof UsageError || isFinal(error)) throw error;
		const pauseMs = pauseBefore(failures, error, policy);
		onRetry({
			failures,
			pauseMs,
			error
		});
		await setTimeout(pauseMs, void 0, { signal });
	}
}
/** As `retry`, for whoever cannot wait for a person: ends with any failure but those that pass or are not understood. */
function retryBriefly(attempt, policy, signal, onRetry) {
	const isFinal = (error) => !["passing", "not-understood"].includes(drawerOf(error));
	return retry(attempt, policy, signal, onRetry, isFinal);
}
/** The pause after so many failures in a row, in ms: exponential with jitter, never sooner than the other side asked for. */
function pauseBefore(failures, error, { initialMs, maxMs }) {
	const ceiling = Math.min(maxMs, initialMs * 2 ** Math.min(failures - 1, 30));
	const backoff = Math.round(ceiling * (.5 + Math.random() / 2));
	const asked = error instanceof Failure ? error.retryAfterMs ?? 0 : 0;
	return Math.max(backoff, Math.min(asked, LONGEST_RETRY_AFTER_MS));
}
export { retry as n, retryBriefly as r, pauseBefore as t };
