import { z } from "zod";
import { hint } from "../hint.ts";
import type { Report, YamlDocument } from "./yaml-file.ts";

/** Sigma's own words that are left out here on purpose, with what to write instead. */
const REFUSED: Readonly<Record<string, string>> = {
  lt: "a stream cannot know that no further flow comes: use gte or gt",
  lte: "a stream cannot know that no further flow comes: use gte or gt",
  eq: "a stream cannot know that no further flow comes: use gte or gt",
  value_avg: "an average may fall again when a late flow comes: use value_sum, or a baseline detector",
  value_percentile: "a percentile may fall again when a late flow comes: use a baseline detector",
  value_median: "a median may fall again when a late flow comes: use a baseline detector",
};

/** The document in the schema's terms, or undefined after every mistake has been reported with its line. */
export function validate<Output>(schema: z.ZodType<Output>, document: YamlDocument, report: Report): Output | undefined {
  const result = schema.safeParse(document.value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) reportIssue(issue, schema, document, report);
  return undefined;
}

type Issue = z.core.$ZodIssue;

function reportIssue(issue: Issue, schema: z.ZodType, document: YamlDocument, report: Report): void {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const value = valueAt(document.value, path);
  const where = path.join(".") || "the document";
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      const known = keysAt(schema, path, document.value);
      const message = REFUSED[key] ?? `unknown key${hint(key, known)}`;
      report(document.lineOf([...path, key]), `${[...path, key].join(".")}: ${message}`);
    }
    return;
  }
  if (issue.code === "invalid_union" && issue.discriminator === undefined) {
    const inner = deepest(issue.errors);
    if (inner !== undefined) {
      reportIssue({ ...inner, path: [...issue.path, ...inner.path] }, schema, document, report);
      return;
    }
  }
  report(document.lineOf(path), `${where}${describe(issue, value, schema)}`);
}

/** The mistake in the branch of a union that fits best: the one that was read furthest. */
function deepest(branches: readonly (readonly Issue[])[]): Issue | undefined {
  return branches.flat().reduce<Issue | undefined>((best, issue) => {
    return best === undefined || issue.path.length > best.path.length ? issue : best;
  }, undefined);
}

function describe(issue: Issue, value: unknown, schema: z.ZodType): string {
  if (value === undefined && issue.code !== "custom") return " is missing";
  switch (issue.code) {
    case "invalid_value":
      return wrongValue(value, issue.values.map(String));
    case "invalid_union":
      return wrongValue(value, detectorTypes(schema, issue));
    case "invalid_type":
      return ` must be ${article(issue.expected)}, not ${show(value)}`;
    case "custom":
      return `: ${issue.message}`;
    default:
      return ` is ${show(value)}: ${issue.message}`;
  }
}

function wrongValue(value: unknown, known: readonly string[]): string {
  const refused = REFUSED[String(value)];
  if (refused !== undefined) return `: '${String(value)}' is not taken: ${refused}`;
  return ` is ${show(value)}, which is none of its values${hint(String(value), known)}`;
}

function detectorTypes(schema: z.ZodType, issue: Issue): string[] {
  const union = schemaAt(schema, issue.path.slice(0, -1), undefined);
  if (!(union instanceof z.ZodDiscriminatedUnion)) return [];
  return union.options.flatMap((option) => [...((option as z.ZodObject).shape.type as z.ZodLiteral).values].map(String));
}

function article(kind: string): string {
  if (kind === "object" || kind === "record") return "a map";
  if (kind === "array") return "a list";
  return kind === "int" ? "a whole number" : `a ${kind}`;
}

function show(value: unknown): string {
  const text = typeof value === "string" ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[step];
  }
  return current;
}

function keysAt(schema: z.ZodType, path: readonly (string | number)[], value: unknown): string[] {
  const found = schemaAt(schema, path, value);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/** The schema of the value at a path; of a union, the branch that the value's `type` selects. */
function schemaAt(schema: unknown, path: readonly PropertyKey[], value: unknown): unknown {
  let current = unwrap(schema);
  let at: unknown = value;
  for (const step of path) {
    if (current instanceof z.ZodObject) current = unwrap(current.shape[String(step)]);
    else if (current instanceof z.ZodArray) current = unwrap(current.element);
    else return undefined;
    at = typeof at === "object" && at !== null ? (at as Readonly<Record<PropertyKey, unknown>>)[step] : undefined;
    if (current instanceof z.ZodUnion && !(current instanceof z.ZodDiscriminatedUnion) && typeof at === "object")
      current = current.options.find((option) => option instanceof z.ZodObject) ?? current;
    if (current instanceof z.ZodDiscriminatedUnion && at !== undefined) {
      const type = (at as { readonly type?: unknown }).type;
      current = current.options.find((option) => (option as z.ZodObject).shape.type?.safeParse(type).success) ?? current;
    }
  }
  return current;
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;
}
