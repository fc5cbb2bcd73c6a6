import type { LogAnalyticsOptions } from "../clouds/oci/log-analytics/options.ts";
import { logAnalytics } from "../clouds/oci/log-analytics/sink.ts";
import type { Config } from "../config/load.ts";
import { parseDuration } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";

/** A configured sink of one of the types, whose service and credentials a command uses; by its name where there are several. Throws UsageError. */
export function sinkOf({ sinks, file }: Config, types: readonly string[], name: string | undefined): Config["sinks"][number] {
  const found = sinks.filter((sink) => types.includes(sink.component.type) && (name === undefined || sink.name === name));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const type = types.join(" or ");
  const names = found.map((sink) => sink.name).join(", ");
  const message =
    found.length === 0
      ? `${file} has no sink of type ${type}${name === undefined ? "" : ` with the name ${name}`}`
      : `${file} has several sinks of type ${type}: choose one with --sink (${names})`;
  throw new UsageError("no-sink", message);
}

/** The options of the configuration's log-analytics sink, whose tenancy and credentials a command uses. */
export function logAnalyticsSink(config: Config, name: string | undefined): LogAnalyticsOptions {
  return sinkOf(config, [logAnalytics.type], name).options as LogAnalyticsOptions;
}

/** `--patience` in ms: a duration, or a bare number of seconds. */
export function patienceMsOf(text: string): number {
  const patience = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (patience > 0) return patience;
  throw new UsageError("bad-option", `--patience ${text} is no time at all: write a duration such as 60s or 5m`);
}

/** `--compartment`: the OCID of a compartment or tenancy. Throws UsageError for anything else. */
export function requireCompartment(text: string): void {
  if (/^ocid1\.(compartment|tenancy)\./.test(text)) return;
  throw new UsageError("bad-option", `--compartment ${text} is no OCID of a compartment or tenancy`);
}
