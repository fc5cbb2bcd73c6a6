import { z } from "zod";
import { FIELD_NAMES, type FieldName, isField } from "../flow/fields.ts";
import { nearest } from "../lib/nearest.ts";

/** The name of a flow's field. */
const field = z.string().transform((name, context): FieldName => {
  if (isField(name)) return name;
  const meant = nearest(name, FIELD_NAMES);
  const advice = meant === undefined ? `the fields are ${FIELD_NAMES.join(", ")}` : `did you mean ${meant}?`;
  context.addIssue({ code: "custom", message: `no field of a flow is called ${JSON.stringify(name)}: ${advice}` });
  return z.NEVER;
});

const scalar = z.union([z.string(), z.int(), z.boolean(), z.null()]);
const literal = z.union([scalar, z.array(z.string())]);

const fieldSource = z.strictObject({
  field,
  /** Replaces values; one that is not listed leaves the attribute out. */
  values: z.record(z.string(), literal).optional(),
  /** Stands for a field that the flow does not have; without it the attribute is left out. */
  missing: literal.optional(),
  /** How a time is written: integer milliseconds or seconds since the epoch, or ISO 8601 in UTC with milliseconds. */
  time: z.enum(["ms", "s", "iso"]).optional(),
  /** Writes a number as text. */
  as: z.literal("string").optional(),
  case: z.literal("lower").optional(),
  /** Writes a list of texts as one text, with this between them. */
  join: z.string().min(1).optional(),
});
const constantSource = z.strictObject({ constant: literal });
/** The sum of counters that the flow has; left out when it has none. */
const sumSource = z.strictObject({ sum: z.array(field).min(2) });
/** The texts that the flow has. */
const listSource = z.strictObject({ list: z.array(field).min(2) });
/** From the first time to the second; left out when one is missing or the second is before the first. */
const durationSource = z.strictObject({ duration: z.tuple([field, field]), unit: z.enum(["ms", "ns"]) });

const KEYS = ["field", "constant", "sum", "list", "duration"] as const;
const SOURCES = { field: fieldSource, constant: constantSource, sum: sumSource, list: listSource, duration: durationSource };

/** Where an attribute's value comes from: a field's name, or one of the forms above. */
const source = z.unknown().transform((value, context) => {
  const key = typeof value === "object" && value !== null ? KEYS.find((name) => name in value) : undefined;
  const form = typeof value === "string" ? fieldSource : key === undefined ? undefined : SOURCES[key];
  if (form === undefined) {
    context.addIssue({ code: "custom", message: `expected the name of a field, or an object with one of ${KEYS.join(", ")}` });
    return z.NEVER;
  }
  const parsed = form.safeParse(typeof value === "string" ? { field: value } : value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = typeof value === "string" ? [] : issue.path;
    context.addIssue({ code: "custom", message: issue.message, path });
  }
  return z.NEVER;
});

/** An output schema as it stands in its file: attribute names and where their values come from, in the order in which they are written. */
export const definition = z.strictObject({
  summary: z.string().min(1),
  ndjson: z.enum(["record", "flat", "nested"]),
  resource: z.record(z.string().min(1), source).default({}),
  attributes: z.record(z.string().min(1), source),
  /** Fields that are left out on purpose. */
  without: z.array(field).default([]),
  /** Whether every field that is not there is left out on purpose. */
  closed: z.boolean().default(false),
});

/** A schema that is another one but for attributes that stand in the resource instead of in each record. */
export const variant = z.strictObject({
  summary: z.string().min(1),
  /** The other one, which ships with the program. */
  like: z.string().min(1),
  /** Names of attributes that depend on the flow's context alone. */
  resource: z.array(z.string().min(1)).min(1),
});

export type Definition = z.infer<typeof definition>;
export type Variant = z.infer<typeof variant>;
export type AttributeSource = z.infer<typeof source>;
export type FieldSource = z.infer<typeof fieldSource>;
