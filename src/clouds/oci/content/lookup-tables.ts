import { createHash } from "node:crypto";
import { type CsvRow, readColumns, readCsv } from "../../../enrich/tables/csv.ts";
import { describeIssue, Issues } from "../../../enrich/tables/issues.ts";
import type { LookupOptions } from "../../../enrich/tables/options.ts";
import type { PortTable } from "../../../enrich/tables/ports.ts";
import { describeProblems, readContent, readTable, type TableName, tablePaths } from "../../../enrich/tables/tables.ts";
import { UsageError } from "../../../lib/errors.ts";

/** The service takes no more in one upload. */
export const LARGEST_UPLOAD_BYTES = 10 * 1000 * 1000;
const LARGEST_PORT = 65_535;
const PROTOCOLS = [
  ["tcp", 6],
  ["udp", 17],
] as const;

/** A lookup table in the form that Log Analytics takes. */
export interface LookupTable {
  readonly name: string;
  readonly description: string;
  /** SHA-256 of header and rows, first 16 digits. */
  readonly version: string;
  readonly header: string;
  readonly rows: readonly string[];
}

const NAMES: Partial<Record<TableName, { name: string; description: string }>> = {
  ports: { name: "flowferry_ports", description: "Names of ports, a row for each port and protocol" },
  servers: { name: "flowferry_servers", description: "Servers by address" },
};

/**
 * The tables of a configuration that are worth having in Log Analytics: ports and servers. Ports are spelled out, a row for each port
 * and protocol, since a lookup finds equal values only. Throws UsageError with one line for each file that is missing or wrong.
 */
export async function lookupTables(options: LookupOptions): Promise<LookupTable[]> {
  const tables: LookupTable[] = [];
  const faults: string[] = [];
  for (const { table, path } of tablePaths(options)) {
    const named = NAMES[table];
    if (named === undefined) continue;
    const content = await readContent(path);
    const reading = await readTable(table, path, content);
    if (reading.table === undefined || "problem" in content) {
      faults.push(describeProblems(path, reading));
      continue;
    }
    const lines = table === "ports" ? portLines(reading.table.content as PortTable) : await csvLines(path, content.bytes);
    const [header = "", ...rows] = lines;
    const version = createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
    tables.push({ ...named, version, header, rows });
  }
  if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
  return tables;
}

function portLines(ports: PortTable): string[] {
  const lines = ["port,protocol,name"];
  for (let port = 0; port <= LARGEST_PORT; port++) {
    for (const [protocol, number] of PROTOCOLS) {
      const name = ports.name(port, number);
      if (name !== undefined) lines.push(line([String(port), protocol, name]));
    }
  }
  return lines;
}

/** Header and rows, without comments and blank lines. */
async function csvLines(path: string, bytes: Uint8Array): Promise<string[]> {
  const columns = readColumns(bytes);
  const lines = [line(columns)];
  const issues = new Issues();
  const shape = { required: [], optional: [], further: () => undefined };
  await readCsv(bytes, shape, issues.report, (row: CsvRow) => void lines.push(line(columns.map((column) => row.cell(column)))));
  const [issue] = issues.list;
  if (issue !== undefined) throw new UsageError("bad-lookups", describeIssue(path, issue));
  return lines;
}

const line = (cells: readonly string[]): string => cells.map(quoted).join(",");

const quoted = (cell: string): string => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** The table in pieces that the service takes, each with the header. Throws UsageError for a row that is too large. */
export function piecesOf({ name, header, rows }: LookupTable, maxBytes: number): string[] {
  const pieces: string[] = [];
  const start = `${header}\n`;
  const startBytes = Buffer.byteLength(start);
  let text = start;
  let bytes = startBytes;
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(row) + 1;
    if (startBytes + rowBytes > maxBytes) {
      throw new UsageError(
        "lookup-too-large",
        `a row of ${name} has ${rowBytes} bytes, Log Analytics takes ${maxBytes} at a time`,
      );
    }
    if (bytes + rowBytes > maxBytes) {
      pieces.push(text);
      text = start;
      bytes = startBytes;
    }
    text += `${row}\n`;
    bytes += rowBytes;
  }
  pieces.push(text);
  return pieces;
}
