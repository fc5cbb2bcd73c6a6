import { describe, expect, test } from "vitest";
import { flowferry, summaryOf } from "./program.ts";
import { recordsOf, setting, spawnedToEnd, toFile, toReceiver, until } from "./setting.ts";

const { configFor, receive, bucket, expectedIn, begin, lines } = setting();
const DYING = new URL("./dying.ts", import.meta.url).href;

describe.each(["exit", "throw", "out of memory"])("threads that die by %s", (way) => {
  test("are replaced, their objects are read again, and nothing is lost", async () => {
    const objects = await bucket({ flows: 6_000, objects: 12 });
    const receiver = await receive();
    const config = configFor([toReceiver(receiver)], { run: { threads: 2, retry: { initialMs: 20, maxMs: 100 } } });
    // The third takes the place of the first, and dies before it has read an object.
    const running = begin(["run", "-c", config, "--until-caught-up", "--json"], {
      NODE_OPTIONS: `--import=${DYING} --max-old-space-size=160`,
      FLOWFERRY_TEST_DEATH: way,
      FLOWFERRY_TEST_DEATHS: "4:encode,3:bytes,1:read",
    });
    const ended = await running.ended;
    expect(ended.stderr.match(/another thread takes its place/g)?.length, ended.stderr).toBe(3);
    expect(ended.code, ended.stderr).toBe(0);
    const records = recordsOf(objects);
    expect(summaryOf(ended)).toMatchObject({
      objects: 12,
      records,
      parked: 0,
      sinks: { out: { delivered: records, rejected: 0, deadLettered: 0, waiting: 0 } },
    });
    expect(new Set(receiver.uids.keys())).toEqual(new Set(expectedIn(objects).keys()));
  });
});

test("threads that all die before they have read anything end the run, with what to do", async () => {
  await bucket({ flows: 300, objects: 1 });
  const config = configFor([toFile()], { run: { threads: 2, retry: { initialMs: 1, maxMs: 2 } } });
  const { code, stderr } = await begin(["run", "-c", config, "--until-caught-up"], {
    NODE_OPTIONS: `--import=${DYING}`,
    FLOWFERRY_TEST_DEATH: "exit",
    FLOWFERRY_TEST_DEATHS: Array.from({ length: 20 }, () => "1:know").join(","),
  }).ended;
  expect(code, stderr).toBe(1);
  expect(stderr).toContain("set `run.threads: 0`");
  expect(stderr).not.toMatch(/^\s+at /m);
});

test.each(["1", "2"])("rules give the same answers whether objects are read by threads or not, seed %s", async (seed) => {
  await bucket({ flows: 4_000, objects: 6, seed });
  const found = [];
  for (const threads of [0, 2]) {
    const name = `out-${threads}.ndjson`;
    const config = configFor([toFile({ path: name })], {
      alerts: { lateness: "9000d" },
      ledger: { path: `ledger-${threads}.db` },
      run: { threads, objects: 1 },
    });
    const ended = await spawnedToEnd(config);
    expect(ended.code, ended.stderr).toBe(0);
    const listed = await flowferry(["alerts", "list", "-c", config, "--json"]);
    const marked = lines(name).map(({ attributes }) => [attributes["log.record.uid"], attributes["flow.detections"]]);
    found.push({ alerts: listed.stdout, marked: marked.toSorted(([a], [b]) => (a < b ? -1 : 1)) });
  }
  expect(found[1]).toEqual(found[0]);
  expect(found[0]?.marked.some(([, detections]) => detections !== undefined)).toBe(true);
});

test("Ctrl-C with threads: what is under way is acknowledged, and the next run goes on from there", async () => {
  const objects = await bucket({ flows: 6_000, objects: 6 });
  const receiver = await receive();
  const config = configFor([toReceiver(receiver)], { run: { threads: 2, pollMs: 100, shutdownMs: 10_000 } });
  const running = begin(["run", "-c", config]);
  await until("some records", running, () => receiver.uids.size > 500);
  running.child.kill("SIGINT");
  const { code, stderr } = await running.ended;
  expect(code, stderr).toBe(130);
  const again = await spawnedToEnd(config);
  expect(again.code, again.stderr).toBe(0);
  expect(new Set(receiver.uids.keys())).toEqual(new Set(expectedIn(objects).keys()));
  expect([...receiver.uids.values()].every((count) => count === 1)).toBe(true);
});
