import { and, type Condition, or } from "../condition.ts";
import { type FieldRef, resolveField } from "../fields.ts";
import { isModifier, type Modifiers, readModifiers } from "./modifiers.ts";
import { lowerValues } from "./values.ts";
import type { Path, Report, YamlDocument } from "./yaml-file.ts";

/**
 * The searches of a `detection` or `filter` block, by name. A map is a conjunction of its fields, a list of maps a
 * disjunction. `beside`: fields that may be named too. Every mistake is reported with its line; a search with one is left out.
 */
export function readSearches(
  document: YamlDocument,
  path: Path,
  skip: readonly string[],
  report: Report,
  beside: readonly FieldRef[] = [],
): Map<string, Condition> {
  const searches = new Map<string, Condition>();
  for (const [name, value] of Object.entries(mapAt(document.value, path))) {
    if (skip.includes(name)) continue;
    const at = [...path, name];
    if (!/^\w+$/.test(name)) {
      report(document.lineOf(at), `search '${name}' must be named with letters, digits and underscores`);
      continue;
    }
    const search = readSearch(value, at, document, report, beside);
    if (search !== undefined) searches.set(name, search);
  }
  return searches;
}

function readSearch(
  value: unknown,
  path: Path,
  document: YamlDocument,
  report: Report,
  beside: readonly FieldRef[],
): Condition | undefined {
  if (Array.isArray(value)) {
    const terms = value.map((item: unknown, index) => readMap(item, [...path, index], document, report, beside));
    if (value.length === 0) report(document.lineOf(path), `${path.join(".")} is an empty list: it would match nothing`);
    return value.length === 0 || terms.includes(undefined) ? undefined : or(terms.filter((term) => term !== undefined));
  }
  return readMap(value, path, document, report, beside);
}

function readMap(
  value: unknown,
  path: Path,
  document: YamlDocument,
  report: Report,
  beside: readonly FieldRef[],
): Condition | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report(document.lineOf(path), `${path.join(".")} must map fields to values; a search for bare words is not supported`);
    return undefined;
  }
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  if (entries.length === 0) {
    report(document.lineOf(path), `${path.join(".")} is empty: it would match every flow`);
    return undefined;
  }
  const terms = entries.map(([key, content]) => {
    const problem = (message: string): undefined => {
      report(document.lineOf([...path, key]), `${key}: ${message}`);
      return undefined;
    };
    return readField(key, content, problem, beside);
  });
  return terms.includes(undefined) ? undefined : and(terms.filter((term) => term !== undefined));
}

function readField(
  key: string,
  content: unknown,
  problem: (message: string) => undefined,
  beside: readonly FieldRef[],
): Condition | undefined {
  const [fieldName = "", ...words] = key.split("|");
  if (fieldName === "") return problem("names no field; a search for bare words is not supported");
  const field = resolveField(fieldName, beside);
  if (typeof field === "string") return problem(field);
  const modifiers: Modifiers | string = readModifiers(words.filter(isModifier), words);
  if (typeof modifiers === "string") return problem(modifiers);
  const lowered = lowerValues(field, modifiers, Array.isArray(content) ? content : [content]);
  return typeof lowered === "string" ? problem(lowered) : lowered;
}

function mapAt(value: unknown, path: Path): Readonly<Record<string, unknown>> {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return {};
    current = (current as Readonly<Record<string | number, unknown>>)[step];
  }
  return typeof current === "object" && current !== null ? (current as Readonly<Record<string, unknown>>) : {};
}
