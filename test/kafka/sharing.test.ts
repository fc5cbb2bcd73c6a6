import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { Fleet } from "./fleet.ts";
import { Kafka } from "./rig/cluster.ts";

const kafka = available("Kafka", () => Kafka.start());
const ARRIVE = { timeout: 120_000, interval: 100 };
const tell = (line: string) => process.stderr.write(`${line}\n`);

test("three workers share what one of them lists; a record comes once, and the limits of OCI Streaming are kept", async () => {
  await using fleet = await Fleet.open(kafka());
  fleet.startAll();
  await fleet.shared();
  await fleet.put(30);
  for (let round = 0; round < 5; round += 1) {
    await fleet.put(12);
    await sleep(400);
  }
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  expect([fleet.invented(), fleet.repeated().length]).toEqual([[], 0]);
  expect(fleet.sharers()).toBe(3);
  const stopped = [];
  for (const worker of [0, 1, 2]) stopped.push(await fleet.end(worker, "SIGTERM"));
  expect(fleet.said().match(/lists for all workers/g)?.length).toBeGreaterThanOrEqual(1);
  expect(kafka().oci.broken).toEqual([]);
  tell(`three workers: ${fleet.wanted.size} records once each; SIGTERM to the end in ${stopped.map(Math.round).join(", ")} ms`);
});

test("one lists and another delivers; the next lister knows all, and what waits for long and is written again comes once", async () => {
  const roleOf = (worker: number) => (worker < 2 ? "discover" : "ship");
  await using fleet = await Fleet.open(kafka(), { roleOf, listener: "SASL_SSL" });
  await fleet.put(30);
  fleet.start(0);
  await expect.poll(async () => (await fleet.discovered()).length, ARRIVE).toBe(30);
  await fleet.end(0, "SIGTERM");
  await fleet.write(fleet.topics.objects, "not flowferry's");
  await fleet.put(10);
  fleet.start(1);
  await expect.poll(async () => (await fleet.discovered()).length, ARRIVE).toBe(40);
  expect([await fleet.lag("objects"), await fleet.rewrite()]).toEqual([expect.any(Number), 40]);
  expect((await fleet.discovered()).length).toBe(80);
  expect(fleet.arrivals.size).toBe(0);
  fleet.start(2);
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  await expect.poll(() => fleet.lag("objects"), ARRIVE).toBe(0);
  expect([fleet.invented(), fleet.repeated()]).toEqual([[], []]);
  expect(fleet.said()).toMatch(/passed over a message that is none of flowferry's: objects-\d+\/\d+ at \d+/);
  expect([0, 1].flatMap((worker) => fleet.lines(worker)).some(({ msg }) => msg.includes("partitions to deliver"))).toBe(false);
});
