import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Flow } from "../flow/flow.ts";
import { linePrinter } from "../schemas/line.ts";
import { loadSchema } from "../schemas/load.ts";
import { archiveColumns } from "./columns.ts";
import { isOfJson } from "./json-archive.ts";
import { HOUR_MS } from "./layout.ts";
import { createParquetFile } from "./parquet-file.ts";
import { MOST_GROUP_ROWS, RowGroup } from "./row-group.ts";

/** What an archive would hold. */
export interface ArchiveSize {
  readonly format: "parquet" | "json";
  readonly records: number;
  readonly bytes: number;
}

/** Measures what an archive would hold of some flows. */
export interface ArchiveMeasure {
  /** Enriched flows, in any order. */
  take(flows: readonly Flow[]): void;
  /** Once, when there are no more. */
  end(): ArchiveSize;
  /** Leaves nothing behind. */
  close(): void;
}

export function openArchiveMeasure(format: "parquet" | "json"): ArchiveMeasure {
  return format === "json" ? measureJson() : measureParquet();
}

function measureJson(): ArchiveMeasure {
  const print = linePrinter(loadSchema("seed", "."), "flowferry");
  let [records, bytes] = [0, 0];
  return {
    take(flows) {
      records += flows.length;
      // A record and what stands between two.
      for (const flow of flows.filter(isOfJson)) bytes += Buffer.byteLength(print(flow, flow.time)) + 2;
    },
    end: () => ({ format: "json", records, bytes }),
    close: () => {},
  };
}

/** Hours that are told apart; of more, the rest counts as one. */
const MOST_HOURS = 512;

/** Files are written as the archive writes them, one an hour, since a small file is mostly its index. */
function measureParquet(): ArchiveMeasure {
  const columns = archiveColumns();
  const folder = mkdtempSync(join(tmpdir(), "flowferry-plan-"));
  const hours = new Map<number, RowGroup>();
  let [records, bytes] = [0, 0];
  const write = (hour: number, group: RowGroup): void => {
    const file = createParquetFile(join(folder, "file"), columns);
    try {
      file.add(group);
      file.finish();
      bytes += file.size;
    } finally {
      file.abandon();
      hours.delete(hour);
    }
  };
  const groupOf = (hour: number): RowGroup => {
    const known = hours.get(hour);
    if (known !== undefined) return known;
    const group = new RowGroup(columns);
    hours.set(hour, group);
    return group;
  };
  return {
    take(flows) {
      records += flows.length;
      for (const flow of flows) {
        const hour = Math.floor(flow.time / HOUR_MS);
        const own = hours.has(hour) || hours.size < MOST_HOURS ? hour : -1;
        const group = groupOf(own);
        group.add([flow]);
        if (group.rows === MOST_GROUP_ROWS) write(own, group);
      }
    },
    end() {
      for (const [hour, group] of [...hours]) write(hour, group);
      return { format: "parquet", records, bytes };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
