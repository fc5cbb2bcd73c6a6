import type { ZodType } from "zod";
import type { $ZodType, $ZodTypes } from "zod/v4/core";
import { formatDuration, parseDuration } from "../lib/durations.ts";
import { UsageError } from "../lib/errors.ts";

/** Schemas have durations in ms, under names such as `pollMs`; a configuration has them with their unit, as in `poll: 10s`. */
const IN_MS = /^(\w+)Ms$/;

/** What a configuration calls an option that its schema calls `pollMs`; undefined for an option that is no duration. */
export function durationName(option: string): string | undefined {
  return IN_MS.exec(option)?.[1];
}

/** Takes what is wrong, and where it stands. */
type Report = (path: readonly PropertyKey[], message: string) => void;

/** The value with each duration that has a unit in ms, as the schema wants it. What is no duration is reported, and left as it is. */
export function inMilliseconds(schema: ZodType, value: unknown, path: readonly PropertyKey[], report: Report): unknown {
  return copyOf(schema, value, path, report);
}

function copyOf(schema: $ZodType, value: unknown, path: readonly PropertyKey[], report: Report): unknown {
  const def = (schema as Partial<$ZodTypes>)._zod?.def;
  switch (def?.type) {
    case "optional":
    case "nonoptional":
    case "nullable":
    case "default":
    case "prefault":
    case "readonly":
    case "catch":
      return copyOf(def.innerType, value, path, report);
    case "pipe":
      return copyOf(def.in, value, path, report);
    case "union":
      return def.options.reduce<unknown>((copy, option) => copyOf(option, copy, path, report), value);
    case "array":
      return Array.isArray(value) ? value.map((element, index) => copyOf(def.element, element, [...path, index], report)) : value;
    case "object":
      return isBlock(value) ? blockOf(def.shape, value, path, report) : value;
    default:
      return value;
  }
}

function blockOf(
  shape: Readonly<Record<string, $ZodType>>,
  value: Readonly<Record<string, unknown>>,
  path: readonly PropertyKey[],
  report: Report,
): Record<string, unknown> {
  const copy = { ...value };
  for (const [key, schema] of Object.entries(shape)) {
    const name = durationName(key);
    if (name !== undefined && Object.hasOwn(value, name) && !Object.hasOwn(shape, name)) {
      const ms = msOf(value[name], [...path, name], report);
      if (Object.hasOwn(value, key)) report([...path, key], `is ${name} in ms: leave out one of the two`);
      delete copy[name];
      if (ms !== undefined) copy[key] = ms;
    } else if (Object.hasOwn(value, key)) copy[key] = copyOf(schema, value[key], [...path, key], report);
  }
  return copy;
}

function msOf(value: unknown, path: readonly PropertyKey[], report: Report): number | undefined {
  try {
    return parseDuration(String(value));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    report(path, error.message);
    return undefined;
  }
}

/** A value as a configuration has it: each `pollMs: 10000` as `poll: 10s`. */
export function withUnits(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnits);
  if (!isBlock(value)) return value;
  const members = Object.entries(value).map(([key, member]) => {
    const name = typeof member === "number" ? durationName(key) : undefined;
    return name === undefined ? [key, withUnits(member)] : [name, formatDuration(member as number)];
  });
  return Object.fromEntries(members);
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
