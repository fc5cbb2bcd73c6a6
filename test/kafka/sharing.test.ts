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
