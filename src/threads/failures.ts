import { codeOf, describeError, Failure, type FailureOptions, FlowferryError } from "../lib/errors.ts";

/** An error in a form that crosses threads. */
export interface PlainFailure extends Omit<FailureOptions, "cause"> {
  /** Undefined for an error that nobody has sorted. */
  readonly drawer: Failure["drawer"] | undefined;
  readonly code: string;
  readonly message: string;
}

export function plainOf(error: unknown): PlainFailure {
  const [code, message] = [codeOf(error), describeError(error)];
  if (!(error instanceof Failure)) return { drawer: undefined, code, message };
  const { drawer, retryAfterMs, tooLarge, certain, gone } = error;
  return { drawer, code, message, retryAfterMs, tooLarge, certain, gone };
}

export function failureOf({ drawer, code, message, ...options }: PlainFailure): FlowferryError {
  return drawer === undefined ? new FlowferryError(code, message) : new Failure(drawer, code, message, options);
}
