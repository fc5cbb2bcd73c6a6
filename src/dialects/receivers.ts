import { stringify } from "yaml";
import { UsageError } from "../lib/errors.ts";

/** What a receiver of alerts looks like in the dialects that have one, by the dialect's name. */
const FORMS: Readonly<Record<string, { readonly pattern: RegExp; readonly example: string }>> = {
  loki: { pattern: /^#[\w.-]+$/, example: "#flow-alerts, a Slack channel" },
  victorialogs: { pattern: /^#[\w.-]+$/, example: "#flow-alerts, a Slack channel" },
  grafana: { pattern: /^#[\w.-]+$/, example: "#flow-alerts, a Slack channel" },
  elastic: {
    pattern: /^(\.[\w-]+:)?[\w-]+$/,
    example: "6f1a…, the id of a Slack connector, or .webhook:6f1a… for one of another type",
  },
  splunk: { pattern: /^(#[\w.-]+|https?:\/\/\S+)$/, example: "#flow-alerts, a Slack channel, or the URL of a webhook" },
  datadog: { pattern: /^@[\w.@-]+$/, example: "@slack-acme-flow-alerts" },
  "ibm-cloud-logs": { pattern: /^\d+$/, example: "7, the external_id of an outgoing webhook" },
  "log-analytics": { pattern: /^ocid1\.onstopic\.\S+$/, example: "ocid1.onstopic.…, a topic of Notifications" },
};

/** Who is told by which dialect, of `loki=#flow-alerts` and the like. Throws UsageError. */
export function receiversOf(texts: readonly string[]): ReadonlyMap<string, string> {
  const receivers = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf("=");
    const [dialect, receiver] = [text.slice(0, at), text.slice(at + 1)];
    const form = FORMS[dialect];
    if (at < 0 || form === undefined) {
      const names = Object.keys(FORMS).join(", ");
      throw new UsageError("bad-option", `--receiver ${text}: write dialect=receiver, with one of the dialects ${names}`);
    }
    if (!form.pattern.test(receiver)) {
      throw new UsageError("bad-option", `--receiver ${text}: a receiver of ${dialect} looks like ${form.example}`);
    }
    receivers.set(dialect, receiver);
  }
  return receivers;
}

/** Label of every alert that goes through an Alertmanager, by which its routes find them. */
export const ALERT_SOURCE = { source: "flowferry" } as const;

/** In the template language of Alertmanager, and of Grafana: what comes from tables and flows is text to Slack, for which `<!channel>` would call everybody. */
const asText = (value: string) => `{{ ${value} | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}`;

/** What a Slack message of alerts has for its title, and for its text. */
export const SLACK_TITLE = `{{ .CommonLabels.severity }}: ${asText(".CommonAnnotations.summary")}`;
export const SLACK_TEXT = `{{ range .Alerts }}${asText(".Annotations.description")}\n{{ range .Labels.SortedPairs }}{{ .Name }}=${asText(".Value")} {{ end }}\n{{ end }}`;

/** Configuration of an Alertmanager that tells a Slack channel of all alerts; the webhook's URL, a secret, is read from a file. */
export function alertmanagerConfig(channel = "#flow-alerts"): string {
  const config = {
    route: {
      receiver: "flowferry",
      routes: [
        {
          receiver: "flowferry",
          matchers: Object.entries(ALERT_SOURCE).map(([name, value]) => `${name}="${value}"`),
          group_by: ["alertname"],
          group_wait: "30s",
          group_interval: "5m",
          // An alert fires as long as late flows of its window can come: that is no news.
          repeat_interval: "24h",
        },
      ],
    },
    receivers: [
      {
        name: "flowferry",
        slack_configs: [
          {
            api_url_file: "/etc/alertmanager/slack-webhook-url",
            channel,
            send_resolved: false,
            title: SLACK_TITLE,
            text: `${SLACK_TEXT}{{ .CommonAnnotations.runbook }}`,
          },
        ],
      },
    ],
  };
  return `# For an Alertmanager of flowferry's alone; into one that has others, take the route and the receiver.\n${stringify(config, { lineWidth: 0 })}`;
}
