import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { spawned, summaryOf, type Workplace, workplace } from "../journeys/program.ts";
import { startReceiver } from "../simulators/otlp/receiver.ts";
import { Kafka } from "./rig/cluster.ts";
import { asAdmin, committed, delivered, event, numbers, produce, reading, untilDelivered, worker } from "./stream.ts";

const kafka = available("Kafka", () => Kafka.start());
let place: Workplace;
beforeEach(() => {
  place = workplace();
});
afterEach(() => place.remove());

/** Which topic of its name it is, as the brokers say. */
const idOf = (topic: string) =>
  asAdmin(kafka(), async (admin) => (await admin.metadata({ topics: [topic] })).topics.get(topic)?.id ?? "");

/** Of the cluster, the topic and its id, the partition and its block of offsets; offset and place in the message. */
function uidOf(id: string, topic: string, partition: number, offset: number, index: number): string {
  const block = Math.floor(offset / 40_000) * 40_000;
  const digest = createHash("sha256").update(`kafka://test\0${id}/${topic}/${partition}/${block}`).digest("hex").slice(0, 24);
  return digest + ((offset - block) * 100_000 + index).toString(16).padStart(8, "0");
}

const job = (config: object, name = "job") =>
  spawned(["run", "-c", place.config(config, `${name}.yaml`), "--until-caught-up", "--json"]);

describe("a topic", () => {
  test("is read up to its end, whatever form its messages have, and the group knows so", async () => {
    const topic = await kafka().topic("forms", { partitions: 3 });
    const messages = [
      { partition: 0, value: event(1) },
      { partition: 0, value: `[${event(2)},${event(3)}]` },
      { partition: 0, value: `${event(4)}\n${event(5)}\n` },
      { partition: 1, value: event(6) },
    ];
    await produce(kafka(), topic, messages);
    const ended = await job(reading(kafka(), topic, "out"));
    expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/warn|error/) });
    expect(summaryOf(ended)).toMatchObject({ records: 6, bad: 0, sinks: { ndjson: { delivered: 6 } } });
    const { uids } = delivered(place, "out");
    const id = await idOf(topic);
    const expected = [
      [1, uidOf(id, topic, 0, 0, 1)],
      [2, uidOf(id, topic, 0, 1, 1)],
      [3, uidOf(id, topic, 0, 1, 2)],
      [4, uidOf(id, topic, 0, 2, 1)],
      [5, uidOf(id, topic, 0, 2, 2)],
      [6, uidOf(id, topic, 1, 0, 1)],
    ] as const;
    expect(uids).toEqual(new Map(expected.map(([number, uid]) => [number, new Set([uid])])));
    expect(await committed(kafka(), `g-${topic}`, topic)).toEqual(
      new Map([
        [0, 3],
        [1, 1],
        [2, 0],
      ]),
    );
    // Another worker, with a ledger of its own, has nothing to do.
    expect(summaryOf(await job(reading(kafka(), topic, "other"), "other"))).toMatchObject({ records: 0 });
    // Another group has, and gives the same uids.
    await job(reading(kafka(), topic, "again", { group: `g2-${topic}` }), "again");
    expect(delivered(place, "again").uids).toEqual(uids);
  });

  test("a poisoned message is set aside with its topic, partition and offset, and breaks no other", async () => {
    const topic = await kafka().topic("poison", { partitions: 1 });
    const [whole, cut] = [event(3), event(2)];
    await produce(kafka(), topic, [
      event(1),
      cut.slice(0, 200),
      whole,
      gzipSync(event(4)),
      gzipSync(event(5)).subarray(0, 60),
      event(6),
      "{",
    ]);
    const config = reading(kafka(), topic, "out");
    const ended = await job(config);
    expect(ended.code).toBe(3);
    expect(summaryOf(ended)).toMatchObject({ records: 4, bad: 3, sinks: { ndjson: { delivered: 4 } } });
    expect([...delivered(place, "out").times.keys()].sort()).toEqual([1, 3, 4, 6]);
    expect(ended.stderr).toMatch(new RegExp(`"key":"${topic}/0/0-6","from":100001,"to":100001,"code":"[a-z-]+"`));
    expect(await committed(kafka(), `g-${topic}`, topic)).toEqual(new Map([[0, 7]]));
    const again = await spawned(["replay", "-c", place.path("job.yaml"), "--dead-letters", "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ deadLetters: 3, settled: 0, kept: 3, delivered: 0 });
  });

  test("replay --since reads it again, under the same uids, and is nobody's progress", async () => {
    const topic = await kafka().topic("again", { partitions: 1 });
    await produce(
      kafka(),
      topic,
      numbers(0, 50).map((number) => event(number)),
    );
    const ended = await job(reading(kafka(), topic, "out", { group: "nobody" }), "job");
    expect(summaryOf(ended)).toMatchObject({ sinks: { ndjson: { delivered: 50 } } });
    const config = place.config(reading(kafka(), topic, "out", { group: "never-told" }), "again.yaml");
    expect(await spawned(["replay", "-c", config, "--since", "1h", "--json"])).toMatchObject({ code: 0 });
    const { repeats, uids } = delivered(place, "out");
    expect([repeats, [...uids.values()].every(({ size }) => size === 1)]).toEqual([50, true]);
    expect(await committed(kafka(), "never-told", topic)).toEqual(new Map());
  });

  test("messages that retention deleted before they were read are named and counted", async () => {
    const topic = await kafka().topic("retention", { partitions: 1 });
    const config = reading(kafka(), topic, "out");
    await produce(
      kafka(),
      topic,
      numbers(0, 20).map((number) => event(number)),
    );
    expect(summaryOf(await job(config))).toMatchObject({ records: 20 });
    await produce(
      kafka(),
      topic,
      numbers(20, 60).map((number) => event(number)),
    );
    await asAdmin(kafka(), (admin) =>
      admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 45n }] }] }),
    );
    const ended = await job(config);
    expect(ended.code).toBe(3);
    expect(summaryOf(ended)).toMatchObject({ records: 15, lost: 1, sinks: { ndjson: { delivered: 15, deadLettered: 25 } } });
    expect(ended.stderr).toMatch(/25 messages of \S+ \(offsets 20 to 44\) were deleted by retention before they were read/);
    const { times, repeats } = delivered(place, "out");
    expect([[...times.keys()].sort((a, b) => a - b), repeats]).toEqual([[...numbers(0, 20), ...numbers(45, 60)], 0]);
    expect(await committed(kafka(), `g-${topic}`, topic)).toEqual(new Map([[0, 60]]));
  });

  test("a topic that is made anew while nobody reads it is read as a whole, and what was left of the old one is named", async () => {
    const topic = await kafka().topic("anew", { partitions: 1 });
    const flows = (from: number, to: number) =>
      produce(
        kafka(),
        topic,
        numbers(from, to).map((number) => event(number)),
      );
    const receiver = await startReceiver({ faults: { "*": { status: 503 } } });
    try {
      const sinks = [{ type: "otlp", endpoint: receiver.url }];
      const config = { ...reading(kafka(), topic, "out"), sinks };
      await flows(0, 20);
      const { child, ended } = worker(place, config, "job");
      await expect.poll(() => receiver.requests.length).toBeGreaterThan(0);
      child.kill("SIGKILL");
      await ended;
      const old = await idOf(topic);
      await kafka().replaceTopic(topic, { partitions: 1 });
      expect(await idOf(topic)).not.toBe(old);
      await flows(20, 50);
      receiver.faults = {};
      const again = await job(config);
      expect(again.code).toBe(3);
      expect(summaryOf(again)).toMatchObject({ records: 30, lost: 1, sinks: { otlp: { delivered: 30, deadLettered: 20 } } });
      expect(again.stderr).toMatch(/ was made anew; it is read from offset 0 on/);
      expect(again.stderr).toMatch(
        /20 messages of \S+ \(offsets 0 to 19\) were deleted with the topic, which was made anew, before they were read/,
      );
      expect(await committed(kafka(), `g-${topic}`, topic)).toEqual(new Map([[0, 30]]));
    } finally {
      await receiver.close();
    }
  });

  test("begins where `since` says, by the brokers' times, where the group knows nothing", async () => {
    const topic = await kafka().topic("since", { partitions: 2 });
    await produce(
      kafka(),
      topic,
      numbers(0, 10).map((number) => event(number)),
    );
    await sleep(1_500);
    const since = new Date().toISOString();
    await produce(
      kafka(),
      topic,
      numbers(10, 20).map((number) => event(number)),
    );
    expect(summaryOf(await job(reading(kafka(), topic, "out", { since })))).toMatchObject({ records: 10 });
    expect([...delivered(place, "out").times.keys()].sort((a, b) => a - b)).toEqual(numbers(10, 20));
  });
});

describe("what is wrong is one line", () => {
  const check = async (source: object) => {
    const topic = await kafka().topic("check", { partitions: 4 });
    const config = reading(kafka(), topic, "out", source) as { sinks: object };
    return [await spawned(["check", "-c", place.config(config, "check.yaml")]), topic] as const;
  };

  test("check says how many partitions a topic has", async () => {
    const [{ code, stdout }, topic] = await check({});
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(`ok     source: kafka://test: ${topic} has 4 partitions; 0 messages are there`),
    ]);
  });

  test.each([
    [
      "a wrong password",
      { sasl: { username: "nobody", password: "wr0ng-p4ss" } },
      /user nobody \(PLAIN\) is refused: check sasl.username and sasl.password/,
    ],
    [
      "a topic that is missing",
      { topics: ["none"] },
      /cannot look up topic none at \S+ and \S+: there is no such topic, or it may not be seen: create it/,
    ],
    ["an unknown authority", { tls: {} }, /certificate of an unknown authority: name it in tls.caFile/],
    ["a listener without TLS", { brokers: ["localhost:1"] }, /localhost:1 takes no connections/],
  ])("%s", async (_, source, message) => {
    const [{ code, stdout, stderr }] = await check(source);
    expect([code, stdout, stderr]).toEqual([1, expect.stringMatching(message), expect.not.stringMatching(/ at .*\.ts|wr0ng/)]);
    expect(stdout.split("\n").filter((line) => line.startsWith("FAILED source"))).toHaveLength(1);
  });

  test("a job with a wrong password ends, and says so", async () => {
    const topic = await kafka().topic("wrong", { partitions: 1 });
    const ended = await job(reading(kafka(), topic, "out", { sasl: { username: "nobody", password: "wr0ng-p4ss" } }));
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringMatching(/user nobody \(PLAIN\) is refused/)]);
  });
});

test("flows are acknowledged within two seconds, and a worker that is told to end leaves its group within one", async () => {
  const topic = await kafka().topic("latency", { partitions: 4 });
  await produce(kafka(), topic, [event(0)]);
  const running = worker(place, reading(kafka(), topic, "out", { session: "30s" }), "worker");
  await untilDelivered(place, 1, "out");
  const sent = new Map<number, number>();
  const seen = new Map<number, number>();
  const producing = (async () => {
    for (const number of numbers(1, 101)) {
      sent.set(number, Date.now());
      await produce(kafka(), topic, [event(number)]);
      await sleep(20);
    }
  })();
  while (seen.size < 100) {
    for (const number of delivered(place, "out").times.keys()) if (number > 0 && !seen.has(number)) seen.set(number, Date.now());
    await sleep(20);
  }
  await producing;
  const latencies = [...seen].map(([number, at]) => at - (sent.get(number) ?? 0)).sort((a, b) => a - b);
  process.stderr.write(`flow to acknowledged: p50 ${latencies[50]} ms, p99 ${latencies[98]} ms\n`);
  expect(latencies[98]).toBeLessThan(2_000);
  const told = Date.now();
  running.child.kill("SIGTERM");
  await expect
    .poll(
      () =>
        asAdmin(
          kafka(),
          async (admin) => (await admin.describeGroups({ groups: [`g-${topic}`] })).get(`g-${topic}`)?.members.size,
        ),
      { interval: 20 },
    )
    .toBe(0);
  process.stderr.write(`left the group after ${Date.now() - told} ms\n`);
  expect((await running.ended).code).toBe(0);
  expect([...(await committed(kafka(), `g-${topic}`, topic)).values()].reduce((sum, offset) => sum + offset, 0)).toBe(101);
});
