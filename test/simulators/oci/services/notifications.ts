import { randomBytes, randomUUID } from "node:crypto";
import { type Call, type Reply, type Route, type Service, ServiceError } from "../service.ts";
import { RetryTokens } from "./log-analytics/retry-tokens.ts";
import { notFound } from "./log-analytics/state.ts";
import { paged } from "./paging.ts";

/** https://docs.oracle.com/iaas/api/#/en/notification/20181201/: 50 items a page, 64 KB a message, 512 characters a URL. */
const LARGEST_PAGE = 50;
const LARGEST_MESSAGE = 64 * 1024;
const LONGEST_URL = 512;

export interface Topic {
  readonly topicId: string;
  readonly name: string;
  readonly compartmentId: string;
  readonly description: string | undefined;
  readonly lifecycleState: "ACTIVE";
  readonly freeformTags: Readonly<Record<string, string>>;
  readonly timeCreated: string;
  readonly apiEndpoint: string;
  readonly etag: string;
}

export interface Subscription {
  readonly id: string;
  readonly topicId: string;
  readonly compartmentId: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly lifecycleState: "PENDING" | "ACTIVE";
  readonly freeformTags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdTime: number;
  readonly etag: string;
}

/** A message that was published to a topic. */
export interface Message {
  readonly topicId: string;
  readonly messageId: string;
  readonly messageType: "JSON" | "RAW_TEXT";
  readonly title: string | undefined;
  readonly body: string;
}

type Body = Readonly<Record<string, unknown>>;

/** Notifications (API 20181201): topics, Slack subscriptions and their confirmation, messages. */
export class Notifications implements Service {
  readonly topics = new Map<string, Topic>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly messages: Message[] = [];
  readonly routes: readonly Route[];
  readonly #tokens = new RetryTokens(Date.now);

  constructor() {
    const topics = "/20181201/topics";
    const subscriptions = "/20181201/subscriptions";
    this.routes = [
      route("create-topic", "POST", topics, (call) => this.#tokens.once(call, () => answer(this.#createTopic(details(call))))),
      route("list-topics", "GET", topics, (call) => this.#listTopics(call)),
      route("get-topic", "GET", `${topics}/{id}`, (call) => answer(this.#topic(call.params.id))),
      route("update-topic", "PUT", `${topics}/{id}`, (call) => this.#updateTopic(call)),
      route("delete-topic", "DELETE", `${topics}/{id}`, (call) => {
        const topic = this.#topic(call.params.id);
        checkMatch(call, topic.etag);
        this.topics.delete(topic.topicId);
        for (const { id, topicId } of this.subscriptions.values()) if (topicId === topic.topicId) this.subscriptions.delete(id);
        return { status: 204 };
      }),
      route("publish-message", "POST", `${topics}/{id}/messages`, (call) => this.#publish(call)),
      route("create-subscription", "POST", subscriptions, (call) =>
        this.#tokens.once(call, () => answer(this.#subscribe(details(call)))),
      ),
      route("list-subscriptions", "GET", subscriptions, (call) => {
        const compartmentId = compartmentOf(call);
        const topicId = call.query.get("topicId");
        const items = [...this.subscriptions.values()].filter(
          (one) => one.compartmentId === compartmentId && (topicId === null || one.topicId === topicId),
        );
        return paged(call, items, LARGEST_PAGE, (page) => page);
      }),
      route("get-subscription", "GET", `${subscriptions}/{id}`, (call) => answer(this.#subscription(call.params.id))),
      route("delete-subscription", "DELETE", `${subscriptions}/{id}`, (call) => {
        const subscription = this.#subscription(call.params.id);
        checkMatch(call, subscription.etag);
        this.subscriptions.delete(subscription.id);
        return { status: 204 };
      }),
    ];
  }

  /** What the person does who opens the link in the channel. */
  confirm(id: string): void {
    this.subscriptions.set(id, { ...this.#subscription(id), lifecycleState: "ACTIVE", etag: randomUUID() });
  }

  #topic(id: string | undefined): Topic {
    const topic = this.topics.get(id ?? "");
    if (topic === undefined) throw notFound();
    return topic;
  }

  #subscription(id: string | undefined): Subscription {
    const subscription = this.subscriptions.get(id ?? "");
    if (subscription === undefined) throw notFound();
    return subscription;
  }

  #createTopic({ name, compartmentId, description, freeformTags = {} }: Body): Topic {
    if (typeof name !== "string" || !/^[A-Za-z0-9_-]{1,256}$/.test(name)) throw refuse(`name ${name} is not valid`);
    checkCompartment(compartmentId);
    // Names are unique in the tenancy, not in the compartment.
    if ([...this.topics.values()].some((topic) => topic.name === name)) {
      throw new ServiceError(409, "Conflict", `The topic ${name} already exists in the tenancy`);
    }
    const topic: Topic = {
      topicId: ocid("onstopic"),
      name,
      compartmentId: String(compartmentId),
      description: description as string | undefined,
      lifecycleState: "ACTIVE",
      freeformTags: freeformTags as Topic["freeformTags"],
      timeCreated: new Date().toISOString(),
      apiEndpoint: "https://cell1.notification.us-phoenix-1.oraclecloud.com",
      etag: randomUUID(),
    };
    this.topics.set(topic.topicId, topic);
    return topic;
  }

  #listTopics(call: Call): Reply {
    const compartmentId = compartmentOf(call);
    const name = call.query.get("name");
    const items = [...this.topics.values()].filter(
      (topic) => topic.compartmentId === compartmentId && (name === null || topic.name === name),
    );
    return paged(call, items, LARGEST_PAGE, (page) => page);
  }

  #updateTopic(call: Call): Reply {
    const topic = this.#topic(call.params.id);
    checkMatch(call, topic.etag);
    const { description, freeformTags = topic.freeformTags } = details(call);
    if (typeof description !== "string") throw refuse("description is required");
    const updated = { ...topic, description, freeformTags: freeformTags as Topic["freeformTags"], etag: randomUUID() };
    this.topics.set(topic.topicId, updated);
    return answer(updated);
  }

  #subscribe({ topicId, compartmentId, protocol, endpoint, freeformTags = {} }: Body): Subscription {
    const topic = this.#topic(String(topicId));
    checkCompartment(compartmentId);
    if (protocol !== "SLACK") throw refuse(`protocol ${protocol} is not simulated`);
    if (
      typeof endpoint !== "string" ||
      endpoint.length > LONGEST_URL ||
      !/^https:\/\/hooks\.slack\.com\/services(\/[A-Za-z0-9_-]+){3}$/.test(endpoint)
    ) {
      throw refuse(`endpoint ${endpoint} is not valid for the protocol SLACK`);
    }
    const same = [...this.subscriptions.values()].some((one) => one.topicId === topicId && one.endpoint === endpoint);
    if (same) throw new ServiceError(409, "Conflict", `The endpoint ${endpoint} is subscribed to the topic already`);
    const subscription: Subscription = {
      id: ocid("onssubscription"),
      topicId: topic.topicId,
      compartmentId: String(compartmentId),
      protocol,
      endpoint,
      lifecycleState: "PENDING",
      freeformTags: freeformTags as Subscription["freeformTags"],
      createdTime: Date.now(),
      etag: randomUUID(),
    };
    this.subscriptions.set(subscription.id, subscription);
    return subscription;
  }

  #publish(call: Call): Reply {
    const { topicId } = this.#topic(call.params.id);
    if (call.body.length > LARGEST_MESSAGE) {
      throw new ServiceError(413, "RequestEntityTooLarge", `The message has ${call.body.length} bytes, 65536 are allowed`);
    }
    const messageType = call.headers.messagetype ?? "RAW_TEXT";
    if (messageType !== "JSON" && messageType !== "RAW_TEXT") throw refuse(`messageType ${messageType} is not valid`);
    const { title, body } = details(call);
    if (typeof body !== "string" || body === "") throw refuse("body is required");
    if (title !== undefined && typeof title !== "string") throw refuse("title is no text");
    if (messageType === "JSON" && typeof defaultOf(body) !== "string") throw refuse("a JSON message needs the key default");
    const messageId = randomUUID();
    this.messages.push({ topicId, messageId, messageType, title, body });
    return { status: 202, json: { messageId, timeStamp: new Date().toISOString() } };
  }
}

function route(kind: string, method: string, path: string, handle: Route["handle"]): Route {
  return { kind, method, path, signed: method === "POST" || method === "PUT" ? "body" : "headers", handle };
}

function answer(json: { readonly etag: string }): Reply {
  return { status: 200, headers: { etag: json.etag }, json };
}

function details(call: Call): Body {
  try {
    return JSON.parse(call.body.toString()) as Body;
  } catch {
    throw refuse("The body is not valid JSON");
  }
}

function defaultOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { default?: unknown } | null)?.default;
  } catch {
    return undefined;
  }
}

function compartmentOf({ query }: Call): string {
  const compartmentId = query.get("compartmentId");
  checkCompartment(compartmentId);
  return compartmentId as string;
}

function checkCompartment(id: unknown): void {
  if (!/^ocid1\.(compartment|tenancy)\./.test(String(id))) throw refuse("compartmentId is no OCID");
}

function checkMatch({ headers }: Call, etag: string): void {
  const wanted = headers["if-match"];
  if (wanted !== undefined && wanted !== etag) throw new ServiceError(412, "NoEtagMatch", "The etag does not match");
}

function ocid(kind: string): string {
  return `ocid1.${kind}.oc1.phx.${randomBytes(16).toString("hex")}`;
}

function refuse(message: string): ServiceError {
  return new ServiceError(400, "InvalidParameter", message);
}
