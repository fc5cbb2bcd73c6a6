import type { Config } from "../config/load.ts";
import { printable, printableLines } from "../lib/printable.ts";
import { addEnvironment } from "../lib/secrets/of-environment.ts";
import { Scrubber } from "../lib/secrets/scrubber.ts";
import type { Terminal } from "../lib/terminal.ts";

/** What the program has of the process that it runs in. `process` is one; a test hands in another. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Touched by what reads it alone: `-c -`, and questions. */
  readonly stdin: Input;
  on(event: "SIGINT" | "SIGTERM", listener: (name: NodeJS.Signals) => void): unknown;
  on(event: "uncaughtException", listener: (error: unknown) => void): unknown;
  off(event: "SIGINT" | "SIGTERM", listener: (name: NodeJS.Signals) => void): unknown;
  off(event: "uncaughtException", listener: (error: unknown) => void): unknown;
  /** Ends at once. */
  exit(code: ExitCode): void;
}

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** What a command may touch of its surroundings. */
export interface CliContext {
  readonly env: NodeJS.ProcessEnv;
  /** Results of several lines, to stdout; without secrets and control characters. */
  readonly stdout: { write(text: string): void };
  readonly stdin: Input;
  /** The terminal, for progress. */
  readonly stderr: Terminal;
  /** Aborts with the first SIGINT or SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Every secret that the program knows of so far: the environment's, and the configuration's once it is read. */
  readonly secrets: Scrubber;
  /** A configuration, from standard input where the file is called `-`. */
  loadConfig(file: string): Promise<Config>;
  /** One line of result to stdout, text or JSON; without secrets and control characters. A line stays one, whatever is in it. */
  print(line: string): void;
}

export function createContext(surroundings: Surroundings, signal: AbortSignal): CliContext {
  const { env, stdout, stderr } = surroundings;
  const secrets = new Scrubber();
  addEnvironment(secrets, env);
  return {
    env,
    get stdin() {
      return surroundings.stdin;
    },
    stdout: { write: (text) => void stdout.write(printableLines(secrets.scrub(text))) },
    stderr,
    signal,
    secrets,
    loadConfig: async (file) => {
      const { loadConfig, readConfig } = await import("../config/load.ts");
      if (file !== "-") return loadConfig(file, env, secrets);
      const [{ text }, { Registry }] = await Promise.all([import("node:stream/consumers"), import("../registry.ts")]);
      const input = { file: "standard input", text: await text(surroundings.stdin) };
      return readConfig(input, { registry: new Registry(), env, baseDir: process.cwd(), secrets });
    },
    print: (line) => void stdout.write(`${printable(secrets.scrub(line))}\n`),
  };
}

/** Exit codes of every command. `incomplete`: a job is done, but something was set aside, is parked, or nobody could be told. */
export const EXIT = { done: 0, failed: 1, usage: 2, incomplete: 3, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
