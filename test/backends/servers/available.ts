import { afterAll, beforeAll, beforeEach } from "vitest";
import { Unavailable } from "./unavailable.ts";

/** Downloading, building and starting one server on a slow machine. */
const START_TIMEOUT_MS = 28 * 60_000;
const STOP_TIMEOUT_MS = 60_000;

/**
 * Registers hooks that start a server before the tests of the calling file or `describe`, and stop it after them.
 * Returns how those tests reach it.
 *
 * Where the server cannot be had (`Unavailable`), the suite fails when `CI` is set; otherwise it prints why on stderr
 * and marks each of the tests as skipped with that reason. Whatever else goes wrong at the start is always a failure.
 */
export function available<Server extends { stop(): Promise<void> }>(name: string, start: () => Promise<Server>): () => Server {
  let server: Server | undefined;
  let missing: Unavailable | undefined;

  beforeAll(async () => {
    try {
      server = await start();
    } catch (error) {
      if (!(error instanceof Unavailable) || inCi()) throw error;
      missing = error;
      process.stderr.write(
        `\n!!! ${name} CANNOT BE HAD: its tests are NOT RUN (with CI set, this is a failure)\n!!! ${error.message}\n\n`,
      );
    }
  }, START_TIMEOUT_MS);

  beforeEach((context) => {
    if (missing !== undefined) context.skip(`${name} cannot be had: ${missing.message}`);
  });

  afterAll(async () => {
    await server?.stop();
  }, STOP_TIMEOUT_MS);

  return () => {
    if (server === undefined) throw new Error(`${name} is not running: call this inside a test`);
    return server;
  };
}

function inCi(): boolean {
  const value = process.env.CI ?? "";
  return value !== "" && value !== "0" && value !== "false";
}
