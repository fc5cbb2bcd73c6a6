import { afterEach, beforeEach, expect, test } from "vitest";
import { readCloudLogsContent } from "../../src/clouds/ibm/content/content.ts";
import { type Ibm, startIbm } from "../simulators/ibm/server.ts";
import { flowferry, start, type Workplace, workplace } from "./program.ts";

type Named = Readonly<Record<string, unknown>> & { readonly name: string };

let ibm: Ibm;
let place: Workplace;
let config: string;
beforeEach(async () => {
  ibm = await startIbm();
  place = workplace();
  const auth = { type: "ibm-iam", apiKey: ibm.iam.apiKey, tokenUrl: ibm.tokenUrl };
  const sink = { type: "ibm-cloud-logs", endpoint: ibm.endpoint, auth };
  config = place.config({ source: { type: "directory", path: "bucket" }, sinks: [sink] });
});
afterEach(async () => {
  await ibm.close();
  place.remove();
});

const content = (command: string, ...more: string[]) =>
  flowferry(["content", command, "-c", config, "--api-endpoint", ibm.endpoint, "--patience", "2s", ...more]);
const last = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

test("views, dashboards and alerts are compared, installed, installed again without a change, and taken back", async () => {
  ibm.content.addWebhook(7, "soc");
  const all = ["--detections", "--webhook", "7"];
  const diff = await content("diff", ...all);
  expect([diff.code, diff.stderr]).toEqual([0, ""]);
  const count = diff.stdout.match(/^\+ /gm)?.length ?? 0;
  expect(diff.stdout).toContain("\nrules that the service cannot evaluate are left out: deploy/dialects.md names them");
  expect(last(diff.stdout)).toBe(`${count} to create, 0 to update, 0 to delete, 1 unchanged`);
  expect(ibm.content.calls.every((call) => call.startsWith("GET "))).toBe(true);

  expect(last((await content("install", ...all)).stdout)).toBe(`${count} created, 0 updated, 0 deleted, 1 unchanged`);
  const { views, dashboards, alertDefinitions } = ibm.content;
  expect(views.size + dashboards.size + alertDefinitions.size).toBe(count);
  const names = [...views.values()].map(({ name }) => name);
  for (const title of [
    "Bad actors",
    "Rejected traffic by destination",
    "Egress of private hosts",
    "Traffic to one port",
    "Cannot SSH",
    "SSH accepted from outside",
  ]) {
    expect(names).toContain(`flowferry: ${title}`);
  }
  for (const alert of alertDefinitions.values()) {
    expect(alert).toMatchObject({ notification_group: { webhooks: [{ integration: { integration_id: 7 } }] } });
  }

  expect((await content("install", ...all)).stdout).toBe(`0 created, 0 updated, 0 deleted, ${count + 1} unchanged\n`);
  const [id = "", view] = [...views][0] ?? [];
  views.set(id, { ...view, name: view?.name ?? "", time_selection: { quick_selection: { caption: "Ever", seconds: 1 } } });
  expect((await content("install", ...all)).stdout).toBe(
    `~ view ${view?.name}  (time_selection.quick_selection.caption, time_selection.quick_selection.seconds)\n` +
      `0 created, 1 updated, 0 deleted, ${count} unchanged\n`,
  );
  expect(views.get(id)).toEqual(view);
  expect(last((await content("uninstall", "--detections")).stdout)).toBe(`0 created, 0 updated, ${count} deleted, 0 unchanged`);
  expect(views.size + dashboards.size + alertDefinitions.size).toBe(0);
});

test("without --detections there are no alerts, and without --webhook they tell nobody", async () => {
  expect((await content("install")).code).toBe(0);
  expect([ibm.content.views.size > 10, ibm.content.alertDefinitions.size]).toEqual([true, 0]);
  expect((await content("install", "--detections")).code).toBe(0);
  for (const alert of ibm.content.alertDefinitions.values())
    expect(alert).toMatchObject({ notification_group: { webhooks: [] } });
});

test("an install goes on after refusals, and ends with them", async () => {
  const { stdout, stderr, code } = await content("install", "--detections", "--webhook", "9");
  expect(code).toBe(1);
  expect(stdout).toContain("! outgoing webhook 9: there is no outgoing webhook with the external_id 9; there are: none");
  expect(stdout).toContain("! alert definition flowferry: SSH accepted from outside: left out because of outgoing webhook 9");
  expect([ibm.content.views.size > 10, ibm.content.dashboards.size, ibm.content.alertDefinitions.size]).toEqual([true, 2, 0]);
  expect(stderr).toContain("steps cannot be done");

  // One thing that is refused leaves its like their try.
  let refusals = 0;
  ibm.apiFault = (call) => {
    if (call !== "POST /v1/alert_definitions" || refusals++ > 0) return undefined;
    return { status: 400, body: { errors: [{ code: "bad_request_or_unspecified", message: "the query is too odd" }] } };
  };
  const again = await content("install", "--detections");
  expect(again.code).toBe(1);
  expect(again.stdout.match(/^! /gm)).toHaveLength(1);
  expect(again.stdout).toContain("answered POST /v1/alert_definitions with 400: the query is too odd");
  expect(ibm.content.alertDefinitions.size).toBeGreaterThan(10);
});

test("Ctrl-C says what was done and what is left, and the next install goes on from there", async () => {
  const running = start(["content", "install", "-c", config, "--api-endpoint", ibm.endpoint]);
  let made = 0;
  ibm.apiFault = (call) => {
    if (call === "POST /v1/views" && ++made === 3) running.child.kill("SIGINT");
    return undefined;
  };
  const { code, stdout, stderr } = await running.ended;
  expect([code, stderr], stdout).toEqual([130, ""]);
  const [, done = "", left = ""] =
    /^interrupted: (\d+) created, 0 updated, 0 deleted, 0 unchanged, (\d+) not tried; the same command goes on$/.exec(
      last(stdout),
    ) ?? [];
  expect(Number(done)).toBe(stdout.match(/^\+ /gm)?.length);
  ibm.apiFault = () => undefined;
  // The last may have been made without its answer having come.
  const again = last((await content("install")).stdout);
  expect(again).toMatch(/^\d+ created, 0 updated, 0 deleted, \d+ unchanged$/);
  const [created = 0, unchanged = 0] = [/^\d+/, /\d+(?= unchanged)/].map((of) => Number(of.exec(again)?.[0]));
  expect(created + unchanged).toBe(Number(done) + Number(left));
  expect([Number(done), Number(done) + 1]).toContain(unchanged);
  expect(Number(left)).toBeGreaterThan(0);
});

test("what an earlier version installed and this one does not have goes, and so does a second one of a name", async () => {
  const all = ["--detections"];
  expect((await content("install", ...all)).code).toBe(0);
  const { views, dashboards, alertDefinitions } = ibm.content;
  const [[, view], [, alert]] = [[...views][0], [...alertDefinitions][0]] as [[string, Named], [string, Named]];
  const sizes = [views.size + 1, dashboards.size, alertDefinitions.size + 1];
  views.set("900", { ...view, name: "flowferry: View of old" });
  views.set("901", { ...view, name: "My view" });
  alertDefinitions.set("old", { ...alert, name: "flowferry: Rule of old" });
  alertDefinitions.set("twice", alert);
  alertDefinitions.set("theirs", { ...alert, name: "flowferry: Rule of theirs", entity_labels: {} });
  const [former] = readCloudLogsContent({ detections: false }).formerDashboards;
  dashboards.set(former?.id ?? "", { ...[...dashboards.values()][0], name: former?.name ?? "" });

  const withoutAlerts = await content("diff");
  expect([withoutAlerts.code, withoutAlerts.stdout.split("\n")]).toEqual([
    0,
    [
      "- dashboard flowferry: the last 3600s",
      "- view flowferry: View of old",
      `0 to create, 0 to update, 2 to delete, ${views.size - 2 + dashboards.size - 1} unchanged`,
      "",
    ],
  ]);
  const { stdout } = await content("install", ...all);
  expect(stdout.split("\n").slice(0, 4)).toEqual([
    `- alert definition ${alert.name}`,
    "- alert definition flowferry: Rule of old",
    "- dashboard flowferry: the last 3600s",
    "- view flowferry: View of old",
  ]);
  expect(last((await content("install", ...all)).stdout)).toMatch(/^0 created, 0 updated, 0 deleted, /);
  expect([views.size, dashboards.size, alertDefinitions.size]).toEqual(sizes);

  alertDefinitions.set("old", { ...alert, name: "flowferry: Rule of old" });
  views.set("900", { ...view, name: "flowferry: View of old" });
  expect((await content("uninstall", ...all)).code).toBe(0);
  expect([[...views.keys()], dashboards.size, [...alertDefinitions.keys()]]).toEqual([["901"], 0, ["theirs"]]);
});

test("what others made under the same name is left alone", async () => {
  const name = "flowferry: SSH accepted from outside";
  ibm.content.alertDefinitions.set("theirs", { name, type: "flow", priority: "p1" });
  const { stdout, code } = await content("install", "--detections");
  expect(code).toBe(1);
  expect(stdout).toContain(`! alert definition ${name}: something that flowferry did not make is called so`);
  expect(ibm.content.alertDefinitions.get("theirs")).toEqual({ name, type: "flow", priority: "p1" });
  await content("uninstall", "--detections");
  expect([...ibm.content.alertDefinitions.keys()]).toEqual(["theirs"]);
});

test("a missing role is told once, with what is needed", async () => {
  ibm.apiFault = (call) => (call.startsWith("POST") ? { status: 403, body: { message: "forbidden" } } : undefined);
  const { stdout, code } = await content("install");
  expect(code).toBe(1);
  expect(stdout).toContain("the key's owner needs the role Manager on the IBM Cloud Logs instance");
  expect(stdout).toContain("left out because of the other view");
});

test.each([
  [["--compartment", "ocid1.compartment.oc1..x"], /--compartment is of Log Analytics; the sink is of type ibm-cloud-logs/],
  [["--webhook", "7"], /--webhook is of use with --detections only/],
  [["--webhook", "soc", "--detections"], /--webhook soc: give the number that the webhook has as external_id/],
])("%j is refused", async (more, reason) => {
  const { stderr, code } = await content("install", ...more);
  expect([code, reason.test(stderr)], stderr).toEqual([2, true]);
});
