import { randomUUID } from "node:crypto";
import type { models } from "oci-ons";
import { differences } from "../../../install/differences.ts";
import { actionFor, type Installer, keyOf, type Step, stepOrConflict } from "../../../install/step.ts";
import { listOf } from "../answers.ts";
import type { NotificationsClient } from "../notifications-client.ts";
import { OWN_TAGS } from "./build.ts";
import { isOwn, refuseForeign } from "./dashboards-installer.ts";
import type { ServiceCall } from "./service-call.ts";
import { removing } from "./service-call.ts";

/** Finds the OCID of the topic that alarms tell; undefined while it is yet to be made. */
export type TopicFinder = (signal: AbortSignal) => Promise<string | undefined>;

const NAME = "flowferry-detections";
/** What alarms and subscriptions need. */
export const TOPIC_KEY = keyOf({ kind: "topic", name: NAME });
const DESCRIPTION = "Alarms of flowferry's detections on flow logs";

/** The topic that alarms tell: `existing`, which is only looked at, or one of our own. `users` are the keys of what uses it. */
export function topicInstaller(
  client: NotificationsClient,
  compartmentId: string,
  existing: string | undefined,
  users: readonly string[],
  calls: { readonly manage: ServiceCall; readonly use: ServiceCall },
): Installer & { readonly topicId: TopicFinder } {
  let known: string | undefined;

  const find = async (signal: AbortSignal): Promise<models.NotificationTopicSummary | undefined> => {
    const items = await calls.manage("ListTopics", signal, async () =>
      listOf(await client.listTopics({ compartmentId, name: NAME })),
    );
    return items.find(({ name, lifecycleState }) => name === NAME && lifecycleState !== "DELETING");
  };

  const step = async (signal: AbortSignal): Promise<Step> => {
    const found = await find(signal);
    if (found !== undefined) {
      refuseForeign("topic", { ...found, displayName: NAME }, `give it as --topic ${found.topicId} to use it`);
    }
    const changed = found === undefined ? [] : differences({ description: DESCRIPTION }, found);
    return {
      kind: "topic",
      name: NAME,
      action: actionFor(found, changed),
      differences: changed,
      async run(signal) {
        if (found === undefined) {
          const details = { name: NAME, compartmentId, description: DESCRIPTION, freeformTags: OWN_TAGS };
          const token = randomUUID();
          known = await calls.manage("CreateTopic", signal, async () => idOf(await client.createTopic(details, token)));
        } else {
          const details = { description: DESCRIPTION, freeformTags: { ...found.freeformTags, ...OWN_TAGS } };
          await calls.manage("UpdateTopic", signal, async () => idOf(await client.updateTopic(found.topicId, details)));
        }
      },
    };
  };

  return {
    what: TOPIC_KEY,
    async topicId(signal) {
      known ??= existing ?? (await find(signal))?.topicId;
      return known;
    },
    async steps(signal) {
      if (existing === undefined) return [await stepOrConflict("topic", NAME, () => step(signal))];
      await calls.use("GetTopic", signal, async () => idOf(await client.getTopic(existing)));
      return [];
    },
    async removal(signal) {
      const found = await find(signal);
      if (found === undefined || !isOwn(found)) return [];
      const { topicId } = found;
      const run = removing(calls.manage, "DeleteTopic", () => client.deleteTopic(topicId), {
        isThere: async (signal) => (await find(signal)) !== undefined,
      });
      return [{ kind: "topic", name: NAME, action: "delete", differences: [], needs: users, run }];
    },
  };
}

function idOf(topic: models.NotificationTopic | undefined): string {
  if (typeof topic?.topicId === "string") return topic.topicId;
  throw new TypeError("it holds no topic");
}
