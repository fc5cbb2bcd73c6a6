import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const versionWith = async (env: NodeJS.ProcessEnv) => {
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...own } = process.env;
  return promisify(execFile)(process.execPath, [MAIN, "--version"], { env: { ...own, ...env } });
};

it("what is compiled is kept in the user's cache", async () => {
  await versionWith({ XDG_CACHE_HOME: folder });
  expect(readdirSync(join(folder, "flowferry"))).not.toEqual([]);
});

it("without XDG_CACHE_HOME, or with one that is no absolute path, it is below the home folder", async () => {
  for (const XDG_CACHE_HOME of [undefined, "", "relative"]) {
    const home = mkdtempSync(join(folder, "home-"));
    await versionWith({ XDG_CACHE_HOME, HOME: home });
    expect(readdirSync(join(home, ".cache", "flowferry"))).not.toEqual([]);
  }
});

it("a folder that cannot be made changes nothing", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const { stdout, stderr } = await versionWith({ XDG_CACHE_HOME: file });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(stderr).toBe("");
});

it("a folder that NODE_COMPILE_CACHE names is used instead", async () => {
  await versionWith({ XDG_CACHE_HOME: join(folder, "cache"), NODE_COMPILE_CACHE: join(folder, "named") });
  expect(readdirSync(folder)).toEqual(["named"]);
});
