/**
 * Every failure that a user may see. A message is one line: what is wrong, where, and what to do.
 * `code` is stable: dead letters, metrics and scripts refer to it. The program puts no secret into a message; where others, whom a message
 * quotes, repeat one, the Scrubber takes it out before the text leaves the program.
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

/**
 * What a failure speaks of, and so what follows. Each failure lies in exactly one drawer; one function for each transport says in which.
 * - `not-understood`: the answer is none of the protocol (a page, an empty listing, a cut body). Never success; told, and tried again.
 * - `passing`: overload, a restart, the network. Tried again with growing pauses, never before Retry-After.
 * - `person`: credentials, permissions, a wrong address, TLS. The sink, source or notifier pauses until it heals; nothing is set aside.
 * - `batch`: the receiver refuses what is in the batch. It is halved until the bad record stands alone.
 * - `object`: one object cannot be read. It is parked, and others go on.
 * - `worker`: the ledger, the disk, the configuration of this worker. It waits where it heals, and blames nobody else.
 */
export type Drawer = "not-understood" | "passing" | "person" | "batch" | "object" | "worker";

/** The numbers of an object's records: those after `after` up to `through`, of which each message has so many, whether it uses them or not. */
export interface Extent {
  readonly after: number;
  readonly through: number;
  readonly numbers: number;
}

export interface FailureOptions extends ErrorOptions {
  /** For how long the other side wants to be left alone, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** Of `batch`: there is too much in it; less at a time may be taken. */
  readonly tooLarge?: boolean;
  /** Of `batch`: this program found it out by itself, no receiver has to be doubted. */
  readonly certain?: boolean;
  /** Of `object`: it was deleted or replaced, and never comes back as it was. */
  readonly gone?: boolean;
  /** Of `gone`: what the object held, where its messages are counted. */
  readonly extent?: Extent | undefined;
}

/** A failure that is sorted. */
export class Failure extends FlowferryError {
  readonly drawer: Drawer;
  readonly retryAfterMs: number | undefined;
  readonly tooLarge: boolean;
  readonly certain: boolean;
  readonly gone: boolean;
  readonly extent: Extent | undefined;

  constructor(drawer: Drawer, code: string, message: string, options: FailureOptions = {}) {
    super(code, message, options);
    this.drawer = drawer;
    this.retryAfterMs = options.retryAfterMs;
    this.tooLarge = options.tooLarge ?? false;
    this.certain = options.certain ?? false;
    this.gone = options.gone ?? false;
    this.extent = options.extent;
  }
}

/** The drawer of any thrown value; what nobody has sorted is not understood. */
export function drawerOf(thrown: unknown): Drawer {
  return thrown instanceof Failure ? thrown.drawer : "not-understood";
}

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
