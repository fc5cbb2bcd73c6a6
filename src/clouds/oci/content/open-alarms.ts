import type { OciError } from "oci-common";
import { type Installer, keyOf } from "../../../install/step.ts";
import { connectOci, type OciConnectionOptions } from "../connection.ts";
import type { Explanation } from "../errors.ts";
import type { OciSurroundings } from "../identity.ts";
import type { Alarm } from "./alarms.ts";
import { alarmsInstaller } from "./alarms-installer.ts";
import { GROUPS, serviceCall } from "./service-call.ts";
import { slackSubscriptionInstaller } from "./slack-subscription-installer.ts";
import { topicInstaller } from "./topic-installer.ts";

export interface NotificationOptions {
  readonly alarms: readonly Alarm[];
  /** OCID of the topic that the alarms tell; by default one is made. */
  readonly topicId: string | undefined;
  /** URL of a Slack webhook that is subscribed to the topic; a secret. */
  readonly slackWebhookUrl: string | undefined;
  /** Base URLs of Notifications and Monitoring; by default the region's. */
  readonly notificationsEndpoint: string | undefined;
  readonly monitoringEndpoint: string | undefined;
}

interface Place {
  /** How to reach OCI, without an endpoint. */
  readonly elsewhere: OciConnectionOptions;
  readonly compartmentId: string;
  readonly patienceMs: number;
}

/** Topic, subscription and alarms, in the order in which they are made. Asks nothing of the network. */
export async function openAlarms(
  { alarms, topicId, slackWebhookUrl, notificationsEndpoint, monitoringEndpoint }: NotificationOptions,
  { elsewhere, compartmentId, patienceMs }: Place,
  surroundings: OciSurroundings,
): Promise<{ readonly installers: readonly Installer[]; close(): Promise<void> }> {
  const [{ NotificationsClient }, { MonitoringClient }] = await Promise.all([
    import("../notifications-client.ts"),
    import("./monitoring-client.ts"),
  ]);
  const at = (endpoint: string | undefined) => ({ ...elsewhere, ...(endpoint === undefined ? {} : { endpoint }) });
  const notifications = await connectOci(at(notificationsEndpoint), surroundings, {
    what: "Notifications",
    create: (params, configuration) => new NotificationsClient(params, configuration),
  });
  const monitoring = await connectOci(at(monitoringEndpoint), surroundings, {
    what: "Monitoring",
    create: (params, configuration) => new MonitoringClient(params, configuration),
  });
  const here = `in compartment id ${compartmentId}`;
  const place = `in compartment ${compartmentId}`;
  const users = [
    GROUPS.alarms,
    GROUPS.subscription,
    ...alarms.map(({ displayName: name }) => keyOf({ kind: "alarm", name })),
    keyOf({ kind: "subscription", name: "Slack" }),
  ];
  const topic = topicInstaller(notifications.client, compartmentId, topicId, users, {
    manage: serviceCall(notifications, { place, permission: `manage ons-topics ${here}`, explain: explainTaken, patienceMs }),
    use: serviceCall(notifications, {
      place: `of topic ${topicId}`,
      permission: "use ons-topics in compartment <the topic's compartment>",
      patienceMs,
    }),
  });
  const subscriptionsCall = serviceCall(notifications, {
    place,
    permission: [`manage ons-subscriptions ${here}`, `use ons-topics in compartment <the topic's compartment>`],
    patienceMs,
  });
  const alarmsCall = serviceCall(monitoring, {
    place,
    permission: [`manage alarms ${here}`, `read metrics ${here}`, "use ons-topics in compartment <the topic's compartment>"],
    patienceMs,
  });
  return {
    installers: [
      topic,
      slackSubscriptionInstaller(notifications.client, compartmentId, slackWebhookUrl, subscriptionsCall, topic.topicId),
      alarmsInstaller(monitoring.client, compartmentId, alarms, alarmsCall, topic.topicId),
    ],
    async close() {
      await Promise.all([notifications.close(), monitoring.close()]);
    },
  };
}

/** A topic's name is unique in the tenancy. */
function explainTaken({ statusCode, message }: OciError): Explanation | undefined {
  if (statusCode !== 409 || !/exist/i.test(message)) return undefined;
  return {
    code: "content-conflict",
    advice: "it is in another compartment of the tenancy: give a topic with --topic",
    drawer: "person",
  };
}
