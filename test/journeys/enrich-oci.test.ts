import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { constants, gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { type GeneratedObject, generate } from "../../src/generator/generate.ts";
import type { DamageTruth } from "../../src/generator/truth.ts";
import { inspectLedger } from "../../src/ledger/sqlite.ts";
import type { FaultEffect, FaultSubject } from "../simulators/oci/faults.ts";
import { type Oci, startOci } from "../simulators/oci/index.ts";
import { keyPairOf } from "../simulators/oci/principals.ts";
import type { Service } from "../simulators/oci/service.ts";
import { LogAnalytics } from "../simulators/oci/services/log-analytics.ts";
import { virtualNetwork } from "../simulators/oci/services/vcn.ts";
import { type Event, type NetworkTruth, networkOf } from "./attribution.ts";
import { flowferry, type Running, start, summaryOf, type Workplace, workplace } from "./program.ts";
import { until } from "./setting.ts";

const LOG_GROUP = "ocid1.loganalyticsloggroup.oc1.phx.simulatedgroup";
const SEED = "journey";
const BATCH = 200;
const IN_FLIGHT = 4;
/** Inside the look-back of the tail, so that objects may come at any time. */
const TOGETHER = { start: Date.UTC(2026, 0, 5, 10), spanMs: 100 * 60_000 };
const DAMAGE = ["bad-address", "half-line", "null-field", "other-type", "truncated-gzip", "crlf"] as const;

let place: Workplace;
let oci: Oci;
let service: LogAnalytics;
let intake: Intake;
let network: Service | undefined;
const running: Running[] = [];

beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  place = workplace();
  intake = new Intake();
  service = new LogAnalytics({ namespace: oci.namespace });
  service.state.logGroups.add(LOG_GROUP);
  service.state.builtInSources.add("Flowferry VCN Flow Logs");
  oci.addService(service);
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  for (const one of [service, network]) if (one !== undefined) oci.removeService(one);
  oci.faults.clear();
  oci.requests.clear();
  oci.clockAheadMs = 0;
  place.remove();
});

interface Made {
  readonly objects: readonly GeneratedObject[];
  readonly damage: readonly DamageTruth[];
  readonly network: NetworkTruth;
}

async function make(): Promise<Made> {
  const generation = generate({ format: "oci", seed: SEED, flows: 7_000, objects: 16, vnics: 12, damage: DAMAGE, ...TOGETHER });
  const objects: GeneratedObject[] = [];
  for await (const object of generation) objects.push(object);
  const truth = networkOf(SEED, generation.world, (subnet) => generation.subnetId(subnet));
  return { objects, damage: generation.truth().damage, network: truth };
}

/** A new API key in the place of the old one, as an operator rotates it; gives the key's fingerprint. */
function configureKey(name: string): string {
  const pair = keyPairOf(`API key ${name}`);
  const fingerprint = oci.addApiKey(pair.publicKey);
  const keyFile = place.write(`${name}.pem`, pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  const values = { tenancy: oci.tenancy, user: oci.user, fingerprint, key_file: keyFile, region: oci.region };
  const lines = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  renameSync(place.write("credentials.new", ["[DEFAULT]", ...lines, ""].join("\n")), place.path("credentials"));
  return fingerprint;
}

function configFor(name: string, api: object): string {
  const connection = {
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: place.path("credentials") },
    timeoutMs: 2_500,
  };
  const config = {
    source: { type: "directory", path: "bucket" },
    enrich: { oci: { api: { ...connection, waitMs: 30_000, requestsPerSecond: 200, ...api } } },
    sinks: [
      {
        type: "log-analytics",
        name: "la",
        namespace: oci.namespace,
        logGroupId: LOG_GROUP,
        ...connection,
        batch: { records: BATCH, lingerMs: 50 },
        inFlight: IN_FLIGHT,
      },
    ],
    run: { pollMs: 200, shutdownMs: 5_000, retry: { initialMs: 20, maxMs: 200 } },
  };
  return place.config(config, name);
}

function put(objects: readonly GeneratedObject[]): void {
  for (const { key, bytes } of objects) {
    const path = place.path("bucket", key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(place.path("arriving"), bytes);
    renameSync(place.path("arriving"), path);
  }
}

/** The good flows of objects that were put, by uid, as the log has them: the truth of the generator, without the places it names as bad. */
function expectedOf({ damage }: Made, objects: readonly GeneratedObject[]): Map<string, Event> {
  const store = pathToFileURL(place.path("bucket")).href;
  const expected = new Map<string, Event>();
  for (const { key, bytes, truth } of objects) {
    const { size, mtimeNs, ino } = statSync(place.path("bucket", key), { bigint: true });
    const etag = [size, mtimeNs, ino].map((part) => part.toString(36)).join("-");
    const digest = createHash("sha256").update(`${store}\0${key}\0${etag}`).digest("hex").slice(0, 24);
    const broken = damage.find((one) => one.key === key);
    const lines = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString("latin1").split(/\r?\n/);
    let good = 0;
    for (const [index, line] of lines.entries()) {
      const record = index + 1;
      if (line === "" || (broken?.outcome === "broken" && record >= (broken.record ?? 0))) break;
      if (broken?.record === record && broken.outcome !== "good") continue;
      expected.set(digest + record.toString(16).padStart(8, "0"), JSON.parse(line) as Event);
      good += 1;
    }
    const skipped = Object.values(truth.skipped).reduce((sum, count) => sum + count, 0);
    expect(good, key).toBe(truth.records - truth.bad - skipped);
  }
  return expected;
}

type Taken = Record<string, unknown> & { readonly uid: string };

/** What the service has taken so far, each record read once: the simulator shares this thread. */
class Intake {
  readonly records: Taken[] = [];
  readonly uids = new Set<string>();

  read(): this {
    for (const { text } of service.state.records.slice(this.records.length)) {
      const record = JSON.parse(text) as Taken;
      this.records.push(record);
      this.uids.add(record.uid);
    }
    return this;
  }

  /** Uploads that were taken are taken again. */
  clear(): void {
    service.state.tokens.forget();
    service.state.records.length = 0;
    this.records.length = 0;
    this.uids.clear();
  }
}

function begin(config: string): Running {
  const process = start(["run", "-c", config, "--json"]);
  running.push(process);
  return process;
}

/** Waits until all of these are taken, and their positions committed. */
async function arrived(what: string, process: Running, expected: ReadonlyMap<string, Event>): Promise<void> {
  await until(what, process, () => intake.read().uids.size >= expected.size);
  await until(`${what} are committed`, process, () => {
    const ledger = inspectLedger(place.path("flowferry.db"));
    try {
      return ledger.status().sinks.every(({ pendingObjects }) => pendingObjects === 0);
    } finally {
      ledger.close();
    }
  });
}

const linesWith = (process: Running, text: string) =>
  process
    .stderr()
    .split("\n")
    .filter((line) => line.includes(text));

test("directory, enrichment from OCI's API, Log Analytics: faults of both services, a wrong clock, kill -9, a rotated key", async () => {
  const made = await make();
  const { resources, gone, attribute } = made.network;
  network = virtualNetwork(resources);
  oci.addService(network);
  const old = configureKey("old");
  const config = configFor("flowferry.yaml", { lifetimeMs: 2_000 });
  const [first, second, third, fourth, last] = [
    made.objects.slice(0, 7),
    made.objects.slice(7, 9),
    made.objects.slice(9, 15),
    made.objects.slice(15, 19),
    made.objects.slice(19),
  ];
  expect(last.length).toBeGreaterThan(1);

  const busy: FaultEffect = { status: 429, headers: { "retry-after": "1" } };
  for (const [kind, effects] of Object.entries<FaultEffect[]>({
    "get-subnet": [busy, { status: 500 }, { reset: true }, { delayMs: 700 }],
    "get-security-list": [{ status: 503 }, { reset: true }],
    "get-vnic": [{ delayMs: 900 }, { status: 500 }, { hang: true }, busy],
    "get-nsg": [{ status: 500 }],
    "list-security-rules": [busy],
    "upload-events": [
      busy,
      { status: 500 },
      { reset: true },
      { delayMs: 800 },
      { loseAnswer: "reset" },
      { hang: true },
      { status: 404 },
      { status: 401 },
    ],
  })) {
    for (const [index, effect] of effects.entries()) oci.faults.add({ on: kind, after: index }, effect);
  }
  put(first);
  const one = begin(config);
  const there = [...first];
  await arrived("the first objects", one, expectedOf(made, there));
  const statuses = (kind: string) => new Set(oci.requests.of(kind).map(({ status }) => status));
  expect([...statuses("upload-events")]).toEqual(expect.arrayContaining([200, 401, 404, 429, 500, undefined]));
  expect([...statuses("get-subnet")]).toEqual(expect.arrayContaining([200, 429, 500, undefined]));
  expect([...statuses("get-vnic")]).toEqual(expect.arrayContaining([200, 404, 429, 500, undefined]));
  expect(one.stderr()).toContain("the policy that is needed: Allow group");
  expect(one.stderr()).toContain(`${gone} is not there (404): it is gone, or a policy is missing`);

  oci.clockAheadMs = 900_000;
  const before = service.state.records.length;
  put(second);
  there.push(...second);
  const clock = /this machine's clock is (899|90\d) s behind, and OCI allows 300 s: start its time synchronisation/;
  const saysSo = (about: string) => linesWith(one, about).some((line) => clock.test(line));
  await until("both services refuse the clock", one, () => saysSo("UploadLogEventsFile") && saysSo("Get ocid1."));
  expect(service.state.records).toHaveLength(before);
  oci.clockAheadMs = 0;
  await arrived("the objects of the wrong clock", one, expectedOf(made, there));

  oci.faults.clear();
  let uploads = 0;
  const killing = (): boolean => {
    uploads += 1;
    return uploads > IN_FLIGHT && one.child.kill("SIGKILL");
  };
  oci.faults.add({ on: "upload-events", when: killing, times: Number.POSITIVE_INFINITY }, { reset: true });
  oci.faults.add({ on: "upload-events" }, { loseAnswer: "hang" });
  put(third);
  there.push(...third);
  await one.ended;
  expect(intake.read().uids.size).toBeLessThan(expectedOf(made, there).size);

  oci.faults.clear();
  oci.faults.add({ on: "upload-events" }, { status: 500 });
  oci.faults.add({ on: "upload-events", after: 1 }, { loseAnswer: "reset" });
  oci.faults.add({ on: "get-subnet" }, { status: 500 });
  oci.faults.add({ on: "get-vnic", after: 1 }, { reset: true });
  const two = begin(config);
  await arrived("what the killed process left", two, expectedOf(made, there));
  expect(linesWith(two, "were read again")).toEqual([]);

  configureKey("new");
  const signedWithOld = ({ headers }: FaultSubject) => String(headers.authorization).includes(old);
  oci.faults.add({ when: signedWithOld, times: Number.POSITIVE_INFINITY }, { status: 401 });
  put(fourth);
  there.push(...fourth);
  await arrived("the objects after the rotation", two, expectedOf(made, there));
  const rotated = (about: string) => linesWith(two, "were read again").filter((line) => line.includes(about));
  await until("the network is asked with the new key", two, () => rotated("about the network").length > 0);
  expect([rotated("about the network"), rotated("Log Analytics refused")].map(({ length }) => length)).toEqual([1, 1]);
  two.child.kill("SIGTERM");
  const ended = await two.ended;
  expect(ended.code, ended.stderr).toBe(0);

  oci.faults.clear();
  oci.requests.clear();
  put(last);
  there.push(...last);
  const caughtUp = await flowferry(["run", "-c", configFor("again.yaml", {}), "--until-caught-up", "--json"]);
  expect(caughtUp.code, caughtUp.stderr).toBe(0);
  expect(new Set(oci.requests.all.map(({ kind }) => kind))).toEqual(new Set(["upload-events"]));

  const expected = expectedOf(made, there);
  const { records, uids } = intake.read();
  expect(uids).toEqual(new Set(expected.keys()));
  // What the killed process had sent, and could not commit.
  expect(records.length - expected.size).toBeLessThanOrEqual(BATCH * IN_FLIGHT);
  expect(summaryOf(caughtUp).sinks.la).toEqual({
    delivered: expectedOf(made, last).size,
    rejected: 0,
    deadLettered: 0,
    filtered: 0,
    sampled: 0,
    aggregated: 0,
    waiting: 0,
  });

  const seen: Record<string, number> = {};
  for (const { uid, direction, ruleStatus, ruleKind, ruleListId, ruleList, ruleIndex } of records) {
    const wanted = attribute(expected.get(uid) as Event);
    const kind = wanted === undefined ? "not computed" : `${wanted.ruleKind ?? ""} ${wanted.ruleStatus ?? "nothing"}`.trim();
    seen[kind] = (seen[kind] ?? 0) + 1;
    if (wanted === undefined) continue;
    expect({ direction, ruleStatus, ruleKind, ruleListId, ruleList, ruleIndex }, JSON.stringify(expected.get(uid))).toEqual({
      ruleStatus: undefined,
      ruleKind: undefined,
      ruleListId: undefined,
      ruleList: undefined,
      ruleIndex: undefined,
      ...wanted,
    });
  }
  for (const kind of ["security-list matched", "security-list reply", "nsg matched", "nsg reply", "unexplained", "nothing"]) {
    expect(seen[kind], JSON.stringify(seen)).toBeGreaterThan(0);
  }
  expect(seen["not computed"] ?? 0).toBeLessThan(records.length / 50);

  const listed = await flowferry(["status", "-c", config, "--dead-letters", "--json"]);
  expect(listed.code, listed.stderr).toBe(0);
  const letters = listed.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { key: string; from: number });
  const named = made.damage.filter(({ outcome }) => outcome === "bad" || outcome === "broken");
  const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
  expect(letters.map(({ key, from }) => ({ key, from })).sort(byKey)).toEqual(
    named.map(({ key, record }) => ({ key, from: record })).sort(byKey),
  );
});

test("answers that cannot be used, and OCIDs of another region: each is named, and every flow is delivered", async () => {
  const made = await make();
  const { resources } = made.network;
  network = virtualNetwork(resources);
  oci.addService(network);
  configureKey("key");
  const objects = made.objects.slice(0, 4);
  const [web, app] = [...resources.subnets.values()];
  resources.subnets.set(web?.id as string, { id: web?.id as string, displayName: "web", securityListIds: web?.securityListIds });
  const list = (name: string) =>
    resources.securityLists.get(`ocid1.securitylist.oc1.iad.${name}`) as unknown as { ingressSecurityRules: object[] };
  Object.assign(list("app").ingressSecurityRules[0] as object, { protocol: "TCP" });
  Object.assign(list("db").ingressSecurityRules[0] as object, { sctpOptions: { destinationPortRange: { min: 1, max: 2 } } });
  put(objects);
  const expected = expectedOf(made, objects);
  const run = async (config: string) => {
    const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"]);
    expect(ended.code, ended.stderr).toBe(3);
    const { records, uids } = intake.read();
    expect([uids, records.length]).toEqual([new Set(expected.keys()), expected.size]);
    return ended.stderr;
  };

  const said = await run(configFor("flowferry.yaml", {}));
  for (const text of [
    `${web?.id}: the subnet has neither cidr-block nor ipv4-cidr-blocks nor ipv6-cidr-blocks: no direction can be told`,
    'ocid1.securitylist.oc1.iad.app: ingressSecurityRules[0].protocol: \\"TCP\\" is no protocol: write all, or an IANA number',
    "ocid1.securitylist.oc1.iad.db: ingressSecurityRules[0].sctpOptions: is an option that this program does not know",
  ]) {
    expect(said).toContain(text);
  }
  const subnetOf = (uid: string) => (expected.get(uid) as Event).oracle.vnicsubnetocid;
  const ruled = intake.records.filter(({ ruleStatus }) => ruleStatus !== undefined);
  expect(ruled.some(({ uid }) => subnetOf(uid) === app?.id)).toBe(true);
  // Where a rule is missing, no flow is called unexplained; without a network, no direction and no rule is told.
  expect(ruled.filter(({ uid, ruleStatus }) => ruleStatus === "unexplained" && subnetOf(uid) === app?.id)).toEqual([]);
  expect(ruled.filter(({ uid }) => subnetOf(uid) === web?.id)).toEqual([]);

  intake.clear();
  oci.requests.clear();
  const elsewhere = place.config(
    { ...parse(readFileSync(configFor("other.yaml", { region: oci.region }), "utf8")), ledger: { path: "other.db" } },
    "other.yaml",
  );
  expect(await run(elsewhere)).toContain("is of region iad, and enrich.oci.api asks us-phoenix-1");
  expect(new Set(oci.requests.all.map(({ kind }) => kind))).toEqual(new Set(["upload-events"]));
});
