import { z } from "zod";
import { type FilesOf, kindOf, TABLE_NAMES, type TableName } from "./kinds.ts";

const path = z.string().min(1);
const one = path.optional();
const several = z.array(path).min(1).optional();

type FileOptions = { readonly [Name in TableName]: FilesOf<Name> extends "one" ? typeof one : typeof several };
const files = Object.fromEntries(
  TABLE_NAMES.map((name) => {
    const { files, about } = kindOf(name);
    return [name, files === "one" ? one.describe(about) : several.describe(about)];
  }),
);

/** The `enrich` block of a configuration. Relative paths start from the configuration file's folder; the loader resolves them. */
export const lookupOptions = z.strictObject({
  ...(files as FileOptions),
  lastGood: path
    .optional()
    .describe(
      "Folder that keeps what was last good of each file, for a start with one that is broken or gone; <ledger>.tables beside the ledger without other word, and none for a ledger in memory",
    ),
  refreshMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(1_000)
    .describe("Pause between two looks at the files, in ms; a changed file is taken over when it has rested for a few seconds"),
});

export type LookupOptions = z.input<typeof lookupOptions> & {
  /** The bytes of what is in use are kept, for other threads. No word of a configuration. */
  readonly keepsBytes?: boolean;
};
