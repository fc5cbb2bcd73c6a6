import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { alertmanagerConfig } from "../../src/dialects/receivers.ts";
import { generate } from "../../src/generator/generate.ts";
import type { IncidentId } from "../../src/generator/incidents.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { IncidentTruth } from "../../src/generator/truth.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { spawned, type Workplace, workplace } from "../journeys/program.ts";
import { type Alertmanager, GROUP_WAIT_MS, startAlertmanager } from "./servers/alertmanager.ts";
import { available } from "./servers/available.ts";

const SPAN_MS = 6 * 3_600_000;
const SSH = "ssh_accepted_from_outside";

let place: Workplace;
beforeEach(() => {
  place = workplace();
});
afterEach(() => place.remove());

/** Adds the traffic of one network to the bucket, and returns its accepted SSH. Networks of different size have different targets. */
async function network(vnics: number, incidents: readonly IncidentId[]): Promise<IncidentTruth> {
  const start = Date.now() - SPAN_MS;
  const generation = generate({ format: "oci", seed: `net-${vnics}`, flows: 3_000, vnics, incidents, start, spanMs: SPAN_MS });
  await writeBucket(generation, place.path("bucket"), () => {}, new AbortController().signal);
  for (const [name, content] of Object.entries(lookupFiles(generation))) place.write(name, content);
  return generation.truth().incidents.find(({ id }) => id === "ssh-from-outside") as IncidentTruth;
}

/** Runs a worker of this name over the whole bucket; workers of different names know nothing of each other. */
async function work(name: string, { url }: Alertmanager): Promise<void> {
  const config = place.config({
    source: { type: "directory", path: "bucket" },
    enrich: { servers: "servers.csv", networks: "networks.csv", subnets: "subnets.csv" },
    sinks: [{ type: "ndjson", path: `${name}.ndjson` }],
    ledger: { path: `${name}.db` },
    alerts: { lateness: "12h", minLevel: "high", alertmanager: { url } },
  });
  const { code, stderr } = await spawned(["run", "-c", config, "--until-caught-up"]);
  expect(code, stderr).toBe(0);
}

/** Titles and lines of what the channel was told about a rule. */
const toldOf = ({ told }: Alertmanager, rule: string) =>
  told
    .map(({ body }) => body.attachments[0] as { title: string; text: string })
    .filter(({ title }) => title.endsWith(` ${rule}`))
    .map(({ title, text }) => ({ title, lines: text.trimEnd().split("\n").sort() }));

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${what}`);
    await sleep(50);
  }
}

/** Long enough for a further notification of a group to come. */
const settled = () => sleep(GROUP_WAIT_MS + 2_000);

describe("accepted SSH", () => {
  const alertmanager = available("Prometheus Alertmanager", () => startAlertmanager());

  test("of two networks, found by two workers: the channel is told once", async () => {
    const targets = [await network(16, ["ssh-from-outside"]), await network(24, ["ssh-from-outside"])];
    expect(new Set(targets.map(({ destination }) => destination)).size).toBe(2);
    await work("first", alertmanager());
    await work("second", alertmanager());
    await until("a notification", () => alertmanager().told.length > 0);
    await settled();

    const told = toldOf(alertmanager(), SSH);
    expect(told).toHaveLength(1);
    expect(told[0]?.title).toBe(`2 ${SSH}`);
    expect(told[0]?.lines).toHaveLength(2);
    for (const { source, destination } of targets) {
      expect(told[0]?.lines.filter((line) => line.includes(`from ${source} to `) && line.includes(destination))).toHaveLength(1);
    }
    expect(alertmanager().told).toHaveLength(1);

    const active = await alertmanager().alerts();
    expect(active.map(({ labels }) => labels)).toEqual(
      expect.arrayContaining(
        targets.map(({ source, destination }) =>
          expect.objectContaining({ alertname: SSH, severity: "high", source, destination }),
        ),
      ),
    );
    for (const { endsAt } of active) expect(Date.parse(endsAt)).toBeGreaterThan(Date.now());
  });
});

describe("a silence", () => {
  const alertmanager = available("Prometheus Alertmanager", () => startAlertmanager());

  test("suppresses the accepted SSH of one server, and nothing else", async () => {
    const { source, destination } = await network(16, ["ssh-from-outside", "brute-force"]);
    const silence = await alertmanager().silence({ alertname: SSH, destination });
    await work("worker", alertmanager());
    await until("the session after the brute force", () => toldOf(alertmanager(), "rdp_accepted_from_outside").length > 0);
    await settled();

    expect(toldOf(alertmanager(), SSH)).toEqual([]);
    const suppressed = (await alertmanager().alerts()).filter(({ status }) => status.state === "suppressed");
    expect(suppressed).toMatchObject([{ labels: { alertname: SSH, source, destination }, status: { silencedBy: [silence] } }]);
  });
});

describe("the configuration that ships", () => {
  const shipped = (webhook: string) =>
    alertmanagerConfig()
      .replace(/api_url_file: .*/, `api_url: ${webhook}`)
      .replace("group_wait: 30s", "group_wait: 1s");
  const alertmanager = available("Prometheus Alertmanager", () => startAlertmanager(shipped));

  test("tells names as text, whatever Slack would make of them", async () => {
    const labels = {
      alertname: "x",
      source: "flowferry",
      severity: "high",
      destination_server: "<!channel> & <https://evil.example|db>",
    };
    await alertmanager().send(labels, { summary: "Login at <!here>", description: "From <@U1> & others.", runbook: "r.md" });
    await until("a notification", () => alertmanager().told.length > 0);
    const [told] = alertmanager().told.map(({ body }) => body.attachments[0] as { title: string; text: string });
    expect(told?.title).toBe("high: Login at &lt;!here&gt;");
    expect(told?.text.split("\n")).toEqual([
      "From &lt;@U1&gt; &amp; others.",
      "alertname=x destination_server=&lt;!channel&gt; &amp; &lt;https://evil.example|db&gt; severity=high source=flowferry ",
      "r.md",
    ]);
  });
});
