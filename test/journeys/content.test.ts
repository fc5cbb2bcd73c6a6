import { afterAll, beforeAll, expect, test } from "vitest";
import { type Oci, startOci } from "../simulators/oci/index.ts";
import { LogAnalytics } from "../simulators/oci/services/log-analytics.ts";
import { ManagementDashboard } from "../simulators/oci/services/management-dashboard.ts";
import { flowferry, type Workplace, workplace } from "./program.ts";

const COMPARTMENT = "ocid1.compartment.oc1..simulated";

let oci: Oci;
let place: Workplace;

beforeAll(async () => {
  place = workplace();
  oci = await startOci();
  oci.addService(new LogAnalytics({ namespace: oci.namespace }));
  oci.addService(new ManagementDashboard());
});
afterAll(async () => {
  await oci.stop();
  place.remove();
});

test("content is compared, installed, installed again without a change, and taken back", async () => {
  const sink = {
    type: "log-analytics",
    namespace: oci.namespace,
    logGroupId: "ocid1.loganalyticsloggroup.oc1.phx.g",
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
  };
  const config = place.config({ source: { type: "directory", path: "bucket" }, sinks: [sink] });
  const content = async (command: string): Promise<string> => {
    const where = ["-c", config, "--compartment", COMPARTMENT, "--dashboard-endpoint", oci.endpoint];
    const { code, stdout, stderr } = await flowferry(["content", command, ...where]);
    expect(code, stderr).toBe(0);
    return stdout.trimEnd();
  };
  const diff = await content("diff");
  expect(diff).toContain("\n+ parser Flowferry VCN Flow JSON\n");
  const count = diff.split("\n").length - 1;
  expect(diff).toContain(`\n${count} to create, 0 to update, 0 to delete, 0 unchanged`);
  expect(await content("install")).toContain(`\n${count} created, 0 updated, 0 deleted, 0 unchanged`);
  expect(await content("install")).toBe(`0 created, 0 updated, 0 deleted, ${count} unchanged`);
  expect(await content("diff")).toBe(`0 to create, 0 to update, 0 to delete, ${count} unchanged`);
  expect(await content("uninstall")).toContain(`\n0 created, 0 updated, ${count} deleted, 0 unchanged`);
  expect(await content("uninstall")).toBe("0 created, 0 updated, 0 deleted, 0 unchanged");
});

test("lookup tables are pushed once", async () => {
  const servers = place.write("servers.csv", "address,server\n10.0.0.1,web\n");
  const sink = {
    type: "log-analytics",
    namespace: oci.namespace,
    logGroupId: "ocid1.loganalyticsloggroup.oc1.phx.g",
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
  };
  const config = place.config({ source: { type: "directory", path: "bucket" }, enrich: { servers }, sinks: [sink] }, "push.yaml");
  const first = await flowferry(["lookups", "push", "-c", config]);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toMatch(/^flowferry_ports: created, \d+ rows\nflowferry_servers: created, 1 rows\n$/);
  const second = await flowferry(["lookups", "push", "-c", config, "--json"]);
  expect(JSON.parse(second.stdout)).toMatchObject({ lookups: [{ action: "unchanged" }, { action: "unchanged" }] });
});

test("wrong usage is told in one line", async () => {
  const config = place.config(
    { source: { type: "directory", path: "bucket" }, sinks: [{ type: "ndjson", path: "x" }] },
    "none.yaml",
  );
  const without = await flowferry(["content", "diff", "-c", config, "--compartment", COMPARTMENT]);
  expect([without.code, without.stderr]).toEqual([
    2,
    expect.stringMatching(/^flowferry: .*none\.yaml has no sink of type log-analytics\n$/),
  ]);
  const build = await flowferry(["content", "build", "--check"]);
  expect([build.code, build.stdout]).toEqual([0, expect.stringMatching(/^\d+ files in .* are as their sources make them\n$/)]);
});
