import { OBJECTS, tableId } from "./table.ts";
import { listOf, recordOf } from "./window.ts";

/** A table in a state of version 3: its groups, the longest untouched first, or what belongs to no group and then these. */
export interface TableOfVersion3 {
  readonly id: string;
  readonly fingerprint: unknown;
  readonly state: unknown;
}

/** The tables of a state as version 0.1.0 wrote it: everything in one piece. Throws TypeError when it is damaged. */
export function tablesOfVersion3(saved: Readonly<Record<string, unknown>>): TableOfVersion3[] {
  const tables: TableOfVersion3[] = [{ id: OBJECTS, fingerprint: "", state: saved.objects }];
  for (const [rule, parts] of Object.entries(recordOf(saved.rules))) {
    for (const part of ["follower", "episodes"] as const) {
      const data = recordOf(parts)[part];
      if (data === null) continue;
      const [fingerprint, state] = listOf(data);
      tables.push({ id: tableId(part, rule), fingerprint, state });
    }
  }
  return tables;
}
