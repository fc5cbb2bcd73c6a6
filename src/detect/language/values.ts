import { parsePrefix } from "../../lib/ip/prefix.ts";
import { and, type Condition, not, or, type Text } from "../condition.ts";
import { enumeration, type FieldRef, isAddress, resolveField } from "../fields.ts";
import { hint } from "../hint.ts";
import { compilePattern } from "../pattern.ts";
import type { Modifiers } from "./modifiers.ts";

/** A field with its modifiers and values as a condition, or one line that says what is wrong with them. */
export function lowerValues(field: FieldRef, modifiers: Modifiers, values: readonly unknown[]): Condition | string {
  if (values.length === 0) return "an empty list of values would match nothing";
  if (modifiers.all && values.length < 2) return "modifier 'all' needs a list of at least two values";
  if (modifiers.operator === undefined && !modifiers.all) return equality(field, values);
  const terms: Condition[] = [];
  for (const value of values) {
    const term = lowerValue(field, modifiers, value);
    if (typeof term === "string") return term;
    terms.push(term);
  }
  if (modifiers.all) return and(terms);
  return modifiers.operator === "cidr" ? mergeNetworks(field, terms) : or(terms);
}

function lowerValue(field: FieldRef, modifiers: Modifiers, value: unknown): Condition | string {
  switch (modifiers.operator) {
    case undefined:
      return equality(field, [value]);
    case "exists":
      if (typeof value !== "boolean") return `'exists' takes true or false, not ${show(value)}`;
      return value ? { kind: "exists", field } : not({ kind: "exists", field });
    case "gt":
    case "gte":
    case "lt":
    case "lte": {
      if (field.class !== "number") return `'${modifiers.operator}' compares numbers, and ${field.name} is no number`;
      const number = exactNumber(value);
      return typeof number === "string" ? number : { kind: "compare", field, operator: modifiers.operator, value: number };
    }
    case "contains":
    case "startswith":
    case "endswith":
      if (field.class !== "text") return `'${modifiers.operator}' looks into text, and ${field.name} is no text`;
      if (typeof value !== "string" || value === "") return `'${modifiers.operator}' takes a text, not ${show(value)}`;
      return literal(field, modifiers.operator, value);
    case "cidr":
      if (!isAddress(field)) return `'cidr' belongs to an address, and ${field.name} is none`;
      if (typeof value !== "string") return `'cidr' takes a network such as 10.0.0.0/8, not ${show(value)}`;
      return describeNetwork(value) ?? { kind: "cidr", field, networks: [value] };
    case "re":
      return pattern(field, modifiers, value);
    case "fieldref":
      return reference(field, value);
  }
}

/** One predicate for all plain values; `null` (the field is missing) and texts with wildcards stand beside it. */
function equality(field: FieldRef, values: readonly unknown[]): Condition | string {
  const plain: (string | number | boolean)[] = [];
  const others: Condition[] = [];
  for (const value of values) {
    if (value === null) others.push(not({ kind: "exists", field }));
    else if (typeof value === "string" && field.class === "text" && enumeration(field) === undefined) {
      const text = wildcards(field, value);
      if (typeof text === "string") return text;
      if (text.kind === "one-of") plain.push(...text.values);
      else others.push(text);
    } else {
      const canonical = canonicalValue(field, value);
      if (typeof canonical === "object") return canonical.problem;
      plain.push(canonical);
    }
  }
  const same: Condition[] = plain.length === 0 ? [] : [{ kind: "one-of", field, values: [...new Set(plain)] }];
  return or([...same, ...others]);
}

function canonicalValue(field: FieldRef, value: unknown): string | number | boolean | { readonly problem: string } {
  if (field.class === "number") {
    const number = exactNumber(value);
    return typeof number === "string" ? { problem: number } : number;
  }
  if (field.class === "boolean") {
    return typeof value === "boolean" ? value : { problem: `${field.name} is true or false, not ${show(value)}` };
  }
  const known = enumeration(field);
  const match = known?.find((item) => typeof value === "string" && item.toLowerCase() === value.toLowerCase());
  if (known !== undefined && match === undefined) {
    return { problem: `${show(value)} is no value of ${field.name}${hint(String(value), known)}` };
  }
  return match ?? { problem: `${field.name} is a text: put the value ${show(value)} in quotes` };
}

/** Sigma's `*` at the ends of a text; a wildcard elsewhere is refused, because `re` says it better. */
function wildcards(field: FieldRef, value: string): Condition | string {
  const pieces = splitEscapes(value);
  const open = pieces[0] === "*";
  const close = pieces.length > 1 && pieces.at(-1) === "*";
  const inner = pieces.slice(open ? 1 : 0, close ? -1 : undefined);
  if (inner.some((piece) => piece === "*" || piece === "?")) {
    return `'${value}' has a wildcard within the text: use the modifier 're', or escape it with a backslash`;
  }
  const text = inner.map((piece) => (piece.length === 2 ? piece.slice(1) : piece)).join("");
  if (!open && !close) return { kind: "one-of", field, values: [text] };
  if (text === "") return { kind: "exists", field };
  return { kind: "text", field, operator: open && close ? "contains" : open ? "endswith" : "startswith", value: text };
}

/** Characters, with `\\*`, `\\?` and `\\\\` as one piece each. */
function splitEscapes(value: string): string[] {
  return [...value.matchAll(/\\[\\*?]|./gs)].map(([piece]) => piece);
}

function literal(field: FieldRef, operator: Text["operator"], value: string): Condition | string {
  const pieces = splitEscapes(value);
  if (pieces.some((piece) => piece === "*" || piece === "?")) return `'${value}' has a wildcard: '${operator}' takes plain text`;
  return { kind: "text", field, operator, value: pieces.map((piece) => (piece.length === 2 ? piece.slice(1) : piece)).join("") };
}

function pattern(field: FieldRef, modifiers: Modifiers, value: unknown): Condition | string {
  if (field.class !== "text") return `'re' looks into text, and ${field.name} is no text`;
  if (typeof value !== "string") return `'re' takes a pattern, not ${show(value)}`;
  const flag = (letter: "i" | "m" | "s"): boolean => modifiers.flags.includes(letter);
  const options = { pattern: value, ignoreCase: flag("i"), multiline: flag("m"), dotAll: flag("s") };
  const compiled = compilePattern(options);
  return typeof compiled === "string" ? compiled : { kind: "re", field, ...options };
}

function reference(field: FieldRef, value: unknown): Condition | string {
  if (typeof value !== "string") return `'fieldref' takes the name of a field, not ${show(value)}`;
  const other = resolveField(value);
  if (typeof other === "string") return other;
  if (other.class !== field.class) return `${field.name} (${field.class}) and ${other.name} (${other.class}) cannot be compared`;
  return { kind: "fieldref", field, other };
}

function mergeNetworks(field: FieldRef, terms: readonly Condition[]): Condition {
  return { kind: "cidr", field, networks: terms.flatMap((term) => (term.kind === "cidr" ? term.networks : [])) };
}

function describeNetwork(text: string): string | undefined {
  const prefix = parsePrefix(text);
  return typeof prefix === "string" ? `'${text}': ${prefix}` : undefined;
}

function exactNumber(value: unknown): number | string {
  if (typeof value !== "number" || !Number.isFinite(value)) return `takes a number, not ${show(value)}`;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? `${value} is too large to be exact` : value;
}

function show(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : (JSON.stringify(value) ?? String(value));
}
