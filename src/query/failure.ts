import type { DuckDBConnection } from "@duckdb/node-api";
import { UsageError } from "../lib/errors.ts";
import { foundBroken } from "./broken-files.ts";
import { MOST_MEMORY } from "./duckdb.ts";

/** A file that a compaction has replaced since the files were listed. */
export class FilesChanged extends Error {}

/** A file turned out to be broken while it was read: the next listing passes it over. The message names it, and says why. */
export class FilesBroken extends FilesChanged {}

/** What people are told where a question has failed, in one line; FilesChanged where the files have to be listed again. */
export async function failureOf(connection: DuckDBConnection, cause: unknown): Promise<Error> {
  if (cause instanceof UsageError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  if (/No such file or directory|Cannot open file/.test(said)) return new FilesChanged(said, { cause });
  const broken = await foundBroken(connection, said);
  if (broken !== undefined) return new FilesBroken(broken, { cause });
  if (said.startsWith("Out of Memory Error")) {
    const advice = "ask about less time (--since), or for less at once";
    return new UsageError("query-large", `the question needs more memory than ${MOST_MEMORY}, and not the disk: ${advice}`, {
      cause,
    });
  }
  return new UsageError("query-refused", firstParagraph(said), { cause });
}

/** Without the place in the text, which stands in lines below. */
function firstParagraph(text: string): string {
  const [first = text] = text.split(/\n\s*\n/);
  return first.replaceAll(/\s*\n\s*/g, " ");
}
