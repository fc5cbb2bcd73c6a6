import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onPath, run } from "./process.ts";
import { Unavailable } from "./unavailable.ts";

const BUILD_TIMEOUT_MS = 25 * 60_000;

/**
 * Returns the path of a server's binary, built from one of the Go modules of `test/backends/go`.
 * The module's own files name the binary in the per-user cache (`$XDG_CACHE_HOME/flowferry-backends`), so it is built
 * again only when a pinned version or the source changes. Throws `Unavailable` without Go or without its modules.
 *
 * @param target the package to build: `.`, a folder of the module as in `./ruler`, or an import path that the module requires
 */
export async function goBinary(server: string, module: string, target: string): Promise<string> {
  const source = fileURLToPath(new URL(`../go/${module}/`, import.meta.url));
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flowferry-backends");
  const own = target.startsWith("./") ? target.slice("./".length) : undefined;
  const folders = own === undefined ? [source] : [source, join(source, own)];
  const binary = join(cache, `${own === undefined ? module : `${module}-${own}`}-${await digest(folders)}`);
  if (existsSync(binary)) return binary;

  if (!onPath("go")) {
    throw new Unavailable(server, "it is built with Go, and there is no `go` on the PATH. Install Go 1.26 or newer");
  }
  process.stderr.write(`${server}: building it with Go (once; one to ten minutes)\n`);
  await mkdir(cache, { recursive: true });
  const unfinished = `${binary}.${randomUUID()}`;
  const build = ["go", "build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", unfinished, target];
  try {
    await run("nice", ["-n", "10", ...build], {
      cwd: source,
      env: { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" },
      timeoutMs: BUILD_TIMEOUT_MS,
    });
    await rename(unfinished, binary);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new Unavailable(server, `it cannot be built: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  return binary;
}

/** Changes with every file of the folders, and with the machine that the binary is for. */
async function digest(folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const folder of folders) {
    const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
    for (const name of files.sort()) hash.update(`\0${name}\0`).update(await readFile(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
