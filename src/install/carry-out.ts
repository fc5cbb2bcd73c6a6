import { describeError, drawerOf, Failure } from "../lib/errors.ts";
import { keyOf, type Step } from "./step.ts";

/** What became of a step. */
export interface Outcome {
  readonly step: Step;
  /** `left-out`: it was not tried, since something that it needs could not be done, or since its like is refused. */
  readonly result: "done" | "refused" | "left-out";
  /** Why it was not done, in one line. */
  readonly reason?: string;
  readonly code?: string;
}

/**
 * Carries out steps in their order, and goes on after a refusal with those that do not depend on what was refused. A refusal that speaks of
 * that one thing (the drawer `batch`) leaves others of its kind their try; any other would meet them as well, and is told once.
 */
export async function* carryOut(steps: readonly Step[], signal: AbortSignal): AsyncGenerator<Outcome> {
  const missing = new Set<string>();
  const closed = new Set<string>();
  for (const step of steps) {
    const key = keyOf(step);
    const cause = step.needs?.find((need) => missing.has(need)) ?? (closed.has(step.kind) ? `the other ${step.kind}` : undefined);
    if (step.refusal !== undefined) {
      missing.add(key);
      yield notDone(step, step.refusal);
      continue;
    }
    if (cause !== undefined) {
      missing.add(key);
      yield { step, result: "left-out", reason: `left out because of ${cause}` };
      continue;
    }
    try {
      await step.run(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      missing.add(key);
      if (drawerOf(error) !== "batch") closed.add(step.kind);
      yield notDone(step, error);
      continue;
    }
    yield { step, result: "done" };
  }
}

/** A refused step, with what a person reads of it. */
export function notDone(step: Step, failure: Failure): Outcome {
  return { step, result: "refused", reason: describeError(failure), code: failure.code };
}
