import type { AlertDispatch } from "./dispatch.ts";

/**
 * Tells people of alerts while `work` runs, and then of those that still wait, as `AlertDispatch.drained`. `work` is stopped when nobody
 * can be told any more since the ledger is broken, and that error thrown.
 */
export async function whileTelling<T>(
  dispatch: AlertDispatch | undefined,
  stop: AbortSignal,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  if (dispatch === undefined) return work(stop);
  const [ended, broken] = [new AbortController(), new AbortController()];
  const telling = dispatch.run(AbortSignal.any([stop, ended.signal]));
  telling.catch((error: unknown) => broken.abort(error));
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
