import { Command } from "commander";
import { linksOf } from "../alerts/links.ts";
import { closeNotifiers, openNotifiers } from "../config/alerts.ts";
import type { Alert } from "../contracts.ts";
import { describeError, UsageError } from "../errors.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";

export function alertsCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  const test = new Command("test")
    .description("Send one made-up alert to every notifier of the configuration, and say what each answered.")
    .requiredOption("-c, --config <file>", "configuration file (YAML)")
    .action(async ({ config }: { config: string }) => finish(await testAlerts(context, config)));
  return new Command("alerts").description("Try the way on which people are told.").addCommand(test);
}

async function testAlerts({ loadConfig, print, env, secrets, signal }: CliContext, file: string): Promise<ExitCode> {
  const { alerts, baseDir } = await loadConfig(file);
  if (alerts === undefined) throw new UsageError("no-alerts", `${file} has no alerts block`);
  const notifiers = await openNotifiers(alerts, { baseDir, env, secrets });
  if (notifiers.size === 0) {
    const known = "slack, alertmanager, webhook or ociNotifications";
    throw new UsageError("no-notifiers", `${file}: alerts names no notifier: add ${known}`);
  }
  const alert = testAlert(Date.now());
  let code: ExitCode = EXIT.done;
  try {
    for (const [name, notifier] of notifiers) {
      try {
        await notifier.notify(alert, linksOf(alerts, alert), signal);
        print(`ok     ${name}`);
      } catch (error) {
        print(`FAILED ${name}: ${describeError(error)}`);
        code = EXIT.failed;
      }
    }
  } finally {
    await closeNotifiers(notifiers);
  }
  return code;
}

/** An alert that nobody can take for a real one: its addresses are those of documentation (RFC 5737). */
function testAlert(now: number): Alert {
  return {
    key: `test/${now}`,
    rule: "alerts_test",
    title: "Test alert from flowferry",
    level: "informational",
    summary: "This is a test: TCP from 203.0.113.7 to web-01 (192.0.2.10) port 22 (SSH) was accepted.",
    facts: [
      { label: "From", value: "203.0.113.7" },
      { label: "To", value: "web-01 (192.0.2.10)" },
      { label: "Port", value: "22 (SSH)" },
      { label: "First seen", value: new Date(now).toISOString() },
    ],
    labels: { source: "203.0.113.7", destination: "192.0.2.10" },
    firstSeen: now,
    lastSeen: now,
    subject: { source: "203.0.113.7", destination: "192.0.2.10", port: "22" },
  };
}
