import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { stringify } from "yaml";
import { main } from "../../src/cli/program.ts";
import { PROGRAM } from "./built.ts";

/** Compiled modules, which halve the time that each process needs to start. */
const { NODE_COMPILE_CACHE } = process.env;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Begun {
  readonly ended: Promise<Ended>;
  hasEnded(): boolean;
  /** What was written so far. */
  stdout(): string;
  stderr(): string;
}

export interface Running extends Begun {
  readonly child: ChildProcess;
}

/** Starts the program as a process of its own. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended, hasEnded: () => child.exitCode !== null, stdout: () => stdout, stderr: () => stderr };
}

/** Runs the program to its end, as a process of its own. */
export function spawned(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> {
  return start(args, env).ended;
}

/** Runs the program to its end in this process, which starts nothing: for all but what only a process has. */
export const flowferry = (...how: Parameters<typeof beginHere>): Promise<Ended> => beginHere(...how).ended;

/** Begins the program in this process. */
export function beginHere(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input = "",
  { isTTY = false } = {},
): Begun & { interrupt(name: NodeJS.Signals): void } {
  const [stdout, stderr] = [new Text(), new Text()];
  const exit = (code: number) => {
    throw new Error(`the program asks its process to exit with ${code}: ${stderr.text}`);
  };
  const stdin = Object.assign(Readable.from([input]), { isTTY });
  const surroundings = Object.assign(new EventEmitter(), {
    env: { HOME: process.env.HOME, ...env },
    stdin,
    stdout,
    stderr,
    exit,
  });
  let hasEnded = false;
  const ended = main(args, surroundings).then((code) => {
    hasEnded = true;
    return { code, signal: null, stdout: stdout.text, stderr: stderr.text };
  });
  return {
    ended,
    hasEnded: () => hasEnded,
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    interrupt: (name) => void surroundings.emit(name, name),
  };
}

/** Keeps what is written to it. */
class Text extends Writable {
  text = "";
  constructor() {
    super({ decodeStrings: false });
  }
  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk;
    done();
  }
}

export interface Workplace {
  readonly folder: string;
  path(...parts: string[]): string;
  write(name: string, content: string | Uint8Array): string;
  /** Writes a configuration as YAML and returns its path. */
  config(config: object, name?: string): string;
  /** Parsed lines of an NDJSON file. */
  // biome-ignore lint/suspicious/noExplicitAny: lines of any schema
  lines(name: string): any[];
  remove(): void;
}

/** With the threads that FLOWFERRY_TEST_THREADS asks for, unless the configuration says how many: so the journeys are made either way. */
export function withThreads(config: object): object {
  const { FLOWFERRY_TEST_THREADS: threads } = process.env;
  if (threads === undefined) return config;
  return { ...config, run: { threads: Number(threads), ...("run" in config && (config.run as object)) } };
}

/** A temporary folder for one test. */
export function workplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-journey-"));
  const path = (...parts: string[]) => join(folder, ...parts);
  const write = (name: string, content: string | Uint8Array) => {
    writeFileSync(path(name), content);
    return path(name);
  };
  return {
    folder,
    path,
    write,
    config: (config, name = "flowferry.yaml") => write(name, stringify(withThreads(config))),
    lines: (name) =>
      readFileSync(path(name), "utf8")
        .split("\n")
        // What stands behind the last end of a line is being written, or nothing.
        .slice(0, -1)
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The summary that `run --json` ends with. */
export function summaryOf({ stdout, stderr }: Ended) {
  const last = stdout.trimEnd().split("\n").at(-1);
  if (last === undefined || !last.startsWith("{"))
    throw new Error(`no summary line in stdout ${JSON.stringify(stdout)}; stderr: ${stderr}`);
  return JSON.parse(last) as {
    objects: number;
    records: number;
    bad: number;
    skipped: number;
    filtered: number;
    quality: Record<string, number>;
    sinks: Record<string, { delivered: number; rejected: number; deadLettered: number; waiting: number }>;
    parked: number;
    lost: number;
    alerts: { told: number; waiting: number; refused: number; withheld: number };
    seconds: number;
  };
}
