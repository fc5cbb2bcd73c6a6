import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { onPath, run } from "../backends/servers/process.ts";
import { Unavailable } from "../backends/servers/unavailable.ts";

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flowferry-deploy");
const BUILD_TIMEOUT_MS = 28 * 60_000;

/** Path of a program of Go, `import/path@version`, built once into the user's cache. Throws `Unavailable` without Go or its modules. */
export async function goProgram(what: string): Promise<string> {
  const [path = "", version = ""] = what.split("@");
  const folder = join(CACHE, `${path.replaceAll("/", "-")}-${version}`);
  const program = join(folder, path.split("/").at(-1) ?? "");
  if (existsSync(program)) return program;
  requireGo(what);
  process.stderr.write(`${what}: building it with Go (once; up to 20 minutes)\n`);
  await mkdir(folder, { recursive: true });
  await tried(what, () =>
    run("nice", ["-n", "19", "go", "install", what], { env: { GOBIN: folder, GOFLAGS: "" }, timeoutMs: BUILD_TIMEOUT_MS }),
  );
  return program;
}

/** Folder of a Go module's files, `path@version`, as the Go proxy gives them. Throws `Unavailable` without Go or the module. */
export async function goModule(what: string): Promise<string> {
  requireGo(what);
  const printed = await tried(what, () =>
    run("go", ["mod", "download", "-json", what], { env: { GOFLAGS: "" }, timeoutMs: BUILD_TIMEOUT_MS }),
  );
  return (JSON.parse(printed) as { Dir: string }).Dir;
}

function requireGo(what: string): void {
  if (!onPath("go"))
    throw new Unavailable(what, "it comes from the Go proxy, and there is no `go` on the PATH. Install Go 1.26 or newer");
}

async function tried<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Unavailable(what, `it cannot be had: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
