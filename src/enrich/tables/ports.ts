import { done } from "../../lib/slices.ts";
import type { CsvRow } from "./csv.ts";
import type { Report } from "./issues.ts";
import { contradiction, csvTable, required } from "./table.ts";

const TCP = 6;
const UDP = 17;
const MAX_PORT = 65_535;

/** A port or range of ports, and its name. */
interface PortRow {
  readonly from: number;
  readonly to: number;
  readonly protocol: "tcp" | "udp" | "any";
  readonly name: string;
  readonly line: number;
}

/** Names of ports, by port and IANA protocol number. */
export interface PortTable {
  /** Name of the narrowest range that holds the port. Only TCP (6) and UDP (17) ports have names. */
  name(port: number | undefined, protocol: number | undefined): string | undefined;
  /** All rows that hold the port, the narrowest first. */
  covering(port: number, protocol: number): PortRow[];
}

/** `port,protocol,name`: protocol is tcp, udp, or any (or empty) for both. */
export const ports = csvTable<PortTable>(
  "CSV file of port names (port,protocol,name) that replaces the one that ships with the program, lookups/ports.csv",
  { required: ["port", "name"], optional: ["protocol"] },
  (report) => {
    const rows: PortRow[] = [];
    return {
      add(row) {
        const read = readRow(row, report);
        if (read !== undefined) rows.push(read);
      },
      build: () => done(portTable(rows, report)),
    };
  },
);

function readRow(row: CsvRow, report: Report): PortRow | undefined {
  const port = required(row, "port", report);
  const name = required(row, "name", report);
  const written = row.cell("protocol");
  const protocol = written === "" ? "any" : written.toLowerCase();
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "any") {
    report({ line: row.line, column: "protocol", value: written, reason: "no protocol with ports: write tcp, udp or any" });
    return undefined;
  }
  if (port === undefined || name === undefined) return undefined;
  const range = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(port);
  const from = Number(range?.[1] ?? Number.NaN);
  const to = range?.[2] === undefined ? from : Number(range[2]);
  if (!(from <= to && to <= MAX_PORT)) {
    const reason = `no port: write a number from 0 to ${MAX_PORT}, or a range such as 6000-6063`;
    report({ line: row.line, column: "port", value: port, reason });
    return undefined;
  }
  return { from, to, protocol, name, line: row.line };
}

interface Names {
  readonly names: readonly (string | undefined)[];
  /** One bit for each port that has a name: most ports have none, and are told apart without touching the names. */
  readonly named: Uint8Array;
}

const NO_NAMES: Names = { names: [], named: new Uint8Array(0) };

function portTable(rows: readonly PortRow[], report: Report): PortTable {
  const ofProtocol = (protocol: "tcp" | "udp") => rows.filter((row) => row.protocol === "any" || row.protocol === protocol);
  const tcp = ofProtocol("tcp");
  const udp = ofProtocol("udp");
  const clashes = new Set<PortRow>();
  const tcpNames = namesOf(tcp, report, clashes);
  const udpNames = namesOf(udp, report, clashes);
  return {
    name(port, protocol) {
      if (port === undefined) return undefined;
      const names = protocol === TCP ? tcpNames : protocol === UDP ? udpNames : NO_NAMES;
      return ((names.named[port >>> 3] ?? 0) >>> (port & 7)) & 1 ? names.names[port] : undefined;
    },
    covering(port, protocol) {
      const candidates = protocol === TCP ? tcp : protocol === UDP ? udp : [];
      return candidates.filter(({ from, to }) => from <= port && port <= to).sort((a, b) => widthOf(a) - widthOf(b));
    },
  };
}

function widthOf(row: PortRow): number {
  return row.to - row.from;
}

/**
 * One name for each port. Ranges must be nested or apart: two that overlap in part, and two that are equal but for the name, are
 * contradictions. A row that was reported for one protocol (it is in `clashes`) is not reported for the other.
 */
function namesOf(rows: readonly PortRow[], report: Report, clashes: Set<PortRow>): Names {
  const sorted = [...rows].sort((a, b) => a.from - b.from || b.to - a.to || a.line - b.line);
  const end = rows.reduce((most, { to }) => Math.max(most, to + 1), 0);
  const names = new Array<string | undefined>(end).fill(undefined);
  const named = new Uint8Array((end + 7) >>> 3);
  const open: PortRow[] = [];
  for (const row of sorted) {
    while (open.length > 0 && (open.at(-1) as PortRow).to < row.from) open.pop();
    const around = open.at(-1);
    if (around !== undefined && around.name !== row.name && !clashes.has(row)) {
      const equal = around.from === row.from && around.to === row.to;
      if (equal) report(contradiction("port", textOf(row), around.line, row.line));
      else if (around.to < row.to) report(partly(row, around));
      if (equal || around.to < row.to) clashes.add(row);
    }
    if (around !== undefined && around.name === row.name && row.to <= around.to) continue;
    names.fill(row.name, row.from, row.to + 1);
    for (let port = row.from; port <= row.to; port++) named[port >>> 3] = (named[port >>> 3] ?? 0) | (1 << (port & 7));
    open.push(row);
  }
  return { names, named };
}

function partly(row: PortRow, around: PortRow) {
  const reason = `overlaps ${textOf(around)} of line ${around.line} in part: make one range lie within the other, or part them`;
  return { line: row.line, column: "port", value: textOf(row), reason };
}

/** The range as it may stand in the file, with its protocol: `6000-6063/tcp`. */
function textOf({ from, to, protocol }: PortRow): string {
  const range = from === to ? String(from) : `${from}-${to}`;
  return protocol === "any" ? range : `${range}/${protocol}`;
}
