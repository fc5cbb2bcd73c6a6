// src/alerts/telling.ts
/**
* Tells people of alerts while `work` runs, and then of those that still wait, as `AlertDispatch.drained`. `work` is stopped when nobody
* can be told any more since the ledger is broken, and that error thrown.
*/
async function whileTelling(dispatch, stop, work) {
	if (dispatch === void 0) return work(stop);
	const [ended, broken] = [new AbortController(), new AbortController()];
	const telling = dispatch.run(AbortSignal.any([stop, ended.signal]));
	telling.catch((error) => broken.abort(error));
	const signal = AbortSignal.any([stop, broken.signal]);
	try {
		const result = await work(signal);
		await dispatch.drained(signal);
		return result;
	} finally {
		ended.abort();
		await telling;
	}
}
export { whileTelling as t };
