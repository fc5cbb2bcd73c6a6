import { z } from "zod";
import { CONTEXT_FIELDS, type FieldName, fieldOf, formOf } from "../flow/fields.ts";
import { wordsOf } from "../flow/types.ts";
import { nearest } from "../lib/nearest.ts";
import { TIME_UNITS } from "./kinds.ts";
import { TARGET_TYPES, TARGETS } from "./targets.ts";

/** How the text of a context field is taken out of the log's text. */
export const CONTEXT_TYPES = ["string", "ocid-region", "crn-account", "crn-region"] as const;
export type ContextType = (typeof CONTEXT_TYPES)[number];

const COUNTER_UNITS = ["By", "{packet}"];
const TYPES: readonly string[] = [...new Set([...TARGET_TYPES, ...CONTEXT_TYPES])];

/** Context fields that are no text are of one type. */
const typesOf = (field: FieldName): readonly string[] => (formOf(field) === "string" ? CONTEXT_TYPES : [fieldOf(field).type]);
const NAMES: readonly string[] = [...Object.keys(TARGETS), ...CONTEXT_FIELDS];

const nameOf = (what: string, names: readonly string[]) =>
  z.string().superRefine((name, context) => {
    if (names.includes(name)) return;
    const meant = nearest(name, names);
    const advice = meant === undefined ? `known are ${names.join(", ")}` : `did you mean ${meant}?`;
    context.addIssue({ code: "custom", message: `unknown ${what} ${JSON.stringify(name)}; ${advice}` });
  });

const entry = z
  .strictObject({
    to: nameOf("flow field", NAMES).describe("Field of a flow, or of its context"),
    type: nameOf("type", TYPES).describe("How the value is read and checked"),
    unit: z.string().optional().describe("Of a time: s, ms or rfc3339; of a counter: By or {packet}"),
    optional: z
      .boolean()
      .default(false)
      .describe(
        "Whether a good record may lack the value; of context fields every one may, and what is none of its type counts as missing",
      ),
    values: z.record(z.string(), z.string()).optional().describe("The log's words for the field's values, cases alike"),
  })
  .superRefine((value, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    const target = TARGETS[value.to];
    if (!NAMES.includes(value.to)) return;
    if (target === undefined) {
      const types = typesOf(value.to as FieldName);
      if (!types.includes(value.type)) fault("type", `context field ${value.to} has one of the types ${types.join(", ")}`);
    } else if (target.type !== value.type) fault("type", `flow field ${value.to} has type ${target.type}, not ${value.type}`);

    const units = value.type === "time" ? Object.keys(TIME_UNITS) : value.type === "counter" ? COUNTER_UNITS : undefined;
    if (units === undefined) {
      if (value.unit !== undefined) fault("unit", `type ${value.type} has no unit`);
    } else if (!units.includes(value.unit ?? "")) fault("unit", `type ${value.type} needs a unit: ${units.join(", ")}`);

    const words = target && wordsOf(target.type);
    if (words === undefined) {
      if (value.values !== undefined) fault("values", `type ${value.type} has no values`);
      return;
    }
    const meanings = Object.values(value.values ?? {});
    if (meanings.length === 0) fault("values", `type ${value.type} needs values: the log's words for ${words.join(", ")}`);
    for (const meaning of meanings) {
      if (!words.includes(meaning)) fault("values", `${JSON.stringify(meaning)} is none of ${words.join(", ")}`);
    }
  });

const entries = z.record(
  z.string(),
  z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(entry).min(1)),
);

/** A file of `mappings/formats`. Of several values for one context field the first that is there counts. */
export const mappingSchema = z
  .strictObject({
    format: z.string().describe("Name of the format"),
    summary: z.string().describe("One line for the reference"),
    provider: z.string().optional().describe("`cloud.provider` of the semantic conventions"),
    columns: z.array(z.string()).optional().describe("Of text forms: the names of a line's fields, in their order"),
    fields: entries.describe("What a record says; a dot leads into a nested object"),
    header: entries.default({}).describe("What stands around the records"),
    key: entries.default({}).describe("What the object's key says, by the names of its `name=value` parts"),
  })
  .superRefine(({ columns, fields }, context) => {
    for (const name of Object.keys(fields)) {
      if (columns !== undefined && !columns.includes(name))
        context.addIssue({ code: "custom", path: ["fields", name], message: "is none of the columns" });
    }
  });

export type MappingEntry = z.infer<typeof entry>;
export type MappingFile = z.infer<typeof mappingSchema>;
