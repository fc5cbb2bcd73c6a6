import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cores, spawnOn } from "./cores.ts";

/** What a process used from its start to its end. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Of these, what its main thread used; undefined of what is no Node. */
  readonly mainCpuSeconds?: number;
  readonly peakRssBytes: number;
  readonly wallSeconds: number;
}

export interface Measured extends Usage {
  readonly stdout: string;
}

export interface MeasureOptions {
  /** Flags of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** Ends the process with SIGTERM when it resolves; without it the process ends by itself. */
  readonly until?: (child: ChildProcess) => Promise<void>;
  /** It may end with doubts (exit code 3). */
  readonly doubtful?: boolean;
  /** The processors that it may use. */
  readonly cores?: Cores | undefined;
}

/** Runs a script to its end. Throws with its output to stderr if it fails. */
export async function measure(script: URL, args: readonly string[], options: MeasureOptions = {}): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-bench-"));
  const usageFile = join(folder, "usage.json");
  const preload = ["--import", new URL("./usage.ts", import.meta.url).href];
  const started = performance.now();
  try {
    const command = [process.execPath, ...preload, ...(options.nodeArgs ?? []), fileURLToPath(script), ...args];
    const child = spawnOn(options.cores, command, {
      env: { ...process.env, FLOWFERRY_BENCH_USAGE: usageFile },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = outcomeOf(child);
    if (options.until !== undefined) {
      await Promise.race([options.until(child), ended]);
      child.kill("SIGTERM");
    }
    const { code, signal, stdout, stderr } = await ended;
    const wallSeconds = (performance.now() - started) / 1000;
    if (code !== 0 && !(options.doubtful === true && code === 3))
      throw new Error(`${script.pathname} ${args.join(" ")} ended with ${signal ?? code}:\n${stderr.slice(-4000)}`);
    const used = JSON.parse(readFileSync(usageFile, "utf8")) as Omit<Usage, "wallSeconds">;
    return { ...used, wallSeconds, stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process beside the measured one that prints one line of JSON when it is ready. */
export interface Beside<Ready> {
  readonly ready: Ready;
  stop(): Promise<void>;
}

export async function startBeside<Ready>(script: URL, args: readonly string[], cores?: Cores): Promise<Beside<Ready>> {
  const child = spawnOn(cores, [process.execPath, fileURLToPath(script), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = outcomeOf(child);
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`${script.pathname} ended with ${code} before it was ready`)));
  });
  return {
    ready: JSON.parse(line) as Ready,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
