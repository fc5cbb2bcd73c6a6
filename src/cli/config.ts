import { Command } from "commander";
import { stringify } from "yaml";
import { z } from "zod";
import { BUILTIN_RULES } from "../config/alerts.ts";
import { intakeOptions } from "../config/intake.ts";
import type { Config, NamedArchive } from "../config/load.ts";
import { withUnits } from "../config/units.ts";
import { coordinationOptions } from "../coordination/options.ts";
import { enrichOptions } from "../enrich/options.ts";
import { masked } from "../lib/secrets/masked.ts";
import { type ReductionOptions, reductionOptions } from "../reduce/options.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";

export function configCommand(context: CliContext): Command {
  const show = new Command("show")
    .description("Show the configuration as the program reads it: with every default, absolute paths, and *** for secrets.")
    .addOption(configOption(context.env))
    .option("--json", "as JSON", false)
    .action(async ({ config: file, json }: { config: string; json: boolean }) => {
      const shown = withUnits(shownOf(await context.loadConfig(file)));
      if (json) context.print(JSON.stringify(shown));
      else context.stdout.write(`# ${file}\n${stringify(shown)}`);
    });
  return new Command("config").description("Show what a configuration comes to.").addCommand(show);
}

/** As a configuration file would have it. */
function shownOf(config: Config): object {
  const { sources, sinks, archive, alerts, intake, limits, run, telemetry, ledgerPath, enrich, registry, coordination } = config;
  const tables = enrichOptions(registry.networks);
  return {
    sources: sources.map(({ name, component: { type, options: schema }, options, format, filter, enrich: own }) => {
      const block = masked(schema, options) as object;
      return { type, name, ...block, format, filter, ...(own === enrich ? {} : { enrich: masked(tables, own) }) };
    }),
    enrich: masked(tables, enrich),
    sinks: sinks.map(({ name, component: { type, options: schema }, options, filterBlock: filter, reduction }) => {
      const block = masked(schema, options) as object;
      return { type, name, ...block, ...(filter === undefined ? {} : { filter }), ...reductionOf(reduction) };
    }),
    ...(archive === undefined ? {} : { archive: archiveOf(archive) }),
    ...(alerts === undefined ? {} : { alerts: alertsOf(alerts) }),
    ...(intake === undefined ? {} : { intake: masked(intakeOptions, intake) }),
    ...(coordination === undefined ? {} : { coordination: masked(coordinationOptions, { kafka: coordination }) as object }),
    ledger: { path: ledgerPath },
    limits,
    run,
    telemetry,
  };
}

function archiveOf({ to, ...own }: NamedArchive): object {
  return { to: { type: to.component.type, ...(masked(to.component.options, to.options) as object) }, ...own };
}

function reductionOf(reduction: ReductionOptions): object {
  const given = Object.fromEntries(Object.entries(reduction).filter(([, block]) => block !== undefined));
  return masked(z.object(reductionOptions), given) as object;
}

function alertsOf({ notifiers, rules = [BUILTIN_RULES], ...own }: NonNullable<Config["alerts"]>): object {
  const names = new Set(notifiers.map(({ key }) => key));
  const rest = Object.fromEntries(Object.entries(own).filter(([key]) => !names.has(key)));
  const told = notifiers.map(({ key, kind, options }) => [key, masked(kind.options, options)]);
  return { rules, ...rest, ...Object.fromEntries(told) };
}
