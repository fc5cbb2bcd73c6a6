import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ibmCloudLogs } from "../../src/clouds/ibm/cloud-logs/sink.ts";
import { logAnalytics } from "../../src/clouds/oci/log-analytics/sink.ts";
import type { Component } from "../../src/contracts/component.ts";
import type { Encoder, Sink, SinkDependencies } from "../../src/contracts/sink.ts";
import type { Drawer } from "../../src/lib/errors.ts";
import { exporter } from "../../src/sinks/exporter.ts";
import { ndjson } from "../../src/sinks/ndjson.ts";
import { otlp } from "../../src/sinks/otlp/sink.ts";
import { startIbm } from "../simulators/ibm/server.ts";
import { type Oci, startOci } from "../simulators/oci/index.ts";
import { LogAnalytics } from "../simulators/oci/services/log-analytics.ts";
import { startReceiver } from "../simulators/otlp/receiver.ts";
import type { RawAnswer } from "../simulators/raw-answer.ts";

/** A sink under test and its destination. */
export interface Rig {
  readonly sink: Sink;
  /** The sink's encoder, made alone from the same options. */
  encoder(): Encoder;
  /** Uids that have arrived, with repetitions. */
  arrived(): Promise<string[]>;
  /** From now on the destination fails in a way that may heal, or works again. */
  fail(failing: boolean): Promise<void>;
  /** From now on the destination takes what it gets and answers never; undefined where that cannot be. */
  hang?(): void;
  /** The destination takes records of the last hours only. */
  readonly recent?: boolean;
  readonly http?: HttpRig;
  close(): Promise<void>;
}

/** What a repeating receiver saw of a request. */
export interface Head {
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The tables here are written from what the specification and the services' documents say, and not from what the sinks do. */
export interface HttpRig {
  readonly endpoint: string;
  /** Every request that brings records or probes is answered so from now on; as the destination does for undefined. */
  answer(raw: RawAnswer | ((head: Head) => RawAnswer) | undefined): void;
  /** How many of those requests there were. */
  requests(): number;
  /** Another sink of the kind. */
  open(endpoint: string, options?: object): Promise<Sink>;
  /** What may stand in no message. */
  secrets(): string[];
  readonly statuses: Readonly<Partial<Record<Drawer, readonly number[]>>>;
  /** Answers that acknowledge all records. */
  readonly taken: Readonly<Record<string, RawAnswer>>;
  readonly notUnderstood: Readonly<Record<string, RawAnswer>>;
  /** An answer that refuses some of the records; undefined where the protocol has none. */
  readonly partial: ((rejected: number, message: string) => RawAnswer) | undefined;
  /** A probe that is answered so is content, or fails. */
  readonly probes: { readonly good: Readonly<Record<string, RawAnswer>>; readonly bad: Readonly<Record<string, RawAnswer>> };
}

const JSON_TYPE = { "content-type": "application/json" };
const json = (body: string, headers: Readonly<Record<string, string>> = JSON_TYPE): RawAnswer => ({ status: 200, headers, body });
const page = "<!doctype html>\n<html><head><title>Sign in</title></head></html>";

/** By RFC 9110: what speaks of the destination, of what is sent, or of now. */
const STATUSES: HttpRig["statuses"] = {
  passing: [408, 409, 425, 429, 500, 502, 503, 504, 520],
  person: [301, 302, 307, 308, 401, 403, 404, 405, 407, 415, 418, 431, 451, 511],
  batch: [400, 413, 422],
  "not-understood": [203, 206, 207, 226, 600],
};

/** What stands between answers so for any protocol. */
const FROM_BETWEEN: HttpRig["notUnderstood"] = {
  "a sign-in page": { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: page },
  "a page as text": { status: 200, headers: { "content-type": "text/plain" }, body: page },
  "a page without a type": { status: 200, body: ` \r\n${page}` },
  "a page as JSON": json(page),
  "a page as protobuf": json(page, { "content-type": "application/x-protobuf" }),
  "a page in gzip": {
    status: 200,
    headers: { "content-type": "text/html", "content-encoding": "gzip" },
    body: gzipSync(page),
  },
  "a page below 202": { status: 202, headers: { "content-type": "text/html" }, body: page },
  "an error in JSON": json('{"error":"unknown tenant","status":401}'),
  "errors in JSON": json('{"errors":[{"message":"quota"}]}', { "content-type": "application/json; charset=UTF-8" }),
  "a status in JSON": json('{"status":401}'),
  "a gRPC status in JSON": json('{"code":16,"message":"unauthenticated","details":[]}'),
  "an error in JSON as text": json('{"error":"unknown tenant"}', { "content-type": "text/plain" }),
  "an error in chunks": { status: 200, headers: JSON_TYPE, body: '{"error":"unknown tenant"}', chunked: true },
  "JSON that ends too early": json('{"partialSuc'),
  "other words": { status: 200, headers: { "content-type": "text/plain" }, body: "no healthy upstream" },
  "a body that is cut": { status: 200, headers: JSON_TYPE, body: '{"partialSuccess":{}}', cut: { afterBytes: 5, by: "end" } },
  "a body that is reset": { status: 200, headers: JSON_TYPE, body: "{}", cut: { afterBytes: 1, by: "reset" } },
  "chunks that are cut": { status: 200, headers: JSON_TYPE, body: "{}", chunked: true, cut: { afterBytes: 1, by: "end" } },
  "gzip that is none": { status: 200, headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: "{}" },
  "a refusal that is cut": { status: 400, headers: JSON_TYPE, body: '{"message":"bad"}', cut: { afterBytes: 4, by: "end" } },
};

const TAKEN: HttpRig["taken"] = {
  nothing: { status: 200 },
  "204": { status: 204 },
  "202": { status: 202 },
  "{}": json("{}"),
  "{} in another charset": json("{}", { "content-type": 'Application/JSON; charset="utf-8"' }),
  "{} without a type": { status: 200, body: "{}" },
  "{} in chunks": { status: 200, headers: JSON_TYPE, body: "{}", chunked: true },
  "{} in gzip": { status: 200, headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: gzipSync("{}") },
  ok: { status: 200, headers: { "content-type": "text/plain" }, body: "ok\n" },
};

const NOT_FOR_A_PROBE: HttpRig["probes"]["bad"] = {
  "a sign-in page": { status: 200, headers: { "content-type": "text/html" }, body: page },
  "an error in JSON": json('{"error":"unknown tenant"}'),
  "a body that is cut": { status: 200, headers: JSON_TYPE, body: "{}", cut: { afterBytes: 1, by: "end" } },
  "400": { status: 400, headers: JSON_TYPE, body: '{"message":"unknown tenant"}' },
  "401": { status: 401 },
  "403": { status: 403 },
  "404": { status: 404 },
  "302": { status: 302, headers: { location: "https://login.example/" } },
  "503": { status: 503 },
};

const dependencies = (baseDir: string): SinkDependencies => ({ name: "contract", baseDir, env: {}, version: "1.2.3" });

const encoderOf = <Options>(kind: Component<Options, SinkDependencies, Sink>, options: Options, folder: string): Encoder => {
  const encoder = kind.encoder?.(options, dependencies(folder));
  if (encoder === undefined) throw new Error(`${kind.type} has no encoder`);
  return encoder;
};

export const RIGS: Record<string, (folder: string) => Promise<Rig>> = {
  "otlp protobuf": (folder) => otlpRig(folder, { encoding: "protobuf" }),
  "otlp compact": (folder) => otlpRig(folder, { schema: "otel-compact" }),
  "otlp json": (folder) => otlpRig(folder, { encoding: "json", compression: "none" }),
  "log-analytics events": (folder) => logAnalyticsRig(folder, "events"),
  "log-analytics otlp": (folder) => logAnalyticsRig(folder, "otlp"),
  "ibm-cloud-logs": ibmRig,
  "ndjson file": ndjsonRig,
  exporter: exporterRig,
};

/** Sinks that ask nothing by HTTP, or leave it to others. */
export const WITHOUT_HTTP: ReadonlySet<string> = new Set(["ndjson file", "exporter"]);

async function otlpRig(folder: string, options: object): Promise<Rig> {
  const own = await startReceiver();
  const token = "s3cr3t-t0ken";
  const optionsOf = (endpoint: string, more: object = {}) =>
    otlp.options.parse({ endpoint, headers: { authorization: `Bearer ${token}` }, ...options, ...more });
  const open = async (endpoint: string, more?: object): Promise<Sink> =>
    otlp.create(optionsOf(endpoint, more), dependencies(folder));
  const sink = await open(own.url);
  return {
    sink,
    encoder: () => encoderOf(otlp, optionsOf(own.url), folder),
    arrived: async () => own.records.map(({ attributes }) => attributes["log.record.uid"] as string),
    async fail(failing) {
      own.faults = failing ? { "*": { status: 503 } } : {};
    },
    hang() {
      own.faults = { "*": { hang: true } };
    },
    http: {
      endpoint: own.url,
      answer(raw) {
        own.faults = raw === undefined ? {} : { "*": { raw } };
      },
      requests: () => own.requests.length,
      open,
      secrets: () => [token],
      statuses: STATUSES,
      taken: {
        ...TAKEN,
        "a part of null": json('{"partialSuccess":null}'),
        "an empty part": json('{"partialSuccess":{}}'),
        // partial_success = 1, of length 0.
        "an empty part in protobuf": json("\n\0", { "content-type": "application/x-protobuf" }),
      },
      notUnderstood: {
        ...FROM_BETWEEN,
        "JSON of another form": json('{"status":"ok"}'),
        "more refused than sent": json('{"partialSuccess":{"rejectedLogRecords":"4"}}'),
        "less than none refused": json('{"partialSuccess":{"rejectedLogRecords":"-1"}}'),
        // partial_success = 1, of length 5, and two bytes of it.
        "protobuf that ends too early": json("\n\x05\x08\x03", { "content-type": "application/x-protobuf" }),
        "the end of a gRPC call": { status: 200, headers: { "content-type": "application/grpc", "grpc-status": "16" } },
      },
      partial: (rejected, message) =>
        json(`{"partialSuccess":{"rejectedLogRecords":"${rejected}","errorMessage":${JSON.stringify(message)}}}`, {
          "content-type": "text/plain",
        }),
      probes: {
        good: {
          nothing: { status: 200 },
          "what Loki says of nothing": {
            status: 422,
            headers: JSON_TYPE,
            body: '{"code":3,"message":"error at least one valid stream is required for ingestion"}',
          },
        },
        bad: {
          ...NOT_FOR_A_PROBE,
          "what VictoriaLogs says of a path": {
            status: 400,
            headers: { "content-type": "text/plain" },
            body: 'remoteAddr: "127.0.0.1:1"; requestURI: /v1/logs; unsupported path requested: "/v1/logs"',
          },
        },
      },
    },
    close: () => own.close(),
  };
}

let sharedOci: Promise<Oci> | undefined;
/** Its keys take a while to be made. */
const oci = (): Promise<Oci> => {
  sharedOci ??= startOci();
  return sharedOci;
};
export async function closeShared(): Promise<void> {
  await (await sharedOci)?.stop();
}

const LOG_GROUP = "ocid1.loganalyticsloggroup.oc1.phx.simulatedgroup";

async function logAnalyticsRig(folder: string, mode: "events" | "otlp"): Promise<Rig> {
  const own = await oci();
  const service = new LogAnalytics({ namespace: own.namespace });
  service.state.logGroups.add(LOG_GROUP);
  service.state.builtInSources.add("Flowferry VCN Flow Logs");
  own.addService(service);
  own.requests.clear();
  const optionsOf = (endpoint: string, more: object = {}) =>
    logAnalytics.options.parse({
      namespace: own.namespace,
      logGroupId: LOG_GROUP,
      endpoint,
      mode,
      auth: { type: "session-token", file: own.config, profile: "SESSION" },
      ...more,
    });
  const open = async (endpoint: string, more?: object): Promise<Sink> =>
    logAnalytics.create(optionsOf(endpoint, more), dependencies(folder));
  const sink = await open(own.endpoint);
  const always = { times: Number.POSITIVE_INFINITY };
  return {
    sink,
    encoder: () => encoderOf(logAnalytics, optionsOf(own.endpoint), folder),
    async arrived() {
      const events = service.state.records.map(({ text }) => (JSON.parse(text) as { uid: string }).uid);
      return [...events, ...service.state.otlp.map(({ record }) => String(record.attributes["log.record.uid"]))];
    },
    async fail(failing) {
      own.faults.clear();
      if (failing) own.faults.add(always, { status: 503 });
    },
    hang: () => own.faults.add(always, { hang: true }),
    http: {
      endpoint: own.endpoint,
      answer(raw) {
        own.faults.clear();
        if (raw !== undefined) own.faults.add(always, { raw });
      },
      requests: () => own.requests.all.length,
      open,
      secrets: () => [readFileSync(join(own.config, "..", "session-token"), "utf8").trim()],
      statuses: STATUSES,
      taken: { ...TAKEN, "JSON that denies nothing": json('{"status":"ok"}') },
      notUnderstood: {
        ...FROM_BETWEEN,
        ...(mode === "otlp" && {
          "more refused than sent": json('{"partialSuccess":{"rejectedLogRecords":"4"}}'),
          "a count that is none": json('{"partialSuccess":{"rejectedLogRecords":"many"}}'),
        }),
      },
      partial:
        mode === "otlp"
          ? (rejected, message) =>
              json(`{"partialSuccess":{"rejectedLogRecords":"${rejected}","errorMessage":${JSON.stringify(message)}}}`)
          : undefined,
      probes: {
        good: { "a namespace": json('{"namespaceName":"simulated","isOnboarded":true}') },
        bad: {
          ...NOT_FOR_A_PROBE,
          nothing: { status: 200 },
          "{}": json("{}"),
          "a namespace that is not onboarded": json('{"namespaceName":"simulated","isOnboarded":false}'),
          "a namespace that wants log sets": json('{"namespaceName":"s","isOnboarded":true,"isLogSetEnabled":true}'),
        },
      },
    },
    async close() {
      own.removeService(service);
      own.faults.clear();
    },
  };
}

async function ibmRig(folder: string): Promise<Rig> {
  const own = await startIbm();
  const optionsOf = (endpoint: string, more: object = {}) => {
    const auth = { type: "ibm-iam", apiKey: own.iam.apiKey, tokenUrl: own.tokenUrl };
    return ibmCloudLogs.options.parse({ endpoint, auth, ...more });
  };
  const open = async (endpoint: string, more?: object): Promise<Sink> =>
    ibmCloudLogs.create(optionsOf(endpoint, more), dependencies(folder));
  const sink = await open(own.endpoint);
  return {
    sink,
    encoder: () => encoderOf(ibmCloudLogs, optionsOf(own.endpoint), folder),
    recent: true,
    async arrived() {
      const texts = own.cloudLogs.logs.map(({ text }) => JSON.parse(String(text)) as { attributes: Record<string, string> });
      return texts.map(({ attributes }) => attributes["log.record.uid"] as string);
    },
    async fail(failing) {
      own.fault = () => (failing ? { status: 503, body: {} } : undefined);
    },
    hang() {
      own.fault = () => "hang";
    },
    http: {
      endpoint: own.endpoint,
      answer(raw) {
        own.raw = raw;
      },
      requests: () => own.requests.length,
      open,
      secrets: () => [own.iam.apiKey, ...own.iam.issued],
      statuses: STATUSES,
      taken: { ...TAKEN, "JSON that denies nothing": json('{"status":"ok"}') },
      notUnderstood: FROM_BETWEEN,
      partial: undefined,
      probes: {
        good: {
          nothing: { status: 200 },
          "a refusal of nothing": { status: 400, headers: JSON_TYPE, body: '{"message":"no logs in the request"}' },
        },
        bad: NOT_FOR_A_PROBE,
      },
    },
    close: () => own.close(),
  };
}

async function ndjsonRig(folder: string): Promise<Rig> {
  const file = join(folder, "out.ndjson");
  const options = ndjson.options.parse({ path: file });
  const sink = await ndjson.create(options, dependencies(folder));
  return {
    sink,
    encoder: () => encoderOf(ndjson, options, folder),
    async arrived() {
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return [];
      const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
      return lines.map(
        (line) => (JSON.parse(line) as { attributes: Record<string, string> }).attributes["log.record.uid"] as string,
      );
    },
    // A file in the way of the next one: the handle is given up, and opening anew is refused until the file is gone.
    async fail(failing) {
      rmSync(file, { force: true, recursive: true });
      if (failing) writeFileSync(file, "not lines");
    },
    close: async () => undefined,
  };
}

const EXPORTER = `
export class MemoryExporter {
  constructor(state) { this.state = state; }
  export(records, callback) {
    if (this.state.hang) return;
    if (this.state.failing) return callback({ code: 1, error: Object.assign(new Error("down"), { code: 503 }) });
    setTimeout(() => { this.state.records.push(...records); callback({ code: 0 }); }, 5);
  }
  async forceFlush() {}
  async shutdown() { if (this.state.closed++ > 0) throw new Error("shut down twice"); }
}`;

async function exporterRig(folder: string): Promise<Rig> {
  writeFileSync(join(folder, "memory.mjs"), EXPORTER);
  const state = { records: [] as { attributes: Record<string, string> }[], failing: false, hang: false, closed: 0 };
  const parsed = exporter.options.parse({ module: "./memory.mjs" });
  const sink = await exporter.create({ ...parsed, options: state }, dependencies(folder));
  return {
    sink,
    encoder: () => encoderOf(exporter, parsed, folder),
    arrived: async () => state.records.map(({ attributes }) => attributes["log.record.uid"] as string),
    async fail(failing) {
      state.failing = failing;
    },
    hang() {
      state.hang = true;
    },
    close: async () => undefined,
  };
}
