import { rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json as jsonOf } from "node:stream/consumers";
import { codeOf, describeError, UsageError } from "../lib/errors.ts";
import { linePrinter } from "../schemas/line.ts";
import { loadSchema } from "../schemas/load.ts";
import { flowLine } from "./flow-line.ts";
import type { Live } from "./live.ts";
import type { Passing } from "./passing.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Talkers } from "./talkers.ts";
import { tapFilter } from "./tap-filter.ts";

/** What `top` shows. */
export interface Top extends Snapshot {
  readonly talkers: Talkers;
}

/** What `tap` asks for. */
export interface TapRequest {
  /** In the language of sinks' filters; every flow without it. */
  readonly filter?: string | undefined;
  /** `text`, or the name of a schema. */
  readonly format: string;
}

/** What a tap is told: a flow, or how many could not be shown since whoever looks is too slow. */
type Told = { readonly line: string } | { readonly dropped: number };

/** Longer paths cannot be bound (sun_path holds 108 bytes on Linux, 104 elsewhere). */
const LONGEST_PATH = 103;
/** An import would load all that node:http re-exports, fetch with it, at each start. */
const { createServer, request } = process.getBuiltinModule("node:http");
/** What may wait for a tap that is slow, in bytes. */
const MOST_WAITING = 4 * 1024 ** 2;

/** The local socket of a worker, beside its ledger; undefined where there can be none. */
export function socketOf(ledgerPath: string): string | undefined {
  const path = `${ledgerPath}.sock`;
  return ledgerPath === ":memory:" || Buffer.byteLength(path) > LONGEST_PATH ? undefined : path;
}

/** Answers `top` and `tap` on a socket that only the worker's user may open. The caller holds the ledger: a socket that is there is a dead one's. */
export async function serveSocket(path: string, live: Live, passing: Passing): Promise<{ close(): void }> {
  const server = createServer((asked, response) => {
    answer(asked, response, live, passing).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(error instanceof UsageError ? 400 : 500);
      response.end(JSON.stringify({ code: codeOf(error), message: describeError(error) }));
    });
  });
  rmSync(path, { force: true });
  const listening = new Promise<void>((resolve, reject) => {
    // The file is made while `listen` is called.
    const mask = process.umask(0o177);
    server.once("error", reject).listen(path, resolve);
    process.umask(mask);
  });
  await listening;
  return {
    close() {
      server.close();
      server.closeAllConnections();
      rmSync(path, { force: true });
    },
  };
}

async function answer(asked: IncomingMessage, response: ServerResponse, live: Live, passing: Passing): Promise<void> {
  if (asked.url === "/top") {
    const now = Date.now();
    const top: Top = { ...live.snapshot(now), talkers: passing.talkers(now) };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(top));
  } else if (asked.url === "/tap") tap((await jsonOf(asked)) as TapRequest, response, passing);
  else response.writeHead(404).end(JSON.stringify({ code: "not-found", message: "there is no such page" }));
}

function tap({ filter, format }: TapRequest, response: ServerResponse, passing: Passing): void {
  const wants = filter === undefined ? () => true : tapFilter(filter).test;
  const print = format === "text" ? flowLine : linePrinter(loadSchema(format, process.cwd()), "flowferry");
  let dropped = 0;
  const tell = (told: Told) => response.write(`${JSON.stringify(told)}\n`);
  response.writeHead(200, { "content-type": "application/x-ndjson" }).flushHeaders();
  const end = passing.tap({
    wants,
    show(flow, now) {
      if (response.writableLength > MOST_WAITING) {
        dropped += 1;
        return;
      }
      if (dropped > 0) tell({ dropped });
      dropped = 0;
      tell({ line: print(flow, now) });
    },
  });
  response.on("close", end);
}

/** What `top` shows, of the worker at the socket. Throws UsageError where there is none. */
export async function askTop(path: string, signal: AbortSignal): Promise<Top> {
  return (await jsonOf(await exchange(path, "/top", undefined, signal))) as Top;
}

/** Flows of the worker at the socket while they pass, until the signal aborts or the worker ends. */
export async function* askTap(path: string, asked: TapRequest, signal: AbortSignal): AsyncGenerator<Told> {
  const answered = await exchange(path, "/tap", JSON.stringify(asked), signal);
  let rest = "";
  try {
    for await (const part of answered.setEncoding("utf8")) {
      const lines = `${rest}${part}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as Told;
    }
  } catch (error) {
    if (!signal.aborted && codeOf(error) !== "ECONNRESET") throw error;
  }
}

async function exchange(
  socketPath: string,
  path: string,
  body: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const answered = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ socketPath, path, method: body === undefined ? "GET" : "POST", signal, agent: false }, resolve);
    sent.on("error", (cause: NodeJS.ErrnoException) => {
      const isNobody = cause.code === "ENOENT" || cause.code === "ECONNREFUSED";
      const line = `no worker listens at ${socketPath}: start one with \`flowferry run\` and the same configuration`;
      reject(isNobody ? new UsageError("no-worker", line, { cause }) : cause);
    });
    sent.end(body);
  });
  if (answered.statusCode === 200) return answered;
  const { code, message } = (await jsonOf(answered)) as { code: string; message: string };
  throw new UsageError(code, message);
}
