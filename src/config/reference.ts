import { type ZodType, z } from "zod";
import { archiveOptions, reportsOptions } from "../archive/options.ts";
import { enrichOptions } from "../enrich/options.ts";
import { FIELD_NAMES, fieldOf } from "../flow/fields.ts";
import { TYPES, wordsOf } from "../flow/types.ts";
import { CODES } from "../lib/codes.ts";
import { formatDuration } from "../lib/durations.ts";
import { Registry } from "../registry.ts";
import { alertOptions } from "./alerts.ts";
import { MODULE } from "./modules.ts";
import { configSchema, ofSource } from "./schema.ts";
import { durationName } from "./units.ts";

export interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  [keyword: string]: unknown;
}

const toJson = (schema: ZodType): JsonSchema =>
  withDurations(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema);

/** Beside each number of ms the duration with a unit, which a configuration has in its place. */
function withDurations(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf, oneOf } = schema;
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(Object.entries(properties).flatMap(([name, one]) => bothOf(name, one))) }),
    ...(items && { items: withDurations(items) }),
    ...(anyOf && { anyOf: anyOf.map(withDurations) }),
    ...(oneOf && { oneOf: oneOf.map(withDurations) }),
  };
}

function bothOf(name: string, property: JsonSchema): [string, JsonSchema][] {
  const duration = durationName(name);
  if (duration === undefined || property.type !== "integer") return [[name, withDurations(property)]];
  const description = (property.description ?? "").replace(/, in ms(?:,|(?=$|[;:)]))/, "");
  const fallback = typeof property.default === "number" ? { default: formatDuration(property.default) } : {};
  return [
    [duration, { description, ...fallback, type: "string", pattern: DURATION }],
    [name, { ...property, deprecated: true, description: `${duration} in ms` }],
  ];
}

const DURATION = "^\\d{1,15}(ms|s|m|h|d)$";

/** The JSON Schema of a configuration file, for editors that check YAML while it is written. */
export function configJsonSchema(): JsonSchema {
  const { formats, sources, buckets, sinks: sinkKinds, networks, notifiers } = new Registry();
  const schema = toJson(configSchema(formats));
  const { source, sources: several, format, enrich, sinks, alerts, archive, reports } = schema.properties ?? {};
  const inBucket = (options: ZodType, description = ""): JsonSchema => {
    const block = toJson(options);
    const oneOf = [...buckets.values()].map((component) => partSchema(component, {}));
    const to = { description: block.properties?.to?.description ?? "", oneOf };
    return { ...block, description, properties: { ...block.properties, to } };
  };
  const common = sinks?.items?.properties ?? {};
  const besideSource = several?.items?.properties ?? {};
  const sourcesWith = (beside: Record<string, JsonSchema>) => [
    ...[...sources.values()].map((component) => partSchema(component, beside)),
    moduleSchema("source", beside),
  ];
  const ofModules = { patternProperties: { [MODULE]: { description: "Options of the part that the module exports" } } };
  return {
    ...schema,
    title: "flowferry configuration",
    oneOf: [{ required: ["source"] }, { required: ["sources"] }],
    anyOf: [{ required: ["sinks"] }, { required: ["archive"] }],
    properties: {
      ...schema.properties,
      source: {
        description: source?.description ?? "",
        oneOf: sourcesWith({}),
      },
      sources: {
        ...several,
        items: {
          oneOf: sourcesWith({
            ...besideSource,
            format: orModule(besideSource.format ?? {}),
            enrich: { $ref: "#/properties/enrich", description: besideSource.enrich?.description ?? "" },
          }),
        },
      },
      format: orModule(format ?? {}),
      enrich: { ...toJson(enrichOptions(networks)), ...ofModules, description: enrich?.description ?? "" },
      alerts: { ...toJson(alertOptions(notifiers)), ...ofModules, description: alerts?.description ?? "" },
      archive: inBucket(archiveOptions, archive?.description),
      reports: inBucket(reportsOptions, reports?.description),
      sinks: {
        ...sinks,
        items: {
          oneOf: [...[...sinkKinds.values()].map((component) => partSchema(component, common)), moduleSchema("sink", common)],
        },
      },
    },
  };
}

function partSchema(
  component: { type: string; summary: string; options: ZodType },
  common: Record<string, JsonSchema>,
): JsonSchema {
  const { $schema: _, ...schema } = toJson(component.options);
  const variants = schema.anyOf ?? schema.oneOf;
  const type: JsonSchema = { const: component.type, description: "Kind of the part" };
  const named = (variant: JsonSchema): JsonSchema => ({
    ...variant,
    properties: { type, ...without(common, "type"), ...variant.properties, ...layoutOf(variant) },
    required: ["type", ...(variant.required ?? [])],
  });
  return { description: component.summary, ...(variants === undefined ? named(schema) : { oneOf: variants.map(named) }) };
}

/** The layout of a source that has one may be a module's, too. */
function layoutOf({ properties }: JsonSchema): Record<string, JsonSchema> {
  return properties?.layout?.enum === undefined ? {} : { layout: orModule(properties.layout) };
}

const moduleName: JsonSchema = {
  type: "string",
  pattern: MODULE,
  description:
    "Module of a part of your own: npm: and a package's name, or a path relative to the configuration file (./my-part.js)",
};

function orModule({ type, enum: names, ...property }: JsonSchema): JsonSchema {
  return { ...property, anyOf: [{ ...(type && { type }), ...(names && { enum: names }) }, moduleName] };
}

/** A part that a module exports; its options are the module's. */
function moduleSchema(kind: string, common: Record<string, JsonSchema>): JsonSchema {
  return {
    description: `A ${kind} of your own: its options are those that the module gives it`,
    type: "object",
    properties: { type: moduleName, ...without(common, "type") },
    required: ["type"],
  };
}

function without<Value>(properties: Readonly<Record<string, Value>>, ...keys: readonly string[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !keys.includes(name)));
}

/** The reference of a configuration file and of the fields of a flow, in Markdown. */
export function configMarkdown(): string {
  const schema = configJsonSchema();
  const parts = [
    "# Configuration reference",
    "",
    "Generated by `npm run generate:reference` from the schemas that validate a configuration. Paths in a file start at the file's folder. A duration is a whole number with its unit: 500ms, 90s, 15m, 2h, 30d.",
  ];
  const { source, sources, sinks, ...rest } = schema.properties ?? {};
  parts.push("", "## Top level", "", ...table(rest, schema.required ?? []));
  parts.push(
    "",
    "## sources",
    "",
    `${sources?.description}. Beside the options of its type each may have:`,
    "",
    ...table(toJson(ofSource).properties ?? {}, []),
  );
  for (const [heading, list] of [
    ["source", source?.oneOf],
    ["sinks", sinks?.items?.oneOf],
  ] as const) {
    for (const part of list ?? []) {
      const type = (part.properties ?? part.oneOf?.[0]?.properties)?.type?.const;
      parts.push(
        "",
        `## ${heading}: ${type ?? "of a module"}`,
        "",
        part.description ?? "",
        "",
        ...table(part.properties ?? part.oneOf?.[0]?.properties ?? {}, part.required ?? []),
      );
    }
  }
  parts.push("", "## Fields of a flow", "", "| field | type | unit | source | meaning |", "| --- | --- | --- | --- | --- |");
  for (const name of FIELD_NAMES) {
    const { type, unit, source, meaning } = fieldOf(name);
    const form = TYPES[type].form === "json" ? "json" : type;
    const shown =
      wordsOf(type)
        ?.map((word) => JSON.stringify(word))
        .join(" or ") ?? form;
    parts.push(`| \`${name}\` | ${shown} | ${unit ?? ""} | ${[source].flat().join(", ")} | ${cell(meaning)} |`);
  }
  parts.push("", "## Codes", "", "What failures, dead letters and problems are called, for scripts, metrics and `--code`.");
  for (const [about, codes] of Object.entries(CODES)) {
    parts.push("", `### ${about}`, "", "| code | meaning |", "| --- | --- |");
    for (const [code, meaning] of Object.entries(codes)) parts.push(`| \`${code}\` | ${cell(meaning)} |`);
  }
  return `${parts.join("\n")}\n`;
}

function table(properties: Record<string, JsonSchema>, required: readonly string[]): string[] {
  return ["| option | type | default | meaning |", "| --- | --- | --- | --- |", ...rows(properties, required, "")];
}

function rows(properties: Record<string, JsonSchema>, required: readonly string[], prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    if (property.deprecated) return [];
    const path = `${prefix}${name}`;
    const fallback = required.includes(name)
      ? "required"
      : property.default === undefined || isEmpty(property.default)
        ? ""
        : `\`${JSON.stringify(property.default)}\``;
    const row = `| \`${path}\` | ${cell(typeOf(property))} | ${fallback} | ${cell(property.description ?? "")} |`;
    const nested = [property, ...(property.oneOf ?? property.anyOf ?? [])].flatMap((variant) =>
      variant.properties === undefined ? [] : rows(variant.properties, variant.required ?? [], `${path}.`),
    );
    return [row, ...nested];
  });
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function typeOf({ type, const: constant, enum: values, pattern, anyOf, oneOf, items, properties }: JsonSchema): string {
  if (pattern === MODULE) return "a module";
  if (pattern === DURATION) return "duration";
  if (constant !== undefined) return JSON.stringify(constant);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" or ");
  if (properties !== undefined) return "block";
  const variants = anyOf ?? oneOf;
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(" or ");
  if (items !== undefined) return `list of ${typeOf(items)}`;
  return Array.isArray(type) ? type.join(" or ") : (type ?? "any");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
