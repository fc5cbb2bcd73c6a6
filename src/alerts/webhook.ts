import { z } from "zod";
import type { Component, Notifier } from "../contracts.ts";
import { post, receiverUrl } from "./post.ts";

const options = z.strictObject({
  url: z.string().min(1).describe("URL that gets each alert as a POST of JSON; it may hold a secret"),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe("Further request headers, such as authorization; their values are secrets"),
  timeoutMs: z.int().positive().default(10_000).describe("How long the receiver may take to answer, in ms"),
});

/** Any HTTP receiver: each alert as it is, with its links. */
export const webhook: Component<z.output<typeof options>, unknown, Notifier> = {
  type: "webhook",
  summary: "Any HTTP receiver: a POST of JSON for each alert.",
  options,
  create({ url, headers, timeoutMs }) {
    const target = receiverUrl(url, "the webhook");
    return {
      paceMs: 0,
      notify: (alert, links, signal) =>
        post(
          { url: target, secretPath: true, label: "the webhook", headers, body: JSON.stringify({ ...alert, links }), timeoutMs },
          signal,
        ),
    };
  },
};
