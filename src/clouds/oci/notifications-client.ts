import type { ClientConfiguration, HttpClient } from "oci-common";
import type { models } from "oci-ons";
import { JSON_TYPE, nextPageOf, OciServiceClient } from "./service-client.ts";

/** The operations of Notifications that the program uses, https://docs.oracle.com/iaas/api/#/en/notification/20181201/. */
export class NotificationsClient extends OciServiceClient {
  constructor(params: { readonly httpClient: HttpClient }, configuration: ClientConfiguration) {
    const endpoint = "https://notification.{region}.{secondLevelDomain}";
    super({ name: "Notifications", endpoint, version: "20181201" }, params, configuration);
  }

  /** The first page. */
  listTopics(query: {
    readonly compartmentId: string;
    readonly name: string;
  }): Promise<models.NotificationTopicSummary[] | undefined> {
    return this.json("listTopics", { method: "GET", path: "/topics", in: {}, query });
  }

  getTopic(topicId: string): Promise<models.NotificationTopic | undefined> {
    return this.json("getTopic", { method: "GET", path: TOPIC, in: { topicId } });
  }

  createTopic(details: models.CreateTopicDetails, opcRetryToken: string): Promise<models.NotificationTopic | undefined> {
    const headers = { ...JSON_TYPE, "opc-retry-token": opcRetryToken };
    return this.json("createTopic", { method: "POST", path: "/topics", in: {}, headers, body: JSON.stringify(details) });
  }

  updateTopic(topicId: string, details: models.TopicAttributesDetails): Promise<models.NotificationTopic | undefined> {
    return this.json("updateTopic", { method: "PUT", path: TOPIC, in: { topicId }, body: JSON.stringify(details) });
  }

  deleteTopic(topicId: string): Promise<object> {
    return this.send("deleteTopic", { method: "DELETE", path: TOPIC, in: { topicId } });
  }

  publishMessage(topicId: string, details: models.MessageDetails): Promise<models.PublishResult | undefined> {
    const path = `${TOPIC}/messages`;
    return this.json("publishMessage", { method: "POST", path, in: { topicId }, body: JSON.stringify(details) });
  }

  /** One page. */
  async listSubscriptions(query: {
    readonly compartmentId: string;
    readonly page?: string;
  }): Promise<{ readonly items: models.SubscriptionSummary[] | undefined; readonly next: string | undefined }> {
    const response = await this.send("listSubscriptions", { method: "GET", path: "/subscriptions", in: {}, query });
    return { items: (await response.json()) as models.SubscriptionSummary[] | undefined, next: nextPageOf(response) };
  }

  createSubscription(details: models.CreateSubscriptionDetails, opcRetryToken: string): Promise<models.Subscription | undefined> {
    const headers = { ...JSON_TYPE, "opc-retry-token": opcRetryToken };
    const body = JSON.stringify(details);
    return this.json("createSubscription", { method: "POST", path: "/subscriptions", in: {}, headers, body });
  }

  deleteSubscription(subscriptionId: string): Promise<object> {
    return this.send("deleteSubscription", { method: "DELETE", path: "/subscriptions/{subscriptionId}", in: { subscriptionId } });
  }
}

const TOPIC = "/topics/{topicId}";
