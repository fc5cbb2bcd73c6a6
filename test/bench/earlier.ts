import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Earlier } from "./throughput.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The program as it was at a commit, by `git`, with the packages of now; kept in the system's temporary folder. The commit is one of
 * this repository, or Git throws.
 */
export function earlierProgram(commit: string): Earlier {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 30 }).trim();
  const id = git("rev-parse", "--short", "--verify", `${commit}^{commit}`);
  const folder = join(tmpdir(), "flowferry-bench", `program-${id}`);
  if (!existsSync(folder)) {
    const making = `${folder}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    try {
      const archive = execFileSync("git", ["archive", id], { cwd: ROOT, maxBuffer: 1 << 30 });
      execFileSync("tar", ["-x", "-C", making], { input: archive });
      renameSync(making, folder);
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }
  // Those of the checkout that asks: the one that has made the folder may be gone.
  const packages = join(folder, "node_modules");
  rmSync(packages, { force: true });
  symlinkSync(join(ROOT, "node_modules"), packages);
  const { version } = JSON.parse(git("show", `${id}:package.json`)) as { version: string };
  return { name: `version ${version} (${id})`, main: pathToFileURL(join(folder, "src/main.ts")) };
}
