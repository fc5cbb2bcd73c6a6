import { createHash } from "node:crypto";
import { type CsvRow, readColumns, readCsv } from "../../../enrich/tables/csv.ts";
import { describeIssue, Issues } from "../../../enrich/tables/issues.ts";
import type { TableName } from "../../../enrich/tables/kinds.ts";
import type { LookupOptions } from "../../../enrich/tables/options.ts";
import type { PortTable } from "../../../enrich/tables/ports.ts";
import { describeProblems, readTable, readTableFile, tablePaths } from "../../../enrich/tables/tables.ts";
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
  /** A dictionary finds the networks that hold an address, but only behind `link`; a lookup finds equal values, anywhere. */
  readonly type: "Lookup" | "Dictionary";
  readonly description: string;
  /** SHA-256 of header and rows, first 16 digits. */
  readonly version: string;
  readonly header: string;
  readonly rows: readonly string[];
}

const NAMES: Partial<Record<TableName, Pick<LookupTable, "name" | "type" | "description">>> = {
  ports: { name: "flowferry_ports", type: "Lookup", description: "Names of ports, a row for each port and protocol" },
  servers: { name: "flowferry_server_ranges", type: "Dictionary", description: "Servers by address and network" },
  networks: { name: "flowferry_network_ranges", type: "Dictionary", description: "Networks by range of addresses" },
};

/**
 * The tables of a configuration that are worth having in Log Analytics: ports, servers and networks. Ports are spelled out, a row for each port
 * and protocol, since a lookup finds equal values only; servers and networks become dictionaries, the narrowest range first. Throws UsageError with one line for each file that is missing or wrong.
 */
export async function lookupTables(options: LookupOptions): Promise<LookupTable[]> {
  const tables: LookupTable[] = [];
  const faults: string[] = [];
  for (const { table, path } of tablePaths(options)) {
    const named = NAMES[table];
    if (named === undefined) continue;
    const content = await readTableFile(table, path);
    const reading = await readTable(table, path, content);
    if (reading.table === undefined || "problem" in content) {
      faults.push(describeProblems(path, reading));
      continue;
    }
    const lines =
      table === "ports"
        ? portLines(reading.table.content as PortTable)
        : await rangeLines(path, content.bytes, table === "servers" ? "address" : "cidr");
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

/** A dictionary: how a row compares (`EQUAL` an address, `CIDRMATCH` a network), with what, and the other columns. */
async function rangeLines(path: string, bytes: Uint8Array, range: string): Promise<string[]> {
  const columns = readColumns(bytes).filter((column) => column !== range);
  const rows: { readonly width: number; readonly cells: readonly string[] }[] = [];
  const issues = new Issues();
  const shape = { required: [], optional: [], further: () => undefined };
  await readCsv(bytes, shape, issues.report, (row: CsvRow) => {
    const text = row.cell(range);
    const bits = text.includes(":") ? 128 : 32;
    const [, length = String(bits)] = text.split("/");
    // How much of the address is not given: the same measure for both families.
    const width = bits - Number(length);
    const cells = columns.map((column) => row.cell(column));
    rows.push({ width, cells: [text.includes("/") ? "CIDRMATCH" : "EQUAL", text, ...cells] });
  });
  const [issue] = issues.list;
  if (issue !== undefined) throw new UsageError("bad-lookups", describeIssue(path, issue));
  return [["Operator", "Condition", ...columns], ...rows.toSorted((a, b) => a.width - b.width).map(({ cells }) => cells)].map(
    line,
  );
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
