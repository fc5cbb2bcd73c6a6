import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Table } from "./table.ts";

const HISTORY = fileURLToPath(new URL("./history.jsonl", import.meta.url));
/** Ratios differ that much from run to run. */
const MOST_WORSE = 1.15;

/** What was measured of a release. */
interface Line {
  readonly commit: string;
  readonly machine: string;
  readonly flows: number;
  /** CPU time over the floor's, by the names of the rows. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** Says how the ratios of a table stand beside the last line of the history that has as many flows; one that is worse is said loudly. */
export function beside(table: Table, flows: number): string {
  const lines = existsSync(HISTORY) ? readFileSync(HISTORY, "utf8").trimEnd().split("\n") : [];
  const last = lines.map((line) => JSON.parse(line) as Line).findLast((line) => line.flows === flows);
  if (last === undefined) return `no line of the history has ${flows} flows: --record writes one\n`;
  const said = Object.entries(ratiosOf(table)).flatMap(([name, now]) => {
    const before = last.ratios[name];
    if (before === undefined) return [];
    const worse = now > before * MOST_WORSE ? `  !!! WORSE by ${Math.round(100 * (now / before - 1))} % !!!` : "";
    return [`${name}: CPU ${now.toFixed(2)} times the floor, ${before.toFixed(2)} at ${last.commit}${worse}`];
  });
  return `${said.join("\n")}\n`;
}

/** Adds a line to the history. */
export function record(table: Table, flows: number, machine: string): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const line: Line = { commit, machine, flows, ratios: ratiosOf(table) };
  appendFileSync(HISTORY, `${JSON.stringify(line)}\n`);
}

function ratiosOf({ header, rows }: Table): Record<string, number> {
  const column = header.indexOf("CPU, floor = 1");
  return Object.fromEntries(rows.map((row) => [nameOf(row[0] ?? ""), Number(row[column])]));
}

/** A row's name without the numbers in it: rules are added from release to release. */
const nameOf = (name: string) => name.replace(/\d+ /g, "");
