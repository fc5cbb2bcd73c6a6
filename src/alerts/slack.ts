import { z } from "zod";
import type { Alert, AlertLink, Notifier } from "../contracts/alert.ts";
import type { Component } from "../contracts/component.ts";
import { secretUrl } from "../lib/secrets/mark.ts";
import { urlWithoutUser } from "../lib/urls.ts";
import { objectionToMoreThanOk } from "./answer.ts";
import { runbookPath } from "./links.ts";
import { post, receiverUrl } from "./post.ts";
import { cut } from "./text.ts";

/** Limits of Block Kit and of incoming webhooks, in characters and pieces. https://docs.slack.dev/reference/block-kit/blocks */
const HEADER = 150;
const SECTION = 3_000;
const FIELD = 2_000;
const FIELDS = 10;
/** https://docs.slack.dev/apis/web-api/rate-limits: one message a second for each incoming webhook. */
const PACE_MS = 1_000;

const MARKS: Record<Alert["level"], string> = {
  informational: ":information_source:",
  low: ":white_circle:",
  medium: ":large_yellow_circle:",
  high: ":large_orange_circle:",
  critical: ":red_circle:",
};

const options = z.strictObject({
  webhookUrl: secretUrl(urlWithoutUser(z.string().min(1), "Slack's have none")).describe(
    "URL of the incoming webhook; a secret, so take it from the environment: ${SLACK_WEBHOOK_URL}",
  ),
  timeoutMs: z.int().positive().default(10_000).describe("How long Slack may take to answer, in ms"),
});

/** Slack incoming webhooks. */
export const slack: Component<z.output<typeof options>, unknown, Notifier> = {
  type: "slack",
  summary: "A channel of Slack, through an incoming webhook.",
  options,
  check: ({ webhookUrl }) => void receiverUrl(webhookUrl, "Slack"),
  create({ webhookUrl, timeoutMs }) {
    const url = receiverUrl(webhookUrl, "Slack");
    return {
      paceMs: PACE_MS,
      notify: (alert, links, signal) =>
        post(
          {
            url,
            label: "Slack",
            body: JSON.stringify(slackMessage(alert, links)),
            timeoutMs,
            objection: objectionToMoreThanOk,
          },
          signal,
        ),
    };
  },
};

interface Text {
  readonly type: "plain_text" | "mrkdwn";
  readonly text: string;
}

export interface SlackMessage {
  /** What notifications and screen readers show. */
  readonly text: string;
  readonly blocks: readonly object[];
}

/** The message for an alert: a header, one sentence, the facts side by side, links. */
export function slackMessage(alert: Alert, links: readonly AlertLink[]): SlackMessage {
  const { title, level, summary, facts, rule } = alert;
  const mrkdwn = (text: string, limit: number): Text => ({ type: "mrkdwn", text: cut(text, limit) });
  const fields = facts.map(({ label, value }) => mrkdwn(`*${escaped(label)}*\n${escaped(value)}`, FIELD));
  const blocks: object[] = [
    { type: "header", text: { type: "plain_text", text: cut(title, HEADER) } },
    { type: "section", text: mrkdwn(`${MARKS[level]} ${escaped(summary)}`, SECTION) },
  ];
  for (let start = 0; start < Math.min(fields.length, 2 * FIELDS); start += FIELDS) {
    blocks.push({ type: "section", fields: fields.slice(start, start + FIELDS) });
  }
  const page = runbookPath(alert, links);
  const footer = [
    `${level} · \`${escaped(rule)}\``,
    ...links.map(({ title, url }) => `<${escaped(url)}|${escaped(title)}>`),
    ...(page === undefined ? [] : [`Runbook: \`${escaped(page)}\``]),
  ];
  blocks.push({ type: "context", elements: [mrkdwn(footer.join("  ·  "), SECTION)] });
  return { text: cut(`${title}: ${escaped(summary)}`, SECTION), blocks };
}

/** https://docs.slack.dev/messaging/formatting-message-text: the three characters that Slack reads as control characters. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
