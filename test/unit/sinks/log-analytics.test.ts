import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Sink } from "../../../src/contracts/sink.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { describeError } from "../../../src/lib/errors.ts";
import type { FaultEffect } from "../../simulators/oci/faults.ts";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import { keyPairOf } from "../../simulators/oci/principals.ts";
import type { LogAnalytics } from "../../simulators/oci/services/log-analytics.ts";
import { failureOf } from "../intake/oci-store.ts";
import { bring } from "./bringing.ts";
import { addLogAnalytics, batchOf, contextOf, flowOf, flowsOf, LOG_GROUP, SOURCE, sinkOn } from "./log-analytics-parts.ts";
import { write as writeTo } from "./writing.ts";

let oci: Oci;
let service: LogAnalytics;
const sinks: Sink[] = [];
const never = new AbortController().signal;
const OTLP = { mode: "otlp" } as const;

beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  service = addLogAnalytics(oci);
  oci.requests.clear();
});
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
  oci.faults.clear();
  oci.clockAheadMs = 0;
  oci.removeService(service);
});

async function open(options: Record<string, unknown> = {}, notices?: string[]): Promise<Sink> {
  const sink = await sinkOn(oci, options, notices);
  sinks.push(sink);
  return sink;
}

/** The uids that the service has, each as often as it has it. */
function taken(): string[] {
  const events = service.state.records.map(({ text }) => (JSON.parse(text) as { uid: string }).uid);
  const otlp = service.state.otlp.map(({ record }) => String(record.attributes["log.record.uid"]));
  return [...events, ...otlp].sort();
}

const uidsOf = (flows: readonly Flow[]): string[] => flows.map(({ uid }) => uid).sort();
const uploads = (): string[] => oci.requests.all.filter(({ kind }) => kind.startsWith("upload")).map(({ kind }) => kind);

describe("events", () => {
  it("uploads a batch as one ZIP, with all that is known of each flow", async () => {
    const sink = await open({ metadata: { Environment: "prod" } });
    const flows = [
      flowOf("a.log.gz", 1, {
        direction: "ingress",
        sourceZone: "external",
        destinationZone: "internal",
        trafficType: "north-south",
        destinationService: "HTTPS",
        sourceService: "Unknown",
        destinationServer: "web-1",
        detections: ["ssh-from-outside", "beacon"],
        bytes: 2n ** 64n - 1n,
        lookupsVersion: "abc",
      }),
      flowOf("b.log.gz", 7),
    ];
    expect(await writeTo(sink, batchOf(flows), never)).toEqual({ rejected: 0 });
    const [upload] = oci.requests.of("upload-events");
    expect(new URL(upload?.url ?? "", oci.endpoint).searchParams.get("payloadType")).toBe("ZIP");
    expect(service.state.records.map(({ text: _, upload: __, ...rest }) => rest)).toEqual(
      ["a.log.gz", "b.log.gz"].map((key) => ({
        logGroupId: LOG_GROUP,
        logSet: undefined,
        logSourceName: SOURCE,
        entityId: undefined,
        logPath: `oci://simulated/flows/${key}`,
        metadata: { Environment: "prod" },
      })),
    );
    const [first] = service.state.records;
    expect(first?.text).toContain('"bytes":18446744073709551615,');
    expect(JSON.parse(first?.text ?? "")).toMatchObject({
      time: "2026-01-02T03:04:05.001Z",
      action: "accept",
      sourceAddress: "10.0.0.1",
      sourcePort: 40_001,
      destinationAddress: "10.0.1.7",
      destinationPort: 443,
      protocolName: "tcp",
      protocol: 6,
      packets: 10,
      status: "OK",
      start: Date.UTC(2026, 0, 2, 3, 4, 5, 1),
      direction: "ingress",
      trafficType: "north-south",
      sourceZone: "external",
      destinationZone: "internal",
      trafficFrom: "Unknown",
      trafficTo: "HTTPS",
      destinationServer: "web-1",
      detections: "ssh-from-outside,beacon",
      subnet: "ocid1.subnet.oc1.phx.dddd",
      vnic: "ocid1.vnic.oc1.phx.eeee",
      vcn: "ocid1.vcn.oc1.phx.cccc",
      lookupsVersion: "abc",
      uid: flows[0]?.uid,
    });
  });

  it.each(["json", "gzip", "zip"])("packs as %s, with a log set", async (payload) => {
    service.state.isLogSetEnabled = true;
    const sink = await open({ payload, logSet: "prod" });
    const flows = flowsOf("k", 500);
    await writeTo(sink, batchOf(flows), never);
    expect(taken()).toEqual(uidsOf(flows));
    expect(new Set(service.state.records.map(({ logSet }) => logSet))).toEqual(new Set(["prod"]));
    expect(uploads()).toEqual(["upload-events"]);
  });

  it("spreads a batch over as many JSONs as it needs", async () => {
    const sink = await open({ maxJsonBytes: 50_000 });
    const flows = flowsOf("k", 2000);
    await writeTo(sink, batchOf(flows), never);
    expect(taken()).toEqual(uidsOf(flows));
    expect(uploads()).toHaveLength(1);
  });

  it("halves a batch that fits no ZIP, and loses nothing of it", async () => {
    const sink = await open({ maxJsonBytes: 2000 });
    const flows = flowsOf("k", 450);
    expect(await bring(sink, batchOf(flows))).toEqual({ delivered: 450, rejected: 0, setAside: [], failures: [] });
    expect(taken()).toEqual(uidsOf(flows));
    expect(uploads().length).toBeGreaterThan(1);
  });

  it("maps VNICs and instances to entities", async () => {
    const [web, other] = ["ocid1.loganalyticsentity.oc1.phx.web", "ocid1.loganalyticsentity.oc1.phx.other"];
    service.state.entities.add(web).add(other);
    const flows = [
      flowOf("k", 1, {}, contextOf({ instance: "i1" })),
      flowOf("k", 2, {}, contextOf({ instance: "i2" })),
      flowOf("k", 3, {}, contextOf({ instance: "i1" })),
      flowOf("k", 4),
    ];
    const sink = await open({ entities: { by: "instance", ids: { i1: web }, otherwise: other } });
    await writeTo(sink, batchOf(flows), never);
    const byUid = new Map(
      service.state.records.map(({ text, entityId }) => [(JSON.parse(text) as { uid: string }).uid, entityId]),
    );
    expect(flows.map(({ uid }) => byUid.get(uid))).toEqual([web, other, web, other]);
  });

  it("ships quality records too", async () => {
    const sink = await open();
    const flow = flowOf("k", 1, { status: "SKIPDATA", action: undefined, sourceAddress: undefined, bytes: undefined });
    await writeTo(sink, batchOf([flow]), never);
    const record = JSON.parse(service.state.records[0]?.text ?? "") as Record<string, unknown>;
    expect(record).toMatchObject({ status: "SKIPDATA", uid: flow.uid });
    expect(record).not.toHaveProperty("action");
  });
});

describe("OTLP", () => {
  it("uploads OTLP JSON with the names of the semantic conventions", async () => {
    const sink = await open({ ...OTLP, logSet: "prod", metadata: { Environment: "prod", Team: "net" } });
    const flows = flowsOf("k", 300);
    await writeTo(sink, batchOf(flows), never);
    expect(taken()).toEqual(uidsOf(flows));
    const first = service.state.otlp.find(({ record }) => record.attributes["log.record.uid"] === flows[0]?.uid);
    expect(first).toMatchObject({
      logGroupId: LOG_GROUP,
      logSet: "prod",
      properties: "Environment:prod;Team:net",
      resource: { "service.name": "flowferry", "cloud.provider": "oracle_cloud", "flow.vcn.id": "ocid1.vcn.oc1.phx.cccc" },
      record: {
        timeUnixNano: String(BigInt(flows[0]?.time ?? 0) * 1_000_000n),
        severityText: "INFO",
        attributes: { "source.address": "10.0.0.1", "destination.port": "443", "flow.bytes": "1001", "flow.action": "accept" },
      },
    });
  });

  it("halves what is larger than one request", async () => {
    const sink = await open({ ...OTLP, maxJsonBytes: 20_000 });
    const flows = flowsOf("k", 100);
    expect(await bring(sink, batchOf(flows))).toEqual({ delivered: 100, rejected: 0, setAside: [], failures: [] });
    expect(taken()).toEqual(uidsOf(flows));
  });
});

describe.each([
  ["events", {}],
  ["otlp", OTLP],
])("under faults, mode %s", (mode, options) => {
  const kind = `upload-${mode}`;

  it.each<[string, FaultEffect, string]>([
    ["429", { status: 429, headers: { "retry-after": "0" } }, "too-many-requests"],
    ["500", { status: 500 }, "service-unavailable"],
    ["503", { status: 503, headers: { "retry-after": "0" } }, "service-unavailable"],
    ["a reset", { reset: true }, "network"],
    ["a hang", { hang: true }, "network"],
    ["an answer lost to a reset", { loseAnswer: "reset" }, "network"],
    ["an answer that never comes", { loseAnswer: "hang" }, "network"],
  ])("gets every record in once after %s", async (_, effect, code) => {
    const sink = await open({ ...options, timeoutMs: 500 });
    const flows = flowsOf("k", 50);
    oci.faults.add({ on: kind, times: 2 }, effect);
    const { failures, ...rest } = await bring(sink, batchOf(flows));
    expect(rest).toEqual({ delivered: 50, rejected: 0, setAside: [] });
    expect(taken()).toEqual(uidsOf(flows));
    expect(failures.map((failure) => [failure.drawer, failure.code])).toEqual([
      ["passing", code],
      ["passing", code],
    ]);
    const tokens = oci.requests.of(kind).map(({ headers }) => headers["opc-retry-token"]);
    expect(tokens).toHaveLength(3);
    expect(new Set(tokens).size).toBe(1);
    expect(service.state.tokens.repeated).toBe("loseAnswer" in effect ? 2 : 0);
  });

  it("tells how long the service wants to be left alone", async () => {
    const sink = await open(options);
    oci.faults.add({ on: kind }, { status: 429, headers: { "retry-after": "11" } });
    const failure = await failureOf(writeTo(sink, batchOf(flowsOf("k", 2)), never));
    expect([failure.code, failure.retryAfterMs]).toEqual(["too-many-requests", 11_000]);
  });

  it("halves what the service calls too large", async () => {
    const sink = await open(options);
    const flows = flowsOf("k", 40);
    oci.faults.add({ on: kind, times: 3 }, { status: 413 });
    expect(await bring(sink, batchOf(flows))).toEqual({ delivered: 40, rejected: 0, setAside: [], failures: [] });
    expect(taken()).toEqual(uidsOf(flows));
  });

  it("sets aside the one record that is too large, and no other", async () => {
    const sink = await open({ ...options, maxJsonBytes: 20_000 });
    const flows = flowsOf("k", 64, (record) => (record === 20 ? { sourceServer: "x".repeat(30_000) } : {}));
    const { delivered, setAside, failures } = await bring(sink, batchOf(flows));
    expect(failures).toEqual([]);
    expect(setAside).toMatchObject([{ record: 20, code: "log-analytics-too-large" }]);
    expect(delivered).toBe(63);
    expect(taken()).toEqual(uidsOf(flows.filter(({ record }) => record !== 20)));
  });

  it.each<[string, FaultEffect]>([
    ["403, a policy is missing", { status: 403, code: "NotAllowed" }],
    ["404, a policy or the log group is missing", { status: 404 }],
  ])("keeps records until somebody mends it: %s", async (_, effect) => {
    const sink = await open(options);
    oci.faults.add({ on: kind, times: 3 }, effect);
    const flows = flowsOf("k", 10);
    const { failures, ...rest } = await bring(sink, batchOf(flows));
    expect(rest).toEqual({ delivered: 10, rejected: 0, setAside: [] });
    expect(taken()).toEqual(uidsOf(flows));
    expect(failures).toHaveLength(3);
    for (const { drawer, code, message } of failures) {
      expect([drawer, code, message]).toEqual([
        "person",
        "not-authorized",
        expect.stringMatching(
          /check namespace, logGroupId and the region; the policy that is needed: Allow group <the user's group> to \{LOG_ANALYTICS_LOG_GROUP_UPLOAD_LOGS\} in compartment/,
        ),
      ]);
    }
  });

  it("keeps records while the log group is not there", async () => {
    const other = "ocid1.loganalyticsloggroup.oc1.phx.createdlater";
    const sink = await open({ ...options, logGroupId: other });
    const batch = batchOf(flowsOf("k", 3));
    const failure = await failureOf(writeTo(sink, batch, never));
    expect([failure.drawer, failure.code]).toEqual(["person", "not-authorized"]);
    service.state.logGroups.add(other);
    await writeTo(sink, batch, never);
    expect(taken()).toHaveLength(3);
  });

  it("sets the one record aside whose payload the service refuses (400)", async () => {
    const sink = await open(options);
    const flows = flowsOf("k", 10);
    let payloads = 0;
    oci.faults.add({ on: kind, when: () => [1, 2, 4, 5].includes(++payloads), times: 4 }, { status: 400 });
    const { delivered, setAside } = await bring(sink, batchOf(flows));
    // Refused are all ten, of them the first five, of these the last three, and of those the first.
    expect([delivered, setAside.map(({ record, code }) => [record, code])]).toEqual([9, [[3, "refused"]]]);
    expect(setAside[0]?.reason).toMatch(/400 InvalidParameter: .*check that the log source exists/);
  });

  it.each(["Invalid log source name: X", "LogSet prod does not exist", "Invalid log group"])(
    "waits for a person where a 400 speaks of what all uploads have in common: %s",
    async (message) => {
      const sink = await open(options);
      oci.faults.add({ on: kind }, { status: 400, message });
      const failure = await failureOf(writeTo(sink, batchOf(flowsOf("k", 2)), never));
      expect([failure.drawer, failure.code]).toEqual(["person", "refused"]);
      expect(failure.message).toContain("check that the log source exists (`flowferry content install`)");
    },
  );

  it.each(["LimitExceeded", "QuotaExceeded"])("waits for a person where the tenancy is at its limit: %s", async (code) => {
    const sink = await open(options);
    oci.faults.add({ on: kind }, { status: 400, code, message: "The limit is reached." });
    const failure = await failureOf(writeTo(sink, batchOf(flowsOf("k", 2)), never));
    expect(failure.drawer).toBe("person");
  });

  it("names the clock when the date is refused, and goes on when it is right again", async () => {
    const sink = await open(options);
    oci.clockAheadMs = 900_000;
    const batch = batchOf(flowsOf("k", 3));
    const failure = await failureOf(writeTo(sink, batch, never));
    expect([failure.drawer, failure.code]).toEqual(["person", "not-authenticated"]);
    expect(failure.message).toMatch(/this machine's clock is (899|900|901) s behind/);
    oci.clockAheadMs = 0;
    await writeTo(sink, batch, never);
    expect(taken()).toHaveLength(3);
  });

  it("has a token of its own for each set of records, also where they begin with the same one", async () => {
    const sink = await open(options);
    const flows = flowsOf("k", 20);
    for (const part of [flows, flows.slice(0, 12), flows.slice(12)]) await bring(sink, batchOf(part));
    expect(new Set(oci.requests.of(kind).map(({ headers }) => headers["opc-retry-token"])).size).toBe(3);
    expect(taken()).toEqual(uidsOf([...flows, ...flows]));
  });

  it("takes another token when the service has lost track of the first", async () => {
    const sink = await open(options);
    oci.faults.add({ on: kind }, { status: 409, code: "InvalidatedRetryToken" });
    const flows = flowsOf("k", 5);
    const { delivered, failures } = await bring(sink, batchOf(flows));
    expect(failures).toHaveLength(1);
    expect(delivered).toBe(5);
    expect(new Set(oci.requests.of(kind).map(({ headers }) => headers["opc-retry-token"])).size).toBe(2);
    expect(taken()).toEqual(uidsOf(flows));
  });

  it("is left alone for as long as the service wants, also when it wants another token", async () => {
    const sink = await open(options);
    oci.faults.add({ on: kind }, { status: 409, code: "InvalidatedRetryToken", headers: { "retry-after": "11" } });
    const failure = await failureOf(writeTo(sink, batchOf(flowsOf("k", 2)), never));
    expect([failure.drawer, failure.code, failure.retryAfterMs]).toEqual(["passing", "stale-token", 11_000]);
  });

  it("leaves off when it is told to", async () => {
    const sink = await open(options);
    oci.faults.add({ on: kind }, { hang: true });
    const stop = new AbortController();
    const write = writeTo(sink, batchOf(flowsOf("k", 3)), stop.signal);
    setTimeout(() => stop.abort(new Error("told to")), 200);
    await expect(write).rejects.toThrow("told to");
  });

  it("accounts for every record of many batches under many faults", async () => {
    const sink = await open({ ...options, timeoutMs: 500 });
    const effects: FaultEffect[] = [
      { status: 429, headers: { "retry-after": "0" } },
      { loseAnswer: "reset" },
      { status: 413 },
      { status: 500 },
      { reset: true },
      { loseAnswer: "hang" },
      { status: 400 },
    ];
    for (const [index, effect] of effects.entries()) oci.faults.add({ on: kind, after: index * 2 + 1 }, effect);
    const batches = Array.from({ length: 20 }, (_, index) => flowsOf(`object-${index}`, 30));
    const all = await Promise.all(batches.map((flows) => bring(sink, batchOf(flows))));
    // The batch that is refused for good is halved, and both halves are taken.
    expect(all.map(({ delivered, setAside }) => [delivered, setAside])).toEqual(batches.map(() => [30, []]));
    // On a machine that has no time for it, more answers than these may come too late, and what they took comes again.
    expect(new Set(taken())).toEqual(new Set(uidsOf(batches.flat())));
  });
});

describe("credentials", () => {
  it("reads a rotated key again, says so, and delivers", async () => {
    const directory = mkdtempSync(join(tmpdir(), "log-analytics-"));
    try {
      const configure = (name: string): string => {
        const pair = keyPairOf(`API key ${name}`);
        const fingerprint = oci.addApiKey(pair.publicKey);
        const key = join(directory, "key.pem");
        writeFileSync(key, pair.privateKey.export({ type: "pkcs8", format: "pem" }));
        const lines = { tenancy: oci.tenancy, user: oci.user, fingerprint, key_file: key, region: oci.region };
        const values = Object.entries(lines).map(([name, value]) => `${name}=${value}`);
        writeFileSync(join(directory, "config"), ["[DEFAULT]", ...values, ""].join("\n"));
        return fingerprint;
      };
      const old = configure("old");
      const notices: string[] = [];
      const sink = await open({ auth: { type: "config-file", file: join(directory, "config") } }, notices);
      await writeTo(sink, batchOf(flowsOf("a", 2)), never);
      oci.faults.add(
        { when: ({ headers }) => String(headers.authorization).includes(old), times: Number.POSITIVE_INFINITY },
        { status: 401, code: "NotAuthenticated" },
      );
      const refused = await failureOf(writeTo(sink, batchOf(flowsOf("b", 2)), never));
      expect([refused.drawer, refused.code]).toEqual(["person", "not-authenticated"]);
      expect(notices).toEqual([]);
      configure("new");
      await Promise.all(["b", "c", "d"].map((key) => writeTo(sink, batchOf(flowsOf(key, 2)), never)));
      expect(taken()).toHaveLength(8);
      expect(notices).toEqual([expect.stringMatching(/credentials \(401\).*read again/)]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("says what to compare when the signature is refused", async () => {
    const sink = await open({ auth: { type: "config-file", file: oci.config, profile: "STRANGER" } });
    const failure = await failureOf(writeTo(sink, batchOf(flowsOf("k", 1)), never));
    expect(describeError(failure)).toMatch(
      /^UploadLogEventsFile for log group .*: 401 NotAuthenticated: .*fingerprint of profile STRANGER/,
    );
  });
});

describe("probe", () => {
  it("reaches the service and uploads nothing", async () => {
    const sink = await open();
    expect(await sink.probe(never)).toMatch(/^Log Analytics namespace simulated at 127\.0\.0\.1:\d+/);
    expect(uploads()).toEqual([]);
  });

  it("tells what is missing", async () => {
    service.state.isOnboarded = false;
    const failure = await failureOf((await open()).probe(never));
    expect([failure.drawer, failure.code]).toEqual(["person", "not-onboarded"]);
    service.state.isOnboarded = true;
    service.state.isLogSetEnabled = true;
    expect((await failureOf((await open()).probe(never))).code).toBe("log-set-missing");
    expect(await (await open({ logSet: "x" })).probe(never)).toContain("namespace simulated");
    const other = await failureOf((await open({ namespace: "other" })).probe(never));
    expect([other.code, other.message]).toEqual(["not-authorized", expect.stringContaining("loganalytics-features-family")]);
  });
});

describe("options", () => {
  it.each([
    [{ logGroupId: "my-group" }, /OCID/],
    [{ logSet: "a/b" }, /letters, digits/],
    [{ metadata: { "a;b": "c" } }, /semicolon/],
    [{ maxJsonBytes: 3_000_000 }, /2000000/],
    [{ entities: { ids: { v: "web-1" } } }, /OCID of an entity/],
    [{ lotSet: "x" }, /lotSet/],
  ])("refuses %j", async (options, expected) => {
    await expect(sinkOn(oci, options)).rejects.toThrow(expected);
  });

  it("asks nothing of the network before it is used", async () => {
    await open({ endpoint: "http://127.0.0.1:1" });
    expect(oci.requests.all).toEqual([]);
  });
});
