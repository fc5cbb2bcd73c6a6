import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { GeneratedObject } from "../../src/generator/generate.ts";
import { flowferry, summaryOf } from "./program.ts";
import { recordsOf, setting, toReceiver } from "./setting.ts";

const { path, write, configFor, receive, begin, bucket, lines } = setting();
const TOKEN = "a-token-of-some-length";
const codeEngine = (key: string) => JSON.stringify({ bucket: "bucket", key, operation: "Object:Write", notification: {} });
const ceph = (key: string) =>
  JSON.stringify({
    Records: [{ eventSource: "ceph:s3", eventName: "s3:ObjectCreated:Put", s3: { bucket: { name: "bucket" }, object: { key } } }],
  });

/** Puts an object that was made in another folder into the bucket, whole at once. */
function land({ key }: GeneratedObject): void {
  mkdirSync(path("bucket", dirname(key)), { recursive: true });
  renameSync(path("made", key), path("bucket", key));
}

test("events wake the worker, and lost, doubled and forged ones lose, double and forge nothing", {
  timeout: 60_000,
}, async () => {
  const out = await receive();
  const objects = await bucket({ objects: 12 }, "made");
  mkdirSync(path("bucket"));
  const config = configFor([toReceiver(out)], {
    // No poll comes while the test runs.
    run: { pollMs: 3_600_000, shutdownMs: 10_000 },
    intake: { listen: "127.0.0.1:0", token: TOKEN },
  });
  const worker = begin(["run", "-c", config]);
  await expect.poll(worker.stderr, { timeout: 20_000 }).toMatch(/tails/);
  const address = /"address":"(http:[^"]+)"/.exec(worker.stderr())?.[1] ?? "";
  const post = async (body: string, token = TOKEN) =>
    (await fetch(address, { method: "POST", body, headers: { authorization: `Bearer ${token}` } })).status;
  await expect
    .poll(async () => (await flowferry(["status", "-c", config, "--json"])).stdout, { timeout: 20_000 })
    .toContain('"partitions"');

  // Every third event is lost; the others come twice, with forged ones between them.
  let announced = 0;
  for (const [index, object] of objects.entries()) {
    land(object);
    if (index % 3 === 2) continue;
    const told = index % 2 === 0 ? codeEngine : ceph;
    const statuses = [told(object.key), told(`${object.key}.none`), told("never/was"), told(object.key)].map((body) =>
      post(body),
    );
    expect(await Promise.all(statuses)).toEqual([204, 204, 204, 204]);
    announced = index + 1;
    const landed = recordsOf(objects.slice(0, announced));
    // A look at the prefix brings what a lost event was about too.
    await expect.poll(() => out.uids.size, { timeout: 20_000, interval: 10 }).toBe(landed);
  }
  expect(await post(codeEngine("a"), "another-token-altogether")).toBe(401);
  expect(announced).toBe(11);
  process.kill(worker.child.pid as number, "SIGUSR2");
  await expect.poll(() => out.uids.size, { timeout: 20_000 }).toBe(recordsOf(objects));
  worker.child.kill("SIGTERM");
  const { code, stderr } = await worker.ended;
  expect(code).toBe(0);
  expect(stderr).not.toContain(TOKEN);
  expect([...out.uids.values()].every((times) => times === 1)).toBe(true);
});

test("a job brings the objects that an event names, once, and ends when they are acknowledged", { timeout: 60_000 }, async () => {
  const objects = await bucket({ objects: 4 });
  const [first, second, third] = objects as [GeneratedObject, GeneratedObject, GeneratedObject];
  const config = configFor([{ type: "ndjson", name: "out", path: "out.ndjson" }]);
  const run = (args: string[], env = {}, input = "") => flowferry(["run", "-c", config, "--json", ...args], env, input);

  const named = await run(["--object", `bucket/${first.key}`]);
  expect([named.code, summaryOf(named)]).toMatchObject([0, { objects: 1, sinks: { out: { delivered: first.records } } }]);
  const events = [first, second, second].map(({ key }) => ceph(key)).join("\n");
  const streamed = await run(["--event", "-"], {}, events);
  expect([streamed.code, summaryOf(streamed)]).toMatchObject([0, { objects: 1, sinks: { out: { delivered: second.records } } }]);
  const byVariable = await run(["--event", "env:CE_DATA"], { CE_DATA: codeEngine(third.key) });
  expect([byVariable.code, summaryOf(byVariable)]).toMatchObject([0, { objects: 1 }]);
  expect(lines("out.ndjson")).toHaveLength(recordsOf([first, second, third]));

  // The rest of the bucket is left to a tail with the same ledger.
  const rest = await run(["--until-caught-up"]);
  expect([rest.code, summaryOf(rest)]).toMatchObject([0, { objects: 1 }]);
  expect(lines("out.ndjson")).toHaveLength(recordsOf(objects));
});

test("a job says what is not there, and what it cannot understand", async () => {
  const objects = await bucket({ objects: 2 });
  const key = objects[0]?.key ?? "";
  rmSync(path("bucket", key));
  const config = configFor([{ type: "ndjson", name: "out", path: "out.ndjson" }]);
  const event = write("event.json", ceph(key));
  const run = (...args: string[]) => flowferry(["run", "-c", config, ...args]);

  const gone = await run("--event", event);
  expect([gone.code, gone.stderr]).toEqual([3, expect.stringContaining(`no such object: ${key}`)]);
  const elsewhere = write("other.json", ceph("a").replace('"bucket":{"name":"bucket"}', '"bucket":{"name":"other"}'));
  expect(await run("--event", elsewhere)).toMatchObject({ code: 0 });
  for (const [args, said] of [
    [["--object", "other/a"], "no source reads bucket other (they read bucket)"],
    [["--object", "bucket"], "expected BUCKET/KEY"],
    [["--event", join(dirname(event), "none.json")], "cannot be read"],
    [["--event", write("odd.json", "{}")], "no event of a form that is known"],
    [["--event", write("text.json", "no")], "the event is not JSON"],
    [["--event", "env:FF_NOT_SET"], "the variable FF_NOT_SET is not set"],
  ] as const) {
    const { code, stderr } = await run(...args);
    expect([code, stderr.trim().split("\n").length, stderr]).toEqual([2, 1, expect.stringContaining(said)]);
  }
  expect((await flowferry(["run", "-c", "-", "--event", "-"])).stderr).toContain("standard input holds either");
});
