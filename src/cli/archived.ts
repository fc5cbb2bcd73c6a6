import { overlaps, type Window } from "../archive/layout.ts";
import type { Config } from "../config/load.ts";
import type { Enrichment } from "../enrich/enrichment.ts";
import { enrichInitiator } from "../enrich/initiator.ts";
import { Flow } from "../flow/flow.ts";
import { UsageError } from "../lib/errors.ts";
import { FilesBroken, FilesChanged } from "../query/failure.ts";
import { holdsArchive, hoursBelow } from "../query/files.ts";
import { type Flows, openFlows } from "../query/flows.ts";
import { flowTotals, type TallyRows } from "../query/tallies.ts";
import { rowReader } from "../reports/row-flows.ts";
import { archiveHours, archiveInputs, progressOf } from "./asking.ts";
import type { CliContext } from "./context.ts";
import type { ReadingOptions, ReadingTotals, Take } from "./reading-totals.ts";

/** What is asked of an archive: rows, and who gets the flows that are made of them where it is not the reading's own. */
export type ArchiveQuestion = (flows: Flows, signal: AbortSignal) => AsyncIterable<TallyRows & { readonly take?: Take }>;

/** What is asked of the newest flows first, and of older ones until that is enough. */
export interface BackwardQuestion {
  /** Of each part of the window, which do not overlap; where `isWhole`, of all of it at once. */
  readonly ask: ArchiveQuestion;
  readonly isWhole: boolean;
  /** After each part: whether older ones are not needed. One more is asked all the same, for what was before. */
  isEnough(): boolean;
  /** Where all of it was not enough: what is asked then, one after the other. */
  rest(): readonly FurtherQuestion[];
}

/** Asked of each part of the window, or of all of it at once, as long as it is needed. */
export interface FurtherQuestion {
  isNeeded(): boolean;
  readonly isWhole: boolean;
  /** `since`: from when on the part is, undefined for all of the window. */
  ask(since: number | undefined): ArchiveQuestion;
}

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
  reading: ArchiveReading,
  question: ArchiveQuestion | BackwardQuestion,
  take: Take,
  totals: ReadingTotals,
): Promise<void> {
  const { window } = reading;
  let lookedFrom = "";
  const stop = progressOf(context, (seconds) => `asking, ${seconds} s${lookedFrom}`);
  const asked = new Asked(context, reading, take, totals);
  try {
    if (typeof question === "function") return await asked.ask(window, question, true);
    const parts = await partsOf(context, reading);
    const sinceOf = (part: Window) => (part.since > window.since ? part.since : undefined);
    let isLast = false;
    for (const part of question.isWhole ? [window] : parts) {
      lookedFrom = Number.isFinite(part.since) ? `: looking at ${new Date(part.since).toISOString()} and later` : "";
      await asked.ask(part, question.ask, true);
      if (isLast) {
        totals.readFrom = sinceOf(part);
        return;
      }
      isLast = question.isEnough();
    }
    lookedFrom = "";
    if (question.isEnough()) return;
    for (const further of question.rest()) {
      for (const part of further.isWhole ? [window] : parts) {
        if (!further.isNeeded()) break;
        await asked.ask(part, further.ask(sinceOf(part)), false);
      }
    }
  } finally {
    stop();
  }
}

/**
 * The window in parts, the newest first: one hour of those that have files, once more one, then twice as many each time. What is in no folder
 * of an hour is not divided.
 */
async function partsOf(context: CliContext, { place, window }: ArchiveReading): Promise<Window[]> {
  const hours = await ("config" in place ? archiveHours(context, place.config, window) : hoursBelow(place.input));
  if (hours === undefined) return [window];
  const newest = hours.filter((hour) => overlaps(hour, window)).sort((one, other) => other.since - one.since);
  const parts: Window[] = [];
  let until = window.until;
  for (let from = 0, count = 1; from < newest.length; from += count, count = Math.max(1, from)) {
    const isLast = from + count >= newest.length;
    const since = isLast ? window.since : (newest[from + count - 1] as Window).since;
    if (since < until) parts.push({ since, until });
    until = Math.min(until, since);
  }
  return parts.length === 0 ? [window] : parts;
}

/** Asks questions of parts of an archive, and counts what they are of. */
class Asked {
  readonly #context: CliContext;
  readonly #reading: ArchiveReading;
  readonly #take: Take;
  readonly #totals: ReadingTotals;
  readonly #unread = new Set<string>();

  constructor(context: CliContext, reading: ArchiveReading, take: Take, totals: ReadingTotals) {
    this.#context = context;
    this.#reading = reading;
    this.#take = take;
    this.#totals = totals;
  }

  async ask(window: Window, question: ArchiveQuestion, isCounted: boolean): Promise<void> {
    const { place } = this.#reading;
    for (let attempt = 1; ; attempt += 1) {
      const inputs =
        "config" in place ? await archiveInputs(this.#context, place.config, window) : { paths: [place.input], remove: () => {} };
      const taken = { any: false };
      try {
        return await this.#askFiles(inputs.paths, window, question, isCounted, taken);
      } catch (error) {
        if (!(error instanceof FilesChanged)) throw error;
        if (!taken.any && attempt < 3) continue;
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
  }

  async #askFiles(
    paths: readonly string[],
    window: Window,
    question: ArchiveQuestion,
    isCounted: boolean,
    taken: { any: boolean },
  ): Promise<void> {
    const { signal } = this.#context;
    const flows = await openFlows(paths, { window, signal });
    try {
      const found = isCounted ? await flowTotals(flows.connection, signal) : undefined;
      for await (const rows of question(flows, signal)) {
        taken.any = true;
        await takeRows(rows, this.#reading.enrichments[0], signal, rows.take ?? this.#take, this.#totals);
      }
      if (found !== undefined) this.#count(flows, found);
    } finally {
      flows.close();
    }
  }

  #count(flows: Flows, found: Awaited<ReturnType<typeof flowTotals>>): void {
    const totals = this.#totals;
    totals.objects += flows.files;
    totals.flows += found.flows;
    totals.timeless += found.timeless;
    totals.lost += found.lost;
    if (!(totals.earliest <= found.earliest)) totals.earliest = found.earliest;
    if (!(totals.latest >= found.latest)) totals.latest = found.latest;
    for (const { file, reason } of flows.passedOver) {
      this.#unread.add(file);
      totals.firstFault ??= `${file} ${reason}`;
    }
    totals.unread = this.#unread.size;
  }
}

/** Makes flows of the rows of an answer, and hands them over. */
export async function takeRows(
  { names, columns, rows, flows: counts, first, last, places }: TallyRows,
  enrichment: Enrichment | undefined,
  signal: AbortSignal,
  take: Take,
  totals: ReadingTotals,
): Promise<void> {
  const read = readerOf(names);
  const flows = Array.from({ length: rows }, (_, row) =>
    read((column) => columns[column]?.[row], last[row] ?? Number.NaN, places?.[row]),
  );
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
