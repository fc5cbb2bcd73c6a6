import { createHash, randomUUID } from "node:crypto";
import type { models } from "oci-ons";
import { Conflict, type Installer, type Step, stepOrConflict } from "../../../install/step.ts";
import { Failure, UsageError } from "../../../lib/errors.ts";
import { allPages, listOf, resourceOf } from "../answers.ts";
import type { NotificationsClient } from "../notifications-client.ts";
import { OWN_TAGS } from "./build.ts";
import { isOwn } from "./dashboards-installer.ts";
import type { ServiceCall } from "./service-call.ts";
import { GROUPS, removing } from "./service-call.ts";
import { TOPIC_KEY, type TopicFinder } from "./topic-installer.ts";

/** Says which webhook a subscription is for, without its URL. */
const DIGEST_TAG = "flowferry-endpoint";
/** https://docs.oracle.com/iaas/api/#/en/notification/20181201/datatypes/CreateSubscriptionDetails */
const LONGEST_URL = 512;
const CONFIRMATION =
  "the Slack subscription is pending: open the link that Notifications has sent to the channel, within 3 days; until then the channel gets no alarm";

type Subscription = models.SubscriptionSummary;

/** The URL of a Slack webhook as Notifications takes it. Throws UsageError, without the URL in it. */
export function slackWebhook(text: string): string {
  const wrong = (what: string): UsageError => new UsageError("slack-url", `the URL of the Slack webhook ${what}`);
  if (!URL.canParse(text)) throw wrong("is not a URL");
  const { protocol, search, hash, username } = new URL(text);
  if (protocol !== "https:") throw wrong("must begin with https://");
  if (search !== "" || hash !== "" || username !== "") throw wrong("may have no query, no fragment and no user name");
  if (text.length > LONGEST_URL) throw wrong(`is longer than ${LONGEST_URL} characters`);
  return text;
}

/**
 * The subscription of a Slack channel to the topic. The service cannot change the URL of a subscription, so that another webhook is
 * another subscription, and the one before is deleted. Without a webhook, what is there stays.
 */
export function slackSubscriptionInstaller(
  client: NotificationsClient,
  compartmentId: string,
  webhookUrl: string | undefined,
  call: ServiceCall,
  topicId: TopicFinder,
): Installer {
  const list = async (signal: AbortSignal): Promise<Subscription[]> => {
    const found = await allPages("ListSubscriptions", (page) => {
      const request = { compartmentId, ...(page === undefined ? {} : { page: encodeURIComponent(page) }) };
      return call("ListSubscriptions", signal, async () => {
        const { items, next } = await client.listSubscriptions(request);
        return { items: listOf(items), next };
      });
    });
    return found.filter(({ protocol, lifecycleState }) => protocol === "SLACK" && lifecycleState !== "DELETED");
  };
  const remove = ({ id }: Subscription): Step["run"] =>
    removing(call, "DeleteSubscription", () => client.deleteSubscription(id), {
      isThere: async (signal) => (await list(signal)).some((one) => one.id === id),
    });

  const step = async (endpoint: string, signal: AbortSignal): Promise<Step> => {
    const digest = `sha256:${createHash("sha256").update(endpoint).digest("hex").slice(0, 32)}`;
    const topic = await topicId(signal);
    const all = await list(signal);
    if (all.some((one) => one.topicId === topic && one.endpoint === endpoint && !isOwn(one))) {
      const message =
        "the topic has a subscription to this Slack webhook that flowferry did not make: leave out --slack-webhook-env";
      throw new Conflict("content-conflict", message);
    }
    const own = all.filter(isOwn);
    const found = own.find((one) => one.topicId === topic && one.freeformTags?.[DIGEST_TAG] === digest);
    const stale = own.filter((one) => one !== found);
    let pending = found?.lifecycleState === "PENDING";
    const action = found !== undefined && stale.length === 0 ? "none" : own.length === 0 ? "create" : "update";
    return {
      kind: "subscription",
      name: "Slack",
      action,
      differences: stale.length === 0 ? [] : ["endpoint"],
      needs: [TOPIC_KEY],
      notice: () => (pending ? CONFIRMATION : undefined),
      async run(signal) {
        if (found === undefined) {
          const topic = await topicId(signal);
          if (topic === undefined) throw new Failure("person", "topic-missing", "there is no topic to subscribe Slack to");
          const freeformTags = { ...OWN_TAGS, [DIGEST_TAG]: digest };
          const details = { topicId: topic, compartmentId, protocol: "SLACK", endpoint, freeformTags };
          const token = randomUUID();
          const made = await call("CreateSubscription", signal, async () =>
            resourceOf(await client.createSubscription(details, token)),
          );
          pending = made.lifecycleState === "PENDING";
        }
        for (const one of stale) await remove(one)(signal);
      },
    };
  };

  return {
    what: GROUPS.subscription,
    async steps(signal) {
      if (webhookUrl === undefined) return [];
      return [await stepOrConflict("subscription", "Slack", () => step(webhookUrl, signal))];
    },
    async removal(signal) {
      const own = (await list(signal)).filter(isOwn);
      return own.map((one) => ({ kind: "subscription", name: "Slack", action: "delete", differences: [], run: remove(one) }));
    },
  };
}
