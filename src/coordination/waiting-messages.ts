import type { KafkaConnection } from "../lib/kafka/connection.ts";
import type { Lag } from "../lib/kafka/group-lag.ts";
import { placeName } from "../lib/kafka/places.ts";
import { TopicReader } from "../lib/kafka/topic-reader.ts";
import { read, written } from "./messages.ts";
import type { TopicLog } from "./topic-log.ts";

/** Messages that are written again go out so many at a time. */
const AT_ONCE = 500;

/**
 * Writes what the group has not done yet again, where retention would delete it in a while: of each partition the messages that are older than
 * `olderThan` (ms since the epoch). A worker that has both copies takes them for one object. Resolves to how many there were. Throws a Failure.
 */
export async function rewriteWaiting(
  { connection, log, lag }: { connection: KafkaConnection; log: TopicLog; lag: readonly Lag[] },
  olderThan: number,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for (const { topic, partition, committed, end, messages } of lag) {
    if (messages === 0) continue;
    const place = { topic, partition };
    const reader = new TopicReader(connection, [topic]);
    try {
      const begins = new Map([[placeName(place), committed ?? end - messages]]);
      const ends = new Map([[placeName(place), end]]);
      let old = [];
      for await (const { value, time } of log.between(reader, [place], begins, ends, signal)) {
        if (time >= olderThan) break;
        const told = read(value);
        if (told?.kind !== "object") continue;
        old.push({ topic, ...written(told) });
        count += 1;
        if (old.length < AT_ONCE) continue;
        await log.send(old, signal);
        old = [];
      }
      await log.send(old, signal);
    } finally {
      await reader.close();
    }
  }
  return count;
}
