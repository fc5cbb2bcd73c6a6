import { type ZodError, type ZodType, z } from "zod";
import { describeError, UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { durationName } from "./units.ts";
import type { Source } from "./yaml.ts";

type Issue = ZodError["issues"][number];

/** Validates the value at `path` of the file, where the keys `beside` are known too; a wrong one is a UsageError with a line for each fault: where it stands and what to do. */
export function validate<T>(
  schema: ZodType<T>,
  value: unknown,
  source: Source,
  path: readonly PropertyKey[],
  beside: readonly string[] = [],
): T {
  const first = schema.safeParse(value, { reportInput: true });
  if (first.success) return first.data;
  const typed = withTypes(value, first.error.issues, source, path);
  const second = typed === undefined ? first : schema.safeParse(typed, { reportInput: true });
  if (second.success) return second.data;
  const faults = second.error.issues.flatMap((issue) => faultsOf(issue, schema, source, path, beside));
  throw new UsageError("config-invalid", faults.join("\n"));
}

/** Text from the environment turned into the number or boolean that the schema wants at its place. */
function withTypes(value: unknown, issues: Issue[], source: Source, path: readonly PropertyKey[]): unknown {
  let changed = false;
  const copy = structuredClone(value);
  for (const issue of issues) {
    if (issue.code !== "invalid_type" || !source.fromEnvironment([...path, ...issue.path])) continue;
    const text = String(issue.input);
    const typed =
      issue.expected === "number" ? Number(text) : issue.expected === "boolean" ? { true: true, false: false }[text] : undefined;
    if (typed === undefined || Number.isNaN(typed)) continue;
    const parent = issue.path.slice(0, -1).reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown>)[key], copy);
    (parent as Record<PropertyKey, unknown>)[issue.path.at(-1) as PropertyKey] = typed;
    changed = true;
  }
  return changed ? copy : undefined;
}

function faultsOf(
  issue: Issue,
  schema: ZodType,
  source: Source,
  path: readonly PropertyKey[],
  beside: readonly string[],
): string[] {
  const full = asWritten([...path, ...issue.path], source);
  if (issue.code === "unrecognized_keys") {
    const own = knownKeys(schema, issue.path).map((key) => durationName(key) ?? key);
    const known = [...own, ...(issue.path.length === 0 ? beside : [])];
    return issue.keys.map((key) => unknownKey(key, known, source.at(full, key), full));
  }
  if (issue.code === "invalid_format" && issue.format === "url" && !/^https?:\/\//i.test(String(issue.input))) {
    return [
      `${source.at(full)}: ${dotted(full)}: expected a URL with its scheme, as in https://example.com or http://localhost:4318`,
    ];
  }
  const isMissing = issue.code === "invalid_type" && issue.input === undefined;
  const unit = durationName(String(issue.path.at(-1) ?? "")) !== undefined && /\d$/.test(issue.message) ? " ms" : "";
  const said = isMissing ? `is missing: expected ${issue.expected}` : `${issue.message}${unit}`;
  return [`${source.at(full)}: ${dotted(full)}: ${said}`];
}

/** The path by the names of the file, where a duration has its unit. */
function asWritten(path: readonly PropertyKey[], { value }: Source): PropertyKey[] {
  const last = path.at(-1);
  const name = typeof last === "string" ? durationName(last) : undefined;
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const isNamed = name !== undefined && typeof parent === "object" && parent !== null && Object.hasOwn(parent, name);
  return isNamed ? [...path.slice(0, -1), name] : [...path];
}

/** One line about a key that means nothing at its place. */
function unknownKey(key: string, known: readonly string[], at: string, path: readonly PropertyKey[]): string {
  const meant = nearest(key, known);
  const advice =
    meant !== undefined ? `did you mean ${meant}?` : known.length > 0 ? `known here: ${known.join(", ")}` : "remove it";
  return `${at}: unknown key ${dotted([...path, key])}: ${advice}`;
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

/** The keys that the schema knows at the path. */
function knownKeys(schema: ZodType, path: readonly PropertyKey[]): string[] {
  let places = [z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema];
  const alternatives = (place: JsonSchema): JsonSchema[] =>
    place.anyOf === undefined ? [place] : place.anyOf.flatMap(alternatives);
  for (const key of path) {
    places = places
      .flatMap(alternatives)
      .flatMap(({ properties, items }) => (typeof key === "number" ? items : properties?.[String(key)]) ?? []);
  }
  return places.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {}));
}

/** A path as a person writes it: `sinks[0].filter`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );
}

/** Runs `work`, and puts the place in the file before whatever it throws for a wrong option. */
export async function at<T>(place: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withPlace(place, error);
  }
}

/** As `at`, of work that is done at once. */
export function placed<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withPlace(place, error);
  }
}

function withPlace(place: string, error: unknown): unknown {
  if (!(error instanceof UsageError) || error.message.startsWith(place)) return error;
  return new UsageError(error.code, `${place}: ${describeError(error)}`, { cause: error });
}
