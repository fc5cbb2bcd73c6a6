import { type Config, loadConfig } from "../config/load.ts";

/** What a command may touch of its surroundings. */
export interface CliContext {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts with the first SIGINT or SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal;
  loadConfig(file: string): Promise<Config>;
  /** One line of result to stdout. */
  print(line: string): void;
}

export function createContext(process: NodeJS.Process, signal: AbortSignal): CliContext {
  const { env, stdout, stderr } = process;
  return {
    env,
    stdout,
    stderr,
    signal,
    loadConfig: (file) => loadConfig(file, env),
    print: (line) => void stdout.write(`${line}\n`),
  };
}

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
