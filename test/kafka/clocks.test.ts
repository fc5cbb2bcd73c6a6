import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { Fleet } from "./fleet.ts";
import { Kafka } from "./rig/cluster.ts";

const kafka = available("Kafka", () => Kafka.start());
const ARRIVE = { timeout: 120_000, interval: 100 };
const HOUR_MS = 3_600_000;

test("a lister whose clock is hours behind leaves behind what the next one has to know", async () => {
  const roleOf = (worker: number) => (worker < 3 ? "discover" : "ship");
  const clock = (worker: number) => (worker === 1 ? -5 * HOUR_MS : 0);
  await using fleet = await Fleet.open(kafka(), { workers: 4, roleOf, clock });
  let count = 0;
  for (const [worker, objects] of [2, 30, 10].entries()) {
    await fleet.put(objects);
    count += objects;
    fleet.start(worker);
    await expect.poll(async () => (await fleet.discovered()).length, ARRIVE).toBeGreaterThanOrEqual(count);
    // A whole listing, or more, after all is known.
    await sleep(2_000);
    await fleet.end(worker, "SIGTERM");
  }
  const told = await fleet.discovered();
  expect([told.length, new Set(told).size]).toEqual([count, count]);
  fleet.start(3);
  await fleet.delivered();
  expect([fleet.missing(), fleet.repeated()]).toEqual([0, []]);
});

test("an object that a worker has parked whose clock is hours ahead rests as long as one of any other", async () => {
  const clock = (worker: number) => (worker === 0 ? 0.9 * HOUR_MS : 0);
  await using fleet = await Fleet.open(kafka(), { workers: 2, clock, coordination: { parkAfter: "2s" } });
  const [denied = ""] = await fleet.put(1);
  let isDenied = true;
  fleet.bucket.fault = ({ path }) =>
    isDenied && decodeURIComponent(path).endsWith(denied) ? { status: 403, code: "AccessDenied" } : undefined;
  fleet.start(0);
  await expect.poll(() => fleet.said(), ARRIVE).toMatch(/parked connector\S+ for all workers/);
  await fleet.end(0, "SIGTERM");
  isDenied = false;
  const from = Date.now();
  fleet.start(1);
  await fleet.delivered();
  expect(Date.now() - from).toBeLessThan(30_000);
});

test("a worker whose clock the brokers do not take says so, and lists when it is right", async () => {
  let aheadMs = 5 * HOUR_MS;
  await using fleet = await Fleet.open(kafka(), { workers: 1, clock: () => aheadMs });
  await fleet.put(5);
  fleet.start(0);
  await expect.poll(() => fleet.said(), ARRIVE).toMatch(/the broker refuses the time of a message: set this machine's clock/);
  expect(fleet.arrivals.size).toBe(0);
  await fleet.end(0, "SIGTERM");
  aheadMs = 0;
  fleet.start(0);
  await fleet.delivered();
  expect([fleet.missing(), fleet.repeated()]).toEqual([0, []]);
});
