import { setTimeout as sleep } from "node:timers/promises";
import type { FlowferryError } from "../lib/errors.ts";
import type { KafkaConnection } from "../lib/kafka/connection.ts";
import { placeName } from "../lib/kafka/places.ts";
import { TopicReader } from "../lib/kafka/topic-reader.ts";
import { pause } from "../lib/waiting.ts";
import { LeaseHolder } from "./lease.ts";
import type { Lease } from "./lister.ts";
import { StateLog } from "./state-log.ts";
import type { Tenure, Turn } from "./tenure.ts";
import type { TopicLog } from "./topic-log.ts";

/** A partition is asked for less often than five times a second: what OCI Streaming gives a group. */
const BETWEEN_FETCHES_MS = 250;
const FETCH = { waitMs: 500, partitionBytes: 4 * 1_048_576, bytes: 16 * 1_048_576 };
/** The pause after the rules have broken down, in ms. */
const PAUSE_MS = 5_000;
/** At the end it is waited for so long that the state is saved, in ms: brokers may be away. */
const PATIENCE_MS = 5_000;
/** So often, within the time that topics keep a message, the state is saved even if nothing has changed. */
const RESTS = 8;

export interface DetectingParts {
  readonly connection: KafkaConnection;
  readonly log: TopicLog;
  readonly groupId: string;
  readonly sessionMs: number;
  readonly retentionMs: number;
  readonly topics: { readonly detections: string; readonly states: string };
  /** Looks after the rules until the tenure stops. Rejects when it cannot, and is then asked again. */
  readonly evaluate: (tenure: Tenure) => Promise<void>;
  readonly events: DetectingEvents;
}

export interface DetectingEvents {
  onTrouble(error: FlowferryError): void;
  onWell(): void;
  onInfo(line: string): void;
  onStranger(place: string): void;
  /** Rules cannot be looked after: it is tried again in a while. */
  onBroken(error: unknown): void;
  /** Retention has deleted messages before they were read. */
  onLost(place: string, from: number, to: number): void;
  /** The state of the rules is not there any more: they begin anew. */
  onStateLost(): void;
}

/** One worker's rules look at the flows of all: that of whoever has the lease. The others stand by. */
export class Detecting {
  readonly #parts: DetectingParts;
  readonly #holder: LeaseHolder;
  readonly #stop = new AbortController();
  #serving: Promise<void> = Promise.resolve();
  /** Rows before it are known to a state that is saved. */
  #done: number | undefined;

  constructor(parts: DetectingParts) {
    this.#parts = parts;
    const { connection, groupId, sessionMs, topics, events } = parts;
    this.#holder = new LeaseHolder({
      ...{ connection, groupId, sessionMs, topic: topics.detections },
      onTrouble: events.onTrouble,
      onWell: events.onWell,
      doneUpTo: () => this.#done,
      onLease: (lease) => {
        this.#serving = this.#serving.then(() => this.#serve(lease));
      },
    });
  }

  /** Joins the group. Throws a Failure. */
  open(): Promise<void> {
    return this.#holder.join();
  }

  /** Saves, and gives the rules to another at once. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.race([this.#serving, sleep(PATIENCE_MS, undefined, { ref: false })]);
    await this.#holder.close();
    await this.#serving;
  }

  async #serve(lease: Lease): Promise<void> {
    const { events } = this.#parts;
    const stop = AbortSignal.any([lease.signal, this.#stop.signal]);
    while (!stop.aborted) {
      try {
        await this.#serveOnce(lease, stop);
      } catch (error) {
        if (lease.signal.aborted) break;
        events.onBroken(error);
        await pause(PAUSE_MS, stop);
      }
    }
    events.onInfo("looks after the rules no more: another worker does, or this one ends");
  }

  async #serveOnce(lease: Lease, stop: AbortSignal): Promise<void> {
    const { connection, log, topics, retentionMs, evaluate, events } = this.#parts;
    this.#done = undefined;
    const began = performance.now();
    const { onStranger } = events;
    const states = new StateLog(
      { connection, log, topic: topics.states, retentionMs, onStranger, onLost: () => events.onStateLost() },
      lease,
    );
    const before = await states.takeOver();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const from =
      before === undefined ? "there is no state yet" : `the state of before was read back, rows from ${before.next} on`;
    events.onInfo(`looks after the rules for all workers: ${from}, in ${seconds} s`);
    events.onWell();
    await evaluate({
      stop,
      lost: lease.signal,
      restMs: retentionMs / RESTS,
      confirm: async () => {
        await states.flushed();
        await lease.confirm();
      },
      saved: before?.saved,
      alerts: before?.alerts ?? [],
      note: (kept) => states.note(kept),
      rows: () => this.#rows(before?.next, stop),
      save: async (save, next, alerts) => {
        await states.save(save, next, alerts);
        this.#done = next;
      },
    });
  }

  async *#rows(from: number | undefined, stop: AbortSignal): AsyncGenerator<Turn> {
    const { connection, log, topics, events } = this.#parts;
    const place = { topic: topics.detections, partition: 0 };
    const reader = new TopicReader(connection, [place.topic]);
    let isTroubled = false;
    try {
      let next = from ?? (await log.offset(reader, place, "earliest", stop));
      yield { messages: [], next };
      while (!stop.aborted) {
        const began = performance.now();
        try {
          const [answer] = await reader.fetch([{ ...place, offset: next }], FETCH);
          if (answer?.failure?.code === "kafka-offset-lost") {
            const start = await log.offset(reader, place, "earliest", stop);
            if (start > next) events.onLost(placeName(place), next, start);
            next = start;
          } else if (answer?.failure !== undefined) throw answer.failure;
          else {
            const at = next;
            // Of a partition without anything new brokers may say nothing.
            next = Math.max(next, answer?.next ?? next);
            if (isTroubled) events.onWell();
            isTroubled = false;
            yield { messages: (answer?.messages ?? []).filter(({ offset }) => offset >= at), next };
          }
        } catch (error) {
          if (stop.aborted) return;
          isTroubled = true;
          events.onTrouble(error as FlowferryError);
          await pause(1_000, stop);
          // Whoever waits for its turn may have something to save.
          yield { messages: [], next };
        }
        await pause(Math.max(0, BETWEEN_FETCHES_MS - (performance.now() - began)), stop);
      }
    } finally {
      await reader.close();
    }
  }
}
