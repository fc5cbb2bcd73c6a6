import { setTimeout as sleep } from "node:timers/promises";
import { describeError, drawerOf, Failure, UsageError } from "./errors.ts";

export interface RetryPolicy {
  /** Upper bound of the first pause; each further one doubles it. */
  readonly initialMs: number;
  /** Upper bound of any pause that the other side did not ask for. */
  readonly maxMs: number;
}

/** Told before each pause: how often it failed in a row, when the next attempt is made, and why. */
export type OnRetry = (failure: { failures: number; pauseMs: number; error: unknown }) => void;

/** The longest Retry-After that is honoured; a receiver that asks for more is asked again after an hour. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/**
 * Repeats `attempt` until it succeeds: full-jitter exponential backoff, never sooner than Retry-After.
 * Gives up only for what no repetition heals (the drawers `batch` and `object`, UsageError, what `isFinal` says) and when the signal aborts.
 */
export async function retry<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
  onRetry: OnRetry,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const drawer = drawerOf(error);
      if (drawer === "batch" || drawer === "object" || error instanceof UsageError || isFinal(error)) throw error;
      const pauseMs = pauseBefore(failures, error, policy);
      onRetry({ failures, pauseMs, error });
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

/** As `retry`, for whoever cannot wait for a person: ends with any failure but those that pass or are not understood. */
export function retryBriefly<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
  onRetry: OnRetry,
): Promise<T> {
  const isFinal = (error: unknown): boolean => !["passing", "not-understood"].includes(drawerOf(error));
  return retry(attempt, policy, signal, onRetry, isFinal);
}

/** As `retryBriefly`, for so long at most. `what` is asked for, as in `GET /v1/views`. */
export async function retryWithin<T>(
  patienceMs: number,
  what: string,
  attempt: (signal: AbortSignal) => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(patienceMs);
  const within = AbortSignal.any([signal, late]);
  let last: unknown;
  try {
    return await retryBriefly(
      () => attempt(within),
      policy,
      within,
      ({ error }) => {
        last = error;
      },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    const why = last === undefined ? `${what}: there is no answer` : describeError(last);
    const message = `given up after ${Math.round(patienceMs / 1000)} s: ${why}`;
    throw new Failure(last === undefined ? "passing" : drawerOf(last), "no-success", message, { cause: last });
  }
}

/** The pause after so many failures in a row, in ms: exponential with jitter, never sooner than the other side asked for. */
export function pauseBefore(failures: number, error: unknown, { initialMs, maxMs }: RetryPolicy): number {
  const ceiling = Math.min(maxMs, initialMs * 2 ** Math.min(failures - 1, 30));
  const backoff = Math.round(ceiling * (0.5 + Math.random() / 2));
  const asked = error instanceof Failure ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(backoff, Math.min(asked, LONGEST_RETRY_AFTER_MS));
}
