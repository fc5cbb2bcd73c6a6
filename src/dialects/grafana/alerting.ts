import { createHash } from "node:crypto";
import { stringify } from "yaml";
import type { Rule } from "../../detect/rule.ts";
import { alertAnnotations, alertLabels, byInterval, keptMs } from "../alert-labels.ts";
import type { Evaluation } from "../evaluation.ts";
import { ALERT_SOURCE, SLACK_TEXT, SLACK_TITLE } from "../receivers.ts";
import { duration, oneLine } from "../text.ts";

/** A rule as a ruler asks for it. */
export interface Asked {
  readonly rule: Rule;
  readonly expr: string;
  readonly evaluation: Evaluation;
}

/** How Grafana asks a backend for alerts. */
export interface AlertingBackend {
  readonly name: string;
  readonly title: string;
  /** Of a question for one value of each group, at one time. */
  readonly queryType: string;
}

const CONTACT_POINT = "flowferry";

/** Rules that Grafana evaluates itself, for its folder of provisioning files: a query, its last value, and whether it is above 0. */
export function grafanaRules(asked: readonly Asked[], { name, title, queryType }: AlertingBackend): string {
  const rules = asked.map(({ rule, expr, evaluation }) => ({
    rule,
    alert: {
      uid: `flowferry-${createHash("sha256").update(`${name} ${rule.name}`).digest("hex").slice(0, 16)}`,
      title: oneLine(rule.title),
      condition: "C",
      data: [
        {
          refId: "A",
          datasourceUid: name,
          relativeTimeRange: { from: (evaluation.rangeMs + evaluation.delayMs) / 1_000, to: 0 },
          model: { refId: "A", expr, queryType },
        },
        expression("B", { type: "reduce", expression: "A", reducer: "last" }),
        expression("C", {
          type: "threshold",
          expression: "B",
          conditions: [{ evaluator: { type: "gt", params: [0] } }],
        }),
      ],
      for: "0s",
      ...kept(rule, evaluation),
      noDataState: "OK",
      execErrState: "Error",
      labels: { ...alertLabels(rule), rule: rule.name },
      annotations: alertAnnotations(rule),
    },
  }));
  const groups = byInterval(rules).map((group) => ({ orgId: 1, folder: "flowferry", ...group }));
  return file(
    `Alert rules of Grafana 11 or newer (12 keeps alerts for the throttle) over ${title}, whose datasource has the uid ${name}: goes into provisioning/alerting/.`,
    { groups },
  );
}

/** The most evaluations that a group may be missing: the column of Grafana's database holds no more. */
const MOST_MISSED = 32_767;

/**
 * An alert goes on for the rule's throttle: `keepFiringFor` when nothing is found any more at all, and as many evaluations without its group when
 * others are found. Both are written as Grafana's reader of these files has them; Grafana 11 knows neither, and reads over them.
 */
function kept(rule: Rule, { intervalMs, rangeMs }: Evaluation): object {
  const ms = keptMs(rule, rangeMs);
  if (ms === 0) return {};
  const missed = Math.min(MOST_MISSED, Math.max(2, Math.ceil(ms / intervalMs)));
  return { keepFiringFor: duration(ms), missing_series_evals_to_resolve: missed };
}

function expression(refId: string, model: object): object {
  return { refId, datasourceUid: "__expr__", model: { refId, ...model } };
}

/** A contact point for a Slack channel, and the tree of notification policies with a route to it. */
export function grafanaNotifications(channel = "#flow-alerts"): string {
  const told = {
    receiver: CONTACT_POINT,
    group_by: ["alertname"],
    group_wait: "30s",
    group_interval: "5m",
    // An alert fires as long as late flows of its window can come: that is no news.
    repeat_interval: "24h",
  };
  const settings = {
    // Of the environment of Grafana, which puts it in.
    url: "SLACK_WEBHOOK_URL",
    recipient: channel,
    title: SLACK_TITLE,
    text: SLACK_TEXT,
  };
  const receivers = [{ uid: "flowferry-slack", type: "slack", disableResolveMessage: true, settings }];
  const matchers = Object.entries(ALERT_SOURCE).map(([label, value]) => [label, "=", value]);
  return file(
    "A contact point and the notification policies of a Grafana of flowferry's alone: policies here replace the whole tree. Into another, take the contact point and the route.",
    {
      contactPoints: [{ orgId: 1, name: CONTACT_POINT, receivers }],
      policies: [{ orgId: 1, ...told, routes: [{ ...told, object_matchers: matchers }] }],
    },
  ).replace("url: SLACK_WEBHOOK_URL", "url: $SLACK_WEBHOOK_URL");
}

/** Grafana puts variables of its environment in; a dollar of our own is written twice. */
function file(comment: string, content: object): string {
  const text = stringify({ apiVersion: 1, ...content }, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# ${comment}\n${text.replaceAll("$", "$$$$")}`;
}
