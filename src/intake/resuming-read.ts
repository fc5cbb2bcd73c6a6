import { setTimeout as sleep } from "node:timers/promises";
import { drawerOf, Failure, FlowferryError } from "../lib/errors.ts";

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
 * Throws what `again` throws if it neither passes nor is an answer that was not understood, and what failed last after six failures in a
 * row without a byte between them.
 */
export async function* resumingRead(
  what: string,
  first: Piece,
  again: (from: number, total: number) => Promise<Piece>,
  signal: AbortSignal,
  firstPauseMs = FIRST_PAUSE_MS,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { total } = first;
  let piece: Piece | undefined = first;
  let at = 0;
  for (let failures = 0; ; ) {
    try {
      piece ??= await again(at, total);
      for await (const chunk of piece.bytes) {
        if (at + chunk.length > total) {
          throw new Failure("not-understood", "bad-answer", `${what} goes on after its last byte, ${total}`);
        }
        at += chunk.length;
        if (chunk.length > 0) failures = 0;
        yield chunk;
      }
      if (at === total) return;
      throw new Failure("passing", "network", `${what} ended at byte ${at} of ${total}`);
    } catch (error) {
      signal.throwIfAborted();
      // Broken after the last byte.
      if (at === total) return;
      const drawer = drawerOf(error);
      if (drawer !== "passing" && drawer !== "not-understood") throw error;
      failures += 1;
      if (failures > RESUMPTIONS) throw interrupted(what, at, total, error);
      piece = undefined;
      await sleep(pauseAfter(error, failures, firstPauseMs), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

function interrupted(what: string, at: number, total: number, cause: unknown): Error {
  if (cause instanceof FlowferryError) return cause;
  const times = RESUMPTIONS + 1;
  const message = `${what}: the connection broke ${times} times in a row at byte ${at} of ${total}`;
  return new Failure("passing", "network", message, { cause });
}

function pauseAfter(error: unknown, failures: number, firstPauseMs: number): number {
  const asked = error instanceof Failure ? (error.retryAfterMs ?? 0) : 0;
  const backoff = firstPauseMs * 2 ** (failures - 1) * (0.5 + Math.random() / 2);
  return Math.min(LONGEST_PAUSE_MS, Math.max(asked, backoff));
}
