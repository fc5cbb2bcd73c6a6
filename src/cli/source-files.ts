import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archiveColumns } from "../archive/columns.ts";
import type { Window } from "../archive/layout.ts";
import { createParquetFile } from "../archive/parquet-file.ts";
import { MOST_GROUP_ROWS, RowGroup } from "../archive/row-group.ts";
import type { Flow } from "../flow/flow.ts";
import type { CliContext } from "./context.ts";
import { doubtsOf, isDoubtful, openReading } from "./reading.ts";

/** Flows of sources in a file of their own, for as long as they are asked. */
export interface SourceFiles {
  readonly paths: readonly string[];
  /** What people have to know of the reading, a line each. */
  readonly doubts: readonly string[];
  /** Something could not be read. */
  readonly isDoubtful: boolean;
  remove(): void;
}

/** So many flows are laid out by column at once. */
const GATHERED = 1_000;

/** Sources are read, and no archive is asked. */
async function* noArchive(): AsyncGenerator<never> {}

/**
 * Reads the sources of a configuration once and writes the enriched flows of the window as an archive has them, into a temporary folder of this
 * user alone. Memory does not grow with what is read.
 */
export async function readToFiles(context: CliContext, config: string, { since, until }: Window): Promise<SourceFiles> {
  const iso = (time: number) => new Date(time).toISOString();
  const reading = await openReading({ config, from: "source", since: iso(since), until: iso(until) }, context);
  const folder = mkdtempSync(join(tmpdir(), "flowferry-report-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "flows.parquet");
    const columns = archiveColumns();
    const file = createParquetFile(path, columns);
    try {
      let group = new RowGroup(columns);
      const gathered: Flow[] = [];
      const hand = () => group.add(gathered.splice(0));
      const write = () => {
        hand();
        if (group.rows > 0) file.add(group);
        file.flush();
        group = new RowGroup(columns);
      };
      const totals = await reading.read((flow) => {
        gathered.push(flow);
        if (group.rows + gathered.length === MOST_GROUP_ROWS) write();
        else if (gathered.length === GATHERED) hand();
      }, noArchive);
      context.signal.throwIfAborted();
      write();
      file.finish();
      // Records of lost flows are among the flows.
      const doubts = doubtsOf({ ...totals, lost: totals.mismatches }, reading);
      return { paths: [path], doubts, isDoubtful: isDoubtful(totals), remove };
    } finally {
      file.abandon();
    }
  } catch (error) {
    remove();
    throw error;
  } finally {
    await reading.close();
  }
}
