import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure } from "./processes.ts";
import type { Table } from "./table.ts";

const RUN = new URL("./tables-run.ts", import.meta.url);

interface Run {
  readonly load: { readonly cpuMs: number; readonly wallMs: number };
  readonly bytes: number;
  /** Look-ups a second of CPU time. */
  readonly find: number;
  readonly answer: number;
  readonly reload: {
    readonly cpuMs: number;
    readonly wallMs: number;
    readonly longestTurnCpuMs: number;
    readonly delayMs: { readonly p99: number; readonly max: number };
  };
  readonly peakRssBytes: number;
}

/** The address of a row: no two rows have the same, and neighbours lie far apart. One in eight is IPv6. */
export function addressAt(row: number): string {
  const mixed = Math.imul(row + 1, 0x9e3779b1) >>> 0;
  if (row % 8 === 7) return `2001:db8:${(mixed >>> 16).toString(16)}:${(mixed & 0xffff).toString(16)}::7`;
  return `${mixed >>> 24}.${(mixed >>> 16) & 255}.${(mixed >>> 8) & 255}.${mixed & 255}`;
}

/** What tables of so many servers, and as many networks, cost: to load, to keep, to ask, and to load again while flows are enriched. */
export async function tables(sizes: readonly number[], say: (line: string) => void): Promise<Table> {
  const rows: string[][] = [];
  for (const size of sizes) {
    say(`tables: ${size} servers, ${size} networks`);
    const run = await measured(size);
    const { load, bytes, find, answer, reload } = run;
    rows.push([
      ...[size.toLocaleString("en"), (load.cpuMs / 1000).toFixed(2), (bytes / size / 2).toFixed(0)],
      ...[find, answer].map((speed) => Math.round(speed).toLocaleString("en")),
      ...[reload.cpuMs / 1000, reload.wallMs / 1000].map((seconds) => seconds.toFixed(2)),
      ...[reload.longestTurnCpuMs, reload.delayMs.max].map((ms) => ms.toFixed(0)),
      (run.peakRssBytes / 1e6).toFixed(0),
    ]);
  }
  return {
    title: "Lookup tables: so many servers, and as many networks; reloaded while flows are enriched",
    header: [
      ...["rows of each", "load, CPU s", "bytes a row", "servers found a CPU s", "addresses answered a CPU s"],
      ...["reload, CPU s", "s", "longest turn, CPU ms", "longest delay of the loop, ms", "peak RSS, MB"],
    ],
    rows,
  };
}

async function measured(size: number): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-tables-"));
  try {
    const roles = ["web", "database", "monitor", "backup"];
    const server = (_: unknown, i: number) => `${addressAt(i)},host-${i}.old,${roles[i % roles.length]}\n`;
    const network = (_: unknown, i: number) => {
      const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
      return `${mixed >>> 24}.${(mixed >>> 16) & 255}.${(mixed >>> 8) & 255}.${mixed & 254}/31,internal,net-${i % 5_000}.old\n`;
    };
    const text = (header: string, line: (_: unknown, i: number) => string) =>
      `${header}\n${Array.from({ length: size }, line).join("")}`;
    writeFileSync(join(folder, "servers.csv"), text("address,server,role", server));
    writeFileSync(join(folder, "networks.csv"), text("cidr,zone,name", network));
    writeFileSync(join(folder, "rows"), String(size));
    const { stdout } = await measure(RUN, [folder], { nodeArgs: ["--expose-gc"] });
    return JSON.parse(stdout) as Run;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
