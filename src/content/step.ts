import type { ServiceCall } from "./service-call.ts";

/** One thing that is installed or removed. */
export interface Step {
  readonly kind:
    | "field"
    | "parser"
    | "source"
    | "saved search"
    | "dashboard"
    | "scheduled task"
    | "topic"
    | "subscription"
    | "alarm";
  readonly name: string;
  readonly action: "create" | "update" | "delete" | "none";
  /** What differs, for an update. */
  readonly differences: readonly string[];
  /** Carries it out; to be called in the order of the steps, and not for `none`. */
  run(signal: AbortSignal): Promise<void>;
  /** What a person still has to do. To be asked after `run` where the step is carried out, else at once. */
  notice?(): string | undefined;
}

/** Steps towards the content, or away from it. Looks only; nothing is changed before the steps are run. */
export interface Installer {
  steps(signal: AbortSignal): Promise<Step[]>;
  removal(signal: AbortSignal): Promise<Step[]>;
}

/** What a found thing needs to be as wanted. */
export function actionFor(found: unknown, differences: readonly string[]): Step["action"] {
  if (found === undefined) return "create";
  return differences.length === 0 ? "none" : "update";
}

/**
 * Deletes something. That it is not there is no failure, since the answer to an earlier attempt may have been lost; but the service says
 * the same of what must not be touched, so it is looked for again.
 */
export function removing(
  call: ServiceCall,
  operation: string,
  request: () => Promise<object>,
  { isThere }: { readonly isThere: (signal: AbortSignal) => Promise<boolean> },
): Step["run"] {
  return async (signal) => {
    const done = await call.orAbsent(operation, signal, request);
    if (done === undefined && (await isThere(signal))) await call(operation, signal, request);
  };
}
