import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Random } from "../../src/generator/random.ts";
import { available } from "../backends/servers/available.ts";
import { Fleet, type FleetOptions } from "./fleet.ts";
import { Kafka } from "./rig/cluster.ts";
import { Told } from "./told.ts";

const kafka = available("Kafka", () => Kafka.start());
const SEED = process.env.FLOWFERRY_KAFKA_SEED ?? String(Date.now());
const KILLS = Number(process.env.FLOWFERRY_KAFKA_KILLS ?? 4);
const ARRIVE = { timeout: 180_000, interval: 200 };
const SESSION_MS = 6_000;
/** Six hours with every incident. An object has seven minutes and a half. */
const BUCKET = { flows: 24_000, objects: 48, vnics: 24, spanMs: 6 * 3_600_000, seed: SEED };
/** An object comes so often: those of a worker that dies are late by less than rules wait for. */
const EVERY_MS = 2_000;
/** Of each death one alert may be told again: it was told, and that was not written yet. */
const IN_FLIGHT = 1;
const tell = (line: string) => process.stderr.write(`${line}\n`);

function detecting(told: Told, options: FleetOptions = {}): Promise<Fleet> {
  const alerts = (worker: number) => told.alertsOf(worker);
  return Fleet.open(kafka(), { sessionMs: SESSION_MS, alerts, run: { checkpointMs: 1_000 }, ...options });
}

/** Everything is delivered, and the rules have seen it; what one worker alone tells of the same bucket was told. */
async function expectAlike(fleet: Fleet, told: Told): Promise<number> {
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  await expect.poll(() => fleet.lag("objects"), ARRIVE).toBe(0);
  await expect.poll(() => fleet.lag("detections"), ARRIVE).toBe(0);
  await using alone = await Told.open();
  await fleet.alone(alone.alertsOf(0), () => alone.isQuiet());
  expect(alone.keys.length).toBeGreaterThan(10);
  expect(alone.repeated).toBe(0);
  // What was found is told one after the other.
  await expect.poll(() => told.keys.length, { ...ARRIVE, timeout: 20_000 }).toBeGreaterThanOrEqual(alone.keys.length);
  expect(told.keys).toEqual(alone.keys);
  expect(kafka().oci.broken).toEqual([]);
  return alone.keys.length;
}

test("three workers tell what one alone tells, each of it once", async () => {
  await using told = await Told.open();
  await using fleet = await detecting(told);
  fleet.startAll();
  await fleet.shared();
  await fleet.putIncidents(BUCKET, () => sleep(EVERY_MS / 2));
  const count = await expectAlike(fleet, told);
  expect(told.repeated).toBe(0);
  tell(`three workers and one alone (seed ${SEED}): ${count} alerts, each once`);
});

test(`whoever looks after the rules is killed ${KILLS} times, at random moments: what is told is what one alone tells`, async () => {
  const random = new Random(SEED, "kills");
  await using told = await Told.open();
  await using fleet = await detecting(told);
  fleet.startAll();
  await fleet.shared();
  const filling = fleet.putIncidents(BUCKET, () => sleep(EVERY_MS));
  const takeovers: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await expect.poll(() => fleet.detector(), ARRIVE).toBeDefined();
    await sleep(random.between(500, 6_000));
    const victim = fleet.detector()?.worker ?? 0;
    const at = Date.now();
    // One of them leaves in peace.
    await fleet.end(victim, kill === 1 ? "SIGTERM" : "SIGKILL");
    await expect.poll(() => fleet.detector()?.since ?? 0, ARRIVE).toBeGreaterThan(at);
    takeovers.push(Date.now() - at);
    fleet.start(victim);
    await fleet.shared();
  }
  await filling;
  const count = await expectAlike(fleet, told);
  expect(told.repeated).toBeLessThanOrEqual(IN_FLIGHT * KILLS);
  tell(
    `${KILLS} deaths (seed ${SEED}): ${count} alerts, ${told.repeated} told twice; others looked after the rules after ${takeovers.join(", ")} ms`,
  );
}, 900_000);

test("whoever was stopped while it looked after the rules, and wakes up when another does, tells nothing", async () => {
  await using told = await Told.open();
  await using fleet = await detecting(told);
  fleet.startAll();
  await fleet.shared();
  await expect.poll(() => fleet.detector(), ARRIVE).toBeDefined();
  const zombie = fleet.detector()?.worker ?? 0;
  const others = [0, 1, 2].filter((worker) => worker !== zombie);
  let number = 0;
  let stoppedAt = 0;
  let wokenAt = 0;
  await fleet.putIncidents(BUCKET, async () => {
    number += 1;
    if (number === 12) {
      stoppedAt = Date.now();
      fleet.signal(zombie, "SIGSTOP");
      await expect.poll(() => others.some((worker) => (fleet.detector(worker)?.since ?? 0) > stoppedAt), ARRIVE).toBe(true);
    }
    if (number === 24) {
      wokenAt = Date.now();
      fleet.signal(zombie, "SIGCONT");
    }
    await sleep(EVERY_MS);
  });
  const count = await expectAlike(fleet, told);
  expect(told.since(zombie, stoppedAt + 100)).toEqual([]);
  expect(told.repeated).toBeLessThanOrEqual(IN_FLIGHT);
  expect(wokenAt).toBeGreaterThan(stoppedAt);
  tell(`stopped and woken (seed ${SEED}): ${count} alerts, ${told.repeated} told twice, none by who was woken`);
}, 900_000);

test("each broker is killed and comes back while rules look at flows: what is told is what one alone tells", async () => {
  await using told = await Told.open();
  await using fleet = await detecting(told);
  fleet.startAll();
  await fleet.shared();
  let number = 0;
  await fleet.putIncidents(BUCKET, async () => {
    number += 1;
    const broker = number < 24 ? 0 : 1;
    if (number === 10 || number === 30) await kafka().kill(broker);
    if (number === 12 || number === 32) await kafka().revive(broker);
    await sleep(EVERY_MS);
  });
  const count = await expectAlike(fleet, told);
  expect(told.repeated).toBeLessThanOrEqual(2 * IN_FLIGHT);
  tell(`both brokers killed in turn (seed ${SEED}): ${count} alerts, ${told.repeated} told twice`);
}, 900_000);

test("clocks that are hours behind and most of an hour ahead change nothing of what is told, whoever looks after the rules", async () => {
  await using told = await Told.open();
  const clock = (worker: number) => [-5 * 3_600_000, 0, 50 * 60_000][worker] ?? 0;
  await using fleet = await detecting(told, { clock });
  fleet.startAll();
  await fleet.shared();
  let number = 0;
  const detectors = new Set<number>();
  const began = () => [0, 1, 2].flatMap((worker) => (fleet.detector(worker) === undefined ? [] : [worker]));
  await fleet.putIncidents(BUCKET, async () => {
    number += 1;
    // Whoever looks after the rules ends, and stays away: the next one has another clock.
    if (number === 16 || number === 32) {
      const [worker = 0] = began().filter((one) => !detectors.has(one));
      detectors.add(worker);
      await fleet.end(worker, "SIGTERM");
    }
    await sleep(EVERY_MS);
  });
  const count = await expectAlike(fleet, told);
  expect(detectors.size).toBe(2);
  expect(told.repeated).toBe(0);
  tell(`clocks of -5 h, 0 and +50 min (seed ${SEED}): ${count} alerts, each once`);
}, 900_000);
