import { setTimeout as sleep } from "node:timers/promises";
import { FlowferryError, PermanentError, RetryableError } from "../errors.ts";

/** A read is taken up again so often without getting any further. */
const RESUMPTIONS = 5;
const FIRST_PAUSE_MS = 100;
/** A store that asks for a longer pause is asked again sooner; an error that goes on is passed to the caller's own retry. */
const LONGEST_PAUSE_MS = 30_000;

/** An answer to a read: bytes from the byte asked for to the end, and the size of the whole object. */
export interface Piece {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly total: number;
}

/**
 * The bytes of an object from `first` on. Where the connection breaks, or ends too early, `again` is asked for the rest.
 * Throws what `again` throws if that is permanent, and a RetryableError after six failures in a row without a byte between them.
 */
export async function* resumingRead(
  what: string,
  first: Piece,
  again: (from: number, total: number) => Promise<Piece>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { total } = first;
  let piece: Piece | undefined = first;
  let at = 0;
  for (let failures = 0; ; ) {
    try {
      piece ??= await again(at, total);
      for await (const chunk of piece.bytes) {
        at += chunk.length;
        if (chunk.length > 0) failures = 0;
        yield chunk;
      }
      if (at === total) return;
      throw new RetryableError("network", `${what} ended at byte ${at} of ${total}`);
    } catch (error) {
      signal.throwIfAborted();
      // Broken after the last byte.
      if (at === total) return;
      if (error instanceof PermanentError || at > total) throw error;
      failures += 1;
      if (failures > RESUMPTIONS) throw interrupted(what, at, total, error);
      piece = undefined;
      await sleep(pauseAfter(error, failures), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

function interrupted(what: string, at: number, total: number, cause: unknown): Error {
  if (cause instanceof FlowferryError) return cause;
  const times = RESUMPTIONS + 1;
  return new RetryableError("network", `${what}: the connection broke ${times} times in a row at byte ${at} of ${total}`, {
    cause,
  });
}

function pauseAfter(error: unknown, failures: number): number {
  const asked = error instanceof RetryableError ? (error.retryAfterMs ?? 0) : 0;
  const backoff = FIRST_PAUSE_MS * 2 ** (failures - 1) * (0.5 + Math.random() / 2);
  return Math.min(LONGEST_PAUSE_MS, Math.max(asked, backoff));
}
