import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Sink } from "../../../src/contracts.ts";
import { describeError, RetryableError, UsageError } from "../../../src/errors.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { loadSchema } from "../../../src/schemas/load.ts";
import { createLinesFile, reportOf } from "../../../src/sinks/lines-file.ts";
import { ndjson } from "../../../src/sinks/ndjson.ts";
import { batchOf, flowsOf, sshFlow } from "./flows.ts";

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
  sink.write(batchOf(ports.map((port, index) => sshFlow(index + 1, { destinationPort: port }))), signal);
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
  await (await sinkOf({ schema: "otel", serviceName: "mine" })).write(batchOf(flowsOf(1)), signal);
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

test.each([
  ["half a line", `${'{"a":1}\n'.repeat(3)}{"destinationAddr`, '{"a":1}\n'.repeat(3)],
  ["half a first line", '{"destinationAddr', ""],
  ["half a character", Buffer.concat([Buffer.from('{"a":1}\n{"b":"'), Buffer.of(0xe6, 0xbc)]), '{"a":1}\n'],
  ["a long half line", `{"a":1}\n{"b":"${"x".repeat(200_000)}`, '{"a":1}\n'],
  ["a whole line without its end", '{"a":1}\n{"b":2}', '{"a":1}\n{"b":2}\n'],
])("what a crash left is repaired at opening: %s", async (_, left, repaired) => {
  writeFileSync(file, left);
  await write(await sinkOf(), 1);
  expect(text()).toBe(repaired + lines(1));
});

test("a file that holds something else is not touched", async () => {
  writeFileSync(file, "precious");
  const error = await failure(write(await sinkOf(), 1));
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toContain("does not end with a line of JSON");
  expect(text()).toBe("precious");
});

test("a file that was moved away is followed by a new one", async () => {
  const sink = await sinkOf();
  await write(sink, 1);
  renameSync(file, `${file}.1`);
  await write(sink, 2);
  expect([readFileSync(`${file}.1`, "utf8"), text()]).toEqual([lines(1), lines(2)]);
});

test("a missing folder, a folder in the file's place and a file without rights are named at once", async () => {
  const missing = await failure(sinkOf({ path: "none/out.ndjson" }));
  expect(missing).toBeInstanceOf(UsageError);
  expect(missing.message).toBe(
    `cannot write ${join(folder, "none/out.ndjson")}: there is no folder ${join(folder, "none")}; create it, or correct \`path\``,
  );
  mkdirSync(file);
  expect((await failure(sinkOf())).message).toContain("it is a folder");
});

test("what a file system's errors mean", () => {
  const report = (code: string) => reportOf(Object.assign(new Error(`${code}: words`), { code }), "/f");
  expect(report("ENOSPC")).toBeInstanceOf(RetryableError);
  expect(report("ENOSPC")).toMatchObject({
    code: "ndjson-disk-full",
    message: "cannot write /f: no space left on the disk (ENOSPC)",
  });
  expect(report("EIO")).toBeInstanceOf(RetryableError);
  expect(report("EACCES")).toBeInstanceOf(UsageError);
  expect(describeError(report("EACCES"))).toBe("cannot write /f: EACCES: words");
});

test("a full device is retryable", async () => {
  const full = createLinesFile("/dev/full", { append: true, sync: true });
  closing.push(() => full.close());
  const error = await failure(full.write(Buffer.from("{}\n")));
  expect(error).toMatchObject({ code: "ndjson-disk-full" });
  expect(error).toBeInstanceOf(RetryableError);
});

test("a write that fails half way leaves whole lines, and the next one comes after them", { timeout: 30_000 }, async () => {
  // The process may write files of 8 KiB at most: the third write of 3 KiB fails in the middle.
  const script = `
    import { createLinesFile } from ${JSON.stringify(join(process.cwd(), "src/sinks/lines-file.ts"))};
    process.on("SIGXFSZ", () => {});
    const file = createLinesFile(${JSON.stringify(file)}, { append: true, sync: true });
    const line = Buffer.from(JSON.stringify({ a: "x".repeat(2980) }) + "\\n");
    const outcomes = [];
    for (let index = 0; index < 3; index++) outcomes.push(await file.write(line).then(() => "written", (error) => error.code));
    outcomes.push(await file.write(Buffer.from("{}\\n")).then(() => "written", (error) => error.code));
    await file.close();
    console.log(outcomes.join(" "));
  `;
  const output = await outputOf(
    spawn("bash", ["-c", `ulimit -f 8; exec "$0" --input-type=module-typescript -e "$1"`, process.execPath, script]),
  );
  expect(output.trim()).toBe("written written ndjson-write-failed written");
  const written = text().split("\n");
  expect(written.slice(0, -1).map((one) => JSON.parse(one))).toEqual([{ a: "x".repeat(2980) }, { a: "x".repeat(2980) }, {}]);
  expect(written.at(-1)).toBe("");
});

const toStdout = (batches: number): ChildProcess =>
  spawn(process.execPath, [
    "--input-type=module-typescript",
    "-e",
    `import { ndjson } from ${JSON.stringify(join(process.cwd(), "src/sinks/ndjson.ts"))};
    import { EMPTY_CONTEXT, Flow, originOf } from ${JSON.stringify(join(process.cwd(), "src/flow.ts"))};
    const sink = await ndjson.create(ndjson.options.parse({ path: "-", schema: "seed" }), { name: "x", baseDir: "/", env: {}, version: "1" });
    const flows = Array.from({ length: 500 }, (_, index) => new Flow(originOf("s", "k", "e"), index, EMPTY_CONTEXT, 0));
    try {
      for (let batch = 0; batch < ${batches}; batch++) await sink.write({ flows, segments: [] }, new AbortController().signal);
    } catch (error) {
      process.stderr.write(error.name + " " + error.message);
    }
    await sink.close();`,
  ]);

test("standard output gets the lines", { timeout: 30_000 }, async () => {
  const lines = (await outputOf(toStdout(3))).split("\n");
  expect(lines).toHaveLength(1501);
  expect(JSON.parse(lines[1499] ?? "")).toMatchObject({ protocol: "N/A" });
});

test("a reader of standard output that goes away is a clear error", { timeout: 30_000 }, async () => {
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
    expect(await failure(sink.probe(signal))).toBeInstanceOf(UsageError);
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
