import { z } from "zod";
import type { Alert, AlertLink, Notifier } from "../contracts/alert.ts";
import type { Component } from "../contracts/component.ts";
import { secretHeaders, secretUrl } from "../lib/secrets/mark.ts";
import { allowInsecure, urlWithoutUser } from "../lib/urls.ts";
import { objectionToMoreThanObject } from "./answer.ts";
import { runbookLink, runbookPath } from "./links.ts";
import { post, receiverHeaders, receiverUrl } from "./post.ts";

const options = z.strictObject({
  url: secretUrl(urlWithoutUser(z.string().min(1), "set headers.authorization")).describe(
    "Base URL of Alertmanager, as in http://localhost:9093",
  ),
  headers: secretHeaders(z.record(z.string(), z.string()))
    .default({})
    .describe("Further request headers, such as authorization; their values are secrets"),
  endsAfterMs: z
    .int()
    .positive()
    .default(3_600_000)
    .describe("How long an alert is active after its last flow, or after now if that is later, in ms"),
  allowInsecure,
  timeoutMs: z.int().positive().default(10_000).describe("How long Alertmanager may take to answer, in ms"),
});

/** Prometheus Alertmanager, which groups, silences and routes. */
export const alertmanager: Component<z.output<typeof options>, unknown, Notifier> = {
  type: "alertmanager",
  summary: "Prometheus Alertmanager, by its API version 2.",
  options,
  check: ({ url, allowInsecure }) => void receiverUrl(url, "Alertmanager", allowInsecure),
  create({ url, headers, allowInsecure, endsAfterMs, timeoutMs }) {
    const target = new URL("api/v2/alerts", `${receiverUrl(url, "Alertmanager", allowInsecure).href.replace(/\/*$/, "")}/`);
    const sent = receiverHeaders(headers, "Alertmanager");
    return {
      paceMs: 0,
      notify: (alert, links, signal) =>
        post(
          {
            url: target,
            label: "Alertmanager",
            headers: sent,
            body: JSON.stringify([postableAlert(alert, links, endsAfterMs, Date.now())]),
            timeoutMs,
            objection: objectionToMoreThanObject,
          },
          signal,
        ),
    };
  },
};

/**
 * `postableAlert` of https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. It starts now, not with its first flow:
 * Alertmanager tells at once of an alert that started before its `group_wait`, and flow logs come minutes late, so nothing would be
 * grouped. Without `endsAt` it would end when Alertmanager thinks.
 */
function postableAlert(alert: Alert, links: readonly AlertLink[], endsAfterMs: number, now: number) {
  const runbook = runbookLink(links);
  const page = runbookPath(alert, links);
  const others = links.filter((link) => link !== runbook);
  const facts = alert.facts.map(({ label, value }) => `${label}: ${value}`).join("\n");
  return {
    labels: { alertname: alert.rule, severity: alert.level, ...alert.labels },
    annotations: {
      title: alert.title,
      summary: alert.summary,
      description: facts,
      first_seen: new Date(alert.firstSeen).toISOString(),
      last_seen: new Date(alert.lastSeen).toISOString(),
      ...Object.fromEntries(others.map(({ title, url }) => [annotationName(title), url])),
      // The name that templates and user interfaces know is for URLs only.
      ...(runbook === undefined ? {} : { runbook_url: runbook.url }),
      ...(page === undefined ? {} : { runbook: page }),
    },
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(Math.max(alert.lastSeen, now) + endsAfterMs).toISOString(),
    ...(others[0] === undefined ? {} : { generatorURL: others[0].url }),
  };
}

function annotationName(title: string): string {
  return `link_${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_")}`;
}
