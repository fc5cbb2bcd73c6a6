import { Command } from "commander";
import type { IbmCloudLogsOptions } from "../clouds/ibm/cloud-logs/options.ts";
import { ibmCloudLogs } from "../clouds/ibm/cloud-logs/sink.ts";
import { readCloudLogsContent } from "../clouds/ibm/content/content.ts";
import { readAlarms } from "../clouds/oci/content/alarms.ts";
import { buildContent } from "../clouds/oci/content/build.ts";
import { readDefinition, readDetections } from "../clouds/oci/content/definition.ts";
import { openInstaller } from "../clouds/oci/content/open.ts";
import type { NotificationOptions } from "../clouds/oci/content/open-alarms.ts";
import { slackWebhook } from "../clouds/oci/content/slack-subscription-installer.ts";
import type { LogAnalyticsOptions } from "../clouds/oci/log-analytics/options.ts";
import { logAnalytics } from "../clouds/oci/log-analytics/sink.ts";
import { carryOut, notDone, type Outcome } from "../install/carry-out.ts";
import { type Installation, keyOf, type Step } from "../install/step.ts";
import { FlowferryError, UsageError } from "../lib/errors.ts";
import { addUrl } from "../lib/secrets/of-url.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";
import { patienceMsOf, requireCompartment, sinkOf } from "./service-sink.ts";

/** Options that the content of one service alone has. */
interface LogAnalyticsInstall {
  readonly compartment?: string;
  readonly dashboardEndpoint?: string;
  readonly topic?: string;
  readonly slackWebhookEnv?: string;
  readonly notificationsEndpoint?: string;
  readonly monitoringEndpoint?: string;
}
interface CloudLogsInstall {
  readonly webhook?: number;
  readonly apiEndpoint?: string;
}
interface InstallOptions extends LogAnalyticsInstall, CloudLogsInstall {
  readonly config: string;
  readonly sink?: string;
  readonly patience: string;
  readonly detections: boolean;
  readonly json: boolean;
}

const FOR_LOG_ANALYTICS: Readonly<Record<keyof LogAnalyticsInstall, string>> = {
  compartment: "--compartment",
  dashboardEndpoint: "--dashboard-endpoint",
  topic: "--topic",
  slackWebhookEnv: "--slack-webhook-env",
  notificationsEndpoint: "--notifications-endpoint",
  monitoringEndpoint: "--monitoring-endpoint",
};
const FOR_CLOUD_LOGS: Readonly<Record<keyof CloudLogsInstall, string>> = { webhook: "--webhook", apiEndpoint: "--api-endpoint" };

/** A command that looks at what the service of a sink has, and changes it or says what it would change. */
export function installing(
  context: CliContext,
  name: string,
  description: string,
  stepsOf: (installer: Installation) => Promise<Step[]>,
  carriesOut: boolean,
): Command {
  return new Command(name)
    .description(description)
    .addOption(
      configOption(
        context.env,
        "configuration with a log-analytics or ibm-cloud-logs sink, whose service and credentials are used",
      ),
    )
    .option("--sink <name>", "name of the sink, where the configuration has several of these types")
    .option("--detections", "the detections that the service can run by itself, too, down to those who are told", false)
    .option("--compartment <ocid>", "Log Analytics: compartment of the saved searches and dashboards (required)")
    .option("--topic <ocid>", "Log Analytics: topic that the alarms tell; by default one named flowferry-detections is made")
    .option(
      "--slack-webhook-env <name>",
      "Log Analytics: environment variable with the URL of a Slack webhook that is subscribed to the topic",
    )
    .option("--dashboard-endpoint <url>", "Log Analytics: base URL of Management Dashboard; by default the region's")
    .option("--notifications-endpoint <url>", "Log Analytics: base URL of Notifications; by default the region's")
    .option("--monitoring-endpoint <url>", "Log Analytics: base URL of Monitoring; by default the region's")
    .option(
      "--webhook <number>",
      "IBM Cloud Logs: external_id of the outgoing webhook (of Event Notifications) that alerts tell; without it they tell nobody",
      webhookOf,
    )
    .option(
      "--api-endpoint <url>",
      "IBM Cloud Logs: base URL of the instance's API; by default that of the sink's instance and region",
    )
    .option("--patience <duration>", "how long a call that may heal is tried again", "60s")
    .option("--json", "print the result as JSON", false)
    .action(async (options: InstallOptions) => {
      const installer = await open(context, options);
      try {
        await perform(context, await stepsOf(installer), {
          carriesOut,
          json: options.json,
          remark: options.detections ? NOT_ALL_RULES : undefined,
        });
      } finally {
        await installer.close();
      }
    });
}

function webhookOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError("bad-option", `--webhook ${text}: give the number that the webhook has as external_id`);
}

async function open(context: CliContext, options: InstallOptions): Promise<Installation> {
  const config = await context.loadConfig(options.config);
  const { component, options: sink } = sinkOf(config, [logAnalytics.type, ibmCloudLogs.type], options.sink);
  const isLogAnalytics = component.type === logAnalytics.type;
  const [of, others] = isLogAnalytics ? ["IBM Cloud Logs", FOR_CLOUD_LOGS] : ["Log Analytics", FOR_LOG_ANALYTICS];
  const [wrong] = Object.entries(others).filter(([name]) => options[name as keyof InstallOptions] !== undefined);
  if (wrong !== undefined) throw new UsageError("bad-option", `${wrong[1]} is of ${of}; the sink is of type ${component.type}`);
  return isLogAnalytics
    ? openLogAnalytics(context, options, sink as LogAnalyticsOptions, config.baseDir)
    : openCloudLogs(context, options, sink as IbmCloudLogsOptions);
}

async function openCloudLogs(
  { env, secrets }: CliContext,
  { detections, webhook, apiEndpoint, patience }: InstallOptions,
  sink: IbmCloudLogsOptions,
): Promise<Installation> {
  if (webhook !== undefined && !detections) throw new UsageError("bad-option", "--webhook is of use with --detections only");
  const [{ cloudLogsApi }, { cloudLogsInstallation }] = await Promise.all([
    import("../clouds/ibm/content/api.ts"),
    import("../clouds/ibm/content/installer.ts"),
  ]);
  const api = cloudLogsApi({ sink, endpoint: apiEndpoint, patienceMs: patienceMsOf(patience) }, { env, secrets });
  return cloudLogsInstallation(api, readCloudLogsContent({ detections, webhook }), webhook);
}

async function openLogAnalytics(
  context: CliContext,
  options: InstallOptions,
  sink: LogAnalyticsOptions,
  baseDir: string,
): Promise<Installation> {
  const { compartment } = options;
  if (compartment === undefined) {
    throw new UsageError("bad-option", "--compartment <ocid> is missing: the compartment of the saved searches and dashboards");
  }
  requireCompartment(compartment);
  const { namespace, region, endpoint, auth, connectTimeoutMs, timeoutMs } = sink;
  const notifications = notificationsOf(options, context.env);
  addUrl(context.secrets, notifications?.slackWebhookUrl ?? "", { secretPath: true });
  return openInstaller(
    buildContent(readDefinition(), options.detections ? readDetections() : []),
    {
      connection: { region, endpoint, auth, connectTimeoutMs, timeoutMs },
      namespace,
      compartmentId: compartment,
      dashboardEndpoint: options.dashboardEndpoint,
      ...(notifications === undefined ? {} : { notifications }),
      patienceMs: patienceMsOf(options.patience),
    },
    { baseDir, env: context.env, secrets: context.secrets },
  );
}

/** Undefined without --detections. The URL of the webhook comes from the environment, and is in no message. */
function notificationsOf(options: InstallOptions, env: NodeJS.ProcessEnv): NotificationOptions | undefined {
  const { detections, topic, slackWebhookEnv, notificationsEndpoint, monitoringEndpoint } = options;
  const given = { "--topic": topic, "--slack-webhook-env": slackWebhookEnv };
  if (!detections) {
    const [only] = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (only !== undefined) throw new UsageError("bad-option", `${only} is of use with --detections only`);
    return undefined;
  }
  if (topic !== undefined && !/^ocid1\.onstopic\./.test(topic)) {
    throw new UsageError("bad-option", `--topic ${topic} is no OCID of a topic`);
  }
  let slackWebhookUrl: string | undefined;
  if (slackWebhookEnv !== undefined) {
    const text = env[slackWebhookEnv];
    // Somebody may have given the URL instead of the variable's name.
    if (!/^\w+$/.test(slackWebhookEnv)) {
      throw new UsageError(
        "bad-option",
        "--slack-webhook-env takes the name of an environment variable, as in SLACK_WEBHOOK_URL",
      );
    }
    if (text === undefined || text === "") {
      throw new UsageError("bad-option", `the environment variable ${slackWebhookEnv} (--slack-webhook-env) is not set`);
    }
    slackWebhookUrl = slackWebhook(text);
  }
  return { alarms: readAlarms(), topicId: topic, slackWebhookUrl, notificationsEndpoint, monitoringEndpoint };
}

interface How {
  readonly carriesOut: boolean;
  readonly json: boolean;
  /** Said where something is made. */
  readonly remark: string | undefined;
}

/** What the service cannot evaluate is not among the steps. */
const NOT_ALL_RULES =
  "rules that the service cannot evaluate are left out: deploy/dialects.md names them with the reason; a worker with alerts evaluates all";

/** Shows the steps that are due, or carries them out. Throws FlowferryError, after all others, if there are some that cannot be done. */
async function perform({ print, signal }: CliContext, steps: readonly Step[], how: How): Promise<void> {
  const due = steps.filter(({ action }) => action !== "none");
  const outcomes: Outcome[] = [];
  try {
    for await (const outcome of how.carriesOut ? carryOut(due, signal) : plannedOutcomes(due)) {
      outcomes.push(outcome);
      if (!how.json) print(lineOf(outcome));
    }
  } catch (error) {
    // What was done is done: somebody who interrupts it is told what is left.
    if (signal.aborted) for (const line of summaryOf(steps, outcomes, how)) print(line);
    throw error;
  }
  for (const line of summaryOf(steps, outcomes, how)) print(line);
  const left = outcomes.filter(({ result }) => result !== "done");
  const [first] = left;
  if (first !== undefined) {
    const message = `${left.length} of ${steps.length} steps cannot be done, first: ${keyOf(first.step)}: ${first.reason}`;
    throw new FlowferryError("content-incomplete", message);
  }
}

/** What came of the steps: one line of JSON, or what a person still has to do, and counts. */
function summaryOf(steps: readonly Step[], outcomes: readonly Outcome[], { carriesOut, json, remark }: How): string[] {
  const done = outcomes.filter(({ result }) => result === "done").map(({ step }) => step);
  const left = outcomes.filter(({ result }) => result !== "done");
  const there = new Set([...steps.filter(({ action }) => action === "none"), ...done]);
  const isNews = remark !== undefined && done.some(({ action }) => action === "create");
  const notices = [...(isNews ? [remark] : []), ...[...there].flatMap((step) => step.notice?.() ?? [])];
  const unchanged = there.size - done.length;
  const untried = steps.length - unchanged - outcomes.length;
  if (json) {
    const changes = done.map(({ kind, name, action, differences }) => ({ kind, name, action, differences }));
    const named = left.map(({ step: { kind, name }, result, code, reason }) => ({ kind, name, result, code, reason }));
    const interrupted = untried === 0 ? {} : { interrupted: true, untried };
    return [JSON.stringify({ changes, notDone: named, unchanged, done: carriesOut, notices, ...interrupted })];
  }
  const count = (action: Step["action"]): number => done.filter((step) => step.action === action).length;
  const counts = carriesOut
    ? `${count("create")} created, ${count("update")} updated, ${count("delete")} deleted, ${unchanged} unchanged`
    : `${count("create")} to create, ${count("update")} to update, ${count("delete")} to delete, ${unchanged} unchanged`;
  const said = left.length === 0 ? counts : `${counts}, ${left.length} not done`;
  return [...notices, untried === 0 ? said : `interrupted: ${said}, ${untried} not tried; the same command goes on`];
}

function* plannedOutcomes(steps: readonly Step[]): Generator<Outcome> {
  for (const step of steps) yield step.refusal === undefined ? { step, result: "done" } : notDone(step, step.refusal);
}

const SIGNS = { create: "+", update: "~", delete: "-", none: " ", refused: "!" } as const;

function lineOf({ step, result, reason }: Outcome): string {
  const { action, differences } = step;
  if (result !== "done") return `! ${keyOf(step)}: ${reason}`;
  const changed =
    differences.length === 0 ? "" : `  (${differences.slice(0, 5).join(", ")}${differences.length > 5 ? ", …" : ""})`;
  return `${SIGNS[action]} ${keyOf(step)}${changed}`;
}
