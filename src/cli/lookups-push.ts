import { Command } from "commander";
import { connectOci } from "../clouds/oci/connection.ts";
import { lookupTables } from "../clouds/oci/content/lookup-tables.ts";
import { type Pushed, pushLookup } from "../clouds/oci/content/push-lookups.ts";
import { serviceCall } from "../clouds/oci/content/service-call.ts";
import { describeError, Failure, FlowferryError } from "../lib/errors.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";
import { logAnalyticsSink, patienceMsOf } from "./service-sink.ts";

interface PushOptions {
  readonly config: string;
  readonly sink?: string;
  readonly patience: string;
  readonly json: boolean;
}

/** `flowferry lookups push`. */
export function lookupsPushCommand(context: CliContext): Command {
  return new Command("push")
    .description("Bring the port and server tables into Log Analytics as lookups, where they have changed.")
    .addOption(configOption(context.env, "configuration with the tables and a log-analytics sink"))
    .option("--sink <name>", "name of the sink, where the configuration has several of type log-analytics")
    .option("--patience <duration>", "how long a call that may heal is tried again", "60s")
    .option("--json", "print the result as JSON", false)
    .action((options: PushOptions) => push(context, options));
}

async function push({ env, loadConfig, stdout, signal }: CliContext, options: PushOptions): Promise<void> {
  const config = await loadConfig(options.config);
  const sink = logAnalyticsSink(config, options.sink);
  const patienceMs = patienceMsOf(options.patience);
  const tables = await lookupTables(config.enrich);
  const { LogAnalyticsClient } = await import("../clouds/oci/log-analytics.ts");
  const connection = await connectOci(
    sink,
    { baseDir: config.baseDir, env, secrets: config.secrets },
    {
      what: `Log Analytics namespace ${sink.namespace}`,
      create: (params, configuration) => new LogAnalyticsClient(params, configuration),
    },
  );
  try {
    const place = `in Log Analytics namespace ${sink.namespace}`;
    const permission = "manage loganalytics-features-family in tenancy";
    const call = serviceCall(connection, { place, permission, patienceMs });
    const done: Pushed[] = [];
    const refused: { lookup: string; code: string; reason: string }[] = [];
    for (const table of tables) {
      try {
        const pushed = await pushLookup(connection.client, sink.namespace, table, call, signal);
        done.push(pushed);
        if (!options.json) stdout.write(`${pushed.lookup}: ${pushed.action}, ${pushed.rows} rows\n`);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const reason = describeError(error);
        refused.push({ lookup: table.name, code: error.code, reason });
        if (!options.json) stdout.write(`${table.name}: not pushed: ${reason}\n`);
      }
    }
    if (options.json) stdout.write(`${JSON.stringify({ lookups: done, refused })}\n`);
    const [first] = refused;
    if (first === undefined) return;
    const message = `${refused.length} of ${tables.length} lookups were not pushed, first ${first.lookup}: ${first.reason}`;
    throw new FlowferryError("lookups-incomplete", message);
  } finally {
    await connection.close();
  }
}
