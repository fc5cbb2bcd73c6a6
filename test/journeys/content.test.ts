import { afterAll, beforeAll, expect, test } from "vitest";
import { type Oci, startOci } from "../simulators/oci/index.ts";
import type { Named } from "../simulators/oci/services/log-analytics/content.ts";
import { LogAnalytics } from "../simulators/oci/services/log-analytics.ts";
import { ManagementDashboard } from "../simulators/oci/services/management-dashboard.ts";
import { Monitoring } from "../simulators/oci/services/monitoring.ts";
import { Notifications } from "../simulators/oci/services/notifications.ts";
import { flowferry, type Workplace, workplace } from "./program.ts";

const COMPARTMENT = "ocid1.compartment.oc1..simulated";

let oci: Oci;
let place: Workplace;
let notifications: Notifications;
let monitoring: Monitoring;
let analytics: LogAnalytics;

beforeAll(async () => {
  place = workplace();
  oci = await startOci();
  analytics = new LogAnalytics({ namespace: oci.namespace });
  oci.addService(analytics);
  oci.addService(new ManagementDashboard());
  notifications = new Notifications();
  monitoring = new Monitoring((id) => notifications.topics.has(id));
  oci.addService(notifications);
  oci.addService(monitoring);
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

test("detections are installed down to the Slack channel, whose URL is shown nowhere", async () => {
  const secret = "xxYYzzSECRETxxYYzz";
  const env = { SLACK_WEBHOOK_URL: `https://hooks.slack.com/services/T00000000/B00000000/${secret}` };
  const sink = {
    type: "log-analytics",
    namespace: oci.namespace,
    logGroupId: "ocid1.loganalyticsloggroup.oc1.phx.g",
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
  };
  const config = place.config({ source: { type: "directory", path: "bucket" }, sinks: [sink] }, "detections.yaml");
  const content = async (command: string, ...options: string[]) => {
    const endpoints = ["dashboard", "notifications", "monitoring"].flatMap((name) => [`--${name}-endpoint`, oci.endpoint]);
    const where = ["-c", config, "--compartment", COMPARTMENT, ...endpoints, "--detections"];
    const ended = await flowferry(["content", command, ...where, ...options], env);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout + ended.stderr).not.toMatch(/SECRET|T00000000/);
    return ended.stdout.trimEnd().split("\n");
  };
  const slack = ["--slack-webhook-env", "SLACK_WEBHOOK_URL"];
  const installed = await content("install", ...slack);
  // What detections bring changes nothing of what is there without them.
  const endpoints = ["--dashboard-endpoint", oci.endpoint];
  const without = await flowferry(["content", "diff", "-c", config, "--compartment", COMPARTMENT, ...endpoints]);
  expect([without.code, without.stdout], without.stderr).toEqual([
    0,
    expect.stringMatching(/^0 to create, 0 to update, 0 to delete, \d+ unchanged\n$/),
  ]);
  expect(installed).toContain("+ topic flowferry-detections");
  expect(installed).toContain("+ subscription Slack");
  expect(installed).toContain("+ alarm flowferry: SSH accepted from outside");
  expect(installed.at(-2)).toMatch(/^the Slack subscription is pending: open the link .* within 3 days/);
  const [topic] = notifications.topics.values();
  const [subscription] = notifications.subscriptions.values();
  expect(subscription).toMatchObject({ endpoint: env.SLACK_WEBHOOK_URL, topicId: topic?.topicId });
  expect([...monitoring.alarms.values()].every(({ destinations }) => String(destinations) === topic?.topicId)).toBe(true);

  notifications.confirm(subscription?.id ?? "");
  expect(await content("install", ...slack)).toEqual([expect.stringMatching(/^0 created, 0 updated, 0 deleted, \d+ unchanged$/)]);
  expect(JSON.parse((await content("diff", ...slack, "--json")).join(""))).toMatchObject({ changes: [], notices: [] });
  expect((await content("uninstall")).at(-1)).toMatch(/^0 created, 0 updated, \d+ deleted, 0 unchanged$/);
  expect([notifications.topics.size, notifications.subscriptions.size, monitoring.alarms.size]).toEqual([0, 0, 0]);
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
  expect(first.stdout).toMatch(/^flowferry_ports: created, \d+ rows\nflowferry_server_ranges: created, 1 rows\n$/);
  const second = await flowferry(["lookups", "push", "-c", config, "--json"]);
  expect(JSON.parse(second.stdout)).toMatchObject({ lookups: [{ action: "unchanged" }, { action: "unchanged" }] });
});

test("one refusal does not keep the rest from being installed: it ends with what was not done, and with exit code 1", async () => {
  const sink = {
    type: "log-analytics",
    namespace: oci.namespace,
    logGroupId: "ocid1.loganalyticsloggroup.oc1.phx.g",
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
  };
  const servers = place.write("servers.csv", "address,server\n10.0.0.2,db\n");
  const config = place.config(
    { source: { type: "directory", path: "bucket" }, enrich: { servers }, sinks: [sink] },
    "refused.yaml",
  );
  const where = ["-c", config, "--compartment", COMPARTMENT, "--dashboard-endpoint", oci.endpoint];
  oci.faults.add({ on: "upsert-source" }, { status: 403, code: "NotAllowed" });
  const first = await flowferry(["content", "install", ...where, "--json"]);
  expect([first.code, first.stderr]).toEqual([
    1,
    expect.stringMatching(
      /^flowferry: 1 of \d+ steps cannot be done, first: source .*: 403 NotAllowed: .*; the policy that is needed: Allow group .* to manage loganalytics-features-family in tenancy.*\n$/,
    ),
  ]);
  const [result = "", failure = ""] = first.stdout.split("\n");
  expect(JSON.parse(failure)).toMatchObject({ error: { message: expect.stringContaining("steps cannot be done") } });
  const { changes, notDone } = JSON.parse(result) as { changes: object[]; notDone: { kind: string; result: string }[] };
  expect(notDone).toMatchObject([{ kind: "source", result: "refused", code: "not-authorized" }]);
  expect(changes.length).toBeGreaterThan(40);
  const second = await flowferry(["content", "install", ...where]);
  expect([second.code, second.stdout.split("\n").slice(-2)[0]]).toEqual([
    0,
    `1 created, 0 updated, 0 deleted, ${changes.length} unchanged`,
  ]);
  oci.faults.add({ on: "list-fields" }, { status: 404 });
  const diff = await flowferry(["content", "diff", ...where]);
  expect([diff.code, diff.stdout]).toEqual([
    1,
    expect.stringMatching(/^! fields, parser and source: ListFields .*\n.*, 1 not done\n$/),
  ]);
  expect((await flowferry(["content", "uninstall", ...where])).code).toBe(0);

  oci.faults.add({ on: "get-lookup" }, { status: 403, code: "NotAllowed" });
  const pushed = await flowferry(["lookups", "push", "-c", config]);
  expect([pushed.code, pushed.stdout.split("\n")]).toEqual([
    1,
    [
      expect.stringMatching(/^flowferry_ports: not pushed: GetLookup .*the policy that is needed/),
      "flowferry_server_ranges: replaced, 1 rows",
      "",
    ],
  ]);
  expect(pushed.stderr).toMatch(/^flowferry: 1 of 2 lookups were not pushed, first flowferry_ports: GetLookup /);
});

test("one marked record says which fields stay empty", async () => {
  const sink = {
    type: "log-analytics",
    namespace: oci.namespace,
    logGroupId: "ocid1.loganalyticsloggroup.oc1.phx.g",
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
  };
  analytics.state.logGroups.add(sink.logGroupId);
  const config = place.config({ source: { type: "directory", path: "bucket" }, sinks: [sink] }, "verify.yaml");
  const where = ["-c", config, "--compartment", COMPARTMENT];
  expect((await flowferry(["content", "install", ...where, "--dashboard-endpoint", oci.endpoint])).code).toBe(0);
  const wrong = await flowferry(["content", "verify", "-c", config, "--compartment", "prod"]);
  expect([wrong.code, wrong.stderr]).toEqual([2, "flowferry: --compartment prod is no OCID of a compartment or tenancy\n"]);
  expect(analytics.state.records).toEqual([]);
  const whole = await flowferry(["content", "verify", ...where]);
  expect([whole.code, whole.stdout], whole.stderr).toEqual([
    0,
    expect.stringMatching(/^(\d+) of \1 fields have a value \(record flowferryverify[0-9a-f]{16}\)\n$/),
  ]);
  const { parsers } = analytics.state.content;
  const parser = parsers.get("flowferry_vcn_flow_json") as Named;
  const maps = parser.fieldMaps as { field: Named; structuredColumnInfo: string }[];
  const fieldMaps = maps.map((map) =>
    map.field.displayName === "Traffic To" ? { ...map, structuredColumnInfo: "$.other" } : map,
  );
  parsers.set(parser.name, { ...parser, fieldMaps });
  for (const source of analytics.state.content.sources.values()) {
    analytics.state.content.sources.set(source.name, { ...source, parsers: [parsers.get(parser.name)] });
  }
  const broken = await flowferry(["content", "verify", ...where]);
  expect([broken.code, broken.stdout.split("\n")[0], broken.stderr]).toEqual([
    1,
    "! Traffic To: empty",
    "flowferry: 1 fields are empty: Traffic To\n",
  ]);
  analytics.state.content.sources.clear();
  analytics.state.builtInSources.add("Flowferry VCN Flow Logs");
  const records = analytics.state.records.splice(0);
  expect(records).toHaveLength(2);
  expect((await flowferry(["content", "uninstall", ...where, "--dashboard-endpoint", oci.endpoint])).code).toBe(0);
  expect((await flowferry(["content", "install", ...where, "--dashboard-endpoint", oci.endpoint])).code).toBe(0);
  oci.faults.add({ on: "query", times: 1 }, { raw: { status: 200, body: '{"items":[]}' } });
  const late = await flowferry(["content", "verify", ...where, "--wait", "1s"]);
  expect([late.code, late.stderr]).toEqual([
    1,
    expect.stringMatching(/^flowferry: Log Analytics did not find the record flowferryverify\w+ within 1s\n$/),
  ]);
});

test("wrong usage is told in one line", async () => {
  const config = place.config(
    { source: { type: "directory", path: "bucket" }, sinks: [{ type: "ndjson", path: "x" }] },
    "none.yaml",
  );
  const without = await flowferry(["content", "diff", "-c", config, "--compartment", COMPARTMENT]);
  expect([without.code, without.stderr]).toEqual([
    2,
    expect.stringMatching(/^flowferry: .*none\.yaml has no sink of type log-analytics or ibm-cloud-logs\n$/),
  ]);
  const diff = (...options: string[]) => flowferry(["content", "diff", "-c", config, "--compartment", COMPARTMENT, ...options]);
  const refused = async (...options: string[]) => {
    const sink = {
      type: "log-analytics",
      namespace: "n",
      logGroupId: "ocid1.loganalyticsloggroup.oc1.phx.g",
      auth: { type: "config-file", file: oci.config },
    };
    place.config({ source: { type: "directory", path: "bucket" }, sinks: [sink] }, "none.yaml");
    const { code, stderr } = await diff(...options);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refused("--topic", "ocid1.onstopic.oc1.phx.t")).toBe("flowferry: --topic is of use with --detections only\n");
  expect(await refused("--detections", "--topic", "t")).toBe("flowferry: --topic t is no OCID of a topic\n");
  expect(await refused("--detections", "--slack-webhook-env", "NOT_SET")).toContain("NOT_SET (--slack-webhook-env) is not set");
  const url = await refused("--detections", "--slack-webhook-env", "https://hooks.slack.com/services/SECRET");
  expect(url).toContain("takes the name of an environment variable");
  expect(url).not.toContain("SECRET");
  const unwritable = await flowferry(["content", "build", "--to", config]);
  expect([unwritable.code, unwritable.stderr]).toEqual([
    2,
    expect.stringMatching(/^flowferry: cannot write .*: a part of the path is no folder \((ENOTDIR|EEXIST)\)\n$/),
  ]);
  const build = await flowferry(["content", "build", "--check"]);
  expect([build.code, build.stdout]).toEqual([0, expect.stringMatching(/^\d+ files in .* are as their sources make them\n$/)]);
});
