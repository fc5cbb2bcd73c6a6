import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../src/config/load.ts";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { run } from "../backends/servers/process.ts";
import { openTofu } from "./go.ts";

const tofu = available("OpenTofu", async () => {
  const program = await openTofu();
  const home = mkdtempSync(join(tmpdir(), "flowferry-tofu-"));
  let count = 0;
  const runIn = (cwd: string, ...args: readonly string[]) =>
    run(program, args, {
      cwd,
      timeoutMs: 120_000,
      env: { TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: join(home, "none") },
    });
  writeFileSync(join(home, "none"), "");
  return {
    run: runIn,
    /** What a module puts out that needs no provider, applied with these variables. */
    async outputs(module: string, variables: object): Promise<Record<string, unknown>> {
      const folder = join(home, `module-${++count}`);
      cpSync(asset(`deploy/terraform/${module}`), folder, { recursive: true });
      writeFileSync(join(folder, "terraform.tfvars.json"), JSON.stringify(variables));
      await runIn(folder, "init", "-no-color", "-input=false");
      await runIn(folder, "apply", "-no-color", "-input=false", "-auto-approve");
      const printed = JSON.parse(await runIn(folder, "output", "-json")) as Record<string, { value: unknown }>;
      return Object.fromEntries(Object.entries(printed).map(([name, { value }]) => [name, value]));
    },
    stop: async () => rmSync(home, { recursive: true, force: true }),
  };
});

const COMPARTMENTS = {
  bucket: "ocid1.compartment.oc1..b",
  network: "ocid1.compartment.oc1..n",
  topic: "ocid1.compartment.oc1..t",
  log_group: "ocid1.compartment.oc1..l",
  inventory: "ocid1.tenancy.oc1..t",
};
const OCI = {
  compartment_ids: COMPARTMENTS,
  subject: "dynamic-group flowferry",
  namespace: "mytenancy",
  bucket: "Flow-Logs",
  region: "us-phoenix-1",
  auth: "instance-principal",
  enrich_from_api: false,
};
const IBM = { region: "us-south", bucket: "flows" };

const configOf = (text: unknown) => parseConfig("/etc/flowferry/flowferry.yaml", String(text), { IBMCLOUD_API_KEY: "key" });

test("all files are as `tofu fmt` writes them", async () => {
  expect(await tofu().run(asset("deploy/terraform"), "fmt", "-check", "-recursive", "-diff")).toBe("");
});

test("OCI: the least there is", async () => {
  const { flowferry_yaml, statements } = await tofu().outputs("oci/settings", OCI);
  expect(statements).toEqual([
    "Allow dynamic-group flowferry to read buckets in compartment id ocid1.compartment.oc1..b where target.bucket.name = 'Flow-Logs'",
    "Allow dynamic-group flowferry to read objects in compartment id ocid1.compartment.oc1..b where target.bucket.name = 'Flow-Logs'",
  ]);
  const config = configOf(flowferry_yaml);
  expect([config.sources[0]?.component.type, config.sinks[0]?.name, config.alerts]).toEqual([
    "oci-object-storage",
    "ndjson",
    undefined,
  ]);
});

test("OCI: all there is, as a workload of OKE", async () => {
  const { flowferry_yaml, statements } = await tofu().outputs("oci/settings", {
    ...OCI,
    subject: "any-user",
    conditions: ["request.principal.type = 'workload'"],
    auth: "oke-workload-identity",
    enrich_from_api: true,
    inventory: true,
    otlp_endpoint: "https://otlp.example.com",
    log_analytics: { namespace: "mytenancy", log_group_id: "ocid1.loganalyticsloggroup.oc1.phx.x" },
    topic_id: "ocid1.onstopic.oc1.phx.x",
  });
  const workload = "request.principal.type = 'workload'";
  expect(statements).toEqual([
    `Allow any-user to read buckets in compartment id ocid1.compartment.oc1..b where all {target.bucket.name = 'Flow-Logs', ${workload}}`,
    `Allow any-user to read objects in compartment id ocid1.compartment.oc1..b where all {target.bucket.name = 'Flow-Logs', ${workload}}`,
    `Allow any-user to inspect subnets in compartment id ocid1.compartment.oc1..n where ${workload}`,
    `Allow any-user to inspect security-lists in compartment id ocid1.compartment.oc1..n where ${workload}`,
    `Allow any-user to inspect vnics in compartment id ocid1.compartment.oc1..n where ${workload}`,
    `Allow any-user to use network-security-groups in compartment id ocid1.compartment.oc1..n where ${workload}`,
    ...[
      "inspect compartments",
      "read instances",
      "inspect vnic-attachments",
      "inspect vnics",
      "inspect subnets",
      "read nat-gateways",
      "inspect load-balancers",
      "inspect network-load-balancers",
      "inspect autonomous-databases",
      "inspect db-systems",
      "inspect db-nodes",
    ].map((permission) => `Allow any-user to ${permission} in compartment id ocid1.tenancy.oc1..t where ${workload}`),
    `Allow any-user to {LOG_ANALYTICS_LOG_GROUP_UPLOAD_LOGS} in compartment id ocid1.compartment.oc1..l where ${workload}`,
    `Allow any-user to use ons-topics in compartment id ocid1.compartment.oc1..t where ${workload}`,
  ]);
  const config = configOf(flowferry_yaml);
  expect(config.sinks.map(({ name }) => name)).toEqual(["otlp", "log-analytics"]);
  expect(config.alerts?.notifiers.map(({ key }) => key)).toEqual(["ociNotifications"]);
  const auth = { type: "oke-workload-identity" };
  expect(config.enrich).toMatchObject({
    oci: { api: { auth }, inventory: { api: { auth, compartments: ["ocid1.tenancy.oc1..t"] } } },
  });
});

test.each([
  ["direct", "https://s3.direct.us-south.cloud-object-storage.appdomain.cloud"],
  ["public", "https://s3.us-south.cloud-object-storage.appdomain.cloud"],
])("IBM Cloud: a bucket by its %s endpoint", async (endpoint_type, endpoint) => {
  const outputs = await tofu().outputs("ibm/settings", {
    ...IBM,
    endpoint_type,
    logs_guid: "90d208cc-e1dd-4fb2-a938-358e5996f056",
  });
  expect(parse(String(outputs.flowferry_yaml))).toMatchObject({ source: { endpoint, auth: { apiKey: "${IBMCLOUD_API_KEY}" } } });
  expect(configOf(outputs.flowferry_yaml).sinks.map(({ name }) => name)).toEqual(["ibm-cloud-logs"]);
  expect(configOf(outputs.code_engine_yaml)).toMatchObject({
    ledgerPath: "/tmp/flowferry.db",
    telemetry: { listen: "0.0.0.0:9464" },
  });
  expect(outputs.roles).toEqual({ bucket: ["Object Reader", "Content Reader"], logs: ["Sender"], inventory: ["Viewer"] });
});
