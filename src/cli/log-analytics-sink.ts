import type { LogAnalyticsOptions } from "../clouds/oci/log-analytics/options.ts";
import { logAnalytics } from "../clouds/oci/log-analytics/sink.ts";
import type { Config } from "../config/load.ts";
import { parseDuration } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";

/** The options of the configuration's log-analytics sink, whose tenancy and credentials a command uses. */
export function logAnalyticsSink({ sinks, file }: Config, name: string | undefined): LogAnalyticsOptions {
  const found = sinks.filter((sink) => sink.component.type === logAnalytics.type && (name === undefined || sink.name === name));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.options as LogAnalyticsOptions;
  const names = found.map((sink) => sink.name).join(", ");
  const message =
    found.length === 0
      ? `${file} has no sink of type ${logAnalytics.type}${name === undefined ? "" : ` with the name ${name}`}`
      : `${file} has several sinks of type ${logAnalytics.type}: choose one with --sink (${names})`;
  throw new UsageError("no-sink", message);
}

/** `--patience` in ms: a duration, or a bare number of seconds. */
export function patienceMsOf(text: string): number {
  const patience = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (patience > 0) return patience;
  throw new UsageError("bad-option", `--patience ${text} is no time at all: write a duration such as 60s or 5m`);
}
