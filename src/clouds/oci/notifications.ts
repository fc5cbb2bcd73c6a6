import { z } from "zod";
import { runbookPath } from "../../alerts/links.ts";
import { cut } from "../../alerts/text.ts";
import { webhookBody } from "../../alerts/webhook.ts";
import type { Alert, AlertLink, Notifier, NotifierDependencies } from "../../contracts/alert.ts";
import type { Component } from "../../contracts/component.ts";
import { Failure } from "../../lib/errors.ts";
import { drawerOfStatus } from "../../lib/http/failures.ts";
import { connectOci, ociConnectionOptions } from "./connection.ts";
import { ociError, policyStatement } from "./errors.ts";

/** https://docs.oracle.com/iaas/api/#/en/notification/20181201/NotificationTopic/PublishMessage: 60 messages a minute for each topic. */
const PACE_MS = 1_000;
/** The service takes a request of 64 KB; the smaller reading of it. */
const LARGEST_BYTES = 64_000;
/** None is documented. The title becomes the subject of a mail. */
const LONGEST_TITLE = 200;
/** As Slack takes it. */
const LONGEST_SUMMARY = 3_000;

const options = ociConnectionOptions.extend({
  topicId: z
    .string()
    .regex(/^ocid1\.onstopic\.[a-z0-9]+\.[a-z0-9-]*\..+$/, "expected the OCID of a topic, as in ocid1.onstopic.oc1.phx.…")
    .describe("OCID of the topic that gets each alert as a message"),
  format: z
    .enum(["text", "json"])
    .default("text")
    .describe(
      "Body of the message: `text` for people, `json` for functions and HTTPS endpoints, as the notifier webhook posts it",
    ),
});

type Options = z.output<typeof options>;

/** A topic of OCI Notifications, which passes the message on to mail, Slack, PagerDuty, functions and HTTPS endpoints. */
export const ociNotifications: Component<Options, NotifierDependencies, Notifier> = {
  type: "oci-notifications",
  summary: "A topic of OCI Notifications, which passes each alert on to its subscriptions.",
  options,
  async create({ topicId, format, ...connection }, { onNotice, ...surroundings }) {
    const { NotificationsClient } = await import("./notifications-client.ts");
    const onRenewed = () => onNotice?.("OCI Notifications refused the credentials; they were read again");
    const what = `topic ${topicId}`;
    const { client, identity, ask, close } = await connectOci(connection, surroundings, {
      what,
      create: (params, configuration) => new NotificationsClient(params, configuration),
      onRenewed,
    });
    const failure = (cause: unknown, operation: string, endpoint: string, permission: string): Error =>
      ociError(cause, {
        operation,
        place: `of topic ${topicId}`,
        endpoint,
        identity,
        explain: ({ statusCode }) =>
          statusCode === 403 || statusCode === 404
            ? {
                code: "topic-missing",
                advice: `check topicId, its region, and the policy: ${policyStatement(identity, `{${permission}} in compartment <the topic's compartment>`)}`,
                drawer: "person",
              }
            : undefined,
        drawer: drawerOfStatus,
      });
    return {
      paceMs: PACE_MS,
      async notify(alert, links, signal) {
        const messageDetails = messageFor(alert, links, format);
        try {
          await ask(signal, async () => {
            const published = await client.publishMessage(topicId, messageDetails);
            if (typeof published?.messageId !== "string") throw new TypeError("it names no message");
          });
        } catch (cause) {
          signal.throwIfAborted();
          throw failure(cause, "PublishMessage", client.endpoint, "ONS_TOPIC_PUBLISH");
        }
      },
      async probe(signal) {
        try {
          const { result } = await ask(signal, async () => {
            const topic = await client.getTopic(topicId);
            if (topic?.topicId !== topicId) throw new TypeError("it does not hold the topic");
            return topic;
          });
          return `topic ${result.name} is ${result.lifecycleState}`;
        } catch (cause) {
          signal.throwIfAborted();
          throw failure(cause, "GetTopic", client.endpoint, "ONS_TOPIC_READ");
        }
      },
      close,
    };
  },
};

interface Message {
  readonly title: string;
  readonly body: string;
}

/** The message for an alert, with as many of its facts as the service takes. */
export function messageFor(alert: Alert, links: readonly AlertLink[], format: Options["format"]): Message {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a subject of a mail is one line
  const title = cut(`[${alert.level}] ${alert.title}`.replaceAll(/[\u0000-\u001f\u007f]+/g, " "), LONGEST_TITLE);
  const summary = cut(alert.summary, LONGEST_SUMMARY);
  const print = format === "json" ? webhookBody : textBody;
  for (let count = alert.facts.length; count >= 0; count -= 1) {
    const message = { title, body: print({ ...alert, summary, facts: alert.facts.slice(0, count) }, links) };
    if (Buffer.byteLength(JSON.stringify(message)) <= LARGEST_BYTES) return message;
  }
  throw new Failure(
    "batch",
    "alert-too-large",
    `the alert of rule ${alert.rule} is larger than the ${LARGEST_BYTES} bytes of a message`,
    { tooLarge: true, certain: true },
  );
}

function textBody(alert: Alert, links: readonly AlertLink[]): string {
  const page = runbookPath(alert, links);
  return [
    alert.summary,
    "",
    ...alert.facts.map(({ label, value }) => `${label}: ${value}`),
    `Rule: ${alert.rule} (${alert.level})`,
    ...links.map(({ title, url }) => `${title}: ${url}`),
    ...(page === undefined ? [] : [`Runbook: ${page}`]),
  ].join("\n");
}
