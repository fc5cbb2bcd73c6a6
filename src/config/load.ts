import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { z } from "zod";
import type { Component, Sink, SinkDependencies, Source, SourceDependencies } from "../contracts.ts";
import { type EnrichOptions, enrichOptions, resolveEnrichPaths } from "../enrichers/options.ts";
import { describeError, UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type AlertOptions, alertOptions } from "./alerts.ts";
import { SINKS, SOURCES } from "./registry.ts";
import { configSchema } from "./schema.ts";
import { validate } from "./validate.ts";
import { parseYaml, type Source as Yaml } from "./yaml.ts";

type Settings = z.output<typeof configSchema>;

/** A part of the configuration with the component that makes it. */
interface Part<Dependencies, T> {
  readonly component: Component<unknown, Dependencies, T>;
  readonly options: unknown;
  /** `file:line:column` of the part. */
  readonly place: string;
}

export interface NamedSink extends Part<SinkDependencies, Sink> {
  readonly name: string;
}

export interface Config extends Pick<Settings, "format" | "filter" | "limits" | "run" | "telemetry"> {
  readonly file: string;
  /** Absolute folder of the file: relative paths in it start there. */
  readonly baseDir: string;
  readonly source: Part<SourceDependencies, Source>;
  readonly sinks: readonly NamedSink[];
  readonly enrich: EnrichOptions;
  /** Undefined when no detections are wanted. */
  readonly alerts: AlertOptions | undefined;
  /** Absolute path, or `:memory:`. */
  readonly ledgerPath: string;
}

/** Reads and validates a configuration file. Throws UsageError with one line for each fault. */
export async function loadConfig(file: string, env: NodeJS.ProcessEnv): Promise<Config> {
  return parseConfig(file, await readText(file), env);
}

export function parseConfig(file: string, text: string, env: NodeJS.ProcessEnv): Config {
  const yaml = parseYaml(file, text, env);
  const settings = validate(configSchema, yaml.value ?? {}, yaml, []);
  const baseDir = dirname(resolve(file));
  const ledgerPath = settings.ledger.path === ":memory:" ? ":memory:" : resolve(baseDir, settings.ledger.path);
  return {
    ...settings,
    file,
    baseDir,
    source: partOf(SOURCES, settings.source, yaml, ["source"]),
    sinks: sinksOf(settings.sinks, yaml),
    enrich: resolveEnrichPaths(validate(enrichOptions, settings.enrich ?? {}, yaml, ["enrich"]), baseDir, ledgerPath),
    alerts:
      settings.alerts === undefined ? undefined : alertsOf(validate(alertOptions, settings.alerts, yaml, ["alerts"]), baseDir),
    ledgerPath,
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError("config-missing", `cannot read configuration ${file}: ${describeError(error)}`, { cause: error });
  }
}

function partOf<D, T>(
  components: readonly Component<unknown, D, T>[],
  value: { type: string; name?: string | undefined },
  yaml: Yaml,
  path: readonly PropertyKey[],
): Part<D, T> {
  const { type, name: _, ...options } = value;
  const component = components.find((candidate) => candidate.type === type);
  if (component === undefined) {
    const types = components.map((candidate) => candidate.type);
    const meant = nearest(type, types);
    const advice = meant === undefined ? `known: ${types.join(", ")}` : `did you mean ${meant}?`;
    throw new UsageError("config-type", `${yaml.at([...path, "type"])}: unknown type ${JSON.stringify(type)}: ${advice}`);
  }
  return { component, options: validate(component.options, options, yaml, path), place: yaml.at(path) };
}

function sinksOf(sinks: Settings["sinks"], yaml: Yaml): NamedSink[] {
  const names = new Map<string, string>();
  return sinks.map((sink, index) => {
    const path = ["sinks", index];
    const part = partOf(SINKS, sink, yaml, path);
    const name = sink.name ?? sink.type;
    const earlier = names.get(name);
    if (earlier !== undefined) {
      throw new UsageError(
        "config-name",
        `${part.place}: two sinks are called ${name} (the other at ${earlier}): give one a name`,
      );
    }
    names.set(name, part.place);
    return { ...part, name };
  });
}

function alertsOf(options: AlertOptions, baseDir: string): AlertOptions {
  return options.rules === undefined ? options : { ...options, rules: resolve(baseDir, options.rules) };
}
