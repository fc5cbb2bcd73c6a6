import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FaultPlan, type Receiver, startReceiver } from "../simulators/otlp/receiver.ts";
import { writeBucket } from "./bucket.ts";
import { flowferry, start, summaryOf, type Workplace, workplace } from "./program.ts";
import { runToEnd } from "./setting.ts";

let place: Workplace;
const receivers: Receiver[] = [];

beforeEach(() => {
  place = workplace();
});

afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
  place.remove();
});

async function receive(faults: FaultPlan = {}, options: object = {}): Promise<Receiver> {
  const receiver = await startReceiver({ keep: "uids", faults, ...options });
  receivers.push(receiver);
  return receiver;
}

function configFor(sinks: Record<string, Receiver>, options: object = {}): string {
  return place.config({
    source: { type: "directory", path: "bucket" },
    sinks: Object.entries(sinks).map(([name, { url }]) => ({
      type: "otlp",
      name,
      endpoint: url,
      timeoutMs: 30_000,
      batch: { records: 200, lingerMs: 20 },
      ...options,
    })),
    run: { pollMs: 200, shutdownMs: 5_000, retry: { initialMs: 20, maxMs: 100 } },
  });
}

const bucket = () => writeBucket(place.path("bucket"), { format: "oci", flows: 2_000, objects: 12, vnics: 8 });

describe("a receiver that fails", () => {
  test.each<[string, FaultPlan]>([
    ["answers 503", { "2-4": { status: 503 } }],
    ["answers 429 with Retry-After", { "2": { status: 429, retryAfter: "1" }, "5": { status: 429 } }],
    ["closes the connection before it reads", { "2-3": { reset: "before-reading" } }],
    ["closes the connection instead of answering", { "2": { reset: "after-reading" }, "4": { reset: "after-reading" } }],
    ["hangs", { "2": { hang: true } }],
  ])("%s: nothing is lost, nothing comes twice that was not taken", async (name, faults) => {
    const { records } = await bucket();
    const out = await receive(faults);
    // A request that merely takes long on a busy machine must not be taken for one that hangs.
    const ended = await runToEnd(configFor({ out }, name === "hangs" ? { timeoutMs: 4_000 } : {}));
    expect(ended.code, ended.stderr).toBe(0);
    expect(out.uids.size).toBe(records);
    expect(out.stats.records).toBe(records);
    expect(summaryOf(ended).sinks.out).toEqual({
      delivered: records,
      rejected: 0,
      deadLettered: 0,
      filtered: 0,
      sampled: 0,
      aggregated: 0,
      waiting: 0,
    });
  });

  test("asks to be left alone: no request comes before Retry-After has passed", async () => {
    await bucket();
    const out = await receive({ "1": { status: 503, retryAfter: "2" } });
    const config = configFor({ out }, { inFlight: 1 });
    const running = start(["run", "-c", config, "--until-caught-up", "--json"]);
    while (out.requests.length < 1) await sleep(10);
    const first = Date.now();
    while (out.requests.length < 2) await sleep(10);
    expect(Date.now() - first).toBeGreaterThanOrEqual(1_900);
    expect((await running.ended).code).toBe(0);
  });

  test("took a batch and then failed: it comes again, with the same uids", async () => {
    const { records } = await bucket();
    const out = await receive({ "2": { reset: "after-reading", store: true }, "5": { status: 502, store: true } });
    const ended = await runToEnd(configFor({ out }));
    expect(ended.code, ended.stderr).toBe(0);
    expect(out.uids.size).toBe(records);
    expect(out.stats.records).toBeGreaterThan(records);
    expect(out.stats.records).toBeLessThanOrEqual(records + 2 * 200);
  });

  test("answers 400 to a batch of which it then takes the halves: nothing is lost and nothing set aside", async () => {
    const { records } = await bucket();
    const out = await receive({ "3": { status: 400, message: "field flow.bytes is not wanted" } });
    // With auto it would be asked something that it has to refuse.
    const config = configFor({ out }, { compression: "gzip" });
    const ended = await runToEnd(config);
    expect(ended.code, ended.stderr).toBe(0);
    expect(summaryOf(ended).sinks.out).toEqual({
      delivered: records,
      rejected: 0,
      deadLettered: 0,
      filtered: 0,
      sampled: 0,
      aggregated: 0,
      waiting: 0,
    });
    expect(out.stats.records).toBe(records);
    expect(out.stats.statuses["400"]).toBe(1);
    expect((await flowferry(["status", "-c", config, "--dead-letters"])).stdout).toBe("no dead letters\n");
  });

  test.each([400, 401, 404])(
    "answers %i to everything for a while: it pauses, says so, and everything is delivered when it heals",
    async (status) => {
      const { records } = await bucket();
      const out = await receive({ "*": { status, message: "not yet" } });
      const config = configFor({ out });
      const running = start(["run", "-c", config, "--until-caught-up", "--json"]);
      while (!running.stderr().includes("the sink pauses until this is put right")) {
        if (running.child.exitCode !== null) throw new Error(running.stderr());
        await sleep(20);
      }
      const waiting = await flowferry(["status", "-c", config]);
      expect(waiting.stdout).toMatch(/^not ready: sink out since .*not yet/m);
      out.faults = {};
      const ended = await running.ended;
      expect(ended.code, ended.stderr).toBe(0);
      expect(summaryOf(ended).sinks.out).toEqual({
        delivered: records,
        rejected: 0,
        deadLettered: 0,
        filtered: 0,
        sampled: 0,
        aggregated: 0,
        waiting: 0,
      });
      expect(out.stats.records).toBe(records);
      expect((await flowferry(["status", "-c", config, "--dead-letters"])).stdout).toBe("no dead letters\n");
    },
  );

  test("answers 413: the batch is halved until it fits", async () => {
    const { records } = await bucket();
    const out = await receive({}, { maxBodyBytes: 30_000 });
    const ended = await runToEnd(configFor({ out }));
    expect(ended.code, ended.stderr).toBe(0);
    expect(out.uids.size).toBe(records);
    expect(out.stats.records).toBe(records);
    expect(out.stats.statuses["413"]).toBeGreaterThan(0);
  });

  test("takes a part of a batch: what it refused is counted with its reason, not sent again, and delivered by a replay", async () => {
    const { records } = await bucket();
    const out = await receive({ "2": { partialSuccess: { rejected: 1, message: "too old" } } });
    const config = configFor({ out });
    const ended = await runToEnd(config);
    expect(ended.code, ended.stderr).toBe(3);
    expect(summaryOf(ended).sinks.out).toEqual({
      delivered: records - 1,
      rejected: 1,
      deadLettered: 0,
      filtered: 0,
      sampled: 0,
      aggregated: 0,
      waiting: 0,
    });
    expect(out.stats.records).toBe(records - 1);
    expect((await flowferry(["status", "-c", config, "--dead-letters"])).stdout).toContain("too old");

    const replayed = await flowferry(["replay", "-c", config, "--dead-letters", "--json"]);
    expect(replayed.code, replayed.stderr).toBe(0);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ kept: 0 });
    expect(out.uids.size).toBe(records);
    expect((await flowferry(["status", "-c", config, "--dead-letters"])).stdout).toBe("no dead letters\n");
    const { sinks } = JSON.parse((await flowferry(["status", "-c", config, "--json"])).stdout);
    expect(sinks).toMatchObject([{ offered: records, delivered: records, rejected: 0, deadLettered: 0 }]);
  });
});

describe("two sinks", () => {
  test("one that is down for the whole run neither slows nor stops the other, and catches up afterwards", async () => {
    const { records } = await bucket();
    const [healthy, down] = [await receive(), await receive({ "*": { status: 503 } })];
    const config = configFor({ healthy, down });
    const running = start(["run", "-c", config]);
    while (healthy.uids.size < records) {
      if (running.child.exitCode !== null) throw new Error(running.stderr());
      await sleep(20);
    }
    running.child.kill("SIGTERM");
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(down.uids.size).toBe(0);
    expect(ended.stderr).toContain("503");

    down.faults = {};
    const again = await runToEnd(config);
    expect(again.code, again.stderr).toBe(0);
    expect(down.uids.size).toBe(records);
    expect(healthy.stats.records).toBe(records);
  });
});
