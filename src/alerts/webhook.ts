import { createHash } from "node:crypto";
import { z } from "zod";
import type { Alert, AlertLink, Notifier } from "../contracts/alert.ts";
import type { Component } from "../contracts/component.ts";
import { secretHeaders, secretUrl } from "../lib/secrets/mark.ts";
import { allowInsecure, urlWithoutUser } from "../lib/urls.ts";
import { objectionToAny } from "./answer.ts";
import { runbookPath } from "./links.ts";
import { post, receiverHeaders, receiverUrl } from "./post.ts";

const options = z.strictObject({
  url: secretUrl(urlWithoutUser(z.string().min(1), "set headers.authorization")).describe(
    "URL that gets each alert as a POST of JSON; it may hold a secret",
  ),
  headers: secretHeaders(z.record(z.string(), z.string()))
    .default({})
    .describe("Further request headers, such as authorization; their values are secrets"),
  allowInsecure,
  timeoutMs: z.int().positive().default(10_000).describe("How long the receiver may take to answer, in ms"),
});

/** Any HTTP receiver: each alert as it is, with its links. */
export const webhook: Component<z.output<typeof options>, unknown, Notifier> = {
  type: "webhook",
  summary: "Any HTTP receiver: a POST of JSON for each alert.",
  options,
  check: ({ url, allowInsecure }) => void receiverUrl(url, "the webhook", allowInsecure),
  create({ url, headers, allowInsecure, timeoutMs }) {
    const target = receiverUrl(url, "the webhook", allowInsecure);
    const sent = receiverHeaders(headers, "the webhook");
    return {
      paceMs: 0,
      notify: (alert, links, signal) =>
        post(
          {
            url: target,
            label: "the webhook",
            headers: { "idempotency-key": idempotencyKey(alert), ...sent },
            body: webhookBody(alert, links),
            timeoutMs,
            objection: objectionToAny,
          },
          signal,
        ),
    };
  },
};

/** The same for each attempt at telling this notifier of the alert, and for no other alert. A hash, since a key may hold any character. */
function idempotencyKey({ key }: Alert): string {
  return createHash("sha256").update(`webhook\n${key}`).digest("hex");
}

/** The alert as JSON, with its links, and `runbookPath` where the runbook is a page without a link. */
export function webhookBody(alert: Alert, links: readonly AlertLink[]): string {
  const page = runbookPath(alert, links);
  return JSON.stringify({ ...alert, links, ...(page === undefined ? {} : { runbookPath: page }) });
}
