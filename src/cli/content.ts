import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command, Option } from "commander";
import { readAlarms } from "../clouds/oci/content/alarms.ts";
import { contentArchive } from "../clouds/oci/content/archive.ts";
import { buildContent, contentFiles } from "../clouds/oci/content/build.ts";
import { carryOut, notDone, type Outcome } from "../clouds/oci/content/carry-out.ts";
import { readDefinition, readDetections } from "../clouds/oci/content/definition.ts";
import { type Installation, openInstaller } from "../clouds/oci/content/open.ts";
import type { NotificationOptions } from "../clouds/oci/content/open-alarms.ts";
import { slackWebhook } from "../clouds/oci/content/slack-subscription-installer.ts";
import { keyOf, type Step } from "../clouds/oci/content/step.ts";
import { register } from "../config/modules.ts";
import { dialectFiles } from "../dialects/content.ts";
import { DEFAULT_LAG_MS } from "../dialects/evaluation.ts";
import { receiversOf } from "../dialects/receivers.ts";
import { asset } from "../lib/assets.ts";
import { parseDuration } from "../lib/durations.ts";
import { codeOf, FlowferryError, UsageError } from "../lib/errors.ts";
import { addUrl } from "../lib/secrets/of-url.ts";
import { Registry } from "../registry.ts";
import { configOption } from "./config-option.ts";
import { contentVerifyCommand } from "./content-verify.ts";
import type { CliContext } from "./context.ts";
import { logAnalyticsSink, patienceMsOf } from "./log-analytics-sink.ts";

interface InstallOptions {
  readonly config: string;
  readonly compartment: string;
  readonly sink?: string;
  readonly dashboardEndpoint?: string;
  readonly patience: string;
  readonly detections: boolean;
  readonly topic?: string;
  readonly slackWebhookEnv?: string;
  readonly notificationsEndpoint?: string;
  readonly monitoringEndpoint?: string;
  readonly json: boolean;
}

interface BuildOptions {
  readonly to?: string;
  readonly dialect?: readonly string[];
  readonly lag: number;
  readonly receiver?: readonly string[];
  readonly check: boolean;
}

/** `flowferry content build`, `diff`, `install`, `verify` and `uninstall`. */
export function contentCommand(context: CliContext): Command {
  const build = new Command("build")
    .description(
      "Write what backends take: the rules and searches in every dialect, and for Log Analytics fields, parser, log source, saved searches and dashboards.",
    )
    .option("--to <folder>", "where the files go; by default beside their sources in deploy")
    .option("--dialect <module...>", "a dialect of your own, too: npm: and a package, or the path of a module")
    .addOption(
      new Option(
        "--lag <duration>",
        "how long after its time a flow may become visible in a backend: rules are evaluated so that none escapes",
      )
        .argParser(lagOf)
        .default(DEFAULT_LAG_MS, "70m"),
    )
    .option(
      "--receiver <dialect=receiver...>",
      "who is told of alerts, as in loki=#flow-alerts or datadog=@slack-acme-flow-alerts",
    )
    .option("--check", "write nothing, and fail if a file is not as it would be written", false)
    .action((options: BuildOptions) => buildFiles(context, options));
  return new Command("content")
    .description("Build and install what Log Analytics needs to read and show the records.")
    .addCommand(build)
    .addCommand(contentVerifyCommand(context))
    .addCommand(
      installing(
        context,
        "diff",
        "Show what an install would change, and change nothing.",
        (installer) => installer.steps(context.signal),
        false,
      ),
    )
    .addCommand(
      installing(
        context,
        "install",
        "Make or update what is missing or different; running it again changes nothing.",
        (installer) => installer.steps(context.signal),
        true,
      ),
    )
    .addCommand(
      installing(
        context,
        "uninstall",
        "Delete what an install made. Records that were uploaded stay.",
        (installer) => installer.removal(context.signal),
        true,
      ),
    );
}

function installing(
  context: CliContext,
  name: string,
  description: string,
  stepsOf: (installer: Installation) => Promise<Step[]>,
  carriesOut: boolean,
): Command {
  return new Command(name)
    .description(description)
    .addOption(configOption(context.env, "configuration with a log-analytics sink, whose tenancy and credentials are used"))
    .requiredOption("--compartment <ocid>", "compartment of the saved searches and dashboards")
    .option("--sink <name>", "name of the sink, where the configuration has several of type log-analytics")
    .option("--dashboard-endpoint <url>", "base URL of Management Dashboard; by default the region's")
    .option(
      "--detections",
      "the detections that Log Analytics can run by itself, too: saved searches, scheduled tasks, a topic and alarms that tell it",
      false,
    )
    .option("--topic <ocid>", "topic that the alarms tell; by default one named flowferry-detections is made")
    .option("--slack-webhook-env <name>", "environment variable with the URL of a Slack webhook that is subscribed to the topic")
    .option("--notifications-endpoint <url>", "base URL of Notifications; by default the region's")
    .option("--monitoring-endpoint <url>", "base URL of Monitoring; by default the region's")
    .option("--patience <duration>", "how long a call that may heal is tried again", "60s")
    .option("--json", "print the result as JSON", false)
    .action(async (options: InstallOptions) => {
      const installer = await open(context, options);
      try {
        await perform(context, await stepsOf(installer), carriesOut, options.json);
      } finally {
        await installer.close();
      }
    });
}

async function open(context: CliContext, options: InstallOptions): Promise<Installation> {
  const config = await context.loadConfig(options.config);
  const { namespace, region, endpoint, auth, connectTimeoutMs, timeoutMs } = logAnalyticsSink(config, options.sink);
  if (!/^ocid1\.(compartment|tenancy)\./.test(options.compartment)) {
    throw new UsageError("bad-option", `--compartment ${options.compartment} is no OCID of a compartment or tenancy`);
  }
  const notifications = notificationsOf(options, context.env);
  addUrl(context.secrets, notifications?.slackWebhookUrl ?? "", { secretPath: true });
  return openInstaller(
    buildContent(readDefinition(), options.detections ? readDetections() : []),
    {
      connection: { region, endpoint, auth, connectTimeoutMs, timeoutMs },
      namespace,
      compartmentId: options.compartment,
      dashboardEndpoint: options.dashboardEndpoint,
      ...(notifications === undefined ? {} : { notifications }),
      patienceMs: patienceMsOf(options.patience),
    },
    { baseDir: config.baseDir, env: context.env, secrets: context.secrets },
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

/** Shows the steps that are due, or carries them out. Throws FlowferryError, after all others, if there are some that cannot be done. */
async function perform({ print, signal }: CliContext, steps: readonly Step[], carriesOut: boolean, json: boolean): Promise<void> {
  const due = steps.filter(({ action }) => action !== "none");
  const outcomes: Outcome[] = [];
  for await (const outcome of carriesOut ? carryOut(due, signal) : plannedOutcomes(due)) {
    outcomes.push(outcome);
    if (!json) print(lineOf(outcome));
  }
  const done = outcomes.filter(({ result }) => result === "done");
  const left = outcomes.filter(({ result }) => result !== "done");
  const undone = new Set(left.map(({ step }) => step));
  const notices = steps.flatMap((step) => (undone.has(step) ? [] : (step.notice?.() ?? [])));
  const count = (action: Step["action"]): number => done.filter(({ step }) => step.action === action).length;
  const unchanged = steps.length - due.length;
  if (json) {
    const changes = done.map(({ step: { kind, name, action, differences } }) => ({ kind, name, action, differences }));
    const named = left.map(({ step: { kind, name }, result, code, reason }) => ({ kind, name, result, code, reason }));
    print(JSON.stringify({ changes, notDone: named, unchanged, done: carriesOut, notices }));
  } else {
    const counts = carriesOut
      ? `${count("create")} created, ${count("update")} updated, ${count("delete")} deleted, ${unchanged} unchanged`
      : `${count("create")} to create, ${count("update")} to update, ${count("delete")} to delete, ${unchanged} unchanged`;
    const said = left.length === 0 ? counts : `${counts}, ${left.length} not done`;
    for (const line of [...notices, said]) print(line);
  }
  const [first] = left;
  if (first !== undefined) {
    const message = `${left.length} of ${steps.length} steps cannot be done, first: ${keyOf(first.step)}: ${first.reason}`;
    throw new FlowferryError("content-incomplete", message);
  }
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

async function buildFiles({ stdout }: CliContext, { to, dialect = [], lag, receiver = [], check }: BuildOptions): Promise<void> {
  const folder = to ?? asset("deploy");
  const registry = new Registry();
  for (const module of dialect) await register(registry, ["dialect"], module, ".");
  const content = buildContent(readDefinition());
  const files = new Map<string, string | Buffer>([
    ...[...contentFiles(content)].map(([name, text]) => [join("log-analytics", name), text] as const),
    [join("log-analytics", "content.zip"), await contentArchive(content)],
    ...(await dialectFiles(registry.dialects(), { lagMs: lag, receivers: receiversOf(receiver) })).files,
  ]);
  const stale: string[] = [];
  for (const [name, text] of files) {
    const path = join(folder, name);
    if (!check) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    } else if ((await read(path))?.equals(Buffer.from(text)) !== true) stale.push(path);
  }
  if (stale.length > 0) {
    throw new FlowferryError(
      "stale-content",
      `not as their sources make them: ${stale.join(", ")}; run \`flowferry content build\``,
    );
  }
  stdout.write(`${files.size} files in ${folder} ${check ? "are as their sources make them" : "written"}\n`);
}

const MINUTE_MS = 60_000;
const LONGEST_LAG_MS = 3 * 3_600_000;

/** Whole minutes, since backends count in them; three hours are what the shortest of them waits at most. */
function lagOf(text: string): number {
  const ms = parseDuration(text);
  if (ms % MINUTE_MS === 0 && ms >= MINUTE_MS && ms <= LONGEST_LAG_MS) return ms;
  throw new UsageError("bad-option", `--lag ${text}: give whole minutes, from 1m to 3h`);
}

/** Undefined for a file that is not there. */
async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
