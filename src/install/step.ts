import { Failure } from "../lib/errors.ts";

/** One thing that is installed or removed. */
export interface Step {
  /** `field`, `saved search`, …; of a step that stands for a group that could not be looked at, the group. */
  readonly kind: string;
  /** Empty for a group. */
  readonly name: string;
  readonly action: "create" | "update" | "delete" | "none" | "refused";
  /** What differs, for an update. */
  readonly differences: readonly string[];
  /** Why nothing can be done, for `refused`. */
  readonly refusal?: Failure;
  /** Other steps, by `keyOf`, without which this one cannot be done. */
  readonly needs?: readonly string[];
  /** Carries it out; to be called in the order of the steps, and not for `none` and `refused`. */
  run(signal: AbortSignal): Promise<void>;
  /** What a person still has to do. To be asked after `run` where the step is carried out, else at once. */
  notice?(): string | undefined;
}

/** Steps towards the content, or away from it. Looks only; nothing is changed before the steps are run. */
export interface Installer {
  /** The group of things that it installs, as in `saved searches and dashboards`. */
  readonly what: string;
  steps(signal: AbortSignal): Promise<Step[]>;
  /** Deletes what is ours there, whether it is still wanted or not. */
  removal(signal: AbortSignal): Promise<Step[]>;
  /** Deletes what an earlier install made and this one does not want; for things that say whose they are. */
  outdated?(signal: AbortSignal): Promise<Step[]>;
}

/** Something is in the way that somebody else has made. */
export class Conflict extends Failure {
  constructor(code: "content-conflict" | "field-conflict", message: string) {
    super("person", code, message);
  }
}

export function keyOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind} ${name}`.trim();
}

export function refused(kind: string, name: string, refusal: Failure): Step {
  return { kind, name, action: "refused", differences: [], refusal, run: async () => undefined };
}

/** The step that `look` finds, or one that says what is in the way. */
export async function stepOrConflict(kind: string, name: string, look: () => Step | Promise<Step>): Promise<Step> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Conflict) return refused(kind, name, error);
    throw error;
  }
}

/** What a found thing needs to be as wanted. */
export function actionFor(found: unknown, differences: readonly string[]): Step["action"] {
  if (found === undefined) return "create";
  return differences.length === 0 ? "none" : "update";
}

/** The steps of all installers, in their order. A group of things that may not be looked at becomes one refused step. */
export async function lookAll(installers: readonly Installer[], look: (one: Installer) => Promise<Step[]>): Promise<Step[]> {
  const steps: Step[] = [];
  for (const installer of installers) {
    try {
      steps.push(...(await look(installer)));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      steps.push(refused(installer.what, "", error));
    }
  }
  return steps;
}

/**
 * The steps towards the content: what the installers make and change, in their order, then, in the opposite one, what earlier installs have
 * left. A group that may not be looked at is refused once.
 */
export async function allSteps(installers: readonly Installer[], signal: AbortSignal): Promise<Step[]> {
  const steps = await lookAll(installers, (one) => one.steps(signal));
  const closed = new Set(steps.filter(({ name }) => name === "").map(({ kind }) => kind));
  const open = installers.filter(({ what }) => !closed.has(what)).toReversed();
  return [...steps, ...(await lookAll(open, async (one) => (await one.outdated?.(signal)) ?? []))];
}

/** All that is installed into one place. */
export interface Installation {
  steps(signal: AbortSignal): Promise<Step[]>;
  removal(signal: AbortSignal): Promise<Step[]>;
  close(): Promise<void>;
}
