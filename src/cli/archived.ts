import type { Window } from "../archive/layout.ts";
import type { Config } from "../config/load.ts";
import type { Enrichment } from "../enrich/enrichment.ts";
import { enrichInitiator } from "../enrich/initiator.ts";
import { Flow } from "../flow/flow.ts";
import { UsageError } from "../lib/errors.ts";
import { FilesBroken, FilesChanged } from "../query/ask.ts";
import { holdsArchive } from "../query/files.ts";
import { type Flows, openFlows } from "../query/flows.ts";
import { flowTotals, type TallyRows } from "../query/tallies.ts";
import { rowReader } from "../reports/row-flows.ts";
import { archiveInputs, progressOf } from "./asking.ts";
import type { CliContext } from "./context.ts";
import type { ReadingOptions, ReadingTotals, Take } from "./reading-totals.ts";

/** What is asked of an archive: rows, and who gets the flows that are made of them where it is not the reading's own. */
export type ArchiveQuestion = (flows: Flows, signal: AbortSignal) => AsyncIterable<TallyRows & { readonly take?: Take }>;

/** Where an archive is: a folder or file, or what a configuration names. */
export type ArchivePlace = { readonly input: string } | { readonly config: Config };

/** The archive that is to be read; undefined where it is not an archive that the options name. Throws UsageError where there is none. */
export function archiveOf({ input, from }: ReadingOptions, given: Config | undefined): ArchivePlace | undefined {
  if (from === "source") return undefined;
  if (input !== undefined && holdsArchive(input)) return { input };
  if (input === undefined && given?.archive?.format === "parquet") return { config: given };
  if (from === undefined) return undefined;
  const name = input ?? given?.file;
  throw new UsageError("archive-none", `${name} has no archive of format parquet: leave out --from archive`);
}

export interface ArchiveReading {
  readonly place: ArchivePlace;
  readonly window: Window;
  readonly enrichments: readonly Enrichment[];
}

/**
 * Asks an archive, and gives what it answers as flows. What says nothing of its direction is enriched by the tables of the first source, as
 * records of a log are. A compaction may replace files between their listing and their reading: they are listed again.
 */
export async function readArchive(
  context: CliContext,
  { place, window, enrichments }: ArchiveReading,
  question: ArchiveQuestion,
  take: Take,
  totals: ReadingTotals,
): Promise<void> {
  const stop = progressOf(context);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const inputs =
        "config" in place ? await archiveInputs(context, place.config, window) : { paths: [place.input], remove: () => {} };
      let isTaken = false;
      try {
        const flows = await openFlows(inputs.paths, { window });
        try {
          const found = await flowTotals(flows.connection, context.signal);
          Object.assign(totals, found, { objects: flows.files, unread: flows.passedOver.length });
          const [first] = flows.passedOver;
          if (first !== undefined) totals.firstFault = `${first.file} ${first.reason}`;
          for await (const rows of question(flows, context.signal)) {
            isTaken = true;
            await takeRows(rows, enrichments[0], context.signal, rows.take ?? take, totals);
          }
          return;
        } finally {
          flows.close();
        }
      } catch (error) {
        if (!(error instanceof FilesChanged)) throw error;
        if (!isTaken && attempt < 3) continue;
        if (error instanceof FilesBroken) {
          throw new UsageError("archive-broken", `${error.message}: move it away and ask again`, { cause: error });
        }
        throw new UsageError("archive-changed", "files of the archive went away while they were read: ask again", {
          cause: error,
        });
      } finally {
        inputs.remove();
      }
    }
  } finally {
    stop();
  }
}

async function takeRows(
  { names, columns, rows, flows: counts, first, last }: TallyRows,
  enrichment: Enrichment | undefined,
  signal: AbortSignal,
  take: Take,
  totals: ReadingTotals,
): Promise<void> {
  const read = readerOf(names);
  const flows = Array.from({ length: rows }, (_, row) => read((column) => columns[column]?.[row], last[row] ?? Number.NaN));
  // What was not asked for is not looked for.
  const [directed, begun] = ["flow.direction", "flow.initiator"].map((name) => names.includes(name));
  const raw = directed ? flows.filter((flow): flow is Flow => flow instanceof Flow && flow.direction === "unknown") : [];
  if (raw.length > 0 && enrichment !== undefined) {
    await enrichment.prepare(raw, signal);
    enrichment.enrich(raw);
  }
  for (const [row, flow] of flows.entries()) {
    const times = counts[row] ?? 1;
    if (!(flow instanceof Flow)) {
      totals.bad += times;
      totals.firstFault ??= flow.reason;
      continue;
    }
    // What was written before the field was there lacks it.
    if (begun && flow.initiator === "unknown") enrichInitiator(flow);
    take(flow, times, first[row] ?? Number.NaN, last[row] ?? Number.NaN);
  }
}

const readers = new WeakMap<readonly string[], ReturnType<typeof rowReader>>();

/** A reader for each list of names: contexts of all its rows are one pool. */
function readerOf(names: readonly string[]): ReturnType<typeof rowReader> {
  let reader = readers.get(names);
  if (reader === undefined) {
    reader = rowReader(names);
    readers.set(names, reader);
  }
  return reader;
}
