import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "../../../src/lib/folders.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-folders-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a folder is made with those above it, once", () => {
  const path = join(folder, "a/b/c");
  makeFolder(path);
  makeFolder(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

test("where none can be made it fails at once", () => {
  expect(() => makeFolder("/proc/none/a")).toThrow(expect.objectContaining({ code: "ENOENT" }));
  writeFileSync(join(folder, "file"), "x");
  expect(() => makeFolder(join(folder, "file"))).toThrow(expect.objectContaining({ code: "EEXIST" }));
  expect(() => makeFolder(join(folder, "file/a"))).toThrow(expect.objectContaining({ code: "EEXIST" }));
});
