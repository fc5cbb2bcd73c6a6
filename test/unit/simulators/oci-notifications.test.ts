import { ConfigFileAuthenticationDetailsProvider, NoRetryConfigurationDetails } from "oci-common";
import { NotificationControlPlaneClient, NotificationDataPlaneClient, requests } from "oci-ons";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import { Notifications } from "../../simulators/oci/services/notifications.ts";
import { refusal, signedFetch } from "./oci-clients.ts";

const COMPARTMENT = "ocid1.compartment.oc1..simulated";
const WEBHOOK = "https://hooks.slack.com/services/T000/B000/xyz";

let oci: Oci;
let service: Notifications;
let topics: NotificationControlPlaneClient;
let data: NotificationDataPlaneClient;

beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  if (service !== undefined) oci.removeService(service);
  service = new Notifications();
  oci.addService(service);
  const authenticationDetailsProvider = new ConfigFileAuthenticationDetailsProvider(oci.config, "DEFAULT");
  const configuration = { retryConfiguration: NoRetryConfigurationDetails };
  topics = new NotificationControlPlaneClient({ authenticationDetailsProvider }, configuration);
  data = new NotificationDataPlaneClient({ authenticationDetailsProvider }, configuration);
  topics.endpoint = oci.endpoint;
  data.endpoint = oci.endpoint;
});

async function makeTopic(name = "alarms", opcRetryToken?: string) {
  const createTopicDetails = { name, compartmentId: COMPARTMENT, description: "d" };
  return (await topics.createTopic({ createTopicDetails, ...(opcRetryToken === undefined ? {} : { opcRetryToken }) }))
    .notificationTopic;
}

describe("topics", () => {
  it("are made once for a retry token, and their names are unique", async () => {
    const topic = await makeTopic("alarms", "token");
    expect(await makeTopic("alarms", "token")).toEqual(topic);
    expect(await refusal(makeTopic())).toMatchObject({ status: 409, code: "Conflict" });
    expect((await topics.listTopics({ compartmentId: COMPARTMENT, name: "alarms" })).items).toHaveLength(1);
    expect((await topics.listTopics({ compartmentId: "ocid1.compartment.oc1..other" })).items).toEqual([]);
    expect(await refusal(makeTopic("no spaces"))).toMatchObject({ status: 400 });
  });

  it("change under their etag only", async () => {
    const { topicId, etag } = await makeTopic();
    const update = (ifMatch: string) => topics.updateTopic({ topicId, ifMatch, topicAttributesDetails: { description: "new" } });
    await update(etag ?? "");
    expect(await refusal(update(etag ?? ""))).toMatchObject({ status: 412 });
    expect((await topics.getTopic({ topicId })).notificationTopic.description).toBe("new");
    expect(await refusal(topics.deleteTopic({ topicId, ifMatch: "old" }))).toMatchObject({ status: 412 });
    await topics.deleteTopic({ topicId });
    expect(await refusal(topics.getTopic({ topicId }))).toMatchObject({ status: 404, code: "NotAuthorizedOrNotFound" });
  });

  it("are listed in pages", async () => {
    for (let number = 0; number < 5; number++) await makeTopic(`t${number}`);
    const first = await topics.listTopics({ compartmentId: COMPARTMENT, limit: 3 });
    expect(first.items).toHaveLength(3);
    const page = encodeURIComponent(first.opcNextPage);
    const second = await topics.listTopics({ compartmentId: COMPARTMENT, limit: 3, page });
    expect([second.items.map(({ name }) => name), second.opcNextPage]).toEqual([["t3", "t4"], undefined]);
  });
});

describe("Slack subscriptions", () => {
  it("wait for their confirmation", async () => {
    const { topicId } = await makeTopic();
    const details = { topicId, compartmentId: COMPARTMENT, protocol: "SLACK", endpoint: WEBHOOK };
    const { subscription } = await data.createSubscription({ createSubscriptionDetails: details });
    expect(subscription.lifecycleState).toBe("PENDING");
    service.confirm(subscription.id);
    const listed = await data.listSubscriptions({ compartmentId: COMPARTMENT, topicId });
    expect(listed.items.map(({ lifecycleState }) => lifecycleState)).toEqual(["ACTIVE"]);
    expect(await refusal(data.createSubscription({ createSubscriptionDetails: details }))).toMatchObject({ status: 409 });
    const bad = { ...details, endpoint: `${WEBHOOK}?a=b` };
    expect(await refusal(data.createSubscription({ createSubscriptionDetails: bad }))).toMatchObject({ status: 400 });
    await data.deleteSubscription({ subscriptionId: subscription.id });
    expect(service.subscriptions.size).toBe(0);
  });
});

describe("messages", () => {
  it("are taken up to 64 KB, with their type", async () => {
    const { topicId } = await makeTopic();
    const { publishResult } = await data.publishMessage({ topicId, messageDetails: { title: "t", body: "b" } });
    expect(publishResult.messageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.parse(String(publishResult.timeStamp))).toBeGreaterThan(Date.now() - 60_000);
    const { Json } = requests.PublishMessageRequest.MessageType;
    const typed = (body: string) => data.publishMessage({ topicId, messageType: Json, messageDetails: { body } });
    await typed('{"default":"b"}');
    expect(await refusal(typed("b"))).toMatchObject({ status: 400 });
    expect(service.messages.map(({ messageType }) => messageType)).toEqual(["RAW_TEXT", "JSON"]);
    const large = { body: "x".repeat(65_536) };
    expect(await refusal(data.publishMessage({ topicId, messageDetails: large }))).toMatchObject({ status: 413 });
    const nowhere = data.publishMessage({ topicId: "ocid1.onstopic.oc1.phx.none", messageDetails: { body: "b" } });
    expect(await refusal(nowhere)).toMatchObject({ status: 404 });
  });

  it("need a signature over their body", async () => {
    const { topicId } = await makeTopic();
    const path = `/20181201/topics/${topicId}/messages`;
    const post = { method: "POST", body: '{"body":"b"}' };
    expect((await signedFetch(oci, path, post)).status).toBe(401);
    const names = ["x-date", "(request-target)", "host", "content-type", "content-length", "x-content-sha256"];
    expect((await signedFetch(oci, path, { ...post, names })).status).toBe(202);
    const tamper = () => ({ body: '{"body":"c"}' });
    expect((await signedFetch(oci, path, { ...post, names, tamper })).status).toBe(401);
  });
});
