import { globSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asset } from "../../src/lib/assets.ts";
import { startIbm } from "../simulators/ibm/server.ts";
import { startOci } from "../simulators/oci/index.ts";
import { LogAnalytics } from "../simulators/oci/services/log-analytics.ts";
import { flowferry, summaryOf } from "./program.ts";
import { recordsOf, setting } from "./setting.ts";

/** What is known of each receiver: the path, the credentials as its documentation wants them, and how long a body may be. */
interface Known {
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly maxBodyBytes?: number;
}

const KNOWN: Readonly<Record<string, Known>> = {
  axiom: {
    path: "/v1/logs",
    headers: { authorization: "Bearer xaat-1", "x-axiom-dataset": "flow-logs" },
    env: { AXIOM_TOKEN: "xaat-1" },
  },
  cloudwatch: {
    path: "/v1/logs",
    headers: { authorization: "Bearer cw-1", "x-aws-log-group": "flow-logs", "x-aws-log-stream": "flowferry" },
    env: { CLOUDWATCH_TOKEN: "cw-1", AWS_REGION: "eu-west-1" },
    maxBodyBytes: 1_048_576,
  },
  collector: { path: "/v1/logs" },
  coralogix: {
    path: "/v1/logs",
    headers: { authorization: "Bearer cx-1" },
    env: { CORALOGIX_KEY: "cx-1" },
    maxBodyBytes: 2_000_000,
  },
  datadog: { path: "/v1/logs", headers: { "dd-api-key": "dd-1" }, env: { DD_API_KEY: "dd-1" } },
  dynatrace: {
    path: "/api/v2/otlp/v1/logs",
    headers: { authorization: "Api-Token dt-1" },
    env: { DT_API_TOKEN: "dt-1", DT_ENVIRONMENT: "abc12345" },
    maxBodyBytes: 2_000_000,
  },
  elastic: { path: "/v1/logs", headers: { authorization: "ApiKey es-1" }, env: { ELASTIC_API_KEY: "es-1" } },
  "grafana-cloud": {
    path: "/otlp/v1/logs",
    headers: { authorization: "Basic Z2MtMQ==" },
    env: { GRAFANA_CLOUD_AUTH: "Z2MtMQ==", GRAFANA_CLOUD_ZONE: "prod-eu-west-2" },
  },
  honeycomb: { path: "/v1/logs", headers: { "x-honeycomb-team": "hc-1" }, env: { HONEYCOMB_API_KEY: "hc-1" } },
  loki: { path: "/otlp/v1/logs" },
  "new-relic": {
    path: "/v1/logs",
    headers: { "api-key": "nr-1" },
    env: { NEW_RELIC_LICENSE_KEY: "nr-1" },
    maxBodyBytes: 1_000_000,
  },
  openobserve: {
    path: "/api/default/v1/logs",
    headers: { authorization: "Basic b28tMQ==", "stream-name": "flow_logs" },
    env: { OPENOBSERVE_AUTH: "b28tMQ==" },
  },
  signoz: {
    path: "/v1/logs",
    headers: { "signoz-ingestion-key": "sz-1" },
    env: { SIGNOZ_INGESTION_KEY: "sz-1", SIGNOZ_REGION: "eu" },
  },
  splunk: { path: "/v1/logs" },
  victorialogs: {
    path: "/insert/opentelemetry/v1/logs",
    headers: { "vl-stream-fields": "service.name,cloud.account.id,cloud.region" },
  },
};
/** Of these there are simulators of the service itself. */
const CLOUDS = ["ibm-cloud-logs", "oci-log-analytics"];

const { write, receive, bucket } = setting();
const HOUR = 3_600_000;

/** The example with a folder in the place of the bucket, beside which its tables lie. */
const local = (name: string) =>
  readFileSync(asset(`examples/backends/${name}.yaml`), "utf8")
    .replace(/^source:\n(?: {2}.*\n)+/m, "source: { type: directory, path: bucket }\n")
    .replaceAll("../../lookups", asset("lookups"));

let records: number;
beforeEach(async () => {
  records = recordsOf(await bucket({ flows: 2_500, objects: 2, start: Date.now() - HOUR, spanMs: HOUR, incidents: [] }));
});

test("there is something to try each example against", () => {
  const names = globSync("*.yaml", { cwd: asset("examples/backends") }).map((file) => file.replace(".yaml", ""));
  expect(names.toSorted()).toEqual([...Object.keys(KNOWN), ...CLOUDS].toSorted());
});

/** `check` finds nothing wrong, and `run` delivers everything. */
async function tried(text: string, env: NodeJS.ProcessEnv) {
  const config = write("flowferry.yaml", text);
  const checked = await flowferry(["check", "-c", config], env);
  expect([checked.code, checked.stdout]).toEqual([0, expect.not.stringContaining("FAILED")]);
  const run = await flowferry(["run", "-c", config, "--until-caught-up", "--json"], env);
  expect([run.code, run.stderr]).toEqual([0, expect.not.stringContaining('"level":"error"')]);
  const [sink] = Object.values(summaryOf(run).sinks);
  return sink;
}

describe.each(Object.entries(KNOWN))("the example %s", (name, { path, headers, env = {}, maxBodyBytes }) => {
  test("is taken by such a receiver", { timeout: 30_000 }, async () => {
    const out = await receive({}, { ...(headers && { requireHeaders: headers }), ...(maxBodyBytes && { maxBodyBytes }) });
    const text = local(name).replace(/(endpoint: )(?:\$\{LOGS_URL(?::-[^}]*)?\}|https?:\/\/[^\s/]+)/, `$1${out.url}`);
    const sink = await tried(text, env);
    const { aggregated = 0, delivered } = sink as { aggregated?: number; delivered: number };
    expect(aggregated + delivered).toBeGreaterThanOrEqual(records);
    expect(out.uids.size).toBe(delivered);
    expect(new Set(out.requests.map((request) => request.path))).toEqual(new Set([path]));
    expect(new Set(out.requests.map((request) => request.headers["content-type"]))).toEqual(new Set(["application/x-protobuf"]));
    expect(Object.keys(out.stats.statuses)).toEqual(["200"]);
  });
});

describe("the example oci-log-analytics", () => {
  let oci: Awaited<ReturnType<typeof startOci>>;
  beforeEach(async () => {
    oci = await startOci();
  });
  afterEach(() => oci.stop());

  test("is taken by the simulated service", { timeout: 30_000 }, async () => {
    const group = "ocid1.loganalyticsloggroup.oc1.phx.simulatedgroup";
    const service = new LogAnalytics({ namespace: oci.namespace });
    service.state.logGroups.add(group);
    service.state.builtInSources.add("Flowferry VCN Flow Logs");
    oci.addService(service);
    const text = local("oci-log-analytics")
      .replace("namespace: mytenancy", `namespace: ${oci.namespace}`)
      .replace(/region: .*/, `endpoint: ${oci.endpoint}`)
      .replace("{ type: instance-principal }", `{ type: config-file, file: ${oci.config} }`);
    expect(await tried(text, { LOG_GROUP_OCID: group })).toMatchObject({ delivered: records });
    expect(service.state.records).toHaveLength(records);
  });
});

test("the example ibm-cloud-logs is taken by the simulated service", { timeout: 30_000 }, async () => {
  const ibm = await startIbm();
  try {
    const text = local("ibm-cloud-logs")
      .replace(/instance: .*\n +region: .*/, `endpoint: ${ibm.endpoint}`)
      .replace('"${IBMCLOUD_API_KEY}"', `"\${IBMCLOUD_API_KEY}", tokenUrl: "${ibm.tokenUrl}"`);
    expect(await tried(text, { IBMCLOUD_API_KEY: ibm.iam.apiKey })).toMatchObject({ delivered: records });
    expect(ibm.cloudLogs.logs).toHaveLength(records);
  } finally {
    await ibm.close();
  }
});
