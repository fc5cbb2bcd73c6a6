import { afterEach, beforeEach, expect, test } from "vitest";
import { type Ibm, startIbm } from "../simulators/ibm/server.ts";
import { flowferry, summaryOf } from "./program.ts";
import { recordsOf, setting, spawnedToEnd } from "./setting.ts";

const HOUR = 3_600_000;
const { configFor, bucket, expectedIn } = setting();
let ibm: Ibm;

beforeEach(async () => {
  ibm = await startIbm();
});
afterEach(() => ibm.close());

const toCloudLogs = (options: object = {}) => ({
  type: "ibm-cloud-logs",
  name: "cl",
  endpoint: ibm.endpoint,
  auth: { type: "ibm-iam", apiKey: ibm.iam.apiKey, tokenUrl: ibm.tokenUrl },
  batch: { records: 200, lingerMs: 20 },
  ...options,
});

const uids = (): string[] =>
  ibm.cloudLogs.logs.map(({ text }) => JSON.parse(String(text)).attributes["log.record.uid"] as string).sort();

test("every record of the last 24 hours arrives once, under faults, and the older ones are kept as dead letters", async () => {
  const began = Date.now();
  const made = await bucket({ format: "ibm", flows: 3_000, objects: 12, start: began - 30 * HOUR, spanMs: 12 * HOUR });
  const expected = expectedIn(made);
  const config = configFor([toCloudLogs()]);
  ibm.fault = (request) =>
    [
      { status: 503, body: {} },
      undefined,
      { status: 429, body: {}, headers: { "retry-after": "1" } },
      { status: 401, body: {} },
      undefined,
      { status: 413, body: {} },
      { status: 500, body: {} },
    ][request];
  const ended = await spawnedToEnd(config);
  expect(ended.code, ended.stderr).toBe(3);
  const { delivered, rejected, deadLettered } = summaryOf(ended).sinks.cl ?? {
    delivered: 0,
    rejected: 0,
    deadLettered: 0,
    waiting: 0,
  };
  expect([delivered + deadLettered, rejected]).toEqual([recordsOf(made), 0]);

  // The window moves on while the program runs; what it passed over meanwhile may be on either side.
  const arrived = uids();
  const times = new Map([...expected].map(([uid, { timeMs }]) => [uid, timeMs]));
  const surely = [...times].filter(([, time]) => time > Date.now() - 24 * HOUR + 60_000).map(([uid]) => uid);
  expect(new Set(arrived).size).toBe(arrived.length);
  expect(arrived).toHaveLength(delivered);
  expect(surely.filter((uid) => !arrived.includes(uid))).toEqual([]);
  expect(arrived.filter((uid) => (times.get(uid) ?? 0) < began - 24 * HOUR)).toEqual([]);
  expect([surely.length > 500, deadLettered > 500]).toEqual([true, true]);

  const letters = await flowferry(["status", "-c", config, "--dead-letters"]);
  expect(letters.stdout).toContain("outside-time-window");
  expect(letters.stdout).toContain("IBM Cloud Logs takes no log that is older than 24 hours");
});

test("plan warns of records that are older than the time window, unless the filter leaves them out", async () => {
  const planFor = async (sinks: object[], rest: object = {}) => {
    const ended = await flowferry(["plan", "-c", configFor(sinks, rest), "--json"]);
    expect(ended.code, ended.stderr).toBe(0);
    return JSON.parse(ended.stdout) as { objects: number; warnings: string[] };
  };
  const fresh = { format: "ibm", flows: 500, objects: 8, start: Date.now() - 13 * HOUR, spanMs: 12 * HOUR } as const;
  await bucket(fresh);
  expect(await planFor([toCloudLogs()])).toMatchObject({ objects: 8, warnings: [] });

  await bucket({ ...fresh, start: Date.now() - 50 * HOUR, seed: "2" });
  const { warnings } = await planFor([toCloudLogs(), { type: "ndjson", path: "out.ndjson" }]);
  expect(warnings).toHaveLength(1);
  const said = /^sink cl \(ibm-cloud-logs\) takes no record older than 24 h, and the bucket holds records of (\S+) or before: /;
  const oldest = Date.parse(said.exec(warnings[0] ?? "")?.[1] ?? "");
  expect(oldest).toBeLessThan(Date.now() - 24 * HOUR);
  const text = await flowferry(["plan", "-c", configFor([toCloudLogs()])]);
  expect(text.stdout).toContain(`warning:   ${warnings[0]}`);
  expect(text.stdout).toContain("set filter.since: 24h");

  expect(await planFor([toCloudLogs()], { filter: { since: "24h" } })).toMatchObject({ warnings: [] });
  expect(await planFor([{ type: "ndjson", path: "out.ndjson" }])).toMatchObject({ warnings: [] });
  expect([ibm.requests, ibm.iam.issued]).toEqual([[], []]);
});
