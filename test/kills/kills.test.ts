import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Random } from "../../src/generator/random.ts";
import { spawned, summaryOf } from "../journeys/program.ts";
import { expectAlerts, expectArchive, expectBooks, expectEverything, expectNoRemains } from "./account.ts";
import { openScene, type Scene, SHUTDOWN_MS } from "./scene.ts";
import { drawMoment, runUntil } from "./worker.ts";

/** What happens is drawn from the seed; at which step of the program a moment falls is the machine's. */
const SEED = process.env.KILLS_SEED ?? String(Date.now());
const KILLS = Number(process.env.KILLS ?? 200);
const TERMS = Math.ceil(KILLS / 4);
const ROUNDS = KILLS + TERMS;
/** A little more than one object a round. */
const OBJECTS = Math.ceil(ROUNDS * 1.25);
/** What a process may need besides to end, on a busy machine. */
const MARGIN_MS = 60_000;

const say = (text: string) => void process.stdout.write(`${text}\n`);

test(`killed ${KILLS} times and asked to end ${TERMS} times, nothing is lost, and nothing comes twice but what was in flight`, async () => {
  say(`to repeat it: KILLS_SEED=${SEED} npm run test:kills`);
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1000);
  const random = new Random(SEED, "rounds");
  const scene = await openScene(SEED, OBJECTS);
  const { supply, tables, sinks, notifiers, faults, config } = scene;
  try {
    let longestMs = 0;
    for (let left = { SIGKILL: KILLS, SIGTERM: TERMS }; left.SIGKILL + left.SIGTERM > 0; ) {
      const rounds = left.SIGKILL + left.SIGTERM;
      const signal = random.below(rounds) < left.SIGKILL ? "SIGKILL" : "SIGTERM";
      left = { ...left, [signal]: left[signal] - 1 };
      longestMs = Math.max(longestMs, await round(scene, random, signal, rounds));
      if (rounds % 25 === 1) say(`${ROUNDS - rounds + 1} rounds in ${seconds()} s`);
    }
    const table = scene.heal();
    const last = await spawned(["run", "-c", config, "--until-caught-up", "--json"]);
    expect([0, 3], last.stderr).toContain(last.code);
    expect(summaryOf(last)).toMatchObject({ parked: 0, alerts: { waiting: 0, refused: 0 } });
    await scene.settle(last, "done");
    expect(faults).toEqual([]);

    expectNoRemains(scene, table);
    const deadLetters = expectEverything(scene);
    await expectBooks(scene);
    await expectAlerts(scene);
    const archivedTwice = await expectArchive(scene);

    const twice = sinks.map(({ name, repeated, mostRepeated }) => [name, { repeated, mostOfOneKill: mostRepeated }]);
    const alerts = notifiers.map(({ name, told, repeated, refused }) => [name, { told: told.size, repeated, refused }]);
    const results = {
      seconds: seconds(),
      objects: supply.versions.length,
      records: supply.versions.reduce((sum, { good }) => sum + good.length, 0),
      ...{ denied: supply.refusedKeys.size, replaced: supply.replaced, mostParked: scene.mostParked, deadLetters },
      ...{ twice: Object.fromEntries(twice), archivedTwice, alerts: Object.fromEntries(alerts) },
      ...{ tables: tables.done, accepted: tables.accepted },
      longestEndMs: Math.round(longestMs),
    };
    say(JSON.stringify(results, undefined, 2));
    // A suite in which some of it never comes about shows nothing of that.
    const { refused, lost } = deadLetters;
    const came = [
      supply.refusedKeys.size,
      supply.replaced,
      tables.accepted,
      refused,
      lost,
      ...sinks.map(({ repeated }) => repeated),
    ];
    if (KILLS >= 200) expect(Math.min(...came)).toBeGreaterThan(0);
  } finally {
    await scene.close();
  }
});

/** One run of the worker, up to the signal. Returns how long it took to end. */
async function round(scene: Scene, random: Random, signal: "SIGKILL" | "SIGTERM", roundsLeft: number): Promise<number> {
  const { supply, tables, config, faults } = scene;
  scene.change();
  const share = supply.left / roundsLeft;
  const put = supply.putWithin(1_500, Math.floor(share) + (random.chance(share % 1) ? 1 : 0));
  // Until there is a copy of the first table nothing is promised of later ones.
  const isMeddled = tables.copy() !== undefined && random.chance(0.2);
  const meddling = isMeddled ? sleep(random.between(0, 1_500)).then(() => tables.meddle(config)) : undefined;
  // Not where a graceful end is to find out what is in flight.
  const turning = signal === "SIGKILL" && random.chance(0.25) ? setTimeout(scene.turn, random.between(500, 2_000)) : undefined;
  const moment = drawMoment(random);
  const ended = await runUntil(moment, signal, config, scene.happens);
  clearTimeout(turning);
  put();
  await meddling;
  if (signal === "SIGTERM") {
    // A process that has not yet heard of signals ends as any does; it has done nothing then.
    const isUnheard = ended.signal === "SIGTERM" && ended.stderr === "";
    if (ended.code !== 0 && !isUnheard) faults.push(`ended with ${ended.code ?? ended.signal}`);
    if (ended.tookMs > SHUTDOWN_MS + MARGIN_MS) faults.push(`took ${Math.round(ended.tookMs)} ms to end`);
  }
  await scene.settle(ended, signal);
  expect(faults, `${roundsLeft} rounds left: ${signal} ${moment.ms} ms after the ${moment.after}: ${ended.stderr}`).toEqual([]);
  return signal === "SIGTERM" ? ended.tookMs : 0;
}
