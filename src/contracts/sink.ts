import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { Secrets } from "../lib/secrets/secrets.ts";

/** Records of one object within a batch: numbers `from` to `to`, of which `count` are in the batch. */
export interface Segment {
  readonly origin: Origin;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Read-only for sinks. The flows stand in the order of the segments. */
export interface Batch {
  readonly flows: readonly Flow[];
  readonly segments: readonly Segment[];
}

export interface WriteResult {
  /** Records that the receiver took and then refused (OTLP partial success); it does not say which. */
  readonly rejected: number;
  readonly reason?: string;
}

export interface BatchLimits {
  /** Most records of one batch. */
  readonly records: number;
  /** How many `write` calls may run at once. */
  readonly inFlight: number;
  /** How long a record waits for its batch to fill, in ms. */
  readonly lingerMs: number;
}

/** Why a sink does not take a record at all. */
export interface Refusal {
  /** Stable code of the dead letter: `outside-time-window`. */
  readonly code: string;
  /** One line, the same for all records that are refused for the same reason: neighbours share a dead letter. */
  readonly reason: string;
}

/** How far from now the time of a record may lie, in ms. */
export interface TimeWindow {
  readonly pastMs: number;
  readonly aheadMs: number;
}

/**
 * A destination. `write` resolves when the receiver has taken responsibility for every record, not before.
 * It throws a Failure whose drawer says what follows: `batch` (halved until the bad record stands alone), anything else is retried.
 * Sinks do not retry by themselves and keep no reference to the batch after `write` settles.
 */
export interface Sink {
  readonly limits: BatchLimits;
  /**
   * Refuses a record that the receiver would not take, before it is sent. Asked of every record before every `write`, so it is quick;
   * what it refuses becomes a dead letter, and the others of the batch go. Never throws.
   */
  outside?(flow: Flow): Refusal | undefined;
  write(batch: Batch, signal: AbortSignal): Promise<WriteResult>;
  /** Reaches the receiver without delivering anything; resolves to one line about what answered, throws what is wrong. */
  probe(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

export interface SinkDependencies {
  /** The sink's name in the configuration. */
  readonly name: string;
  /** Absolute folder that relative paths start from: the configuration file's. */
  readonly baseDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Version of the program, for user-agent and instrumentation scope. */
  readonly version: string;
  /** Takes what an operator should know of a sink that goes on: credentials that were read again. One line, no secret. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Takes secrets that come up while the program runs. */
  readonly secrets?: Secrets | undefined;
}
