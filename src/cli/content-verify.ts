import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { connectOci } from "../clouds/oci/connection.ts";
import { buildContent } from "../clouds/oci/content/build.ts";
import { readDefinition } from "../clouds/oci/content/definition.ts";
import { serviceCall } from "../clouds/oci/content/service-call.ts";
import { rowsByTitle, type Verified, verifyContent } from "../clouds/oci/content/verify.ts";
import { compress, tokenOf } from "../clouds/oci/log-analytics/payload.ts";
import { createUploader } from "../clouds/oci/log-analytics/uploader.ts";
import { parseDuration } from "../lib/durations.ts";
import { FlowferryError, UsageError } from "../lib/errors.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";
import { logAnalyticsSink, patienceMsOf, requireCompartment } from "./service-sink.ts";

const PAUSE_MS = 10_000;

interface VerifyOptions {
  readonly config: string;
  readonly compartment: string;
  readonly sink?: string;
  readonly wait: string;
  readonly patience: string;
  readonly json: boolean;
}

/** `flowferry content verify`. */
export function contentVerifyCommand(context: CliContext): Command {
  return new Command("verify")
    .description(
      "Upload one record with a mark, wait until Log Analytics finds it, and say which of its fields have no value there.",
    )
    .addOption(configOption(context.env, "configuration with a log-analytics sink, to whose log group the record goes"))
    .requiredOption("--compartment <ocid>", "compartment of the log group, or one above it")
    .option("--sink <name>", "name of the sink, where the configuration has several of type log-analytics")
    .option("--wait <duration>", "how long to wait for the record", "10m")
    .option("--patience <duration>", "how long a call that may heal is tried again", "60s")
    .option("--json", "print the result as JSON", false)
    .action((options: VerifyOptions) => verify(context, options));
}

async function verify({ loadConfig, env, secrets, print, signal }: CliContext, options: VerifyOptions): Promise<void> {
  requireCompartment(options.compartment);
  const patienceMs = patienceMsOf(options.patience);
  const waitMs = parseDuration(options.wait);
  const config = await loadConfig(options.config);
  const sink = logAnalyticsSink(config, options.sink);
  if (sink.mode !== "events")
    throw new UsageError("bad-option", "content verify needs a sink of mode events: OTLP lands in another log source");
  const until = Date.now() + waitMs;
  const { namespace: namespaceName } = sink;
  const surroundings = { baseDir: config.baseDir, env, secrets };
  const { LogAnalyticsClient } = await import("../clouds/oci/log-analytics.ts");
  const uploader = await createUploader(sink, surroundings);
  const connection = await connectOci(sink, surroundings, {
    what: `Log Analytics namespace ${namespaceName}`,
    create: (params, configuration) => new LogAnalyticsClient(params, configuration),
  });
  const call = serviceCall(connection, {
    place: `in Log Analytics namespace ${namespaceName}`,
    permission: [
      "{LOG_ANALYTICS_QUERY_VIEW, LOG_ANALYTICS_QUERYJOB_WORK_REQUEST_READ} in tenancy",
      "read loganalytics-log-group in compartment <the log group's compartment>",
    ],
    patienceMs,
  });
  try {
    const verified = await verifyContent(buildContent(readDefinition()), Date.now(), {
      async upload(file) {
        const bytes = Buffer.from(file);
        await uploader.uploadEvents(await compress(bytes), "GZIP", tokenOf([namespaceName, sink.logGroupId], [bytes]), signal);
      },
      query: (queryString, from, to) =>
        call("Query", signal, async () => {
          const answer = await connection.client.query(namespaceName, queryDetails(queryString, options.compartment, from, to));
          if (!Array.isArray(answer?.items)) throw new TypeError("it holds no items");
          return rowsByTitle(answer.items, answer.columns ?? []);
        }),
      async wait() {
        if (Date.now() + PAUSE_MS > until) return false;
        await delay(PAUSE_MS, undefined, { signal });
        return true;
      },
    });
    tell(verified, print, options);
  } finally {
    await Promise.all([uploader.close(), connection.close()]);
  }
}

function queryDetails(queryString: string, compartmentId: string, from: Date, to: Date): object {
  return {
    compartmentId,
    compartmentIdInSubtree: true,
    queryString,
    subSystem: "LOG",
    maxTotalCount: 1,
    timeFilter: { timeStart: from.toISOString(), timeEnd: to.toISOString(), timeZone: "UTC" },
    shouldIncludeColumns: true,
  };
}

/** Throws FlowferryError when something is missing. */
function tell(verified: Verified, print: CliContext["print"], { json, wait }: VerifyOptions): void {
  const { mark, found, filled, empty } = verified;
  if (json) print(JSON.stringify(verified));
  else if (found) for (const title of empty) print(`! ${title}: empty`);
  if (!found) throw new FlowferryError("content-unverified", `Log Analytics did not find the record ${mark} within ${wait}`);
  if (!json) print(`${filled.length} of ${filled.length + empty.length} fields have a value (record ${mark})`);
  if (empty.length > 0) throw new FlowferryError("content-unverified", `${empty.length} fields are empty: ${empty.join(", ")}`);
}
