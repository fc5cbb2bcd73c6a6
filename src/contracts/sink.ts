import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { Secrets } from "../lib/secrets/secrets.ts";
import type { Entry } from "./entry.ts";

/** Records of one object within a batch: numbers `from` to `to`, of which `count` are in the batch. */
export interface Segment {
  /** The object of the records. */
  readonly origin: Origin;
  /** Number of its first record in the batch. */
  readonly from: number;
  /** Number of its last record in the batch. */
  readonly to: number;
  /** How many of its records are in the batch. */
  readonly count: number;
}

/** Read-only. What stands in it are flows, or what stands for flows that another thread has. */
export interface Batch<Record extends Entry = Flow> {
  /** In the order of the segments, and within one of the records. */
  readonly flows: readonly Record[];
  /** Where the flows come from. */
  readonly segments: readonly Segment[];
}

export interface WriteResult {
  /** Records that the receiver took and then refused (OTLP partial success); it does not say which. */
  readonly rejected: number;
  /** One line: the receiver's words about what it refused. */
  readonly reason?: string;
}

export interface BatchLimits {
  /** Most records of one batch. */
  readonly records: number;
  /** How many `send` calls may run at once. */
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
  /** Into the past. */
  readonly pastMs: number;
  /** Into the future. */
  readonly aheadMs: number;
}

/** What is sent for a batch, in a form that can be handed to another thread: each part has memory of its own, and no other member. */
export interface Payload {
  /** How many records it holds. */
  readonly records: number;
  /** The bytes, in as many parts as the sink sends. Nobody changes them. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
  /** How the parts are compressed; undefined of those that are not. */
  readonly coding?: string | undefined;
}

/** Turns flows into payloads. Depends on nothing but its options, so that it may work in another thread than its sink. */
export interface Encoder {
  /**
   * The payload of some flows, of which there is at least one: the same for the same flows and `observed` (when they were read, in ms since
   * the epoch). Synchronous. Called once for each batch, and once more for each part of one that is halved. Throws a Failure of the drawer
   * `batch` for flows that make a payload larger than the receiver takes; the batch is then halved. Nothing but the payload may refer to
   * the flows, which nobody changes any more.
   */
  encode(flows: readonly Flow[], observed: number): Payload;
  /**
   * The payload as it is sent, compressed as `coding` says, which is that of the sink. Of a sink that compresses nothing there is none. What
   * was given is not read any more when it resolves.
   */
  compress?(payload: Payload, coding: string): Promise<Payload>;
  /**
   * The payload, which was not compressed, will not be sent again, and nobody reads it: its memory may serve another. Not called for every
   * payload: what a broken connection may still read is left to the garbage collector.
   */
  recycle?(payload: Payload): void;
}

/** A destination. Sinks do not retry by themselves. */
export interface Sink extends Encoder {
  /** Read when the run begins. */
  readonly limits: BatchLimits;
  /** How its payloads are to be compressed from now on, of a sink with `compress`; undefined for not at all. What was compressed before it takes too. */
  readonly coding?: string | undefined;
  /**
   * Refuses a record that the receiver would not take, before it is sent. Asked of every record before every `send`, so it is quick;
   * what it refuses becomes a dead letter, and the others of the batch go. Never throws.
   */
  outside?(record: Pick<Flow, "time">): Refusal | undefined;
  /**
   * Resolves when the receiver has taken responsibility for every record of the payload, not before. Throws a Failure whose drawer says
   * what follows: `batch` (the batch is halved until the bad record stands alone; the halves are encoded anew), anything else is sent again,
   * the same payload under the same identity. Throws the signal's reason when that aborts. Up to `limits.inFlight` calls run at once.
   */
  send(payload: Payload, signal: AbortSignal): Promise<WriteResult>;
  /** Reaches the receiver without delivering anything; resolves to one line about what answered, throws what is wrong. */
  probe(signal: AbortSignal): Promise<string>;
  /** Called once nothing is on its way any more; a second call does nothing. */
  close(): Promise<void>;
}

/** What an encoder is made from, beside the options of its sink. */
export type EncoderDependencies = Pick<SinkDependencies, "baseDir" | "env" | "version">;

export interface SinkDependencies {
  /** The sink's name in the configuration. */
  readonly name: string;
  /** Absolute folder that relative paths start from: the configuration file's. */
  readonly baseDir: string;
  /** Where credentials and proxies are looked for. */
  readonly env: NodeJS.ProcessEnv;
  /** Version of the program, for user-agent and instrumentation scope. */
  readonly version: string;
  /** Takes what an operator should know of a sink that goes on: credentials that were read again. One line, no secret. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Takes secrets that come up while the program runs. */
  readonly secrets?: Secrets | undefined;
}
