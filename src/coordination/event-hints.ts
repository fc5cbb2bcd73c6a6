import type { EventHint } from "../contracts/object-event.ts";
import type { FlowferryError } from "../lib/errors.ts";
import type { KafkaConnection } from "../lib/kafka/connection.ts";
import { placeName } from "../lib/kafka/places.ts";
import { TopicReader } from "../lib/kafka/topic-reader.ts";
import { pause } from "../lib/waiting.ts";
import type { LogEvents } from "./log-events.ts";

/** A partition is asked for less often than five times a second: what OCI Streaming gives a group. */
const BETWEEN_FETCHES_MS = 250;
const FETCH = { waitMs: 500, partitionBytes: 262_144, bytes: 4 * 1_048_576 };
const PAUSE_MS = 5_000;

export interface EventHintParts {
  readonly connection: KafkaConnection;
  /** Of object-created events. */
  readonly topic: string;
  /** What a message tells; undefined for one that is no event. */
  readonly read: (text: string) => readonly EventHint[] | undefined;
  readonly onHint: (hint: EventHint) => void;
  readonly onStranger: (place: string) => void;
  readonly events: LogEvents;
}

/**
 * Reads the events that a service writes into a topic from now on, until the signal aborts. They are hints: one that is lost, late or doubled
 * does no harm, since the listing says what there is, and whoever begins to list looks at everything first.
 */
export async function followEvents(parts: EventHintParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const reader = new TopicReader(parts.connection, [parts.topic]);
    try {
      await follow(reader, parts, signal);
    } catch (error) {
      if (!signal.aborted) parts.events.onTrouble(error as FlowferryError);
      await pause(PAUSE_MS, signal);
    } finally {
      await reader.close();
    }
  }
}

async function follow(reader: TopicReader, parts: EventHintParts, signal: AbortSignal): Promise<void> {
  const places = await reader.partitions();
  const next = await reader.offsets(places, "latest");
  parts.events.onWell();
  while (!signal.aborted) {
    const began = performance.now();
    const wanted = places.map((place) => ({ ...place, offset: next.get(placeName(place)) ?? 0 }));
    for (const { topic, partition, messages, next: behind, failure } of await reader.fetch(wanted, FETCH)) {
      // Also of messages that are not there any more: it begins again at the end.
      if (failure !== undefined) throw failure;
      const name = placeName({ topic, partition });
      for (const { offset, value } of messages) {
        const hints = parts.read(value?.toString("utf8") ?? "");
        if (hints === undefined) parts.onStranger(`${name} at ${offset}`);
        else hints.forEach(parts.onHint);
      }
      next.set(name, behind);
    }
    await pause(Math.max(0, BETWEEN_FETCHES_MS - (performance.now() - began)), signal);
  }
}
