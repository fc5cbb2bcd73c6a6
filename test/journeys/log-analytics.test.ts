import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FaultEffect } from "../simulators/oci/faults.ts";
import { type Oci, startOci } from "../simulators/oci/index.ts";
import { LogAnalytics } from "../simulators/oci/services/log-analytics.ts";
import { writeBucket } from "./bucket.ts";
import { flowferry, spawned, summaryOf, type Workplace, workplace } from "./program.ts";

const LOG_GROUP = "ocid1.loganalyticsloggroup.oc1.phx.simulatedgroup";

let place: Workplace;
let oci: Oci;
let service: LogAnalytics;

beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  place = workplace();
  service = new LogAnalytics({ namespace: oci.namespace });
  service.state.logGroups.add(LOG_GROUP);
  service.state.builtInSources.add("Flowferry VCN Flow Logs");
  oci.addService(service);
});
afterEach(() => {
  oci.removeService(service);
  oci.faults.clear();
  oci.requests.clear();
  place.remove();
});

const configFor = (options: object): string =>
  place.config({
    source: { type: "directory", path: "bucket" },
    sinks: [
      {
        type: "log-analytics",
        name: "la",
        namespace: oci.namespace,
        logGroupId: LOG_GROUP,
        endpoint: oci.endpoint,
        auth: { type: "config-file", file: oci.config },
        timeoutMs: 2000,
        batch: { records: 300, lingerMs: 50 },
        ...options,
      },
      { type: "ndjson", name: "copy", path: "copy.ndjson" },
    ],
    run: { pollMs: 200, shutdownMs: 1000, retry: { initialMs: 20, maxMs: 200 } },
  });

const EFFECTS: FaultEffect[] = [
  { status: 429, headers: { "retry-after": "1" } },
  { loseAnswer: "reset" },
  { status: 413 },
  { status: 500 },
  { reset: true },
  { loseAnswer: "hang" },
  { status: 401 },
  { hang: true },
];

function uids(): string[] {
  const events = service.state.records.map(({ text }) => (JSON.parse(text) as { uid: string }).uid);
  return [...events, ...service.state.otlp.map(({ record }) => String(record.attributes["log.record.uid"]))].sort();
}

describe.each(["events", "otlp"])("directory to Log Analytics, mode %s", (mode) => {
  test("every record arrives, under faults", async () => {
    const { records } = await writeBucket(place.path("bucket"), { format: "oci", flows: 4_000, objects: 8, vnics: 8 });
    for (const [index, effect] of EFFECTS.entries()) oci.faults.add({ on: `upload-${mode}`, after: index }, effect);
    const ended = await spawned(["run", "-c", configFor({ mode }), "--until-caught-up", "--json"]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(summaryOf(ended).sinks.la).toEqual({
      delivered: records,
      rejected: 0,
      deadLettered: 0,
      filtered: 0,
      sampled: 0,
      aggregated: 0,
      waiting: 0,
    });
    const written = place.lines("copy.ndjson").map(({ attributes }) => attributes["log.record.uid"] as string);
    // What had no answer may come again in other batches.
    expect([...new Set(uids())]).toEqual(written.sort());
  });

  test("a refusal of a batch whose halves are taken loses nothing and sets nothing aside", async () => {
    const { records } = await writeBucket(place.path("bucket"), { format: "oci", flows: 1_500, objects: 3, vnics: 8 });
    const config = configFor({ mode });
    oci.faults.add({ on: `upload-${mode}`, after: 1, times: 2 }, { status: 400 });
    const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(summaryOf(ended).sinks.la).toEqual({
      delivered: records,
      rejected: 0,
      deadLettered: 0,
      filtered: 0,
      sampled: 0,
      aggregated: 0,
      waiting: 0,
    });
    expect(new Set(uids()).size).toBe(records);
    expect(uids()).toHaveLength(records);
  });
});

test.each<[string, object]>([
  ["a policy", { status: 403, code: "NotAllowed" }],
  ["a policy or the log group", { status: 404 }],
])(
  "while %s is missing nothing is set aside: the run says what to do, a few times, and goes on when it is there",
  async (_, effect) => {
    const { records } = await writeBucket(place.path("bucket"), { format: "oci", flows: 1_500, objects: 3, vnics: 8 });
    const refusals = 40;
    oci.faults.add({ on: "upload-events", after: 1, times: refusals }, effect as FaultEffect);
    const config = configFor({});
    const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(summaryOf(ended).sinks.la).toEqual({
      delivered: records,
      rejected: 0,
      deadLettered: 0,
      filtered: 0,
      sampled: 0,
      aggregated: 0,
      waiting: 0,
    });
    expect(new Set(uids()).size).toBe(records);
    expect(uids()).toHaveLength(records);
    const told = ended.stderr.split("\n").filter((line) => line.includes("the policy that is needed: Allow group"));
    expect(told[0]).toContain("{LOG_ANALYTICS_LOG_GROUP_UPLOAD_LOGS} in compartment <the log group's compartment>");
    expect(told.length).toBeLessThan(refusals / 3);
    const letters = await flowferry(["status", "-c", config, "--dead-letters", "--json"]);
    expect([letters.code, letters.stdout]).toEqual([0, ""]);
  },
);

test("check reaches the service and ships nothing", async () => {
  await writeBucket(place.path("bucket"), { format: "oci", flows: 600, objects: 2, vnics: 8 });
  const ended = await flowferry(["check", "-c", configFor({})]);
  expect(ended.code, ended.stderr + ended.stdout).toBe(0);
  expect(ended.stdout + ended.stderr).toContain("Log Analytics namespace simulated");
  expect(service.state.records).toEqual([]);
});
