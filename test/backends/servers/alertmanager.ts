import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Received, startHttp } from "../../unit/alerts/receiver.ts";
import { installDebianPackages } from "./debian.ts";
import { freePorts, startProcess, untilReady } from "./process.ts";

/** One alert as Alertmanager shows it. */
interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
}

export interface Alertmanager {
  /** Its base URL. */
  readonly url: string;
  /** What it posted to the channel's webhook so far. */
  readonly told: readonly Received[];
  alerts(): Promise<ActiveAlert[]>;
  /** Sends an alert with these labels and annotations, as a ruler does. */
  send(labels: Readonly<Record<string, string>>, annotations: Readonly<Record<string, string>>): Promise<void>;
  /** Silences alerts with these labels for an hour and returns the silence's id. */
  silence(labels: Readonly<Record<string, string>>): Promise<string>;
  stop(): Promise<void>;
}

/** How long a new group waits for more of its kind. */
export const GROUP_WAIT_MS = 5_000;

/**
 * Starts Alertmanager on loopback, alone, with one Slack receiver whose webhook is a server of this process. By default it groups by rule,
 * its title counts the alerts of a group, its text has the summary of each in a line.
 */
export async function startAlertmanager(configure = configuration): Promise<Alertmanager> {
  await installDebianPackages("Prometheus Alertmanager", ["prometheus-alertmanager"], ["prometheus-alertmanager"]);
  await using stack = new AsyncDisposableStack();
  const slack = await startHttp((response) => response.end("ok"));
  stack.defer(slack.close);
  const directory = await mkdtemp(join(tmpdir(), "flowferry-alertmanager-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "alertmanager.yml");
  await writeFile(file, configure(`${slack.url}/services/T00000000/B00000000/xx`));
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;

  const server = await startProcess("prometheus-alertmanager", [
    `--config.file=${file}`,
    `--storage.path=${join(directory, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--cluster.listen-address=",
  ]);
  stack.defer(() => server.stop());
  await untilReady("Alertmanager", server, `${url}/-/ready`);

  const stop = stack.move();
  return {
    url,
    told: slack.received,
    alerts: () => call<ActiveAlert[]>(`${url}/api/v2/alerts`),
    async send(labels, annotations) {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([{ labels, annotations }]),
      });
      if (!response.ok) throw new Error(`Alertmanager answered with HTTP ${response.status}: ${await response.text()}`);
    },
    async silence(labels) {
      const now = Date.now();
      const { silenceID } = await call<{ silenceID: string }>(`${url}/api/v2/silences`, {
        matchers: Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
        startsAt: new Date(now).toISOString(),
        endsAt: new Date(now + 3_600_000).toISOString(),
        createdBy: "somebody",
        comment: "known",
      });
      return silenceID;
    },
    stop: () => stop.disposeAsync(),
  };
}

async function call<Answer>(url: string, body?: object): Promise<Answer> {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(url, body === undefined ? {} : post);
  if (!response.ok) throw new Error(`Alertmanager answered ${url} with HTTP ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** A group that was told is not told again within an hour, unless it changes. */
function configuration(webhook: string): string {
  return stringify({
    route: {
      receiver: "security",
      group_by: ["alertname"],
      group_wait: `${GROUP_WAIT_MS}ms`,
      group_interval: "1s",
      repeat_interval: "1h",
    },
    receivers: [
      {
        name: "security",
        slack_configs: [
          {
            api_url: webhook,
            channel: "#security",
            send_resolved: false,
            title: "{{ .Alerts.Firing | len }} {{ .CommonLabels.alertname }}",
            text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ "\\n" }}{{ end }}',
          },
        ],
      },
    ],
  });
}
