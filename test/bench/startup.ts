import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { benchBucket } from "./bucket.ts";
import type { Table } from "./table.ts";

const FLOWS = 2_000;
/** The first start only fills the compile cache. */
const LEAST_ROUNDS = 5;

interface Start {
  readonly cpuMs: number;
  readonly wallMs: number;
}

export interface Startup {
  readonly table: Table;
  readonly firstRecordMs: number;
}

/** The program's path. Throws when it is not there. */
export function built(program: string): string {
  const main = resolve(program);
  if (!existsSync(main)) throw new Error(`${main} is not there: run \`npm run build\` first, or name another with --program`);
  return main;
}

/** How long the built program takes to start, beside a Node that does nothing, each in turn. */
export async function startup(program: string, rounds: number, say: (line: string) => void): Promise<Startup> {
  const main = built(program);
  const { bucket } = await benchBucket(FLOWS, "startup", say);
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-"));
  const configuration = (name: string, batch: object): string => {
    const sinks = [{ type: "ndjson", path: "-", batch }];
    const source = { type: "directory", path: bucket };
    const file = join(folder, name);
    // JSON is YAML, too.
    writeFileSync(file, JSON.stringify({ source, sinks, ledger: { path: ":memory:" } }));
    return file;
  };
  const byDefault = configuration("default.yaml", {});
  const atOnce = configuration("at-once.yaml", { lingerMs: 0 });
  const floor: Start[] = [];
  const version: Start[] = [];
  const help: Start[] = [];
  const firstByDefault: number[] = [];
  const firstAtOnce: number[] = [];
  const many = Math.max(LEAST_ROUNDS, rounds);
  say(`startup: ${main}, ${many} starts of each`);
  try {
    for (let round = 0; round <= many; round++) {
      const starts = [measured(["-e", "0"]), measured([main, "--version"]), measured([main, "--help"])] as const;
      const firsts = [await untilFirstRecord(main, byDefault), await untilFirstRecord(main, atOnce)] as const;
      if (round === 0) continue;
      floor.push(starts[0]);
      version.push(starts[1]);
      help.push(starts[2]);
      firstByDefault.push(firsts[0]);
      firstAtOnce.push(firsts[1]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const row = (name: string, starts: readonly Start[]): string[] => [
    name,
    middle(starts.map(({ cpuMs }) => cpuMs)).toFixed(0),
    middle(starts.map(({ wallMs }) => wallMs)).toFixed(0),
  ];
  const table: Table = {
    title: `Start of ${program}, the middle one of ${many}`,
    header: ["", "CPU ms", "ms"],
    rows: [
      row("node -e 0", floor),
      row("--version", version),
      row("--help", help),
      ["first record of a directory", "", middle(firstByDefault).toFixed(0)],
      ["the same with batch.lingerMs 0", "", middle(firstAtOnce).toFixed(0)],
    ],
  };
  return { table, firstRecordMs: middle(firstByDefault) };
}

/** CPU of user and system as the shell counts it, so that nothing is loaded into the process to measure it. */
function measured(args: readonly string[]): Start {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["-c", '"$@" >/dev/null || exit; times', "bash", process.execPath, ...args],
    {
      encoding: "utf8",
    },
  );
  const wallMs = performance.now() - started;
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stripVTControlCharacters(stderr)}`);
  const [, children = ""] = stdout.trim().split("\n");
  const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  if (times.length !== 2) throw new Error(`the shell's times are not understood: ${stdout}`);
  return { cpuMs: times.reduce((sum, one) => sum + one * 1000, 0), wallMs };
}

/** Ms from the start of the process until the first record has come. */
async function untilFirstRecord(main: string, config: string): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [main, "run", "-c", config], { stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  const said = text(child.stderr);
  const first = await Promise.race([once(child.stdout, "data"), closed.then(() => undefined)]);
  const ms = performance.now() - started;
  child.stdout.resume();
  child.kill("SIGTERM");
  await closed;
  if (first === undefined) throw new Error(`${main} run ended without a record: ${await said}`);
  return ms;
}

function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
