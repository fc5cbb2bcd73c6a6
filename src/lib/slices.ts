import { setImmediate } from "node:timers/promises";

/** Work that is done slice by slice: what the last one returns came of it. A generator that yields between its slices is one. */
export interface Slices<Result> {
  next(): IteratorResult<undefined, Result>;
}

/** So long work goes on before others have their turn, in ms. */
const TURN_MS = 5;

/** Work of one slice, that is done already. */
export function done<Result>(value: Result): Slices<Result> {
  return { next: () => ({ done: true, value }) };
}

export function atOnce<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}

/** Does the work; whatever else the thread has to do gets its turn between slices. */
export async function inTurns<Result>(slices: Slices<Result>): Promise<Result> {
  for (let until = performance.now() + TURN_MS; ; ) {
    const slice = slices.next();
    if (slice.done) return slice.value;
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + TURN_MS;
  }
}
