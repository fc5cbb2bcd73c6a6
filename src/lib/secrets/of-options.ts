import type { ZodType } from "zod";
import type { $ZodType, $ZodTypes } from "zod/v4/core";
import { MARKS } from "./mark.ts";
import { addHeader } from "./of-headers.ts";
import { addUrl, isSecretName } from "./of-url.ts";
import type { Secrets } from "./secrets.ts";

/**
 * Adds the values of the options that are marked as secrets, and where the schema leaves open what is in a block, of those that are
 * called like one. The value need not be valid: what cannot be understood is passed over.
 */
export function addOptions(secrets: Secrets, schema: ZodType, value: unknown): void {
  walk(secrets, schema, value, "");
}

/** Adds what the URLs in a value keep secret, wherever they stand. */
export function addUrls(secrets: Secrets, value: unknown): void {
  if (typeof value === "string") addUrl(secrets, value, { secretPath: false });
  else if (typeof value === "object" && value !== null) for (const member of Object.values(value)) addUrls(secrets, member);
}

function walk(secrets: Secrets, schema: $ZodType, value: unknown, name: string): void {
  if (value === undefined || value === null) return;
  const mark = MARKS.get(schema)?.secret;
  const { def } = (schema as $ZodTypes)._zod;
  if (mark === "value") addText(secrets, value, name);
  else if (mark === "path") addUrl(secrets, String(value), { secretPath: true });
  else if (mark === "headers") addHeaders(secrets, value);
  else if (def.type === "unknown" || def.type === "any") addByName(secrets, value, name);
  else for (const [inner, part, key] of partsOf(def, value, name)) walk(secrets, inner, part, key);
}

/** What is within: schema, value and name of each part. */
function partsOf(def: $ZodTypes["_zod"]["def"], value: unknown, name: string): [$ZodType, unknown, string][] {
  switch (def.type) {
    case "optional":
    case "nonoptional":
    case "nullable":
    case "default":
    case "prefault":
    case "readonly":
    case "catch":
      return [[def.innerType, value, name]];
    case "pipe":
      return [[def.in, value, name]];
    case "union":
      return def.options.map((option) => [option, value, name]);
    case "array":
      return Array.isArray(value) ? value.map((element) => [def.element, element, name]) : [];
    case "record":
      return isBlock(value) ? Object.entries(value).map(([key, member]) => [def.valueType, member, key]) : [];
    case "object":
      return isBlock(value) ? Object.entries(def.shape).map(([key, member]) => [member, value[key], key]) : [];
    default:
      return [];
  }
}

function addText(secrets: Secrets, value: unknown, name: string): void {
  if (typeof value === "string" || typeof value === "number") secrets.add(String(value), name);
}

function addHeaders(secrets: Secrets, headers: unknown): void {
  if (!isBlock(headers)) return;
  for (const [name, value] of Object.entries(headers)) if (typeof value === "string") addHeader(secrets, name, value);
}

function addByName(secrets: Secrets, value: unknown, name: string): void {
  if (/^headers$/i.test(name)) addHeaders(secrets, value);
  else if (isBlock(value)) {
    for (const [key, member] of Object.entries(value)) addByName(secrets, member, isSecretName(name) ? name : key);
  } else if (Array.isArray(value)) for (const element of value) addByName(secrets, element, name);
  else if (isSecretName(name)) addText(secrets, value, name);
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
