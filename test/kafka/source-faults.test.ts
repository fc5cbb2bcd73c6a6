import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { type Running, type Workplace, workplace } from "../journeys/program.ts";
import { Kafka } from "./rig/cluster.ts";
import { committed, type Delivered, delivered, event, numbers, produce, reading, untilDelivered, worker } from "./stream.ts";

const kafka = available("Kafka", () => Kafka.start());
let place: Workplace;
const running: Running[] = [];
beforeEach(() => {
  place = workplace();
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  place.remove();
});

const begin = (config: object, name: string): Running => {
  const started = worker(place, config, name);
  running.push(started);
  return started;
};

/** Sends events at a pace, from one number up to before another. */
async function flow(topic: string, from: number, to: number, { size = 25, everyMs = 100 } = {}): Promise<void> {
  for (let at = from; at < to; at += size) {
    await produce(
      kafka(),
      topic,
      numbers(at, Math.min(to, at + size)).map((number) => event(number)),
    );
    await sleep(everyMs);
  }
}

/** Notes what the group has committed, again and again, and every step backwards. */
function watch(group: string, topic: string) {
  const back: string[] = [];
  const last = new Map<number, number>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const now = await committed(kafka(), group, topic).catch(() => new Map<number, number>());
      for (const [partition, offset] of now) {
        const before = last.get(partition) ?? -1;
        if (offset < before) back.push(`${partition}: ${before} → ${offset}`);
        last.set(partition, Math.max(before, offset));
      }
      await sleep(200);
    }
  })();
  return {
    back,
    end: async () => {
      isOver = true;
      await watching;
    },
  };
}

const all = (count: number) => numbers(0, count);
const sorted = (times: ReadonlyMap<number, number>) => [...times.keys()].sort((a, b) => a - b);
/** Messages that the topic has: the producer of the test repeats what it was not told of, and such a message has an offset of its own. */
const storedOf = (uids: Delivered["uids"]) => [...uids.values()].reduce((total, { size }) => total + size, 0);
/** How often messages came again; those that the producer stored twice are two. */
const again = ({ times, uids, repeats }: Delivered) => repeats - (storedOf(uids) - times.size);
/** Of the committed offsets of a topic. */
const sum = (offsets: ReadonlyMap<number, number>) => [...offsets.values()].reduce((total, offset) => total + offset, 0);

test("a worker that is killed goes on where the group says: nothing is lost, and no more repeated than was not committed", async () => {
  const topic = await kafka().topic("killed", { partitions: 4 });
  const config = reading(kafka(), topic, "out");
  const producing = flow(topic, 0, 1500);
  const toldGroup = async () => sum(await committed(kafka(), `g-${topic}`, topic));
  let mayRepeat = 0;
  for (const count of [200, 600, 1000]) {
    const { child, ended } = begin(config, "worker");
    await untilDelivered(place, count, "out");
    // All may be delivered before the first commit is due; the last worker is to have told the group something.
    if (count === 1000) await expect.poll(toldGroup).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await ended;
    const found = delivered(place, "out");
    expect(again(found)).toBeLessThanOrEqual(mayRepeat);
    mayRepeat = again(found) + storedOf(found.uids) - (await toldGroup());
  }
  begin(config, "worker");
  await producing;
  const found = await untilDelivered(place, 1500, "out");
  expect(sorted(found.times)).toEqual(all(1500));
  process.stderr.write(`three workers killed: ${again(found)} of 1500 repeated\n`);
  // What was read again has the uid that it had.
  await expect.poll(toldGroup).toBe(storedOf(found.uids));
});

test("brokers that are killed and come back, both in turn: nothing is lost, nothing read again from an old offset", async () => {
  const topic = await kafka().topic("brokers", { partitions: 4 });
  const group = `g-${topic}`;
  begin(reading(kafka(), topic, "out", { session: "10s" }), "worker");
  const watching = watch(group, topic);
  const producing = flow(topic, 0, 2000, { size: 20, everyMs: 200 });
  await untilDelivered(place, 100, "out");
  for (const broker of [0, 1]) {
    await kafka().kill(broker);
    await sleep(4_000);
    await kafka().revive(broker);
    await sleep(2_000);
  }
  await producing;
  const found = await untilDelivered(place, 2000, "out");
  expect(sorted(found.times)).toEqual(all(2000));
  const stored = storedOf(found.uids);
  process.stderr.write(
    `both brokers killed: ${found.repeats} of 2000 came again, ${stored - 2000} of them stored twice by the producer\n`,
  );
  expect(again(found)).toBe(0);
  await expect.poll(async () => sum(await committed(kafka(), group, topic))).toBe(stored);
  await watching.end();
  expect(watching.back).toEqual([]);
});

test("a worker that is stopped past its session and woken commits nothing for what is another's by then", async () => {
  const topic = await kafka().topic("zombie", { partitions: 4 });
  const group = `g-${topic}`;
  const first = begin(reading(kafka(), topic, "one"), "one");
  const watching = watch(group, topic);
  const producing = flow(topic, 0, 1600, { size: 20, everyMs: 250 });
  await untilDelivered(place, 200, "one");
  // What came while it started is committed: from now on no more is open than comes in a second.
  await expect.poll(async () => sum(await committed(kafka(), group, topic))).toBeGreaterThan(200);
  first.child.kill("SIGSTOP");
  const second = begin(reading(kafka(), topic, "two"), "two");
  const stopped = delivered(place, "one").times.size;
  await untilDelivered(place, stopped + 300, "one", "two");
  first.child.kill("SIGCONT");
  await producing;
  const found = await untilDelivered(place, 1600, "one", "two");
  expect(sorted(found.times)).toEqual(all(1600));
  process.stderr.write(`a stopped worker woken: ${again(found)} of 1600 repeated\n`);
  expect(again(found)).toBeLessThan(300);
  await expect.poll(async () => sum(await committed(kafka(), group, topic))).toBe(storedOf(found.uids));
  await watching.end();
  expect(watching.back).toEqual([]);
  expect([first.child.exitCode, second.child.exitCode]).toEqual([null, null]);
});

test("a second worker comes and goes while the first works: partitions move, nothing is lost, and no more repeated than was on its way", async () => {
  const topic = await kafka().topic("moving", { partitions: 4 });
  const group = `g-${topic}`;
  begin(reading(kafka(), topic, "one"), "one");
  const watching = watch(group, topic);
  const producing = flow(topic, 0, 1600, { size: 20, everyMs: 200 });
  await untilDelivered(place, 200, "one");
  const second = begin(reading(kafka(), topic, "two"), "two");
  await expect.poll(() => delivered(place, "two").times.size).toBeGreaterThan(100);
  second.child.kill("SIGTERM");
  expect((await second.ended).code).toBe(0);
  await producing;
  const found = await untilDelivered(place, 1600, "one", "two");
  expect(sorted(found.times)).toEqual(all(1600));
  process.stderr.write(`partitions moved twice: ${again(found)} of 1600 repeated\n`);
  expect(again(found)).toBeLessThan(200);
  await expect.poll(async () => sum(await committed(kafka(), group, topic))).toBe(storedOf(found.uids));
  await watching.end();
  expect(watching.back).toEqual([]);
});

test("within what OCI Streaming allows, with connections that are closed at whim", async () => {
  const topic = await kafka().topic("oci", { partitions: 4 });
  const { oci } = kafka();
  const config = reading(kafka(), topic, "out", { brokers: kafka().brokers("OCI") });
  const { stderr } = begin(config, "worker");
  oci.cutEvery(2_000);
  await flow(topic, 0, 800, { size: 20, everyMs: 200 });
  oci.cutEvery(undefined);
  const found = await untilDelivered(place, 800, "out");
  expect([sorted(found.times), again(found)]).toEqual([all(800), 0]);
  await expect.poll(async () => sum(await committed(kafka(), `g-${topic}`, topic))).toBe(storedOf(found.uids));
  expect(oci.broken).toEqual([]);
  process.stderr.write(
    `most a second: ${oci.most("commit")} commits, ${oci.most("heartbeat")} heartbeats, ${oci.most("fetch")} fetches\n`,
  );
  expect(oci.most("commit")).toBeLessThanOrEqual(2);
  // Closed connections are nothing that anybody has to be told of.
  expect(stderr()).not.toMatch(/"level":"(?:warn|error)"/);
});
