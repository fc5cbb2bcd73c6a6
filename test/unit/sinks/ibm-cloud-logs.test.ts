import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ibmCloudLogsOptions, singlesUrl } from "../../../src/clouds/ibm/cloud-logs/options.ts";
import type { Sink } from "../../../src/contracts/sink.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { type Drawer, describeError, Failure } from "../../../src/lib/errors.ts";
import { type Ibm, startIbm } from "../../simulators/ibm/server.ts";
import { bring as bringBatch } from "./bringing.ts";
import { anyFlow, batchOf, CONTEXT, noDataFlow, sshFlow } from "./flows.ts";
import { authOf, recentFlows, sinkOn, takenUids, uidsOf } from "./ibm-cloud-logs-parts.ts";
import { write } from "./writing.ts";

const HOUR = 3_600_000;
const never = new AbortController().signal;
let ibm: Ibm;
const sinks: Sink[] = [];

beforeEach(async () => {
  ibm = await startIbm();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
  await ibm.close();
});

async function open(options: Record<string, unknown> = {}, notices: string[] = []): Promise<Sink> {
  const sink = await sinkOn(ibm, options, notices);
  sinks.push(sink);
  return sink;
}

const bring = (sink: Sink, flows: readonly Flow[]) => bringBatch(sink, batchOf(flows));
const failureOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

describe("logs", () => {
  it("hold the flow as JSON text, its own time, severity and computer", async () => {
    const time = Date.now() - HOUR;
    const flows = [
      sshFlow(1, { time }),
      sshFlow(2, { time: time + 1, action: "reject", context: { ...CONTEXT, instance: undefined } }),
      Object.assign(noDataFlow(3), { time, context: { ...CONTEXT, instance: undefined, vnic: undefined } }),
    ];
    await write(await open({ applicationName: 'net "prod"', subsystemName: "vpc", schema: "ecs" }), batchOf(flows), never);
    const common = { applicationName: 'net "prod"', subsystemName: "vpc", text: expect.any(String) };
    expect(ibm.cloudLogs.logs).toEqual([
      { ...common, severity: 3, timestamp: time, hiResTimestamp: `${time}000000`, computerName: CONTEXT.instance },
      { ...common, severity: 4, timestamp: time + 1, hiResTimestamp: `${time + 1}000000`, computerName: CONTEXT.vnic },
      { ...common, severity: 3, timestamp: time, hiResTimestamp: `${time}000000` },
    ]);
    expect(JSON.parse(String(ibm.cloudLogs.logs[0]?.text))).toMatchObject({
      "source.ip": "203.0.113.9",
      "source.port": 51234,
      "destination.ip": "10.0.1.7",
      "destination.port": 22,
    });
  });

  it("hold whatever a flow may hold", async () => {
    const time = Date.now() - 60_000;
    const flows = fc.sample(anyFlow, { numRuns: 200, seed: 11 }).map((flow) => Object.assign(flow, { time }));
    expect(await bring(await open(), flows)).toEqual({ delivered: 200, rejected: 0, setAside: [], failures: [] });
    expect(takenUids(ibm)).toEqual(uidsOf(flows));
  });

  it("go as one request a batch, by default 1000 at most", async () => {
    const sink = await open();
    expect(sink.limits).toEqual({ records: 1000, inFlight: 2, lingerMs: 1000 });
    expect(await write(sink, batchOf(recentFlows(1000)), never)).toEqual({ rejected: 0 });
    expect(ibm.cloudLogs.taken).toEqual([1000]);
  });
});

describe("limits", () => {
  it("halves a batch that makes more than 2 MB", async () => {
    const flows = recentFlows(220, { destinationColumns: { note: "n".repeat(20_000) } });
    expect(await bring(await open(), flows)).toEqual({ delivered: 220, rejected: 0, setAside: [], failures: [] });
    expect(takenUids(ibm)).toEqual(uidsOf(flows));
    expect(Math.max(...ibm.requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2_000_000);
    expect(ibm.requests).toHaveLength(ibm.cloudLogs.taken.length);
  });

  it("sets a record of more than 32 KB aside by itself, unsent", async () => {
    const flows = recentFlows(8);
    const large = { destinationColumns: { note: "é".repeat(16_000) } };
    flows[4] = Object.assign(flows[4] as (typeof flows)[0], large);
    const { delivered, setAside } = await bring(await open(), flows);
    expect(delivered).toBe(7);
    expect(setAside).toMatchObject([{ record: 5, code: "ibm-cloud-logs-too-large" }]);
    expect(setAside[0]?.reason).toMatch(/^record 5 of prefix\/object\.log\.gz makes a log of 3\d{4} bytes, .* takes 32000$/);
    expect(takenUids(ibm)).toEqual(uidsOf(flows.filter(({ record }) => record !== 5)));
  });

  it("sends no more than 3 MiB a second on average", async () => {
    const sink = await open();
    // Below a third of a second's worth: however long each takes to arrive, those on their way and the next one are admitted together.
    const parts = Array.from({ length: 5 }, () => recentFlows(50, { destinationColumns: { note: "n".repeat(19_000) } }));
    const failures: unknown[] = [];
    const started = performance.now();
    const lane = async () => {
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) failures.push(...(await bring(sink, part)).failures);
    };
    await Promise.all(Array.from({ length: sink.limits.inFlight }, lane));
    const before = ibm.requests.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(performance.now() - started).toBeGreaterThan((before / (3 * 1024 ** 2)) * 1000 - 5);
    expect(before).toBeGreaterThan(3 * 1024 ** 2);
    expect(Math.max(...ibm.requests.map(({ bytes }) => bytes))).toBeLessThan(1024 ** 2);
    // The simulator answers 429 above the rate.
    expect(failures).toEqual([]);
    expect(ibm.cloudLogs.logs).toHaveLength(250);
  });

  it("gives up waiting for its turn when the signal aborts", async () => {
    const sink = await open({ bytesPerSecond: 64_000 });
    const flows = recentFlows(60);
    await write(sink, batchOf(flows), never);
    const abort = new AbortController();
    const reason = new Error("over");
    setTimeout(() => abort.abort(reason), 30);
    await expect(write(sink, batchOf(flows), abort.signal)).rejects.toBe(reason);
    expect(ibm.requests).toHaveLength(1);
  });
});

describe("the time window", () => {
  it("keeps records of other times as dead letters and sends the others", async () => {
    const now = Date.now();
    const times = [now - 25 * HOUR, now - 24 * HOUR - 1, now - 23.9 * HOUR, now, now + 3.9 * HOUR, now + 4.1 * HOUR];
    const flows = times.map((time, index) => sshFlow(index + 1, { time }));
    const { delivered, setAside, failures } = await bring(await open(), flows);
    expect(failures).toEqual([]);
    expect(delivered).toBe(3);
    expect(setAside).toEqual([
      { record: 1, code: "outside-time-window", reason: expect.stringContaining("older than 24 hours") },
      { record: 2, code: "outside-time-window", reason: expect.stringContaining("older than 24 hours") },
      { record: 6, code: "outside-time-window", reason: expect.stringContaining("more than 4 hours ahead") },
    ]);
    expect(takenUids(ibm)).toEqual(uidsOf(flows.slice(2, 5)));
    expect(ibm.requests).toHaveLength(1);
  });

  it("asks nothing of the service for a batch that is all too old", async () => {
    const { delivered, setAside } = await bring(await open(), recentFlows(50, { time: Date.now() - 30 * 24 * HOUR }));
    expect(delivered).toBe(0);
    expect(setAside).toHaveLength(50);
    expect([ibm.requests, ibm.iam.issued]).toEqual([[], []]);
  });

  it("sets a record aside that grows too old while the service is away", async () => {
    const flows = [sshFlow(1, { time: Date.now() - 23.5 * HOUR }), sshFlow(2, { time: Date.now() - HOUR })];
    ibm.fault = (request) => {
      if (request > 2) return undefined;
      ibm.clockAheadMs += HOUR / 4;
      return { status: 503, body: {} };
    };
    const { delivered, setAside } = await bring(await open(), flows);
    expect(delivered).toBe(1);
    expect(setAside).toMatchObject([{ record: 1, code: "outside-time-window" }]);
    expect(takenUids(ibm)).toEqual(uidsOf(flows.slice(1)));
  });
});

describe("tokens", () => {
  it("are exchanged once for requests at the same time, and renewed before they expire", async () => {
    const sink = await open();
    await Promise.all([1, 2, 3].map(() => write(sink, batchOf(recentFlows(2)), never)));
    expect(ibm.iam.issued).toHaveLength(1);
    ibm.clockAheadMs = 50 * 60_000;
    await write(sink, batchOf(recentFlows(1)), never);
    expect(ibm.iam.issued).toHaveLength(2);
    expect(ibm.requests.map(({ authorization }) => authorization)).toEqual(
      [0, 0, 0, 1].map((index) => `Bearer ${ibm.iam.issued[index]}`),
    );
  });

  it("are renewed once when the service refuses them, and the request goes on", async () => {
    const notices: string[] = [];
    const sink = await open({}, notices);
    await write(sink, batchOf(recentFlows(1)), never);
    ibm.iam.revoke();
    ibm.clockAheadMs = 2 * 60_000;
    const flows = recentFlows(3);
    expect(await bring(sink, flows)).toMatchObject({ delivered: 3, setAside: [], failures: [] });
    expect(ibm.iam.issued).toHaveLength(2);
    expect(ibm.requests).toHaveLength(3);
    expect(notices).toEqual([expect.stringMatching(/refused the token \(401\)/)]);
  });

  it("that are refused again are an error that may heal, after one repetition", async () => {
    const sink = await open();
    await write(sink, batchOf(recentFlows(1)), never);
    ibm.clockAheadMs = 2 * 60_000;
    ibm.fault = () => ({ status: 401, body: { message: `not valid: ${ibm.iam.issued.at(-1)}` } });
    const error = await failureOf(write(sink, batchOf(recentFlows(1)), never));
    expect(error).toMatchObject({ drawer: "person", code: "ibm-cloud-logs-http-401" });
    expect(describeError(error)).toMatch(/answered 401: not valid: \S+; check auth\.apiKey/);
    expect(ibm.requests).toHaveLength(3);
    // A token that was only just issued is not exchanged again.
    await failureOf(write(sink, batchOf(recentFlows(1)), never));
    expect(ibm.requests).toHaveLength(4);
    expect(ibm.iam.issued).toHaveLength(2);
  });

  it("cannot be had for a key that was deleted: named, without the key, and nothing is set aside", async () => {
    const sink = await open();
    const key = ibm.iam.apiKey;
    ibm.iam.apiKey = "another";
    const exchange = ibm.iam.exchange.bind(ibm.iam);
    ibm.iam.exchange = (contentType, body) => {
      const refusal = exchange(contentType, body);
      ibm.iam.apiKey = key;
      return refusal;
    };
    const { delivered, setAside, failures } = await bring(sink, recentFlows(2));
    expect([delivered, setAside]).toEqual([2, []]);
    expect(failures[0]).toMatchObject({ drawer: "person", code: "not-authenticated" });
    expect(describeError(failures[0])).toContain("BXNIM0415E");
    expect(describeError(failures[0])).not.toContain(key);
  });
});

describe("answers", () => {
  it.each<[number, Drawer, RegExp]>([
    [400, "batch", /answered 400: so it is$/],
    [422, "batch", /answered 422: so it is$/],
    [413, "batch", /answered 413: so it is$/],
    [302, "person", /redirects.*check endpoint/],
    [401, "person", /check auth\.apiKey/],
    [403, "person", /role Sender/],
    [404, "person", /check instance, region and endpoint/],
    [405, "person", /check endpoint/],
    [407, "person", /HTTPS_PROXY/],
    [408, "passing", /answered 408: so it is$/],
    [500, "passing", /answered 500: so it is$/],
    [503, "passing", /answered 503: so it is$/],
  ])("%d: %s", async (status, drawer, text) => {
    ibm.fault = () => ({ status, body: { message: "so it is" } });
    const error = await failureOf(write(await open(), batchOf(recentFlows(1)), never));
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ drawer, code: `ibm-cloud-logs-http-${status}`, tooLarge: status === 413 });
    expect(describeError(error)).toMatch(text);
    expect(describeError(error)).not.toContain("\n");
  });

  it("429 is waited out for as long as the service asks", async () => {
    ibm.fault = (request) => (request === 0 ? { status: 429, body: {}, headers: { "retry-after": "1" } } : undefined);
    const started = performance.now();
    const { delivered, failures } = await bring(await open(), recentFlows(2));
    expect(performance.now() - started).toBeGreaterThan(990);
    expect(delivered).toBe(2);
    expect(failures).toMatchObject([{ code: "ibm-cloud-logs-http-429", retryAfterMs: 1000 }]);
  });

  it("that do not come are an error that may heal, or the reason of the signal", async () => {
    ibm.fault = () => "hang";
    const slow = await failureOf(write(await open({ timeoutMs: 50 }), batchOf(recentFlows(1)), never));
    expect(slow).toMatchObject({ drawer: "passing", code: "network" });
    expect(describeError(slow)).toContain("does not answer in time");
    const abort = new AbortController();
    const reason = new Error("over");
    setTimeout(() => abort.abort(reason), 50);
    await expect(write(await open(), batchOf(recentFlows(1)), abort.signal)).rejects.toBe(reason);
    await expect(write(await open(), batchOf(recentFlows(1)), AbortSignal.abort(reason))).rejects.toBe(reason);
    const nowhere = await open({ endpoint: "http://127.0.0.1:1" });
    expect(await failureOf(write(nowhere, batchOf(recentFlows(1)), never))).toMatchObject({ code: "network" });
  });

  it("are what a probe looks for, without sending a log", async () => {
    const host = new URL(ibm.endpoint).host;
    expect(await (await open()).probe(never)).toBe(`${host} answered 200 to a request without logs`);
    ibm.fault = () => ({ status: 400, body: { message: "no logs" } });
    expect(await (await open()).probe(never)).toBe(
      `${host} answered 400: no logs (to a request without logs, after it took the token)`,
    );
    ibm.fault = () => ({ status: 400, body: { message: "unknown company" } });
    await expect((await open()).probe(never)).rejects.toMatchObject({
      drawer: "person",
      message: `${host} answered 400: unknown company (to a request without logs, after it took the token)`,
    });
    ibm.fault = () => ({ status: 403, body: {} });
    await expect((await open()).probe(never)).rejects.toThrow(/role Sender/);
    expect(ibm.cloudLogs.logs).toEqual([]);
  });
});

describe("options", () => {
  it.each([
    [{ endpoint: undefined }, "instance and region, or endpoint"],
    [{ endpoint: undefined, region: "us-south" }, "instance and region, or endpoint"],
    [{ endpoint: "http://logs.example.com" }, "would send the token unencrypted"],
  ])("%j are refused", async (options, text) => {
    await expect(sinkOn(ibm, options)).rejects.toThrow(
      expect.objectContaining({ name: "UsageError", message: expect.stringContaining(text) }),
    );
  });

  it("make the address of the instance from GUID and region", async () => {
    const sink = await open({
      endpoint: undefined,
      instance: "90d208cc-e1dd-4fb2-a938-358e5996f056",
      region: "eu-es",
      auth: authOf(ibm),
    });
    ibm.iam.apiKey = "another";
    // Without a token nothing is asked of the instance itself.
    await expect(sink.probe(never)).rejects.toMatchObject({ code: "not-authenticated" });
    const parsed = ibmCloudLogsOptions.parse({
      instance: "90d208cc-e1dd-4fb2-a938-358e5996f056",
      region: "eu-es",
      auth: authOf(ibm),
    });
    expect(singlesUrl(parsed).href).toBe(
      "https://90d208cc-e1dd-4fb2-a938-358e5996f056.ingress.eu-es.logs.cloud.ibm.com/logs/v1/singles",
    );
  });
});
