import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { ZodType, z } from "zod";
import { type ArchiveOptions, archiveOptions, type ReportsOptions, reportsOptions } from "../archive/options.ts";
import type { Component } from "../contracts/component.ts";
import type { Sink, SinkDependencies } from "../contracts/sink.ts";
import type { Source, SourceDependencies } from "../contracts/source.ts";
import type { ObjectStore } from "../contracts/store.ts";
import type { CoordinationOptions } from "../coordination/options.ts";
import { type FlowFilter, readFilter } from "../detect/filter.ts";
import { type EnrichOptions, enrichOptions, resolveEnrichPaths } from "../enrich/options.ts";
import { codeOf, describeError, UsageError } from "../lib/errors.ts";
import { checkConnection } from "../lib/kafka/options.ts";
import { nearest } from "../lib/nearest.ts";
import { addOptions, addUrls } from "../lib/secrets/of-options.ts";
import { insecure, refuseReadable } from "../lib/secrets/readable.ts";
import { Scrubber } from "../lib/secrets/scrubber.ts";
import { isReadable } from "../lib/urls.ts";
import type { ReductionOptions } from "../reduce/options.ts";
import { Registry } from "../registry.ts";
import { type AlertOptions, alertOptions, alertOptionsOf, BUILTIN_RULES } from "./alerts.ts";
import { Faults } from "./faults.ts";
import { intakeAt } from "./intake.ts";
import { withModules } from "./modules.ts";
import { configSchema, OF_SINK, OF_SOURCE } from "./schema.ts";
import { inMilliseconds } from "./units.ts";
import { dotted, placed, validate } from "./validate.ts";
import { parseYaml, type Source as Yaml } from "./yaml.ts";

/** Of a source or sink, in characters. */
const LONGEST_NAME = 64;

type Settings = z.output<ReturnType<typeof configSchema>>;

/** A part of the configuration with the component that makes it. */
interface Part<Dependencies, T> {
  readonly component: Component<unknown, Dependencies, T>;
  readonly options: unknown;
  /** `file:line:column` of the part. */
  readonly place: string;
}

export interface NamedSink extends Part<SinkDependencies, Sink> {
  readonly name: string;
  /** Which flows it gets; undefined for all. */
  readonly filter: FlowFilter | undefined;
  /** The block that says so. */
  readonly filterBlock: unknown;
  /** What is left out of what it gets. */
  readonly reduction: ReductionOptions;
}

export interface NamedSource extends Part<SourceDependencies, Source>, Pick<Settings, "format" | "filter"> {
  readonly name: string;
  /** What events call its bucket: of a directory the name of the folder; undefined if the source knows none. */
  readonly bucket: string | undefined;
  /** The same object for all sources that have no block of their own. */
  readonly enrich: EnrichOptions;
  /** What is read was read before: it is nobody's progress. */
  readonly rereads?: boolean;
}

export interface NamedArchive extends Omit<ArchiveOptions, "to"> {
  /** The bucket that is written to. */
  readonly to: Part<SourceDependencies, ObjectStore>;
}

export interface NamedReports extends Omit<ReportsOptions, "to"> {
  /** The bucket that is written to. */
  readonly to: Part<SourceDependencies, ObjectStore>;
}

export interface Config extends Pick<Settings, "limits" | "run" | "telemetry" | "intake"> {
  readonly file: string;
  /** Absolute folder of the file: relative paths in it start there. */
  readonly baseDir: string;
  /** Knows every secret of the file, and is told of those that come up while the program runs. */
  readonly secrets: Scrubber;
  /** The parts that are known, with those of the modules that the file names. */
  readonly registry: Registry;
  readonly sources: readonly NamedSource[];
  readonly sinks: readonly NamedSink[];
  readonly archive: NamedArchive | undefined;
  readonly reports: NamedReports | undefined;
  readonly enrich: EnrichOptions;
  /** Undefined where one worker does all. */
  readonly coordination: CoordinationOptions | undefined;
  /** Undefined when no detections are wanted. */
  readonly alerts: AlertOptions | undefined;
  /** Absolute path, or `:memory:`. */
  readonly ledgerPath: string;
}

/** Reads and validates a configuration file; `secrets` gets what is in it. Throws UsageError with one line for each fault. */
export async function loadConfig(file: string, env: NodeJS.ProcessEnv, secrets: Scrubber): Promise<Config> {
  return readConfig(
    { file, text: await readText(file) },
    { registry: new Registry(), env, baseDir: dirname(resolve(file)), secrets },
  );
}

/** What a configuration is read from: a text, and what messages call it, or what such a text comes to, in which no reference is replaced. */
export type ConfigInput = { readonly file: string; readonly text: string } | { readonly file: string; readonly value: unknown };

/** As `loadConfig`, with parts of the registry and those of the modules that are named. */
export async function readConfig(
  input: ConfigInput,
  { registry, ...surroundings }: ConfigSurroundings & { readonly registry: Registry },
): Promise<Config> {
  const { file } = input;
  const yaml = "text" in input ? readYaml(file, input.text, surroundings) : plain(file, input.value, surroundings.secrets);
  return configOf(yaml, await withModules(yaml, registry, surroundings.baseDir), surroundings);
}

/** As `loadConfig`, of a text that names no modules. */
export function parseConfig(file: string, text: string, env: NodeJS.ProcessEnv, secrets = new Scrubber()): Config {
  const surroundings = { env, baseDir: dirname(resolve(file)), secrets };
  return configOf(readYaml(file, text, surroundings), new Registry(), surroundings);
}

interface ConfigSurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute folder that relative paths start from. */
  readonly baseDir: string;
  readonly secrets: Scrubber;
}

function readYaml(file: string, text: string, surroundings: ConfigSurroundings): Yaml {
  const yaml = parseYaml(file, text, surroundings);
  // Before anything is said about a value that is wrong.
  addUrls(surroundings.secrets, yaml.value);
  return yaml;
}

function plain(file: string, value: unknown, secrets: Scrubber): Yaml {
  addUrls(secrets, value);
  return { file, value, at: () => file, fromEnvironment: () => false };
}

/** Throws UsageError with one line for each fault, in the order of the file. */
function configOf(yaml: Yaml, registry: Registry, { env, baseDir, secrets }: ConfigSurroundings): Config {
  const faults = new Faults();
  const read: Read = (schema, value, path, beside) => {
    addOptions(secrets, schema, value);
    const wrong: string[] = [];
    const inMs = inMilliseconds(schema, value, path, (at, message) => {
      wrong.push(`${yaml.at(at)}: ${dotted(at)}: ${message}`);
    });
    faults.of(() => {
      if (wrong.length > 0) throw new UsageError("config-invalid", wrong.join("\n"));
    });
    return validate(schema, inMs, yaml, path, beside);
  };
  const schema = configSchema(registry.formats);
  const settings = faults.of(() => read(schema, yaml.value ?? {}, [])) ?? rightIn(schema, yaml.value);
  faults.of(() => refuseReadableLog(settings.telemetry, env, yaml));
  const ledgerPath = settings.ledger.path === ":memory:" ? ":memory:" : resolve(baseDir, settings.ledger.path);
  const { networks } = registry;
  const enrichAt: EnrichAt = (block, path, beside = ledgerPath) =>
    resolveEnrichPaths(read(enrichOptions(networks), block, path), networks, baseDir, beside);
  const enrich = faults.of(() => enrichAt(settings.enrich ?? {}, ["enrich"])) ?? enrichAt({}, ["enrich"]);
  const { format, filter } = settings;
  const surroundings = { yaml, read, registry, env, baseDir, secrets, enrichAt, ledgerPath, faults };
  const sources = faults.of(() => sourcesOf(settings, { format, filter, enrich }, surroundings)) ?? [];
  const sinks = faults.of(() => sinksOf(settings.sinks ?? [], surroundings)) ?? [];
  const archive = faults.of(() => archiveOf(settings, surroundings));
  const reports = faults.of(() => reportsOf(settings, surroundings));
  const intake = faults.of(() => settings.intake && intakeAt(settings.intake, yaml.at(["intake", "listen"]), baseDir));
  const coordination = faults.of(() => coordinationOf(settings, yaml));
  const alerts = faults.of(() =>
    settings.alerts === undefined ? undefined : alertsOf(registry.notifiers, settings.alerts, yaml, read, env, baseDir),
  );
  faults.refuse();
  const parts = { sources, sinks, archive, reports, intake, enrich, alerts, coordination };
  return { ...settings, file: yaml.file, baseDir, secrets, registry, ...parts, ledgerPath };
}

/** Of settings with faults, what is right in each block, so that the parts may be looked at too. */
function rightIn(schema: ReturnType<typeof configSchema>, value: unknown): Settings {
  const given = (typeof value === "object" && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const blocks = Object.entries(schema.shape).map(([key, block]) => {
    const whole = (block as ZodType).safeParse(given[key]);
    return [key, whole.success ? whole.data : (block as ZodType).safeParse(undefined).data];
  });
  return Object.fromEntries(blocks) as Settings;
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

type Read = <T>(schema: ZodType<T>, value: unknown, path: readonly PropertyKey[], beside?: readonly string[]) => T;

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const isThere = codeOf(error) !== "ENOENT";
    const why = isThere ? describeError(error) : "there is no such file: `flowferry init` writes one, -c FILE names another";
    throw new UsageError("config-missing", `cannot read configuration ${file}: ${why}`, { cause: error });
  }
}

function partOf<D, T>(
  components: ReadonlyMap<string, Component<unknown, D, T>>,
  value: { type: string; name?: string | undefined },
  yaml: Yaml,
  path: readonly PropertyKey[],
  read: Read,
  env: NodeJS.ProcessEnv,
  beside: readonly string[],
): Part<D, T> {
  const { type } = value;
  const own = Object.entries(value).filter(([key]) => key !== "type" && !beside.includes(key));
  const component = components.get(type);
  if (component === undefined) {
    const types = [...components.keys()];
    const meant = nearest(type, types);
    const advice = meant === undefined ? `known: ${types.join(", ")}` : `did you mean ${meant}?`;
    throw new UsageError("config-type", `${yaml.at([...path, "type"])}: unknown type ${JSON.stringify(type)}: ${advice}`);
  }
  const place = yaml.at(path);
  const valid = read(component.options, Object.fromEntries(own), path, beside);
  placed(place, () => component.check?.(valid, env));
  return { component, options: valid, place };
}

/** What all sources have that have no word of their own for it. */
interface Common extends Pick<Settings, "format" | "filter"> {
  readonly enrich: EnrichOptions;
}

interface Surroundings extends ConfigSurroundings {
  readonly yaml: Yaml;
  readonly read: Read;
  readonly registry: Registry;
  readonly enrichAt: EnrichAt;
  readonly ledgerPath: string;
  readonly faults: Faults;
}

/** A block `enrich` with absolute paths; what is kept of its tables lies beside the file of that path. */
type EnrichAt = (block: unknown, path: readonly PropertyKey[], beside?: string) => EnrichOptions;

/** The one source, or the list of several. */
function sourcesOf(
  { source, sources }: Pick<Settings, "source" | "sources">,
  common: Common,
  surroundings: Surroundings,
): NamedSource[] {
  const { yaml, enrichAt, ledgerPath, faults } = surroundings;
  if (source !== undefined && sources !== undefined) {
    throw new UsageError("config-invalid", `${yaml.at([], "sources")}: either source or sources: put all of them into sources`);
  }
  if (sources === undefined) {
    if (source === undefined) {
      if (isGiven(yaml, "source") || isGiven(yaml, "sources")) return [];
      throw new UsageError("config-invalid", `${yaml.at([])}: source: is missing: expected object`);
    }
    return [{ ...sourceOf(source, undefined, ["source"], surroundings), ...common }];
  }
  return unique(
    "sources",
    faults.ofEach(sources, (value, index) => {
      const path = ["sources", index];
      const { enrich, filter = common.filter, format = common.format } = value;
      const named = sourceOf(value, value.name, path, surroundings, OF_SOURCE);
      // What is kept of its tables stands beside that of the common ones.
      const beside = ledgerPath === ":memory:" ? ledgerPath : `${ledgerPath}.${named.name}`;
      const own = enrich === undefined ? common.enrich : enrichAt(enrich, [...path, "enrich"], beside);
      return { ...named, format, filter, enrich: own };
    }),
  );
}

/** Whether there is such a block, be it right or wrong. */
function isGiven({ value }: Yaml, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

/** A source is called after its type and its bucket, unless it has a name. */
function sourceOf(
  value: { type: string },
  given: string | undefined,
  path: readonly PropertyKey[],
  { yaml, read, env, registry, baseDir }: Surroundings,
  beside: readonly string[] = [],
): Omit<NamedSource, keyof Common> {
  const part = partOf(registry.sources, value, yaml, path, read, env, beside);
  const { bucket, path: folder } = part.options as { readonly bucket?: string; readonly path?: string };
  const place = bucket ?? (folder === undefined ? undefined : basename(resolve(baseDir, folder)));
  const words = [part.component.type, place].filter((word) => word !== undefined && word !== "").join("-");
  const name = given ?? words.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").slice(0, LONGEST_NAME);
  return { ...part, name, bucket: place };
}

/** The parts, of which no two may have the same name. */
function unique<Named extends { readonly name: string; readonly place: string }>(what: string, parts: readonly Named[]): Named[] {
  const places = new Map<string, string>();
  for (const { name, place } of parts) {
    const earlier = places.get(name);
    if (earlier !== undefined) {
      throw new UsageError("config-name", `${place}: two ${what} are called ${name} (the other at ${earlier}): give one a name`);
    }
    places.set(name, place);
  }
  return [...parts];
}

function coordinationOf({ coordination }: Settings, yaml: Yaml): CoordinationOptions | undefined {
  if (coordination === undefined) return undefined;
  placed(yaml.at(["coordination", "kafka"]), () => checkConnection(coordination.kafka));
  return coordination.kafka;
}

function reportsOf({ reports }: Settings, { yaml, read, registry, env }: Surroundings): NamedReports | undefined {
  if (reports === undefined) return undefined;
  const options = read(reportsOptions, reports, ["reports"]);
  return { ...options, to: partOf(registry.buckets, options.to, yaml, ["reports", "to"], read, env, []) };
}

function archiveOf({ archive, sinks }: Settings, { yaml, read, registry, env }: Surroundings): NamedArchive | undefined {
  if (archive === undefined) {
    if (sinks !== undefined || isGiven(yaml, "sinks") || isGiven(yaml, "archive")) return undefined;
    throw new UsageError("config-invalid", `${yaml.at([])}: sinks: is missing: expected array`);
  }
  const options = read(archiveOptions, archive, ["archive"]);
  const { format, retention } = options;
  if (format === "json" && retention !== undefined) {
    const place = yaml.at(["archive", "retention"]);
    throw new UsageError("config-invalid", `${place}: archive.retention: only a Parquet archive has days that can be deleted`);
  }
  return { ...options, to: partOf(registry.buckets, options.to, yaml, ["archive", "to"], read, env, []) };
}

function sinksOf(sinks: NonNullable<Settings["sinks"]>, { registry, yaml, read, env, faults }: Surroundings): NamedSink[] {
  return unique(
    "sinks",
    faults.ofEach(sinks, (sink, index) => {
      const filter = faults.of(() => filterOf(sink.filter, yaml, ["sinks", index]));
      const part = partOf(registry.sinks, sink, yaml, ["sinks", index], read, env, OF_SINK);
      const { redact, sample, aggregate } = sink;
      const reduction = { redact, sample, aggregate };
      return { ...part, name: sink.name ?? part.component.type, filter, filterBlock: sink.filter, reduction };
    }),
  );
}

/** The filter of the part at the path. Throws UsageError with a line for each fault. */
function filterOf(block: unknown, yaml: Yaml, path: readonly PropertyKey[]): FlowFilter | undefined {
  if (block === undefined) return undefined;
  const lineOf = (steps: readonly (string | number)[]) => {
    const [above, last] = [[...path, ...steps.slice(0, -1)], steps.at(-1)];
    const place = typeof last === "string" ? yaml.at(above, last) : yaml.at([...path, ...steps]);
    return Number(place.split(":").at(-2));
  };
  const faults: string[] = [];
  const document = { file: yaml.file, line: lineOf(["filter"]), value: { filter: block }, lineOf };
  const filter = readFilter(document, (line, message) => faults.push(`${yaml.file}:${line}: ${dotted(path)}.filter: ${message}`));
  if (filter?.asksDetections && !Object.hasOwn(yaml.value as object, "alerts")) {
    faults.push(
      `${yaml.file}:${document.line}: ${dotted(path)}.filter: asks for detections, and no rule is evaluated: add a block alerts`,
    );
  }
  if (faults.length > 0) throw new UsageError("config-invalid", faults.join("\n"));
  return filter;
}

function alertsOf(
  notifiers: Registry["notifiers"],
  block: unknown,
  yaml: Yaml,
  read: Read,
  env: NodeJS.ProcessEnv,
  baseDir: string,
): AlertOptions {
  const options = alertOptionsOf(read(alertOptions(notifiers), block, ["alerts"]), notifiers);
  for (const { key, kind, options: own } of options.notifiers) {
    placed(yaml.at(["alerts", key]), () => kind.check?.(own, env));
  }
  const place = (path: string): string => (path === BUILTIN_RULES ? path : resolve(baseDir, path));
  return {
    ...options,
    rules: options.rules === undefined ? undefined : [options.rules].flat().map(place),
    tune: typeof options.tune === "string" ? resolve(baseDir, options.tune) : options.tune,
    except: options.except.map((item) => (typeof item === "string" ? resolve(baseDir, item) : item)),
  };
}
