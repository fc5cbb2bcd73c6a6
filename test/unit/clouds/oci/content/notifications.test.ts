import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ociConnectionOptions } from "../../../../../src/clouds/oci/connection.ts";
import { readAlarms } from "../../../../../src/clouds/oci/content/alarms.ts";
import { type NotificationOptions, openAlarms } from "../../../../../src/clouds/oci/content/open-alarms.ts";
import { slackWebhook } from "../../../../../src/clouds/oci/content/slack-subscription-installer.ts";
import { carryOut } from "../../../../../src/install/carry-out.ts";
import { keyOf, type Step } from "../../../../../src/install/step.ts";
import { UsageError } from "../../../../../src/lib/errors.ts";
import { type Oci, startOci } from "../../../../simulators/oci/index.ts";
import { type Alarm, Monitoring } from "../../../../simulators/oci/services/monitoring.ts";
import { Notifications, type Subscription, type Topic } from "../../../../simulators/oci/services/notifications.ts";
import { hurry } from "../../../hurry.ts";
import { failureOf } from "../../../intake/oci-store.ts";

const COMPARTMENT = "ocid1.compartment.oc1..simulated";
const ELSEWHERE = "ocid1.compartment.oc1..elsewhere";
const SECRET = "xxYYzzSECRETxxYYzz";
const WEBHOOK = `https://hooks.slack.com/services/T00000000/B00000000/${SECRET}`;
const OTHER_WEBHOOK = `${WEBHOOK}2`;
const OWN = { "managed-by": "flowferry" };
const never = new AbortController().signal;
const shipped = readAlarms();
/** As many as the tests need to tell one from the others: each is asked for. */
const alarms = shipped.slice(0, 9);

let oci: Oci;
let notifications: Notifications;
let monitoring: Monitoring;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  hurry();
  notifications = new Notifications();
  monitoring = new Monitoring((id) => notifications.topics.has(id));
  oci.addService(notifications);
  oci.addService(monitoring);
  oci.requests.clear();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  oci.removeService(notifications);
  oci.removeService(monitoring);
  oci.faults.clear();
});

/** Topic, subscription and alarms as `content install` sees them: each installer anew, as in a new process. */
async function installer(options: Partial<NotificationOptions> = {}, patienceMs = 20_000) {
  const { endpoint: _, ...elsewhere } = ociConnectionOptions.parse({ auth: { type: "config-file", file: oci.config } });
  const opened = await openAlarms(
    {
      alarms,
      topicId: undefined,
      slackWebhookUrl: undefined,
      notificationsEndpoint: oci.endpoint,
      monitoringEndpoint: oci.endpoint,
      ...options,
    },
    { elsewhere, compartmentId: COMPARTMENT, patienceMs },
    { baseDir: "/", env: {} },
  );
  open.push(opened);
  return {
    async steps(): Promise<Step[]> {
      const steps: Step[] = [];
      for (const one of opened.installers) steps.push(...(await one.steps(never)));
      return steps;
    },
    outdated: async (): Promise<Step[]> =>
      (await Promise.all(opened.installers.map((one) => one.outdated?.(never) ?? []))).flat(),
    async removal(): Promise<Step[]> {
      const steps: Step[] = [];
      for (const one of opened.installers.toReversed()) steps.push(...(await one.removal(never)));
      return steps;
    },
  };
}

/** What `install` did, as counts and as lines about what was due. */
async function install(options: Partial<NotificationOptions> = {}) {
  const steps = await (await installer(options)).steps();
  const due = steps.filter(({ action }) => action !== "none");
  for (const step of due) await step.run(never);
  return {
    due: due.map(({ kind, name, action, differences }) => [kind, name, action, ...differences].join(" ")),
    unchanged: steps.length - due.length,
    notices: steps.flatMap((step) => step.notice?.() ?? []),
  };
}

const changes = () => oci.requests.all.filter(({ method }) => method !== "GET").length;
const [topicOf, subscriptionOf] = [
  () => [...notifications.topics.values()][0] as Topic,
  () => [...notifications.subscriptions.values()][0] as Subscription,
];

describe("install", () => {
  it("makes topic, subscription and alarms, and changes nothing the second time", async () => {
    const shown = await (await installer({ slackWebhookUrl: WEBHOOK, alarms: shipped })).steps();
    expect(shown.map(({ action }) => action)).toEqual(Array(shipped.length + 2).fill("create"));
    expect(changes()).toBe(0);

    const first = await install({ slackWebhookUrl: WEBHOOK, alarms: shipped });
    expect(first.due).toHaveLength(shipped.length + 2);
    expect(first.due.slice(0, 3)).toEqual([
      "topic flowferry-detections create",
      "subscription Slack create",
      `alarm ${shipped[0]?.displayName} create`,
    ]);
    expect(first.notices).toEqual([expect.stringMatching(/pending: open the link .* within 3 days/)]);
    expect(changes()).toBe(shipped.length + 2);

    const second = await install({ slackWebhookUrl: WEBHOOK, alarms: shipped });
    expect([second.due, second.unchanged]).toEqual([[], shipped.length + 2]);
    expect(second.notices).toHaveLength(1);
    expect(changes()).toBe(shipped.length + 2);

    notifications.confirm(subscriptionOf().id);
    expect((await install({ slackWebhookUrl: WEBHOOK, alarms: shipped })).notices).toEqual([]);
  });

  it("fills in compartment and topic, as the built alarms want it", async () => {
    await install({ slackWebhookUrl: WEBHOOK, alarms: shipped });
    const { topicId, ...topic } = topicOf();
    expect(topic).toMatchObject({ name: "flowferry-detections", compartmentId: COMPARTMENT, freeformTags: OWN });
    expect(subscriptionOf()).toMatchObject({ topicId, protocol: "SLACK", endpoint: WEBHOOK, freeformTags: OWN });
    const made = [...monitoring.alarms.values()];
    const filledIn = shipped.map((alarm) => ({
      ...alarm,
      compartmentId: COMPARTMENT,
      metricCompartmentId: COMPARTMENT,
      destinations: [topicId],
      freeformTags: OWN,
    }));
    expect(made).toMatchObject(filledIn);
    expect(JSON.stringify(made)).not.toContain("${");
  });

  it("uses a topic that is given, and moves the alarms to it", async () => {
    await install();
    const given: Topic = {
      ...topicOf(),
      topicId: "ocid1.onstopic.oc1.phx.given",
      name: "given",
      compartmentId: ELSEWHERE,
      freeformTags: {},
    };
    notifications.topics.set(given.topicId, given);
    const { due } = await install({ topicId: given.topicId, slackWebhookUrl: WEBHOOK });
    expect(due[0]).toBe("subscription Slack create");
    expect(due.slice(1)).toEqual(alarms.map(({ displayName }) => `alarm ${displayName} update destinations[0]`));
    expect(subscriptionOf().topicId).toBe(given.topicId);
    expect((await install({ topicId: given.topicId, slackWebhookUrl: WEBHOOK })).due).toEqual([]);
  });

  it("names a topic that is not there", async () => {
    const failure = await failureOf((await installer({ topicId: "ocid1.onstopic.oc1.phx.none" })).steps());
    expect([failure.drawer, failure.code]).toEqual(["person", "not-authorized"]);
    expect(failure.message).toContain("to use ons-topics in compartment <the topic's compartment>");
  });

  it("shows and repairs what was changed by others, and keeps their tags", async () => {
    await install({ slackWebhookUrl: WEBHOOK });
    const topic = topicOf();
    notifications.topics.set(topic.topicId, { ...topic, description: "x", freeformTags: { ...OWN, team: "net" } });
    const [first, second, third] = [...monitoring.alarms.values()] as [Alarm, Alarm, Alarm];
    monitoring.alarms.set(first.id, { ...first, query: "x[1m].max() > 0", body: "x", freeformTags: { ...OWN, team: "sec" } });
    monitoring.alarms.set(second.id, { ...second, isEnabled: false });
    monitoring.alarms.delete(third.id);
    notifications.subscriptions.clear();
    expect((await install({ slackWebhookUrl: WEBHOOK })).due).toEqual([
      "topic flowferry-detections update description",
      "subscription Slack create",
      `alarm ${first.displayName} update query body`,
      `alarm ${second.displayName} update isEnabled`,
      `alarm ${third.displayName} create`,
    ]);
    expect(topicOf().freeformTags).toEqual({ ...OWN, team: "net" });
    expect(monitoring.alarms.get(first.id)?.freeformTags).toEqual({ ...OWN, team: "sec" });
    expect((await install({ slackWebhookUrl: WEBHOOK })).due).toEqual([]);
  });

  it("replaces the subscription when the webhook is another one, and leaves it without one", async () => {
    await install({ slackWebhookUrl: WEBHOOK });
    expect((await install({ slackWebhookUrl: OTHER_WEBHOOK })).due).toEqual(["subscription Slack update endpoint"]);
    expect([...notifications.subscriptions.values()].map(({ endpoint }) => endpoint)).toEqual([OTHER_WEBHOOK]);
    expect((await install()).due).toEqual([]);
    expect(notifications.subscriptions.size).toBe(1);
  });

  it("finds alarms on every page of a long list", async () => {
    await install();
    monitoring.pageLimit = 7;
    oci.requests.clear();
    expect((await install()).due).toEqual([]);
    expect(oci.requests.count("list-alarms")).toBe(Math.ceil(alarms.length / 7));
  });

  it("survives throttling and lost answers, also while it deletes", async () => {
    oci.faults.add({ on: "create-topic" }, { loseAnswer: "reset" });
    oci.faults.add({ on: "create-subscription" }, { loseAnswer: "reset" });
    oci.faults.add({ on: "create-alarm", after: 4 }, { loseAnswer: "reset" });
    oci.faults.add({ on: "create-alarm", after: 7 }, { status: 429, headers: { "retry-after": "1" } });
    oci.faults.add({ on: "list-subscriptions" }, { status: 500 });
    await install({ slackWebhookUrl: WEBHOOK });
    expect((await install({ slackWebhookUrl: WEBHOOK })).due).toEqual([]);
    expect([notifications.topics.size, notifications.subscriptions.size, monitoring.alarms.size]).toEqual([1, 1, alarms.length]);
    oci.faults.add({ on: "delete-alarm", after: 2 }, { loseAnswer: "reset" });
    oci.faults.add({ on: "delete-subscription" }, { loseAnswer: "reset" });
    oci.faults.add({ on: "delete-topic" }, { loseAnswer: "reset" });
    for (const step of await (await installer()).removal()) await step.run(never);
    expect([notifications.topics.size, notifications.subscriptions.size, monitoring.alarms.size]).toEqual([0, 0, 0]);
  });
});

describe("what others made", () => {
  it("a topic of our name is refused, with the way to use it", async () => {
    await install();
    const topic = topicOf();
    notifications.topics.set(topic.topicId, { ...topic, freeformTags: {} });
    monitoring.alarms.clear();
    const steps = (await (await installer()).steps()).filter(({ action }) => action !== "none");
    expect(steps[0]?.refusal).toMatchObject({ drawer: "person", code: "content-conflict" });
    expect(steps[0]?.refusal?.message).toContain(`give it as --topic ${topic.topicId} to use it`);
    // Without the topic nothing is made that would tell it.
    const outcomes = await Array.fromAsync(carryOut(steps, never));
    expect(outcomes.slice(1).map(({ result, reason }) => [result, reason])).toEqual(
      alarms.map(() => ["left-out", "left out because of topic flowferry-detections"]),
    );
    expect(monitoring.alarms.size).toBe(0);
  });

  it("a topic of our name in another compartment is named at once", async () => {
    await install();
    const topic = topicOf();
    monitoring.alarms.clear();
    notifications.topics.set(topic.topicId, { ...topic, compartmentId: ELSEWHERE });
    const failure = await failureOf(install());
    expect(failure.code).toBe("content-conflict");
    expect(failure.message).toMatch(/409 .*in another compartment of the tenancy: give a topic with --topic$/);
    expect(oci.requests.count("create-topic")).toBe(2);
  });

  it("an alarm of our title is refused, and is not deleted", async () => {
    await install();
    const [alarm] = [...monitoring.alarms.values()] as [Alarm];
    monitoring.alarms.set(alarm.id, { ...alarm, freeformTags: {} });
    const [refused, ...others] = (await (await installer()).steps()).filter(({ action }) => action !== "none");
    expect(others).toEqual([]);
    expect([refused?.name, refused?.refusal?.code]).toEqual([alarm.displayName, "content-conflict"]);
    expect(refused?.refusal?.message).toContain(alarm.displayName);
    for (const step of await (await installer()).removal()) await step.run(never);
    expect([...monitoring.alarms.keys()]).toEqual([alarm.id]);
    expect(notifications.topics.size).toBe(0);
  });

  it("a subscription to the same webhook is refused, and others are left alone", async () => {
    await install({ slackWebhookUrl: WEBHOOK });
    const { id, ...subscription } = subscriptionOf();
    notifications.subscriptions.set("theirs", { ...subscription, id: "theirs", endpoint: OTHER_WEBHOOK, freeformTags: {} });
    expect((await install({ slackWebhookUrl: WEBHOOK })).due).toEqual([]);
    const [refused] = (await (await installer({ slackWebhookUrl: OTHER_WEBHOOK })).steps()).filter(
      ({ kind }) => kind === "subscription",
    );
    expect(refused?.refusal?.code).toBe("content-conflict");
    expect(refused?.refusal?.message).not.toContain(SECRET);
    const removal = await (await installer()).removal();
    expect(removal.filter(({ kind }) => kind === "subscription")).toHaveLength(1);
    for (const step of removal) if (step.kind === "subscription") await step.run(never);
    expect([...notifications.subscriptions.keys()]).toEqual(["theirs"]);
  });
});

describe("refusals", () => {
  it.each([
    ["list-topics", "manage ons-topics in compartment id ocid1.compartment.oc1..simulated"],
    ["list-subscriptions", "manage ons-subscriptions in compartment id ocid1.compartment.oc1..simulated"],
    ["list-alarms", "manage alarms in compartment id ocid1.compartment.oc1..simulated"],
    ["list-alarms", "read metrics in compartment id ocid1.compartment.oc1..simulated"],
  ])("%s: names the policy", async (on, permission) => {
    oci.faults.add({ on }, { status: 404 });
    const failure = await failureOf((await installer({ slackWebhookUrl: WEBHOOK })).steps());
    expect([failure.drawer, failure.code]).toEqual(["person", "not-authorized"]);
    expect(failure.message).toContain(`Allow group <the user's group> to ${permission}`);
  });

  it("a deletion that is not allowed is told, though the service says that there is nothing", async () => {
    await install();
    oci.faults.add({ on: "delete-topic", times: 2 }, { status: 404 });
    const steps = await (await installer()).removal();
    const last = steps.at(-1);
    if (last === undefined) throw new Error("nothing is to be deleted");
    const failure = await failureOf(last.run(never));
    expect([failure.code, failure.message]).toEqual(["not-authorized", expect.stringContaining("manage ons-topics")]);
  });

  it.each([
    ["hooks.slack.com/services/SECRET", "is not a URL"],
    ["http://hooks.slack.com/services/SECRET", "must begin with https://"],
    ["https://hooks.slack.com/services/SECRET?a=b", "may have no query"],
    [`https://hooks.slack.com/services/SECRET${"x".repeat(500)}`, "longer than 512"],
  ])("a webhook URL that the service would not take: %s", (url, said) => {
    expect(() => slackWebhook(url)).toThrow(UsageError);
    expect(() => slackWebhook(url)).toThrow(said);
    expect(() => slackWebhook(url)).not.toThrow(/SECRET/);
  });
});

it("alarms that are no longer shipped go, and a second one of a title, but none of others", async () => {
  await install();
  const [first] = monitoring.alarms.values();
  if (first === undefined) throw new Error("there is no alarm");
  const add = (id: string, change: Partial<typeof first>) => monitoring.alarms.set(id, { ...first, ...change, id });
  add("old", { displayName: "flowferry: Rule of old" });
  add("twice", {});
  add("theirs", { displayName: "flowferry: Rule of theirs", freeformTags: {} });
  expect(await (await installer({ alarms: [] })).outdated()).toEqual([]);
  const steps = await (await installer()).outdated();
  expect(steps.map(({ action, name }) => [action, name]).sort()).toEqual([
    ["delete", first.displayName],
    ["delete", "flowferry: Rule of old"],
  ]);
  for (const step of steps) await step.run(never);
  expect(monitoring.alarms.size).toBe(alarms.length + 1);
  expect(await (await installer()).outdated()).toEqual([]);
  for (const step of await (await installer()).removal()) await step.run(never);
  expect([...monitoring.alarms.keys()]).toEqual(["theirs"]);
});

it("uninstall leaves a topic that an alarm still tells", async () => {
  await install({ slackWebhookUrl: WEBHOOK });
  oci.faults.add({ on: "delete-alarm", after: 1 }, { status: 400, message: "The alarm is locked" });
  const outcomes = await Array.fromAsync(carryOut(await (await installer()).removal(), never));
  const left = outcomes.filter(({ result }) => result !== "done");
  expect(left.map(({ step, result }) => [step.kind, result])).toEqual([
    ["alarm", "refused"],
    ["topic", "left-out"],
  ]);
  expect(left[1]?.reason).toBe(`left out because of ${left[0] && keyOf(left[0].step)}`);
  expect([notifications.topics.size, notifications.subscriptions.size, monitoring.alarms.size]).toEqual([1, 0, 1]);
});

it("uninstall takes back all that was made, and finds nothing the second time", async () => {
  await install({ slackWebhookUrl: WEBHOOK });
  const removal = await (await installer()).removal();
  expect(removal.map(({ kind }) => kind)).toEqual([...alarms.map(() => "alarm"), "subscription", "topic"]);
  for (const step of removal) await step.run(never);
  expect([notifications.topics.size, notifications.subscriptions.size, monitoring.alarms.size]).toEqual([0, 0, 0]);
  expect(await (await installer()).removal()).toEqual([]);
});
