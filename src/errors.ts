/**
 * Every failure that a user may see. A message is one line: what is wrong, where, and what to do.
 * `code` is stable: dead letters, metrics and scripts refer to it. A secret never enters a message.
 */
export class FlowferryError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Wrong usage or configuration: the command ends with exit code 2. */
export class UsageError extends FlowferryError {}

/** A failure that no repetition heals. Every error that is not marked so is retried. */
export class PermanentError extends FlowferryError {}

/** A failure that may heal, with the time the other side asked to be left alone. */
export class RetryableError extends FlowferryError {
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, options?: ErrorOptions & { retryAfterMs?: number | undefined }) {
    super(code, message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** A batch exceeds a limit of the sink: the caller halves it and tries again; a single record is a permanent failure. */
export class TooLargeError extends FlowferryError {}

/** The one line that a person reads of any thrown value, with the messages of its causes and without a stack. */
export function describeError(thrown: unknown): string {
  const parts: string[] = [];
  let current = thrown;
  while (current !== undefined && current !== null && parts.length < 4) {
    const text = messageOf(current);
    if (text !== "" && !parts.some((part) => part.includes(text))) parts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(": ").replaceAll(/\s*\n\s*/g, " ");
}

/** The stable code of any thrown value: its own, Node's (`ECONNREFUSED`), or `error`. */
export function codeOf(thrown: unknown): string {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string") {
    return thrown.code;
  }
  return thrown instanceof Error && thrown.cause !== undefined ? codeOf(thrown.cause) : "error";
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(messageOf).join("; ");
  if (thrown instanceof Error) return thrown.message || thrown.name;
  if (typeof thrown === "object" && thrown !== null) {
    if ("message" in thrown && typeof thrown.message === "string") return thrown.message;
    return JSON.stringify(thrown);
  }
  return String(thrown);
}
