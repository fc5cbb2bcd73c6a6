import { expect, test } from "vitest";
import type { Source } from "../../../src/contracts/source.ts";
import { Lister } from "../../../src/coordination/lister.ts";
import { read, type Told, written } from "../../../src/coordination/messages.ts";
import type { TopicLog } from "../../../src/coordination/topic-log.ts";

const HOUR_MS = 3_600_000;
type Sent = Parameters<TopicLog["send"]>[0][number];

/** A bucket in which one object comes up. */
const source = {
  name: "bucket",
  async *discover() {
    yield { partition: "p", objects: [{ key: "a.gz", etag: "1", size: 1, time: 1, order: "a.gz" }] };
  },
} as unknown as Source;

/** What a lister writes into a topic in which this stands already, stamped so. */
async function writtenBehind(told: Told, time: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  const lost = new AbortController();
  const log = {
    topicId: async () => "topic-1",
    async *readBack() {
      yield { topic: "objects", partition: 0, offset: 0, time, key: null, value: written(told).value };
    },
    send: async (messages: readonly Sent[]) => {
      sent.push(...messages);
      if (sent.some(({ value }) => read(value)?.kind === "object")) lost.abort();
    },
  } as unknown as TopicLog;
  const nobody = { onListing() {}, onTrouble() {}, onStranger() {}, onInfo() {}, onAnew() {} };
  const lister = new Lister({
    ...{ sources: new Map([["flows", source]]), log, topic: "objects", pollMs: 1_000, events: nobody },
    ...{ retry: { initialMs: 1, maxMs: 1 }, room: async () => {} },
  });
  await lister.run({ signal: lost.signal, confirm: async () => {} });
  return sent;
}

test("what a lister writes is not older than what stands in the topic, however late its clock is", async () => {
  const whole = { kind: "whole" as const, source: "flows" };
  const ahead = Date.now() + 5 * HOUR_MS;
  for (const { time = 0 } of await writtenBehind(whole, ahead)) {
    expect(time).toBeGreaterThanOrEqual(ahead);
    expect(time).toBeLessThan(ahead + HOUR_MS);
  }
  const before = Date.now();
  for (const { time = 0 } of await writtenBehind(whole, before - 3 * HOUR_MS)) {
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThan(before + HOUR_MS);
  }
});
