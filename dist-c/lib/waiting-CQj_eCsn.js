import { setTimeout } from "node:timers/promises";
// src/lib/waiting.ts
/**
* Resolves when one of the promises does, or the signal aborts; rejects when one rejects first. Unlike `Promise.race` with a promise for
* the signal it leaves nothing behind on a long-lived signal.
*/
function firstOf(promises, signal) {
	if (signal.aborted) return Promise.resolve();
	return new Promise((resolve, reject) => {
		const onAbort = () => resolve();
		signal.addEventListener("abort", onAbort, { once: true });
		Promise.race(promises).then(() => resolve(), reject).finally(() => signal.removeEventListener("abort", onAbort));
	});
}
/** Resolves after `ms`, or at once when the signal aborts. */
async function pause(ms, signal) {
	try {
		await setTimeout(ms, void 0, { signal });
	} catch (error) {
		if (!signal.aborted) throw error;
	}
}
/** Resolves as `firstOf`, at the latest after `ms`. */
async function firstWithin(ms, promises, signal) {
	const over = new AbortController();
	try {
		await firstOf([...promises, pause(ms, AbortSignal.any([signal, over.signal]))], signal);
	} finally {
		over.abort();
	}
}
export { firstWithin as n, pause as r, firstOf as t };
