import type { ZodType } from "zod";
import type { $ZodType, $ZodTypes } from "zod/v4/core";
import { MARKS } from "./mark.ts";
import { isSecretName } from "./of-url.ts";

const MASK = "***";

/** The value with `***` in place of each that the schema marks as a secret, or that is called like one where the schema leaves that open. */
export function masked(schema: ZodType, value: unknown): unknown {
  return copyOf(schema, value, "");
}

function copyOf(schema: $ZodType, value: unknown, name: string): unknown {
  if (value === undefined || value === null) return value;
  const mark = MARKS.get(schema)?.secret;
  if (mark === "value") return MASK;
  if (mark === "path") return URL.canParse(String(value)) ? `${new URL(String(value)).origin}/${MASK}` : MASK;
  if (mark === "headers") return isBlock(value) ? mapped(value, () => MASK) : MASK;
  const { def } = (schema as $ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nonoptional":
    case "nullable":
    case "default":
    case "prefault":
    case "readonly":
    case "catch":
      return copyOf(def.innerType, value, name);
    case "pipe":
      return copyOf(def.in, value, name);
    case "union":
      return def.options.reduce<unknown>((copy, option) => copyOf(option, copy, name), value);
    case "array":
      return Array.isArray(value) ? value.map((element) => copyOf(def.element, element, name)) : value;
    case "record":
      return isBlock(value) ? mapped(value, (member, key) => copyOf(def.valueType, member, key)) : value;
    case "object":
      return isBlock(value) ? mapped(value, (member, key) => ofKey(def.shape[key], member, key)) : value;
    case "unknown":
    case "any":
      return byName(value, name);
    default:
      return value;
  }
}

/** Of a key that the schema does not know, another variant of a union does, or nobody. */
function ofKey(schema: $ZodType | undefined, value: unknown, key: string): unknown {
  return schema === undefined ? value : copyOf(schema, value, key);
}

function byName(value: unknown, name: string): unknown {
  if (isBlock(value)) return mapped(value, (member, key) => byName(member, isSecretName(name) ? name : key));
  if (Array.isArray(value)) return value.map((element) => byName(element, name));
  return isSecretName(name) || /^headers$/i.test(name) ? MASK : value;
}

function mapped(block: Readonly<Record<string, unknown>>, change: (value: unknown, key: string) => unknown) {
  return Object.fromEntries(Object.entries(block).map(([key, value]) => [key, change(value, key)]));
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
