import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { Fleet } from "./fleet.ts";
import { Kafka } from "./rig/cluster.ts";

const kafka = available("Kafka", () => Kafka.start());
/** Some minutes, and CPU that says something: not in every run of the suite. */
const isAsked = process.env.FLOWFERRY_KAFKA_NUMBERS !== undefined;
const OBJECTS = 240;
const RECORDS = 500;
const ARRIVE = { timeout: 240_000, interval: 20 };
/** Of Linux, in which processes count what they have used of the CPU. */
const TICK_MS = 10;

/** What a process has used of the CPU so far, in ms. */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** What so many workers use of the CPU for each record, in µs, without what a start takes, and how long they took, in ms. */
async function measured(workers: number, shared: boolean) {
  await using fleet = await Fleet.open(kafka(), { workers, shared, batch: 2_000 });
  const numbers = Array.from({ length: workers }, (_, number) => number);
  const pids = numbers.map((number) => fleet.start(number).child.pid);
  const settled = () => (shared ? fleet.shared(numbers) : sleep(2_000));
  // The first objects are for what is compiled once.
  await settled();
  await fleet.put(40, RECORDS);
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  await sleep(1_500);
  const before = fleet.wanted.size;
  const used = pids.map(cpuOf);
  const began = performance.now();
  await fleet.put(OBJECTS, RECORDS);
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  const tookMs = performance.now() - began;
  // What follows an acknowledgement: a commit.
  await sleep(1_500);
  const cpuMs = pids.map((pid, index) => cpuOf(pid) - (used[index] ?? 0));
  const records = fleet.wanted.size - before;
  return { records, tookMs, cpuMs, perRecord: (cpuMs.reduce((sum, ms) => sum + ms, 0) * 1000) / records };
}

test.runIf(isAsked)(
  "a record costs little more when workers share the work than when one does it, and two cost no more than one",
  async () => {
    const alone = await measured(1, false);
    const one = await measured(1, true);
    const two = await measured(2, true);
    const [ratio, both] = [one.perRecord / alone.perRecord, two.perRecord / one.perRecord];
    const busiest = Math.max(...two.cpuMs) / two.cpuMs.reduce((sum, ms) => sum + ms, 0);
    process.stderr.write(
      `CPU a record, ${alone.records} records: ${alone.perRecord.toFixed(1)} µs alone, ${one.perRecord.toFixed(1)} µs through Kafka (${ratio.toFixed(2)} of it), ` +
        `two workers ${two.perRecord.toFixed(1)} µs, the busier of which does ${(100 * busiest).toFixed(0)} %: ${(1 / (busiest * both)).toFixed(2)} times one by CPU; ` +
        `${Math.round(one.tookMs)} and ${Math.round(two.tookMs)} ms by the clock\n`,
    );
    expect(ratio).toBeLessThan(1.3);
  },
  900_000,
);
