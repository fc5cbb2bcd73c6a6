import { parseAddress } from "../../lib/ip/address.ts";
import { contains, type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import { plainAddress } from "../../lib/ip/text.ts";
import { digestOf, short } from "../tables/content.ts";
import { type CsvRow, delimiterOf, readColumns, readCsv } from "../tables/csv.ts";
import { kindOf } from "../tables/kinds.ts";
import { parseTable } from "../tables/tables.ts";
import { columnsOf } from "./history.ts";
import type { Owned, OwnerKind } from "./source.ts";

/** What a cloud has now, and what of it could not be had. */
export interface Pulled {
  readonly cloud: string;
  readonly owned: readonly Owned[];
  readonly failed: readonly OwnerKind[];
}

/** What came of a merge. */
export interface Merged {
  readonly text: string;
  readonly added: number;
  readonly renewed: number;
  /** Rows of earlier merges whose owner is gone. */
  readonly removed: number;
  /** Addresses of which the file says something of its own, or of whose network. */
  readonly kept: number;
  /** Private addresses that several resources have, in networks of their own: a table cannot tell them apart. */
  readonly ambiguous: number;
}

/** Says which rows come from an inventory, and how they were then: one that was changed since is the operator's. */
const MARK = "pulled";

/**
 * A table of servers with what clouds have now. Rows that a merge has written before, and nobody has changed, are renewed or go; every other
 * line stays as it is, byte for byte, and wins: an address that it names, or whose network, is left out. Gives why the file cannot be taken
 * as it is, one line each.
 */
export async function mergeServers(before: Uint8Array, pulled: readonly Pulled[]): Promise<Merged | readonly string[]> {
  const given = Buffer.from(before).toString("utf8");
  const isNew = given.trim() === "";
  const delimiter = isNew ? "," : delimiterOf(before);
  if (delimiter === undefined) return ["is not UTF-8: save it as CSV in UTF-8"];
  if (!isNew) {
    const { issues } = await parseTable(kindOf("servers"), { bytes: before, digest: "" });
    if (issues.length > 0) return issues.map(({ line, reason }) => (line === undefined ? reason : `line ${line}: ${reason}`));
  }
  const end = /\r\n|\n|\r/.exec(given)?.[0] ?? "\n";
  const lines = isNew ? [] : given.split(/\r\n|\n|\r/);
  const own: IpPrefix[] = [];
  const ours = new Map<string, { line: number; mark: string }>();
  if (!isNew) {
    const shape = { required: ["address", "server"], optional: [], further: () => undefined };
    await readCsv(
      before,
      shape,
      () => {},
      (row) => {
        const address = plainAddress(row.cell("address"));
        const mark = row.cell(MARK);
        if (address !== undefined && mark !== "" && mark.endsWith(`-${digestOfRow(cellsOf(row))}`))
          ours.set(address, { line: row.line, mark });
        else {
          const prefix = parsePrefix(row.cell("address"), true);
          if (typeof prefix !== "string") own.push(prefix);
        }
      },
    );
  }
  const counts = { added: 0, renewed: 0, removed: 0, kept: 0, ambiguous: 0 };
  const columns = isNew ? ["address", "server"] : [...readColumns(before)];
  const known = columns.length;
  const wanted = wantedOf(pulled, counts);
  const rows: { readonly address: string; readonly cells: Readonly<Record<string, string>> }[] = [];
  for (const [address, { cloud, one }] of wanted) {
    const ip = parseAddress(address);
    if (ip === undefined || own.some((prefix) => contains(prefix, ip))) {
      counts.kept += 1;
      continue;
    }
    const cells = { server: inOneLine(one.name), ...columnsOf(one) };
    const row = { address, ...Object.fromEntries(Object.entries(cells).map(([name, value]) => [name, inOneLine(value)])) };
    rows.push({ address, cells: { ...row, [MARK]: `${cloud}-${digestOfRow(row)}` } });
    for (const name of [...Object.keys(cells), MARK]) if (!columns.includes(name)) columns.push(name);
  }
  const written = (cells: Readonly<Record<string, string>>) =>
    columns.map((name) => quoted(cells[name] ?? "", delimiter)).join(delimiter);
  const header = lines.findIndex((line) => line.trim() !== "" && !/^\ufeff?\s*#/.test(line) && !/^\ufeff?"?sep=/i.test(line));
  if (isNew) lines.push(columns.join(delimiter), "");
  else if (columns.length > known) lines[header] = `${lines[header]}${delimiter}${columns.slice(known).join(delimiter)}`;
  const fresh: string[] = [];
  for (const { address, cells } of rows) {
    const there = ours.get(address);
    ours.delete(address);
    const line = written(cells);
    if (there === undefined) {
      counts.added += 1;
      fresh.push(line);
    } else if (there.mark !== cells[MARK]) {
      counts.renewed += 1;
      lines[there.line - 1] = line;
    }
  }
  const gone = new Set<number>();
  const isComplete = (mark: string) => pulled.some(({ cloud, failed }) => failed.length === 0 && mark.startsWith(`${cloud}-`));
  for (const { line, mark } of ours.values()) {
    if (!isComplete(mark)) continue;
    gone.add(line - 1);
    counts.removed += 1;
  }
  const left = lines.filter((_, index) => !gone.has(index));
  const last = left.at(-1) === "" ? left.length - 1 : left.length;
  left.splice(last, 0, ...fresh);
  if (left.at(-1) !== "") left.push("");
  const text = counts.added + counts.renewed + counts.removed === 0 ? given : left.join(end);
  return { text, ...counts };
}

/** One owner for each address, in the order of the addresses' text. */
function wantedOf(pulled: readonly Pulled[], counts: { ambiguous: number }): Map<string, { cloud: string; one: Owned }> {
  const all = new Map<string, { cloud: string; one: Owned }[]>();
  for (const { cloud, owned } of pulled) {
    for (const one of owned) {
      const list = all.get(one.address) ?? [];
      if (!list.some((other) => other.one.id === one.id)) list.push({ cloud, one });
      all.set(one.address, list);
    }
  }
  const wanted = new Map<string, { cloud: string; one: Owned }>();
  for (const [address, [only, other]] of [...all].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (only !== undefined && other === undefined) wanted.set(address, only);
    else counts.ambiguous += 1;
  }
  return wanted;
}

function cellsOf(row: CsvRow): Record<string, string> {
  const names = ["address", "server", ...row.furtherNames];
  return Object.fromEntries(names.map((name) => [name, row.cell(name)]));
}

/** Of what a row says, whatever the order of its columns. */
function digestOfRow(cells: Readonly<Record<string, string>>): string {
  const said = Object.entries(cells).filter(([name, value]) => name !== MARK && value !== "");
  return short(digestOf(JSON.stringify(said.toSorted(([a], [b]) => (a < b ? -1 : 1)))));
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function quoted(cell: string, delimiter: string): string {
  return cell.includes(delimiter) || /["#]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
