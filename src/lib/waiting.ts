import { setTimeout as sleep } from "node:timers/promises";

/**
 * Resolves when one of the promises does, or the signal aborts; rejects when one rejects first. Unlike `Promise.race` with a promise for
 * the signal it leaves nothing behind on a long-lived signal.
 */
export function firstOf(promises: readonly Promise<unknown>[], signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    Promise.race(promises)
      .then(() => resolve(), reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Resolves after `ms`, or at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Resolves as `firstOf`, at the latest after `ms`. */
export async function firstWithin(ms: number, promises: readonly Promise<unknown>[], signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  try {
    await firstOf([...promises, pause(ms, AbortSignal.any([signal, over.signal]))], signal);
  } finally {
    over.abort();
  }
}
