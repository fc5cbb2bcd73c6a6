import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { Fleet } from "./fleet.ts";
import { Kafka } from "./rig/cluster.ts";

const kafka = available("Kafka", () => Kafka.start());
const ARRIVE = { timeout: 120_000, interval: 100 };
const STACK_TRACE = /^\s+at .*:\d+:\d+\)?$/m;
const tell = (line: string) => process.stderr.write(`${line}\n`);

test("a topic that takes less at once than is written takes it in halves; one that takes less than a message says so, and is waited for", async () => {
  await using fleet = await Fleet.open(kafka(), { workers: 1, partitions: 1, configuration: { "max.message.bytes": "2000" } });
  await fleet.put(40, 5);
  fleet.start(0);
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  expect(fleet.repeated()).toEqual([]);
  expect(fleet.said()).not.toMatch(/"level":"(?:warn|error)"/);
  await kafka().configureTopic(fleet.topics.objects, { "max.message.bytes": "200" });
  const before = fleet.arrivals.size;
  await fleet.put(3, 5);
  const line = new RegExp(`topic ${fleet.topics.objects} takes no message of \\d{3} bytes: raise its max\\.message\\.bytes`);
  await expect.poll(() => fleet.said(), ARRIVE).toMatch(line);
  expect(fleet.arrivals.size).toBe(before);
  await kafka().configureTopic(fleet.topics.objects, { "max.message.bytes": "1048576" });
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  expect([fleet.invented(), fleet.repeated()]).toEqual([[], []]);
  expect(fleet.said()).not.toMatch(STACK_TRACE);
});

test("workers for which there is no partition say so, and stand by", async () => {
  await using fleet = await Fleet.open(kafka(), { partitions: 1 });
  fleet.startAll();
  // Of the topic of parked objects each has a partition.
  await fleet.shared();
  await fleet.put(5);
  await fleet.delivered();
  const line = `has no partition of ${fleet.topics.objects}, and stands by`;
  const idle = () => [0, 1, 2].filter((worker) => fleet.lines(worker).some(({ msg }) => msg.startsWith(line)));
  await expect.poll(() => idle().length, ARRIVE).toBe(2);
  const [busy = 0] = [0, 1, 2].filter((worker) => !idle().includes(worker));
  await fleet.end(busy, "SIGTERM");
  await fleet.put(5);
  await fleet.delivered();
  expect([fleet.missing(), fleet.repeated()]).toEqual([0, []]);
});

test("what retention deletes before it is read is named, offset by offset, and what comes after it is delivered", async () => {
  const roleOf = (worker: number) => (worker === 0 ? "discover" : "ship");
  const configuration = { "retention.ms": "2000", "segment.ms": "1000" };
  await using fleet = await Fleet.open(kafka(), { workers: 2, partitions: 2, roleOf, configuration });
  await fleet.put(30);
  fleet.start(0);
  fleet.start(1);
  await fleet.delivered();
  await expect.poll(() => fleet.lag("objects"), ARRIVE).toBe(0);
  await fleet.end(1, "SIGTERM");
  const before = fleet.arrivals.size;
  await fleet.put(20);
  await expect.poll(async () => (await fleet.lag("objects")) > 0, ARRIVE).toBe(true);
  await expect.poll(async () => (await fleet.discovered()).length, ARRIVE).toBe(0);
  const lost = fleet.missing();
  expect([lost > 0, fleet.arrivals.size]).toEqual([true, before]);
  await kafka().configureTopic(fleet.topics.objects, { "retention.ms": "86400000" });
  fleet.start(1);
  await fleet.put(20);
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(lost);
  const lines = [
    ...fleet.said().matchAll(/retention has deleted messages (\d+) to (\d+) of objects-\d+\/\d+ before they were read/g),
  ];
  const named = lines.reduce((sum, [, from, to]) => sum + Number(to) - Number(from) + 1, 0);
  expect(lines.length).toBeLessThanOrEqual(2);
  // Marks of the listings stand between the objects.
  expect(named).toBeGreaterThanOrEqual(20);
  tell(`retention of 2 s: ${lost} records of 20 objects lost, ${named} messages named`);
});

test("the topic of objects is deleted and made anew while workers deliver: they say so, list again, and nothing is lost", async () => {
  await using fleet = await Fleet.open(kafka(), { sessionMs: 6_000, delayMs: 300, batch: 20 });
  fleet.startAll();
  await fleet.shared();
  await fleet.put(60);
  await expect.poll(() => fleet.arrivals.size, ARRIVE).toBeGreaterThan(300);
  const waiting = fleet.missing();
  expect(waiting).toBeGreaterThan(200);
  const from = Date.now();
  await kafka().replaceTopic(fleet.topics.objects, { partitions: 12 });
  await fleet.put(20);
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  const tookMs = Date.now() - from;
  await expect
    .poll(() => fleet.said(), ARRIVE)
    .toMatch(/topic objects-\d+ was deleted and made anew: all that is in the buckets/);
  // What comes now comes once, and is committed.
  await expect.poll(() => fleet.lag("objects"), ARRIVE).toBe(0);
  const before = fleet.repeated().length;
  await fleet.put(20);
  await fleet.delivered();
  await expect.poll(() => fleet.lag("objects"), ARRIVE).toBe(0);
  await sleep(2_000);
  expect([fleet.missing(), fleet.invented(), fleet.repeated().length - before]).toEqual([0, [], 0]);
  expect(fleet.said()).not.toMatch(STACK_TRACE);
  tell(
    `objects made anew while ${waiting} records waited: 0 of ${fleet.wanted.size} lost, ${before} came twice, all delivered after ${tookMs} ms`,
  );
});
