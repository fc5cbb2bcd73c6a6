import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Lines } from "../../../src/sinks/lines-file.ts";
import { createLinesPipe } from "../../../src/sinks/lines-pipe.ts";

let folder: string;
let path: string;
let pipe: Lines;
const { signal } = new AbortController();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-pipe-"));
  path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  pipe = createLinesPipe(path, "sink x");
});

afterEach(async () => {
  await pipe.close();
  rmSync(folder, { recursive: true });
});

/** Opens the other end without waiting for a writer. */
const reader = (): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
const read = (fd: number): string => {
  const bytes = Buffer.alloc(65_536);
  return bytes.subarray(0, readSync(fd, bytes)).toString();
};
const fault = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "it did not fail",
    (error: unknown) => error,
  );

test("without a reader a write fails, and may be repeated when one is there", async () => {
  const write = () => pipe.write(Buffer.from("{}\n"), signal);
  expect(await fault(write())).toMatchObject({
    drawer: "worker",
    code: "ndjson-write-failed",
    message: `sink x: cannot write ${path}: nobody reads the pipe: start its reader (ENXIO)`,
  });
  const first = reader();
  await write();
  expect(read(first)).toBe("{}\n");
  closeSync(first);
  expect(await fault(write())).toMatchObject({
    drawer: "worker",
    message: `sink x: cannot write ${path}: the pipe's reader went away (EPIPE)`,
  });
  expect(await fault(write())).toMatchObject({ message: expect.stringContaining("nobody reads the pipe") });
  const second = reader();
  await write();
  expect(read(second)).toBe("{}\n");
  closeSync(second);
});

test("a slow reader is waited for, and gets everything in order", async () => {
  const child: ChildProcess = spawn("sh", ["-c", 'exec <"$0"; echo ready; sleep 0.1; exec cat', path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stdout = child.stdout as NonNullable<ChildProcess["stdout"]>;
  let output = "";
  stdout.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  const lines = Array.from({ length: 20 }, (_, index) => `${JSON.stringify({ index, a: "x".repeat(50_000) })}\n`);
  for (const line of lines) {
    // The first ones until the reader has opened its end.
    while ((await fault(pipe.write(Buffer.from(line), signal))) !== "it did not fail") await new Promise(setImmediate);
  }
  await pipe.close();
  await once(child, "close");
  expect(output).toBe(`ready\n${lines.join("")}`);
});

test("a write that nobody reads ends with its signal", async () => {
  const end = reader();
  const stop = new AbortController();
  const writing = fault(pipe.write(Buffer.alloc(1_000_000, 0x61), stop.signal));
  const reason = new Error("enough");
  stop.abort(reason);
  expect(await writing).toBe(reason);
  closeSync(end);
});
