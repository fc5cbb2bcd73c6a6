import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AlertDispatch } from "../../../../src/alerts/dispatch.ts";
import { webhookBody } from "../../../../src/alerts/webhook.ts";
import { messageFor, ociNotifications } from "../../../../src/clouds/oci/notifications.ts";
import type { Notifier } from "../../../../src/contracts/alert.ts";
import { openLedger } from "../../../../src/ledger/sqlite.ts";
import { describeError } from "../../../../src/lib/errors.ts";
import { type Oci, startOci } from "../../../simulators/oci/index.ts";
import { Notifications, type Topic } from "../../../simulators/oci/services/notifications.ts";
import { alertOf } from "../../alerts/receiver.ts";

const never = new AbortController().signal;
const LINKS = [{ title: "Search", url: "https://logs.example.com/?q=a" }];
const TOPIC: Topic = {
  topicId: "ocid1.onstopic.oc1.phx.alerts",
  name: "alerts",
  compartmentId: "ocid1.compartment.oc1..simulated",
  description: undefined,
  lifecycleState: "ACTIVE",
  freeformTags: {},
  timeCreated: "2026-01-05T02:06:00.000Z",
  apiEndpoint: "https://cell1.notification.us-phoenix-1.oraclecloud.com",
  etag: "e",
};

let oci: Oci;
let service: Notifications;
let folder: string;
let notices: string[];
const open: Notifier[] = [];

beforeAll(async () => {
  oci = await startOci();
  folder = mkdtempSync(join(tmpdir(), "oci-notifications-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await oci.stop();
});
beforeEach(() => {
  service = new Notifications();
  service.topics.set(TOPIC.topicId, TOPIC);
  oci.addService(service);
  notices = [];
});
afterEach(async () => {
  for (const notifier of open.splice(0)) await notifier.close?.();
  oci.removeService(service);
  oci.faults.clear();
});

async function notifier(changes: object = {}): Promise<Notifier> {
  const options = ociNotifications.options.parse({
    topicId: TOPIC.topicId,
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
    ...changes,
  });
  const made = await ociNotifications.create(options, { baseDir: folder, env: {}, onNotice: (text) => notices.push(text) });
  open.push(made);
  return made;
}

describe("a message", () => {
  test("says as text what a person wants to know", async () => {
    await (await notifier()).notify(alertOf({ runbook: "ssh_accepted_from_outside" }), LINKS, never);
    expect(service.messages).toMatchObject([
      {
        topicId: TOPIC.topicId,
        messageType: "RAW_TEXT",
        title: "[high] SSH accepted from outside",
        body: `TCP from 203.0.113.45 to web-07 (10.20.0.9) port 22 (SSH) was accepted.

From: 203.0.113.45
To: web-07 <10.20.0.9> & co
Rule: ssh_accepted_from_outside (high)
Search: https://logs.example.com/?q=a
Runbook: deploy/runbooks/ssh_accepted_from_outside.md`,
      },
    ]);
  });

  test("is as JSON what the webhook posts", async () => {
    await (await notifier({ format: "json" })).notify(alertOf(), LINKS, never);
    expect(JSON.parse(service.messages[0]?.body ?? "")).toEqual({ ...alertOf(), links: LINKS });
    expect(service.messages[0]?.body).toBe(webhookBody(alertOf(), LINKS));
  });

  test.each(["text", "json"] as const)("stays within 64 KB as %s, with the first facts", async (format) => {
    const facts = Array.from({ length: 60 }, (_, index) => ({ label: `fact${index}.`, value: '"ü€😀"'.repeat(300) }));
    const alert = alertOf({ title: `two\nlines ${"😀".repeat(300)}`, summary: "s".repeat(100_000), facts });
    await (await notifier({ format })).notify(alert, LINKS, never);
    const { title, body } = service.messages[0] ?? { body: "" };
    expect(Buffer.byteLength(JSON.stringify({ title, body }))).toBeLessThanOrEqual(64_000);
    expect(body).toContain("fact5.");
    expect(title?.length).toBeLessThanOrEqual(200);
    expect([title?.includes("\n"), title?.isWellFormed()]).toEqual([false, true]);
  });

  test("that cannot be made small enough is refused for good", () => {
    const alert = alertOf({ facts: [], labels: { a: "x".repeat(70_000) } });
    expect(() => messageFor(alert, [], "json")).toThrow(expect.objectContaining({ drawer: "batch", certain: true }));
  });
});

describe("refusals", () => {
  test.each([
    [429, { "retry-after": "7" }, 7_000],
    [500, {}, undefined],
    [503, { "retry-after": "2" }, 2_000],
  ])("%d is tried again, after what the service asks for", async (status, headers, expected) => {
    oci.faults.add({ on: "publish-message" }, { status, headers });
    const failed = (await notifier()).notify(alertOf(), [], never);
    await expect(failed).rejects.toMatchObject({ drawer: "passing", retryAfterMs: expected });
  });

  test("a topic that is not there, or may not be published to, needs a person, and the policy is named", async () => {
    service.topics.clear();
    const failed = (await notifier()).notify(alertOf(), [], never);
    await expect(failed).rejects.toMatchObject({ drawer: "person" });
    await expect(failed).rejects.toThrow(
      /^PublishMessage of topic ocid1\.onstopic\.oc1\.phx\.alerts: 404 .*Allow group <the user's group> to \{ONS_TOPIC_PUBLISH\} in compartment <the topic's compartment>$/,
    );
  });

  test("400 speaks of the message", async () => {
    oci.faults.add({ on: "publish-message" }, { status: 400 });
    await expect((await notifier()).notify(alertOf(), [], never)).rejects.toMatchObject({ drawer: "batch" });
  });

  test("a connection that breaks is tried again", async () => {
    oci.faults.add({ on: "publish-message" }, { reset: true });
    await expect((await notifier()).notify(alertOf(), [], never)).rejects.toMatchObject({ drawer: "passing" });
  });

  test("credentials that are refused are read again", async () => {
    const text = readFileSync(oci.config, "utf8");
    const old = text.replace(/fingerprint=\S+/, `fingerprint=${"00:".repeat(15)}00`);
    writeFileSync(join(folder, "config"), old);
    const rotating = await notifier({ auth: { type: "config-file", file: "config" } });
    const failed = rotating.notify(alertOf(), [], never);
    await expect(failed).rejects.toMatchObject({ drawer: "person", code: "not-authenticated" });
    expect(notices).toEqual([]);
    writeFileSync(join(folder, "config"), text);
    await rotating.notify(alertOf(), [], never);
    expect(service.messages).toHaveLength(1);
    expect(notices).toEqual(["OCI Notifications refused the credentials; they were read again"]);
  });

  test.each(["", "ocid1.instance.oc1.phx.x", "alerts"])("%j is no topic", (topicId) => {
    expect(ociNotifications.options.safeParse({ topicId }).success).toBe(false);
  });
});

test("probe names the topic without publishing", async () => {
  const probed = await notifier();
  expect(await probed.probe?.(never)).toBe("topic alerts is ACTIVE");
  service.topics.clear();
  await expect(probed.probe?.(never)).rejects.toThrow(/^GetTopic .* 404 .*\{ONS_TOPIC_READ\}/);
  expect(service.messages).toEqual([]);
});

test("the queue delivers each alert once, through throttling", async () => {
  oci.faults.add({ on: "publish-message", times: 2 }, { status: 429, headers: { "retry-after": "0" } });
  const ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "s" }] });
  const log: string[] = [];
  const options = {
    latenessMs: 3_600_000,
    linksOf: () => [],
    retry: { initialMs: 1, maxMs: 2 },
    shutdownMs: 20_000,
  };
  const unpaced = { ...(await notifier()), paceMs: 0 };
  const dispatch = new AlertDispatch(ledger.alerts, new Map([["oci-notifications", unpaced]]), options, {
    onWithheld: ({ key }, why) => log.push(`${key} ${why}`),
    onLate: (count) => log.push(`${count} withheld`),
    onTold: ({ key }, name) => log.push(`${key} told ${name}`),
    onDoubted: ({ key }, name) => log.push(`${key} doubted by ${name}`),
    onRefused: ({ key }, name) => log.push(`${key} refused by ${name}`),
    onFailing: (name) => log.push(`${name} fails`),
    onHealed: (name) => log.push(`${name} is well again`),
    ledger: {
      onTrouble: ({ error }) => log.push(describeError(error)),
      onRecovery: () => log.push("the ledger is well"),
    },
    onImbalance: ({ notifier }) => log.push(`imbalance of ${notifier}`),
  });
  const ended = new AbortController();
  const running = dispatch.run(ended.signal);
  const now = Date.now();
  for (const key of ["1", "2", "1"]) dispatch.raise(alertOf({ key, title: key, firstSeen: now, lastSeen: now }));
  await dispatch.drained(never);
  ended.abort();
  await running;
  ledger.close();
  expect(service.messages.map(({ title }) => title)).toEqual(["[high] 1", "[high] 2"]);
  expect(log.filter((line) => line.includes("told"))).toEqual(["1 told oci-notifications", "2 told oci-notifications"]);
});
