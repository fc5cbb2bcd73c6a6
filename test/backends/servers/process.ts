import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How much of a program's output is kept, from its end, for messages. */
const KEPT_OUTPUT_CHARACTERS = 16_384;

export interface ProcessOptions {
  cwd?: string;
  /** Added to the environment of this process. */
  env?: Record<string, string>;
}

/** A server that runs as a child of this process; it is killed when this process exits without stopping it. */
export interface ServerProcess {
  readonly pid: number;
  /** Says how it ended, `undefined` while it runs. */
  ended(): string | undefined;
  /** The end of what it wrote to stdout and stderr. */
  output(): string;
  /** Sends SIGTERM, and SIGKILL when it still runs after `deadlineMs`; resolves when it has ended. Can be called twice. */
  stop(deadlineMs?: number): Promise<void>;
}

/** Starts a server. Rejects when the program cannot be started at all; whether it serves is for `untilReady` to say. */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ServerProcess> {
  const child = spawn(command, args, { ...spawnOptions(options), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let end: string | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
    });
  }
  const exited = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      end = signal === null ? `exit code ${code}` : signal;
      process.off("exit", kill);
      resolve();
    });
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  await once(child, "spawn");
  process.once("exit", kill);
  return {
    pid: child.pid as number,
    ended: () => end,
    output: () => output,
    async stop(deadlineMs = 10_000) {
      if (end !== undefined) return;
      child.kill("SIGTERM");
      const deadline = setTimeout(kill, deadlineMs);
      await exited;
      clearTimeout(deadline);
    },
  };
}

/**
 * Asks `url` until it answers with `status`.
 * Throws with the server's output when the server ends before that, or when `timeoutMs` have passed.
 */
export async function untilReady(
  name: string,
  server: ServerProcess,
  url: string,
  { status = 200, timeoutMs = 60_000 }: { status?: number; timeoutMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last = "no answer";
  while (server.ended() === undefined && Date.now() < deadline) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      if (response.status === status) return;
      last = `HTTP ${response.status}`;
    } catch (error) {
      last = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    }
    await sleep(50);
  }
  const what =
    server.ended() === undefined ? `did not serve ${url} within ${timeoutMs} ms: ${last}` : `ended (${server.ended()})`;
  throw new Error(`${name} ${what}\n${server.output()}`);
}

/** Runs a program to its end and returns its stdout. Throws with the end of its output when it fails or exceeds `timeoutMs`. */
export async function run(
  command: string,
  args: readonly string[],
  options: ProcessOptions & { timeoutMs: number },
): Promise<string> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  const child = spawn(command, args, {
    ...spawnOptions(options),
    stdio: ["ignore", "pipe", "pipe"],
    signal,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
  });
  const line = [command, ...args].join(" ");
  let code: number | null;
  try {
    [code] = await once(child, "close");
  } catch (error) {
    const cause = signal.aborted ? `not done after ${options.timeoutMs} ms` : String(error);
    throw new Error(`${line}: ${cause}\n${output}`, { cause: error });
  }
  if (code !== 0) throw new Error(`${line}: exit code ${code}\n${output}`);
  return stdout;
}

/** Whether a program of this name is on the PATH. */
export function onPath(command: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => existsSync(join(directory, command)));
}

/** TCP ports of 127.0.0.1 that nobody listened on a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const holders = await Promise.all(Array.from({ length: count }, holdPort));
  const ports = holders.map(({ port }) => port);
  await Promise.all(holders.map(({ release }) => release()));
  return ports;
}

async function holdPort(): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return {
    port: address.port,
    release: () => server[Symbol.asyncDispose](),
  };
}

function spawnOptions(options: ProcessOptions): { cwd?: string; env: NodeJS.ProcessEnv } {
  const env = { ...process.env, ...options.env };
  return options.cwd === undefined ? { env } : { cwd: options.cwd, env };
}
