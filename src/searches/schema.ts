import { z } from "zod";
import { describeBadTimespan, parseTimespan } from "../detect/timespan.ts";
import { VISUALISATIONS } from "./search.ts";

const text = z.string().trim().min(1, "must not be empty");

const timespan = z.string("must be a timespan such as 5m").transform((value, context) => {
  const ms = parseTimespan(value);
  if (ms !== undefined) return ms;
  context.issues.push({ code: "custom", message: describeBadTimespan(value), input: value });
  return z.NEVER;
});

const HOUR_OF_WEEK = "hour-of-week";

const time = z.string("must be a timespan such as 1h, or hour-of-week").transform((value, context) => {
  if (value === HOUR_OF_WEEK) return { kind: "hour-of-week" as const };
  const ms = parseTimespan(value);
  if (ms !== undefined) return { kind: "interval" as const, ms };
  context.issues.push({ code: "custom", message: `${describeBadTimespan(value)}, nor ${HOUR_OF_WEEK}`, input: value });
  return z.NEVER;
});

/** What names are made of, so that every backend takes them literally. */
const plain = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._:()/+-]*$/, "must be letters, digits, spaces and . _ : ( ) / + -, a letter or digit first");

const group = z.strictObject({
  field: text.describe("Field that flows are grouped by"),
  label: text.optional().describe("Heading of the column; by default the field's own"),
  names: z
    .record(z.string(), plain)
    .refine((names) => Object.keys(names).length > 0, "must not be empty")
    .optional()
    .describe("Names that values are shown as"),
  otherwise: plain.optional().describe("What other values are shown as; by default Unknown"),
});

const meta = {
  title: text.max(256).describe("What is asked, in a few words"),
  description: text.max(65_535).describe("What the answer holds"),
  visualisation: z.enum(VISUALISATIONS).describe("How the answer is shown; a backend without such a picture shows a table"),
  period: timespan.describe("How far the search looks back unless it is told otherwise"),
};

/** A search in every dialect. Selections and condition of `detection`, and the texts of `measures`, are read apart. */
export const searchDocument = z.strictObject({
  ...meta,
  detection: z
    .looseObject({ condition: text.optional() })
    .optional()
    .describe(
      "Selections by name as in a rule, and the condition that the flows meet; without a condition all flows are looked at",
    ),
  time: time.optional().describe("Length of the intervals (UTC) that are told apart, or hour-of-week"),
  by: z
    .array(z.union([text, group]))
    .min(1, "must name a field")
    .optional()
    .describe("Fields whose values make groups, one column each"),
  measures: z
    .record(z.string(), text)
    .refine((measures) => Object.keys(measures).length > 0, "must not be empty")
    .describe("Numbers about each group by their heading: count, share, sum(bytes) …, with `where` and a condition"),
  outliers: z
    .strictObject({
      measure: text.describe("Label of the measure that is judged"),
      deviations: z.number().min(0).max(100).describe("How many standard deviations above the group's mean are normal"),
    })
    .optional()
    .describe("Keeps only intervals that stand out among those of their group"),
  sort: text.optional().describe("Label of the measure whose largest value comes first"),
  limit: z.number().int("must be a whole number").min(1).max(10_000).optional().describe("Most groups that are given"),
});

/** A search that cannot be said neutrally. */
export const nativeDocument = z.strictObject({
  ...meta,
  native: z.strictObject({ "log-analytics": text }).describe("The query as the backend takes it, behind the log source"),
});

export type SearchDocument = z.infer<typeof searchDocument>;
export type NativeDocument = z.infer<typeof nativeDocument>;
