import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Failure } from "../../../src/lib/errors.ts";
import { leftByCrash } from "../../../src/sinks/line-end.ts";
import { createLinesFile, type Lines } from "../../../src/sinks/lines-file.ts";

let folder: string;
let path: string;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-lines-"));
  path = join(folder, "out.ndjson");
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) await close();
  rmSync(folder, { recursive: true });
});

const { signal } = new AbortController();

function linesFile({ at = path, append = true } = {}): Lines {
  const lines = createLinesFile(at, { append, sync: true, writer: "sink x" });
  closing.push(() => lines.close());
  return lines;
}

/** A line of 3,000 bytes. */
const line = (name: string): string => `${JSON.stringify({ name, a: "x".repeat(2981 - name.length) })}\n`;
const write = (lines: Lines, ...names: string[]) => lines.write(Buffer.from(names.map(line).join("")), signal);
const text = (at = path): string => readFileSync(at, "utf8");
const failure = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Error) => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );

/** What happens once, after the next write and before it is on the disk. */
async function beforeNextSync(event: () => void): Promise<void> {
  const handle = await open(folder);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  vi.spyOn(prototype, "datasync").mockImplementationOnce(async () => event());
}

const brokenDisk = (): never => {
  throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
};

test("a line has 3,000 bytes", () => expect(Buffer.byteLength(line("abc"))).toBe(3000));

describe("what a crash left is repaired at the start", () => {
  const whole = '{"a":1}\n';
  test.each([
    ["half a line", `${whole.repeat(3)}{"destinationAddr`, whole.repeat(3)],
    ["half a first line", '{"destinationAddr', ""],
    ["half a character", Buffer.concat([Buffer.from(`${whole}{"b":"`), Buffer.of(0xe6, 0xbc)]), whole],
    ["a long half line", `${whole}{"b":"${"x".repeat(200_000)}`, whole],
    ["a whole line without its end", `${whole}{"b":2}`, `${whole}{"b":2}\n`],
    ["zeros that the disk never got", `${whole}\0\0\0\0`, whole],
    ["half a line and zeros", `${whole}{"b":\0\0\0`, whole],
    ["a whole line and zeros", `${whole}{"b":2}\0\0`, `${whole}{"b":2}\n`],
    ["many zeros", `${whole}${"\0".repeat(300_000)}`, whole],
    ["nothing", "", ""],
  ])("%s", async (_, left, repaired) => {
    writeFileSync(path, left);
    await write(linesFile(), "a");
    expect(text()).toBe(repaired + line("a"));
  });

  test("what is none of ours is not", async () => {
    for (const tail of ["precious", "[1", "\0precious\0", '"a'].map(Buffer.from)) expect(leftByCrash(tail)).toBeUndefined();
    writeFileSync(path, "precious");
    expect(await failure(write(linesFile(), "a"))).toMatchObject({
      drawer: "worker",
      code: "ndjson-not-lines",
      message: `sink x: cannot append to ${path}: it does not end with a line of JSON; choose another \`path\`, or move the file away`,
    });
    expect(text()).toBe("precious");
  });

  test("a file is emptied at the start if asked to, not later", async () => {
    writeFileSync(path, "precious");
    const lines = linesFile({ append: false });
    await write(lines, "a");
    renameSync(path, `${path}.1`);
    writeFileSync(path, '{"b":1}\n');
    await write(lines, "b");
    expect([text(`${path}.1`), text()]).toEqual([line("a"), `{"b":1}\n${line("b")}`]);
  });
});

describe("others may do with the file what they want", () => {
  test("move it away: a new one follows, with the same rights", async () => {
    const lines = linesFile();
    await write(lines, "a");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    renameSync(path, `${path}.1`);
    await write(lines, "b");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o640);
    renameSync(path, `${path}.2`);
    await write(lines, "c");
    expect([text(`${path}.1`), text(`${path}.2`), text()]).toEqual([line("a"), line("b"), line("c")]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("a file that was there keeps its rights", async () => {
    writeFileSync(path, "");
    chmodSync(path, 0o644);
    await write(linesFile(), "a");
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  test("move it away and put another one there: that one is added to, and not repaired", async () => {
    const lines = linesFile();
    await write(lines, "a");
    renameSync(path, `${path}.1`);
    writeFileSync(path, '{"half":');
    await write(lines, "b");
    expect(text()).toBe(`{"half":\n${line("b")}`);
  });

  test("copy and truncate it", async () => {
    const lines = linesFile();
    await write(lines, "a", "b");
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    await write(lines, "c");
    expect(text()).toBe(line("c"));
  });

  test("add to it, also without a newline", async () => {
    const lines = linesFile();
    await write(lines, "a");
    appendFileSync(path, '{"other":1}\n{"other":2}');
    await write(lines, "b");
    await write(lines, "c");
    expect(text()).toBe(`${line("a")}{"other":1}\n{"other":2}\n${line("b")}${line("c")}`);
  });

  test("remove it while it is written: the write fails, and its repetition makes a new one", async () => {
    const lines = linesFile();
    await write(lines, "a");
    await beforeNextSync(() => unlinkSync(path));
    expect(await failure(write(lines, "b"))).toMatchObject({
      drawer: "worker",
      code: "ndjson-disturbed",
      message: `sink x: ${path} was removed or truncated while it was written: the lines are written again`,
    });
    await write(lines, "b");
    expect(text()).toBe(line("b"));
  });

  test("truncate it while it is written: the write fails, and its repetition writes all of it", async () => {
    const lines = linesFile();
    await write(lines, "a");
    await beforeNextSync(() => truncateSync(path));
    expect(await failure(write(lines, "b"))).toMatchObject({ code: "ndjson-disturbed" });
    await write(lines, "b");
    expect(text()).toBe(line("b"));
  });

  test("truncate it before the lines came: they are all there, and it is no failure", async () => {
    const lines = linesFile();
    await write(lines, "a", "b");
    await beforeNextSync(() => writeFileSync(path, line("c")));
    await write(lines, "c");
    expect(text()).toBe(line("c"));
  });
});

describe("a write that fails", () => {
  test("takes back what it wrote, and names the sink and the path", async () => {
    const lines = linesFile();
    await write(lines, "a");
    await beforeNextSync(brokenDisk);
    expect(await failure(write(lines, "b", "c"))).toMatchObject({
      drawer: "worker",
      code: "ndjson-write-failed",
      message: `sink x: cannot write ${path}: the disk fails with an I/O error (EIO)`,
    });
    expect(text()).toBe(line("a"));
    await write(lines, "b", "c");
    expect(text()).toBe(line("a") + line("b") + line("c"));
  });

  test.each<[string, () => void, string]>([
    ["somebody has added to it", () => appendFileSync(path, '{"other":1}\n'), `${line("a")}${line("b")}{"other":1}\n`],
    ["somebody has truncated it", () => truncateSync(path), ""],
    ["somebody has truncated and written it", () => writeFileSync(path, '{"other":1}\n'), '{"other":1}\n'],
    ["the rest came after a truncation", () => writeFileSync(path, line("b").slice(-1000)), ""],
    ["the same length is something else", () => writeFileSync(path, `${line("a")}${line("d")}`), `${line("a")}${line("d")}`],
    ["somebody has written much", () => writeFileSync(path, line("o").repeat(5)), line("o").repeat(5)],
  ])("touches nothing else: %s", async (_, event, left) => {
    const lines = linesFile();
    await write(lines, "a");
    await beforeNextSync(() => {
      event();
      brokenDisk();
    });
    await failure(write(lines, "b"));
    expect(text()).toBe(left);
    await write(lines, "b");
    expect(text()).toBe(left + line("b"));
  });

  test("leaves a file that was moved away meanwhile without its half", async () => {
    const lines = linesFile();
    await write(lines, "a");
    await beforeNextSync(() => {
      renameSync(path, `${path}.1`);
      brokenDisk();
    });
    await failure(write(lines, "b"));
    await write(lines, "b");
    expect([text(`${path}.1`), text()]).toEqual([line("a"), line("b")]);
  });

  /** The process may write files of 8 KiB at most. */
  const limited = (body: string): unknown =>
    JSON.parse(
      execFileSync("bash", [
        "-c",
        `ulimit -f 8; exec "$0" --input-type=module-typescript -e "$1"`,
        process.execPath,
        `
        import { appendFileSync, readFileSync, truncateSync } from "node:fs";
        import { createLinesFile } from ${JSON.stringify(join(process.cwd(), "src/sinks/lines-file.ts"))};
        const path = ${JSON.stringify(path)};
        const lines = createLinesFile(path, { append: true, sync: true, writer: "sink x" });
        const line = ${line.toString()};
        const { signal } = new AbortController();
        const write = (...names) => lines.write(Buffer.from(names.map(line).join("")), signal).then(() => "written", ({ code, message }) => code + ": " + message);
        const outcomes = [];
        ${body}
        await lines.close();
        console.log(JSON.stringify(outcomes));`,
      ]).toString(),
    );
  const tooLarge = () =>
    `ndjson-write-failed: sink x: cannot write ${path}: the file may grow no larger: move it away, or raise the limit on the size of files (EFBIG)`;

  test("half way leaves whole lines, and the next one comes after them", () => {
    const outcomes = limited(`for (const name of ["a", "b", "c"]) outcomes.push(await write(name));
      outcomes.push(await lines.write(Buffer.from("{}\\n"), signal).then(() => "written"));`);
    expect(outcomes).toEqual(["written", "written", tooLarge(), "written"]);
    expect(text()).toBe(`${line("a")}${line("b")}{}\n`);
  });

  test("half way keeps what others have added, and does not lengthen what they have truncated", () => {
    const outcomes = limited(`outcomes.push(await write("a"));
      appendFileSync(path, line("other"));
      outcomes.push(await write("b"), readFileSync(path, "utf8") === line("a") + line("other"));
      truncateSync(path);
      outcomes.push(await write("b", "c", "d"), readFileSync(path, "utf8") === "");
      outcomes.push(await write("b", "c"));`);
    expect(outcomes).toEqual(["written", tooLarge(), true, tooLarge(), true, "written"]);
    expect(text()).toBe(line("b") + line("c"));
  });
});

describe("what heals", () => {
  test("a folder that is gone comes back", async () => {
    const inner = join(folder, "inner");
    const at = join(inner, "out.ndjson");
    mkdirSync(inner);
    const lines = linesFile({ at });
    await write(lines, "a");
    rmSync(inner, { recursive: true });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await failure(write(lines, "b"))).toMatchObject({
        drawer: "worker",
        code: "ndjson-no-folder",
        message: `sink x: cannot write ${at}: there is no folder ${inner}: create it again`,
      });
    }
    mkdirSync(inner);
    await write(lines, "b");
    expect(text(at)).toBe(line("b"));
  });

  test("a folder in the file's place, and a file in the folder's", async () => {
    const lines = linesFile();
    await write(lines, "a");
    unlinkSync(path);
    mkdirSync(path);
    expect(await failure(write(lines, "b"))).toMatchObject({
      drawer: "worker",
      code: "ndjson-unwritable",
      message: `sink x: cannot write ${path}: it is a folder (EISDIR)`,
    });
    rmdirSync(path);
    await write(lines, "b");
    expect(text()).toBe(line("b"));
  });

  test("a pipe in the file's place", async () => {
    const lines = linesFile();
    await write(lines, "a");
    unlinkSync(path);
    execFileSync("mkfifo", [path]);
    expect(await failure(write(lines, "b"))).toMatchObject({ code: "ndjson-no-file" });
    unlinkSync(path);
    await write(lines, "b");
    expect(text()).toBe(line("b"));
  });

  test("a device that is full says so, and one that is not takes all", async () => {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await failure(write(linesFile({ at: "/dev/full" }), "a"))).toMatchObject({
        drawer: "worker",
        code: "ndjson-disk-full",
        message: "sink x: cannot write /dev/full: no space left on the disk: make room (ENOSPC)",
      });
    }
    await write(linesFile({ at: "/dev/null" }), "a");
  });
});
