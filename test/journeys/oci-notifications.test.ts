import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { type Oci, startOci } from "../simulators/oci/index.ts";
import { Notifications } from "../simulators/oci/services/notifications.ts";
import { flowferry, spawned, summaryOf } from "./program.ts";
import { setting, toFile } from "./setting.ts";

const TOPIC = "ocid1.onstopic.oc1.phx.alerts";
const HOUR_MS = 3_600_000;

const { path, configFor } = setting();
let oci: Oci;
let service: Notifications;

beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(async () => {
  if (service !== undefined) oci.removeService(service);
  service = new Notifications();
  oci.addService(service);
  oci.faults.clear();
  service.topics.set(TOPIC, {
    topicId: TOPIC,
    name: "alerts",
    compartmentId: "ocid1.compartment.oc1..simulated",
    description: undefined,
    lifecycleState: "ACTIVE",
    freeformTags: {},
    timeCreated: new Date().toISOString(),
    apiEndpoint: oci.endpoint,
    etag: "e",
  });
  const spanMs = 6 * HOUR_MS;
  const start = Date.now() - spanMs;
  const generation = generate({ format: "oci", flows: 2_000, vnics: 8, start, spanMs, incidents: ["ssh-from-outside"] });
  await writeBucket(generation, path("bucket"), () => {}, new AbortController().signal);
});

const telling = () =>
  configFor([toFile()], {
    alerts: {
      lateness: "12h",
      minLevel: "high",
      runbookUrl: "https://wiki.example/runbooks/{runbook}",
      ociNotifications: { topicId: TOPIC, endpoint: oci.endpoint, auth: { type: "config-file", file: oci.config } },
    },
    run: { pollMs: 200, shutdownMs: 2_000, retry: { initialMs: 20, maxMs: 100 } },
  });

test("an accepted SSH reaches the topic once, also when it was gone for a while", async () => {
  const run = () => spawned(["run", "-c", telling(), "--until-caught-up", "--json"]);
  oci.faults.add({ on: "publish-message", times: Number.POSITIVE_INFINITY }, { status: 503 });
  const first = await run();
  expect(first.code, first.stderr).toBe(3);
  expect(summaryOf(first)).toMatchObject({ alerts: { told: 0, waiting: 1 } });
  expect(first.stderr).toContain(`PublishMessage of topic ${TOPIC}: 503`);
  expect(service.messages).toEqual([]);

  oci.faults.clear();
  for (let time = 0; time < 2; time++) {
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
  }
  expect(service.messages).toHaveLength(1);
  expect(service.messages[0]).toMatchObject({
    topicId: TOPIC,
    title: "[high] SSH accepted from outside",
    body: expect.stringContaining("Runbook: https://wiki.example/runbooks/ssh_accepted_from_outside"),
  });
});

test("`alerts test` sends one, and `check` asks for the topic without sending", async () => {
  const sent = await flowferry(["alerts", "test", "-c", telling()]);
  expect(sent).toMatchObject({ code: 0, stdout: "ok     oci-notifications\n" });
  expect(service.messages.map(({ title }) => title)).toEqual(["[informational] Test alert from flowferry"]);

  const checked = await flowferry(["check", "-c", telling()]);
  expect([checked.code, checked.stderr]).toEqual([0, ""]);
  expect(checked.stdout).toMatch(/^ok {5}rules: \d+ rules are valid$/m);
  expect(checked.stdout).toContain("ok     alerts: oci-notifications: topic alerts is ACTIVE; ");
  expect(service.messages).toHaveLength(1);

  service.topics.clear();
  for (const command of [["alerts", "test"], ["check"]]) {
    const { code, stdout } = await flowferry([...command, "-c", telling()]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^FAILED (oci-notifications|alerts): .* 404 .*check topicId, its region, and the policy: Allow group/m,
    );
  }
});
