import { z } from "zod";
import { durationText } from "../lib/durations.ts";

/** Where the archive goes: a kind of bucket by its type, with that kind's options. */
const place = z
  .looseObject({ type: z.string().describe("Kind of the bucket") })
  .describe("The bucket or folder to write to, which nobody else writes to; a folder is made");

export const archiveOptions = z.strictObject({
  to: place,
  format: z
    .enum(["parquet", "json"])
    .default("parquet")
    .describe(
      "`parquet`: every attribute of schema otel, in folders of hours (year=/month=/day=/hour=, UTC); `json`: for each source object one array of records of schema seed, of accepted flows alone",
    ),
  prefix: z
    .string()
    .regex(/^([^/].*\/)?$/, "expected the empty text, or a folder that ends with / and does not begin with it")
    .default("")
    .describe("Folder in the bucket, as in `flows/`"),
  rollBytes: z
    .int()
    .min(64 * 1024)
    .default(128 * 1024 ** 2)
    .describe("A Parquet file of this size is finished, in bytes"),
  rollMs: z
    .int()
    .min(100)
    .default(600_000)
    .describe("A Parquet file of this age is finished, in ms; until then what is in it is not committed"),
  retention: durationText()
    .optional()
    .describe(
      "Whole days that ended so long ago are deleted from the Parquet archive, as in 400d; nothing is deleted by default",
    ),
});

/** As it stands in a configuration. */
export type ArchiveOptions = z.output<typeof archiveOptions>;

/** Where reports go that are not for a folder. */
export const reportsOptions = archiveOptions.pick({ to: true, prefix: true });
export type ReportsOptions = z.output<typeof reportsOptions>;
