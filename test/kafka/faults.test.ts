import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Random } from "../../src/generator/random.ts";
import { available } from "../backends/servers/available.ts";
import { spawned } from "../journeys/program.ts";
import { Fleet } from "./fleet.ts";
import { Kafka } from "./rig/cluster.ts";

const kafka = available("Kafka", () => Kafka.start());
const KILLS = Number(process.env.FLOWFERRY_KAFKA_KILLS ?? 6);
const SEED = process.env.FLOWFERRY_KAFKA_SEED ?? String(Date.now());
const ARRIVE = { timeout: 180_000, interval: 100 };
const SESSION_MS = 6_000;
/** What was delivered may be uncommitted for so long: it is committed once a second. */
const UNCOMMITTED_MS = 3_000;
const WORKERS = [0, 1, 2];
const STACK_TRACE = /^\s+at .*:\d+:\d+\)?$/m;
const tell = (line: string) => process.stderr.write(`${line}\n`);

/** Puts objects again and again, until it is disposed. */
function filling(fleet: Fleet, objects = 3, everyMs = 300) {
  const stop = new AbortController();
  const done = (async () => {
    while (!stop.signal.aborted) {
      await fleet.put(objects);
      await sleep(everyMs);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

/** When something went wrong on purpose, or a worker came, and until when what follows from it may come twice. */
interface Disturbance {
  readonly from: number;
  to: number;
}

/** Everything came, nothing was made up, and what came twice was on its way when something went wrong. */
async function expectAll(fleet: Fleet, disturbances: readonly Disturbance[]) {
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  expect(fleet.invented()).toEqual([]);
  const repeated = fleet.repeated();
  const isExcused = ({ first: { at } }: (typeof repeated)[number]) =>
    disturbances.some(({ from, to }) => at >= from - UNCOMMITTED_MS && at <= to);
  expect(repeated.filter((one) => !isExcused(one))).toEqual([]);
  expect(fleet.said()).not.toMatch(STACK_TRACE);
  return { records: fleet.wanted.size, repeated: repeated.length };
}

test(`a worker of three is killed ${KILLS} times, at random moments: nothing is lost, and little comes twice`, async () => {
  const random = new Random(SEED, "kills");
  await using fleet = await Fleet.open(kafka(), { sessionMs: SESSION_MS });
  fleet.startAll();
  await fleet.shared();
  const disturbances: Disturbance[] = [];
  const takeovers: number[] = [];
  {
    await using _ = filling(fleet);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await sleep(random.between(200, 3_000));
      const victim = random.pick(WORKERS);
      const others = WORKERS.filter((worker) => worker !== victim);
      const before = others.map((worker) => fleet.partitionsOf(worker));
      const from = Date.now();
      await fleet.end(victim, "SIGKILL");
      const disturbance = { from, to: Number.POSITIVE_INFINITY };
      disturbances.push(disturbance);
      await expect
        .poll(() => others.reduce((sum, worker) => sum + fleet.partitionsOf(worker), 0), ARRIVE)
        .toBeGreaterThan(before.reduce((sum, count) => sum + count, 0));
      takeovers.push(Date.now() - from);
      fleet.start(victim);
      await fleet.shared();
      disturbance.to = Date.now();
    }
  }
  const { records, repeated } = await expectAll(fleet, disturbances);
  const most = Math.max(...takeovers);
  const usual = takeovers.toSorted((a, b) => a - b)[takeovers.length >> 1] ?? most;
  tell(
    `${KILLS} kills (seed ${SEED}): ${records} records, 0 lost, ${repeated} came twice; taken over after ${Math.min(...takeovers)} to ${most} ms, session ${SESSION_MS} ms`,
  );
  expect(usual).toBeLessThan(SESSION_MS + 2_000);
  // Where many programs share the cores, now and then one waits for its turn.
  expect(most).toBeLessThan(SESSION_MS + 4_000);
  expect(kafka().oci.broken).toEqual([]);
}, 1_800_000);

test("each broker is killed and comes back while three workers deliver", async () => {
  await using fleet = await Fleet.open(kafka(), { sessionMs: SESSION_MS });
  fleet.startAll();
  await fleet.shared();
  const disturbances: Disturbance[] = [];
  {
    await using _ = filling(fleet);
    for (const broker of [0, 1]) {
      await sleep(1_000);
      const disturbance = { from: Date.now(), to: Number.POSITIVE_INFINITY };
      disturbances.push(disturbance);
      await kafka().kill(broker);
      await sleep(4_000);
      await kafka().revive(broker);
      await fleet.delivered();
      disturbance.to = Date.now();
    }
  }
  const { records, repeated } = await expectAll(fleet, disturbances);
  tell(`both brokers killed in turn: ${records} records, 0 lost, ${repeated} came twice`);
});

test("a worker joins, and another leaves, while sinks are slow", async () => {
  await using fleet = await Fleet.open(kafka(), { sessionMs: SESSION_MS, delayMs: 700 });
  for (const worker of [0, 1]) fleet.start(worker);
  await fleet.shared([0, 1]);
  const disturbances: Disturbance[] = [];
  {
    await using _ = filling(fleet);
    await sleep(2_000);
    const from = Date.now();
    fleet.start(2);
    await fleet.shared();
    disturbances.push({ from, to: Date.now() });
    await sleep(1_500);
    const leaving = Date.now();
    await fleet.end(0, "SIGTERM");
    await fleet.shared([1, 2]);
    disturbances.push({ from: leaving, to: Date.now() });
  }
  const { records, repeated } = await expectAll(fleet, disturbances);
  tell(`a worker came, and one went, while sinks took 0.7 s a batch: ${records} records, 0 lost, ${repeated} came twice`);
});

test.each([
  ["with names of their own", true],
  ["without", false],
])("workers %s are restarted one by one: nothing is lost, and the others do not stop", async (how, isStatic) => {
  const sessionMs = 20_000;
  const coordination = (worker: number) => (isStatic ? { instanceId: `worker-${worker}` } : {});
  await using fleet = await Fleet.open(kafka(), { sessionMs, coordination });
  fleet.startAll();
  await fleet.shared();
  const disturbances: Disturbance[] = [];
  const pauses: number[] = [];
  const takenUp: number[] = [];
  let calm = 0;
  {
    await using _ = filling(fleet);
    await sleep(2_000);
    const began = Date.now();
    await sleep(8_000);
    calm = Math.max(...WORKERS.map((worker) => fleet.longestPause(worker, began, Date.now())));
    for (const worker of WORKERS) {
      const from = Date.now();
      await fleet.end(worker, "SIGTERM");
      const ended = Date.now();
      fleet.start(worker);
      await fleet.shared();
      const to = Date.now();
      disturbances.push({ from, to });
      takenUp.push(to - ended);
      for (const other of WORKERS) if (other !== worker) pauses.push(fleet.longestPause(other, from, to));
      await sleep(1_000);
    }
  }
  const { records, repeated } = await expectAll(fleet, disturbances);
  tell(
    `a rolling restart, ${how}: ${records} records, 0 lost, ${repeated} came twice; the others' longest pause was ${Math.max(...pauses)} ms (${calm} ms without a restart); all shares were back after ${takenUp.join(", ")} ms`,
  );
  // What waits for the answers of a group takes some hundred milliseconds: no session, and no start of a program.
  expect(Math.max(...pauses)).toBeLessThan(calm + 2_500);
  expect(kafka().oci.broken).toEqual([]);
});

test("a worker that was stopped for longer than its session, and wakes up, commits nothing of what others have", async () => {
  await using fleet = await Fleet.open(kafka(), { sessionMs: SESSION_MS });
  fleet.startAll();
  await fleet.shared();
  const disturbances: Disturbance[] = [];
  const offsets: (readonly number[])[] = [];
  {
    await using _ = filling(fleet);
    await using watch = await fleet.watchCommits((committed) => offsets.push(committed));
    await sleep(1_000);
    const from = Date.now();
    fleet.signal(1, "SIGSTOP");
    await fleet.shared([0, 2]);
    await sleep(2_000);
    fleet.signal(1, "SIGCONT");
    await sleep(500);
    await fleet.shared();
    disturbances.push({ from, to: Date.now() + 1_000 });
    await sleep(2_000);
    expect(watch.samples).toBeGreaterThan(10);
  }
  const { records, repeated } = await expectAll(fleet, disturbances);
  for (const [index, later] of offsets.slice(1).entries()) {
    const earlier = offsets[index] ?? [];
    expect(later.filter((offset, partition) => offset < (earlier[partition] ?? -1))).toEqual([]);
  }
  tell(`a worker stopped for longer than its session: ${records} records, 0 lost, ${repeated} came twice, no offset went back`);
});

test("a lister that is stopped in the middle of a listing loses its lease, and what it tells after that is told by nobody twice", async () => {
  await using fleet = await Fleet.open(kafka(), { sessionMs: SESSION_MS, pageSize: 20 });
  await fleet.put(200, 20);
  // A page in half a second: the whole takes five.
  fleet.bucket.fault = ({ query }) => (query.has("list-type") ? { delayMs: 500 } : undefined);
  fleet.startAll();
  await expect.poll(() => fleet.arrivals.size, ARRIVE).toBeGreaterThan(200);
  const first = fleet.lister()?.worker ?? -1;
  const from = Date.now();
  fleet.signal(first, "SIGSTOP");
  expect(fleet.missing()).toBeGreaterThan(1_000);
  await expect.poll(() => fleet.lister()?.worker, ARRIVE).not.toBe(first);
  const tookMs = (fleet.lister()?.since ?? 0) - from;
  await sleep(1_500);
  fleet.signal(first, "SIGCONT");
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  await sleep(2_000);
  const told = await fleet.discovered();
  expect(new Set(told).size).toBe(200);
  expect(told.length - new Set(told).size).toBeLessThanOrEqual(20);
  await expectAll(fleet, [{ from, to: Date.now() }]);
  tell(`the lister was stopped: another lists after ${tookMs} ms; ${told.length - 200} of 200 objects stand in the topic twice`);
});

test("a wrong password and a missing topic are said in a line, and nothing is delivered until they are put right", async () => {
  await using wrong = await Fleet.open(kafka(), { workers: 1, password: "wrong", listener: "SASL_SSL" });
  await using missing = await Fleet.open(kafka(), { workers: 1, topics: { parked: "nobody-made-this" } });
  await Promise.all([wrong.put(1), missing.put(1)]);
  wrong.start(0);
  missing.start(0);
  await expect
    .poll(() => wrong.said(), ARRIVE)
    .toMatch(/user test-tenancy\/\S+ \(PLAIN\) is refused: check sasl\.username and sasl\.password/);
  await expect.poll(() => missing.said(), ARRIVE).toMatch(/nobody-made-this.*there is no such topic/);
  expect([wrong.said(), missing.said()].some((said) => STACK_TRACE.test(said) || said.includes('wrong"'))).toBe(false);
  expect([wrong.arrivals.size, missing.arrivals.size]).toEqual([0, 0]);
  for (const fleet of [wrong, missing]) expect(await fleet.end(0, "SIGTERM")).toBeLessThan(5_000);
});

test("an object that cannot be read is parked for all workers and read later; what is set aside stands in the topic", async () => {
  await using fleet = await Fleet.open(kafka(), { workers: 2, coordination: { parkAfter: "2s" } });
  const [denied = ""] = await fleet.put(1);
  let isDenied = true;
  fleet.bucket.fault = ({ path }) =>
    isDenied && decodeURIComponent(path).endsWith(denied) ? { status: 403, code: "AccessDenied" } : undefined;
  const broken = await fleet.putBroken();
  for (const worker of [0, 1]) fleet.start(worker);
  await fleet.put(20);
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(40);
  await expect.poll(() => fleet.said(), ARRIVE).toMatch(/parked connector\S+ for all workers/);
  await expect.poll(() => fleet.lag("objects"), ARRIVE).toBe(0);
  expect(await fleet.lag("parked")).toBe(1);
  const status = JSON.parse((await spawned(["status", "-c", fleet.config(1), "--json"])).stdout);
  expect(status.topics).toEqual([
    { topic: fleet.topics.objects, role: "ship", partitions: 12, waiting: 0, behind: 0 },
    { topic: fleet.topics.parked, role: "ship", partitions: 3, waiting: 1, behind: 1 },
  ]);
  // Whoever has tried it goes; another one has it.
  await fleet.end(0, "SIGKILL");
  isDenied = false;
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  await expect.poll(() => fleet.lag("parked"), ARRIVE).toBe(0);
  const letters = await fleet.letters();
  const told = await spawned(["status", "--dead-letters", "-c", fleet.config(1)]);
  expect([told.code, told.stdout]).toEqual([0, expect.stringMatching(`^undecodable  \\S+  ${broken}  record 2  bad-json: `)]);
  // A worker that is killed may have told of it: an object that comes again is set aside again.
  expect(letters.length).toBeLessThanOrEqual(2);
  for (const letter of letters) expect(letter).toMatchObject({ key: broken, count: 1, code: "bad-json" });
});
