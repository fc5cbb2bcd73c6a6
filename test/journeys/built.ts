import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Within the repository, so that the program finds what ships with it. */
const FOLDER = join(ROOT, "test", "dist");
const isFromSource = process.env.FROM_SOURCE !== undefined;

/** The program as it is published; with FROM_SOURCE in the environment its source, which starts later. */
export const PROGRAM = isFromSource ? join(ROOT, "src", "main.ts") : join(FOLDER, "main.js");

/** Builds it, once for all tests, and in watch mode again before each run. */
export default async function setup(project: TestProject): Promise<void> {
  if (isFromSource) return;
  await build();
  project.onTestsRerun(build);
}

/** A file that stays as it is is not touched: who runs the same tests beside this one may just start it. */
async function build(): Promise<void> {
  const [{ build }, { default: config }] = await Promise.all([import("rolldown"), import("../../rolldown.config.ts")]);
  const { output } = await build({ ...config, output: [config.output].flat()[0] ?? {}, cwd: ROOT, write: false });
  const made = new Set<string>();
  for (const file of output) {
    const path = join(FOLDER, file.fileName);
    const content = file.type === "chunk" ? file.code : file.source;
    made.add(path);
    if (existsSync(path) && readFileSync(path).equals(Buffer.from(content))) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, content);
    renameSync(`${path}.${process.pid}`, path);
  }
  for (const entry of readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !made.has(path)) rmSync(path);
  }
}
