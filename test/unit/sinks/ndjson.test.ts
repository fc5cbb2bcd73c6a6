import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Sink } from "../../../src/contracts/sink.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { loadSchema } from "../../../src/schemas/load.ts";
import { ndjson } from "../../../src/sinks/ndjson.ts";
import { batchOf, flowsOf, sshFlow } from "./flows.ts";
import { write as writeTo } from "./writing.ts";

let folder = "";
let file = "";
const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ndjson-"));
  file = join(folder, "out.ndjson");
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(folder, { recursive: true });
});

const signal = AbortSignal.timeout(60_000);
const sinkOf = async (options: object = {}): Promise<Sink> => {
  const sink = await ndjson.create(ndjson.options.parse({ path: "out.ndjson", schema: "seed", ...options }), {
    name: "test",
    baseDir: folder,
    env: {},
    version: "1.2.3",
  });
  closing.push(() => sink.close());
  return sink;
};
const text = (): string => readFileSync(file, "utf8");
const seedLine = (port: number): string => linePrinter(loadSchema("seed", "/"), "x")(sshFlow(1, { destinationPort: port }), 0);
const write = (sink: Sink, ...ports: number[]) =>
  writeTo(sink, batchOf(ports.map((port, index) => sshFlow(index + 1, { destinationPort: port }))), signal);
const lines = (...ports: number[]): string => ports.map((port) => `${seedLine(port)}\n`).join("");
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Error) => error,
  );

test("one line a flow is in the file when the write resolves", async () => {
  const sink = await sinkOf();
  expect(await write(sink, 1, 2)).toEqual({ rejected: 0 });
  expect(text()).toBe(lines(1, 2));
  await write(sink, 3);
  expect(text()).toBe(lines(1, 2, 3));
});

test("a line of schema otel has the shape of a log record", async () => {
  await writeTo(await sinkOf({ schema: "otel", serviceName: "mine" }), batchOf(flowsOf(1)), signal);
  expect(Object.keys(JSON.parse(text()))).toEqual([
    "timestamp",
    "observedTimestamp",
    "severityNumber",
    "severityText",
    "eventName",
    "resource",
    "attributes",
  ]);
  expect(JSON.parse(text()).resource["service.name"]).toBe("mine");
});

test("a file is added to, unless it is to be emptied, once", async () => {
  writeFileSync(file, "{}\n");
  await write(await sinkOf(), 1);
  expect(text()).toBe(`{}\n${lines(1)}`);
  const anew = await sinkOf({ append: false });
  await write(anew, 2);
  await write(anew, 3);
  expect(text()).toBe(lines(2, 3));
});

test("a file that holds something else is refused at the start, and not touched", async () => {
  writeFileSync(file, "precious");
  const error = await failure(sinkOf());
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toBe(
    `cannot append to ${file}: it does not end with a line of JSON; choose another \`path\`, or move the file away`,
  );
  expect(text()).toBe("precious");
  await write(await sinkOf({ append: false }), 1);
  expect(text()).toBe(lines(1));
});

test("a failure names the sink and the path", async () => {
  const sink = await sinkOf({ path: "folder/out.ndjson" }).catch(() => undefined);
  expect(sink).toBeUndefined();
  mkdirSync(join(folder, "folder"));
  const later = await sinkOf({ path: "folder/out.ndjson" });
  await write(later, 1);
  rmSync(join(folder, "folder"), { recursive: true });
  expect(await failure(write(later, 2))).toMatchObject({
    drawer: "worker",
    code: "ndjson-no-folder",
    message: `sink test: cannot write ${join(folder, "folder/out.ndjson")}: there is no folder ${join(folder, "folder")}: create it again`,
  });
});

test("a missing folder, a folder in the file's place and a file without rights are named at once", async () => {
  const missing = await failure(sinkOf({ path: "none/out.ndjson" }));
  expect(missing).toBeInstanceOf(UsageError);
  expect(missing.message).toBe(
    `cannot write ${join(folder, "none/out.ndjson")}: there is no folder ${join(folder, "none")}; create it, or correct \`path\``,
  );
  mkdirSync(file);
  expect((await failure(sinkOf())).message).toBe(`cannot write ${file}: it is a folder`);
  rmdirSync(file);
  symlinkSync("out.ndjson", file);
  const loop = await failure(sinkOf());
  expect(loop).toBeInstanceOf(UsageError);
  expect(loop.message).toBe(`cannot write ${file}: its symbolic links go round in a circle (ELOOP)`);
});

test("a pipe is written as it is read", async () => {
  execFileSync("mkfifo", [file]);
  const sink = await sinkOf();
  expect(await sink.probe(signal)).toBe(`${file} can be written`);
  const reading = outputOf(spawn("cat", [file]));
  // The reader has to be there first.
  while ((await write(sink, 1).catch(() => undefined)) === undefined) await setImmediate();
  await write(sink, 2);
  await sink.close();
  expect(await reading).toBe(lines(1, 2));
});

/** Standard output that leads to a file, which may have 8 KiB at first. */
const hasPrlimit = spawnSync("prlimit", ["--version"]).error === undefined;
test.skipIf(!hasPrlimit)(
  "standard output that leads to a full file loses nothing and breaks no line",

  async () => {
    const script = `
    import { execFileSync } from "node:child_process";
    import { createStandardOutput } from ${JSON.stringify(join(process.cwd(), "src/sinks/standard-output.ts"))};
    const limit = (bytes) => execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=" + bytes + ":unlimited"]);
    limit(8192);
    const out = createStandardOutput({ sync: true, writer: "sink x" });
    const { signal } = new AbortController();
    const outcomes = [];
    const write = (n) => out.write(Buffer.from(JSON.stringify({ n, a: "x".repeat(2980) }) + "\\n"), signal)
      .then(() => outcomes.push(n), (error) => outcomes.push([error.drawer, error.code, error.message].join(" ")));
    for (const n of [1, 2, 3, 3]) await write(n);
    limit("unlimited");
    for (const n of [3, 4]) await write(n);
    console.error(JSON.stringify(outcomes));
    console.log(JSON.stringify({ n: "end" }));`;
    const errors = execFileSync(
      "bash",
      ["-c", `exec "$0" --input-type=module-typescript -e "$1" 2>&1 >"$2"`, process.execPath, script, file],
      { encoding: "utf8" },
    );
    const full = "worker ndjson-write-failed sink x: cannot write standard output: the file may grow no larger";
    expect(JSON.parse(errors)).toEqual([1, 2, expect.stringContaining(full), expect.stringContaining(full), 3, 4]);
    const written = text()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line).n);
    expect(written).toEqual([1, 2, 3, 3, 4, "end"]);
  },
);

const toStdout = (batches: number): ChildProcess =>
  spawn(process.execPath, [
    "--input-type=module-typescript",
    "-e",
    `import { ndjson } from ${JSON.stringify(join(process.cwd(), "src/sinks/ndjson.ts"))};
    import { EMPTY_CONTEXT, Flow } from ${JSON.stringify(join(process.cwd(), "src/flow/flow.ts"))};
    import { originOf } from ${JSON.stringify(join(process.cwd(), "src/flow/origin.ts"))};
    const sink = await ndjson.create(ndjson.options.parse({ path: "-", schema: "seed" }), { name: "x", baseDir: "/", env: {}, version: "1" });
    const flows = Array.from({ length: 500 }, (_, index) => new Flow(originOf("s", "k", "e"), index, EMPTY_CONTEXT, 0));
    try {
      for (let batch = 0; batch < ${batches}; batch++) await sink.send(sink.encode(flows, 0), new AbortController().signal);
    } catch (error) {
      process.stderr.write(error.name + " " + error.message);
    }
    await sink.close();`,
  ]);

test("standard output gets the lines", async () => {
  const lines = (await outputOf(toStdout(3))).split("\n");
  expect(lines).toHaveLength(1501);
  expect(JSON.parse(lines[1499] ?? "")).toMatchObject({ protocol: "N/A" });
});

test("a reader of standard output that goes away is a clear error", async () => {
  const child = toStdout(100_000);
  child.stdout?.once("data", () => child.stdout?.destroy());
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  await once(child, "close");
  expect(errors).toBe("UsageError standard output was closed by its reader (EPIPE)");
});

test("the probe says what can be written and creates nothing", async () => {
  const sink = await sinkOf();
  expect(await sink.probe(signal)).toBe(`${file} can be created`);
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  appendFileSync(file, "{}\n");
  expect(await sink.probe(signal)).toBe(`${file} can be written (3 bytes so far)`);
  if (process.getuid?.() !== 0) {
    chmodSync(file, 0o400);
    expect((await failure(sink.probe(signal))).message).toContain("permission denied");
  }
});

async function outputOf(child: ChildProcess): Promise<string> {
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`exit code ${code}: ${errors}`);
  return output;
}
