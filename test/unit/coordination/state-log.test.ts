import { expect, test } from "vitest";
import type { StatePart, StateSave } from "../../../src/contracts/state-ledger.ts";
import type { KeptAlert } from "../../../src/coordination/kept-alerts.ts";
import type { Lease } from "../../../src/coordination/lister.ts";
import { StateLog } from "../../../src/coordination/state-log.ts";
import { readState, writtenState } from "../../../src/coordination/state-messages.ts";
import type { TopicLog } from "../../../src/coordination/topic-log.ts";
import type { KafkaConnection } from "../../../src/lib/kafka/connection.ts";

/** A topic of one partition, in memory. */
class Topic {
  readonly messages: Buffer[] = [];
  /** Retention has deleted those before it. */
  start = 0;
  read = 0;

  get log(): TopicLog {
    const send = async (some: readonly { value: Buffer }[]) => void this.messages.push(...some.map(({ value }) => value));
    const offset = async (_: unknown, __: unknown, at: string) => (at === "earliest" ? this.start : this.messages.length);
    const between = async function* (this: Topic, _: unknown, __: unknown, from: Map<string, number>, to: Map<string, number>) {
      for (let at = from.get("states/0") ?? 0; at < (to.get("states/0") ?? 0); at += 1) {
        this.read += 1;
        yield { offset: at, value: this.messages[at] };
      }
    };
    return { send, offset, between: between.bind(this) } as unknown as TopicLog;
  }

  get kinds(): string[] {
    return this.messages.map((message) => readState(message)?.kind ?? "?");
  }
}

const NEVER: Lease = { signal: new AbortController().signal, confirm: async () => {} };

function logOf(topic: Topic, lease = NEVER) {
  const told: string[] = [];
  const parts = {
    ...{ connection: {} as KafkaConnection, log: topic.log, topic: "states", retentionMs: 86_400_000 },
    onStranger: (place: string) => void told.push(`stranger ${place}`),
    onLost: () => void told.push("lost"),
  };
  return { log: new StateLog(parts, lease), told };
}

function saveOf(head: string, parts: readonly StatePart[], useless: readonly number[] = []): StateSave {
  return { lots: parts.length === 0 ? [] : [parts], head: () => head, done: () => useless, abandon() {} };
}

const part = (number: number, value = `part ${number}`): StatePart => ({ number, value });
const alert = (key: string, fate: "told" | "waiting"): KeptAlert => ({ key, at: 1, notifiers: { webhook: fate } });

/** As whoever is next finds it. */
async function next(topic: Topic) {
  const { log, told } = logOf(topic);
  const found = await log.takeOver();
  return {
    ...{ log, told },
    found: found && { head: found.saved.head, parts: [...found.saved.parts], next: found.next, alerts: [...found.alerts] },
  };
}

test("what one has saved the next one has, with what became of alerts since", async () => {
  const topic = new Topic();
  const { log } = logOf(topic);
  expect(await log.takeOver()).toBeUndefined();
  await log.save(saveOf("1", [part(0), part(1)]), 7, [alert("a", "told"), alert("b", "waiting")]);
  await log.save(saveOf("2", [part(2)], [0]), 9, []);
  log.note(alert("b", "told"));
  log.note(alert("c", "waiting"));
  await log.flushed();
  expect(topic.kinds).toEqual(["begin", "base", "alerts", "part", "part", "head", "part", "head", "alerts", "alerts"]);
  const { found } = await next(topic);
  expect(found).toEqual({
    ...{ head: "2", next: 9, parts: [part(0), part(1), part(2)] },
    alerts: [alert("a", "told"), alert("b", "told"), alert("c", "waiting")],
  });
});

test("a save that was broken off leaves the one before, and the first save of whoever is next is whole", async () => {
  const topic = new Topic();
  const { log } = logOf(topic);
  await log.takeOver();
  await log.save(saveOf("1", [part(0)]), 7, []);
  await log.save(saveOf("2", [part(1)]), 9, []);
  topic.messages.pop();
  const second = await next(topic);
  expect([second.found?.head, second.found?.next]).toEqual(["1", 7]);
  await second.log.save(saveOf("3", [part(2)]), 11, []);
  // Retention deletes all that was there before.
  topic.start = topic.kinds.lastIndexOf("base");
  const third = await next(topic);
  expect(third.found?.parts.map(({ number }) => number)).toEqual([0, 1, 2]);
  expect(third.told).toEqual([]);
});

test("what somebody writes who has lost the lease and does not know it counts for nothing", async () => {
  const topic = new Topic();
  const old = logOf(topic).log;
  await old.takeOver();
  await old.save(saveOf("old", [part(0)]), 3, []);
  const second = await next(topic);
  await old.save(saveOf("zombie", [part(1, "of a zombie")]), 99, [alert("z", "told")]);
  await second.log.save(saveOf("second", [part(1)]), 5, []);
  await old.save(saveOf("zombie again", [part(2)]), 100, []);
  const third = await next(topic);
  expect(third.found).toEqual({ head: "second", next: 5, parts: [part(0), part(1)], alerts: [] });
});

test("two that begin at the same moment do not both have it", async () => {
  const topic = new Topic();
  const first = logOf(topic).log;
  const second = logOf(topic).log;
  await Promise.all([first.takeOver(), second.takeOver()]);
  await first.save(saveOf("first", [part(0)]), 1, []);
  await second.save(saveOf("second", [part(0)]), 2, []);
  const told = topic.messages.flatMap((message) => readState(message) ?? []);
  // Whoever has found the other's beginning before its own has begun once more.
  expect(told.filter(({ kind }) => kind === "begin").length).toBeGreaterThanOrEqual(3);
  const heads = told.flatMap((one) => (one.kind === "head" ? [one] : [])).sort((a, b) => b.epoch - a.epoch);
  expect(heads[0]?.epoch).toBeGreaterThan(heads[1]?.epoch ?? 0);
  expect((await next(topic)).found?.head).toBe(heads[0]?.head);
});

test("of a long topic no more is read than it takes, and what is missing is told", async () => {
  const topic = new Topic();
  const { log } = logOf(topic);
  await log.takeOver();
  await log.save(saveOf("1", [part(0)]), 1, []);
  for (let at = 2; at < 1_000; at += 1) await log.save(saveOf(String(at), [part(at % 5)]), at, []);
  const whole = logOf(topic).log;
  await whole.takeOver();
  await whole.save(saveOf("whole", []), 1_000, []);
  topic.read = 0;
  expect((await next(topic)).found?.head).toBe("whole");
  expect(topic.read).toBeLessThan(300);
  topic.start = topic.kinds.lastIndexOf("base") + 1;
  const lost = await next(topic);
  expect([lost.found, lost.told]).toEqual([undefined, ["lost"]]);
});

test("messages of others are passed over", async () => {
  const topic = new Topic();
  topic.messages.push(Buffer.from("not flowferry's"), writtenState({ kind: "begin", epoch: 4, owner: "somebody" }));
  const { log, told } = logOf(topic);
  await log.takeOver();
  expect(new Set(told)).toEqual(new Set(["stranger states/0 at 0"]));
  expect(readState(topic.messages.at(-1) ?? null)).toMatchObject({ kind: "begin", epoch: 5 });
});

test("nothing is written when the lease is lost, nor after what could not be written", async () => {
  const topic = new Topic();
  let isLost = false;
  const confirm = async () => {
    if (isLost) throw new Error("lost");
  };
  const { log } = logOf(topic, { ...NEVER, confirm });
  await log.takeOver();
  await log.save(saveOf("1", []), 1, []);
  const count = topic.messages.length;
  isLost = true;
  await expect(log.save(saveOf("2", []), 2, [])).rejects.toThrow("lost");
  isLost = false;
  await expect(log.flushed()).rejects.toThrow("lost");
  expect(topic.messages.length).toBe(count);
});
