import type { Columns } from "../../flow/types.ts";
import type { IpRanges } from "../../lib/ip/ranges.ts";
import { PackedRows } from "./packed-rows.ts";
import { contradiction, csvTable, required, requiredPrefix } from "./table.ts";

/** A server, or a network of servers. */
export interface ServerRow {
  /** The address or network as the file has it. */
  readonly address: string;
  readonly server: string;
  /** The further columns that are filled in. */
  readonly columns: Columns | undefined;
  readonly line: number;
}

export type ServerTable = IpRanges<ServerRow>;

/** First words of attributes that a flow has below `flow.source.` and `flow.destination.` anyway. */
const TAKEN = new Set(["zone", "service", "server", "network", "address", "port", "columns"]);

/** `address,server` and any further columns, which travel with the flow. */
export const servers = csvTable<ServerTable>(
  "CSV file of servers by IP address or CIDR (address,server and any further columns); none by default",
  { required: ["address", "server"], optional: [], further: columnProblem },
  (report) => {
    let names: readonly string[] = [];
    const rows = new PackedRows<ServerRow>(([address = "", server = "", ...cells], line) => ({
      address,
      server,
      columns: columnsOf(names, cells),
      line,
    }));
    return {
      add(row) {
        const prefix = requiredPrefix(row, "address", report, true);
        const server = required(row, "server", report);
        if (prefix === undefined || server === undefined) return;
        names = row.furtherNames;
        rows.add(prefix, row.line, [row.cell("address"), server, ...names.map((name) => row.cell(name))]);
      },
      build: () =>
        rows.ranges((kept, repeated) => {
          if (kept.server === repeated.server && sameColumns(kept.columns, repeated.columns)) return;
          report(contradiction("address", repeated.address, kept.line, repeated.line));
        }),
    };
  },
);

/** The cells that are not empty, by the names of their columns; undefined where all are. */
function columnsOf(names: readonly string[], cells: readonly string[]): Columns | undefined {
  let found: Record<string, string> | undefined;
  for (const [i, name] of names.entries()) {
    const value = cells[i];
    if (value === undefined || value === "") continue;
    found ??= {};
    found[name] = value;
  }
  return found && Object.freeze(found);
}

function columnProblem(name: string, all: readonly string[]): string | undefined {
  if (!/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/.test(name)) {
    return "no column name: begin with a letter, and use lower-case letters, digits, _ and single dots";
  }
  const first = name.split(".", 1)[0] ?? name;
  if (TAKEN.has(first))
    return `is taken: flow.source.${first} and flow.destination.${first} are set already; choose another name`;
  const below = all.find((other) => other.startsWith(`${name}.`));
  return below && `cannot hold a value beside ${below}, which lies below it: rename one of the two`;
}

function sameColumns(a: Columns = {}, b: Columns = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
