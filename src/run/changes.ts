import { inspect } from "node:util";
import type { Config } from "../config/load.ts";

/** What differs between two configurations, in the words of a file: blocks, and of sources and sinks their names. */
export function changesOf(before: Config, after: Config): string[] {
  const [was, is] = [partsOf(before), partsOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
}

/** What each part says, by its name. Where it stands in the file is no part of it, nor are comments. */
function partsOf(config: Config): ReadonlyMap<string, string> {
  const { sources, sinks, archive, alerts, intake, run, limits, telemetry, ledgerPath, coordination } = config;
  const parts: [string, unknown][] = [
    ...sources.map(({ name, component, options, format, filter, enrich }): [string, unknown] => [
      `source ${name}`,
      [component.type, options, format, filter, enrich],
    ]),
    ...sinks.map(({ name, component, options, filterBlock, reduction }): [string, unknown] => [
      `sink ${name}`,
      [component.type, options, filterBlock, reduction],
    ]),
    ["archive", archive && { ...archive, to: [archive.to.component.type, archive.to.options] }],
    ["alerts", alerts],
    ["intake", intake],
    ["coordination", coordination],
    ["run", run],
    ["limits", limits],
    ["telemetry", telemetry],
    ["ledger", ledgerPath],
  ];
  return new Map(
    parts.map(([name, said]) => [name, inspect(said, { depth: null, maxArrayLength: null, maxStringLength: null })]),
  );
}
