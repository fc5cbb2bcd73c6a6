import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { ZodType, z } from "zod";
import type { Component } from "../contracts/component.ts";
import type { Sink, SinkDependencies } from "../contracts/sink.ts";
import type { Source, SourceDependencies } from "../contracts/source.ts";
import { type EnrichOptions, enrichOptions, resolveEnrichPaths } from "../enrich/options.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { addOptions, addUrls } from "../lib/secrets/of-options.ts";
import { insecure, refuseReadable } from "../lib/secrets/readable.ts";
import { Scrubber } from "../lib/secrets/scrubber.ts";
import { isReadable } from "../lib/urls.ts";
import { NETWORKS, SINKS, SOURCES } from "../registry.ts";
import { type AlertOptions, alertOptions, notifierBlocks } from "./alerts.ts";
import { configSchema } from "./schema.ts";
import { placed, validate } from "./validate.ts";
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
  /** Knows every secret of the file, and is told of those that come up while the program runs. */
  readonly secrets: Scrubber;
  readonly source: Part<SourceDependencies, Source>;
  readonly sinks: readonly NamedSink[];
  readonly enrich: EnrichOptions;
  /** Undefined when no detections are wanted. */
  readonly alerts: AlertOptions | undefined;
  /** Absolute path, or `:memory:`. */
  readonly ledgerPath: string;
}

/** Reads and validates a configuration file; `secrets` gets what is in it. Throws UsageError with one line for each fault. */
export async function loadConfig(file: string, env: NodeJS.ProcessEnv, secrets: Scrubber): Promise<Config> {
  return parseConfig(file, await readText(file), env, secrets);
}

export function parseConfig(file: string, text: string, env: NodeJS.ProcessEnv, secrets = new Scrubber()): Config {
  const baseDir = dirname(resolve(file));
  const yaml = parseYaml(file, text, { env, baseDir, secrets });
  // Before anything is said about a value that is wrong.
  addUrls(secrets, yaml.value);
  const read: Read = (schema, value, path) => {
    addOptions(secrets, schema, value);
    return validate(schema, value, yaml, path);
  };
  const settings = read(configSchema, yaml.value ?? {}, []);
  refuseReadableLog(settings.telemetry, env, yaml);
  const ledgerPath = settings.ledger.path === ":memory:" ? ":memory:" : resolve(baseDir, settings.ledger.path);
  return {
    ...settings,
    file,
    baseDir,
    secrets,
    source: partOf(SOURCES, settings.source, yaml, ["source"], read, env),
    sinks: sinksOf(settings.sinks, yaml, read, env),
    enrich: resolveEnrichPaths(read(enrichOptions(NETWORKS), settings.enrich ?? {}, ["enrich"]), NETWORKS, baseDir, ledgerPath),
    alerts: settings.alerts === undefined ? undefined : alertsOf(settings.alerts, yaml, read, env, baseDir),
    ledgerPath,
  };
}

/** The program's own log goes out with the user of its URL and the headers of OpenTelemetry's variables. */
function refuseReadableLog({ otlpEndpoint, allowInsecure }: Settings["telemetry"], env: NodeJS.ProcessEnv, yaml: Yaml): void {
  if (otlpEndpoint === undefined || allowInsecure) return;
  const place = yaml.at(["telemetry", "otlpEndpoint"]);
  const url = new URL(otlpEndpoint);
  if (isReadable(url) && url.username !== "") throw insecure(`${place}: telemetry.otlpEndpoint`, url, "user and password");
  const pairs = (env.OTEL_EXPORTER_OTLP_LOGS_HEADERS ?? env.OTEL_EXPORTER_OTLP_HEADERS ?? "").split(",");
  const headers = Object.fromEntries(pairs.map((pair) => pair.split("=", 2).map((part) => part.trim()) as [string, string]));
  refuseReadable(`${place}: telemetry.otlpEndpoint`, url, headers);
}

type Read = <T>(schema: ZodType<T>, value: unknown, path: readonly PropertyKey[]) => T;

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
  read: Read,
  env: NodeJS.ProcessEnv,
): Part<D, T> {
  const { type, name: _, ...options } = value;
  const component = components.find((candidate) => candidate.type === type);
  if (component === undefined) {
    const types = components.map((candidate) => candidate.type);
    const meant = nearest(type, types);
    const advice = meant === undefined ? `known: ${types.join(", ")}` : `did you mean ${meant}?`;
    throw new UsageError("config-type", `${yaml.at([...path, "type"])}: unknown type ${JSON.stringify(type)}: ${advice}`);
  }
  const place = yaml.at(path);
  const valid = read(component.options, options, path);
  placed(place, () => component.check?.(valid, env));
  return { component, options: valid, place };
}

function sinksOf(sinks: Settings["sinks"], yaml: Yaml, read: Read, env: NodeJS.ProcessEnv): NamedSink[] {
  const names = new Map<string, string>();
  return sinks.map((sink, index) => {
    const path = ["sinks", index];
    const part = partOf(SINKS, sink, yaml, path, read, env);
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

function alertsOf(block: unknown, yaml: Yaml, read: Read, env: NodeJS.ProcessEnv, baseDir: string): AlertOptions {
  const options = read(alertOptions(), block, ["alerts"]);
  for (const { key, kind, options: own } of notifierBlocks(options)) {
    placed(yaml.at(["alerts", key]), () => kind.check?.(own, env));
  }
  return options.rules === undefined ? options : { ...options, rules: resolve(baseDir, options.rules) };
}
