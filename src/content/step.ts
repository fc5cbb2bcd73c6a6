/** One thing that is installed or removed. */
export interface Step {
  readonly kind: "field" | "parser" | "source" | "saved search" | "dashboard" | "scheduled task";
  readonly name: string;
  readonly action: "create" | "update" | "delete" | "none";
  /** What differs, for an update. */
  readonly differences: readonly string[];
  /** Carries it out; to be called in the order of the steps, and not for `none`. */
  run(signal: AbortSignal): Promise<void>;
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
