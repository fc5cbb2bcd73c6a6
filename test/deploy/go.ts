import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
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

const TOFU = "1.12.6";
/** OpenTofu builds with its own version of a library, which `go install` does not take. */
const TOFU_MODULE = `module tofu

go 1.26

require github.com/opentofu/opentofu v${TOFU}

replace github.com/hashicorp/hcl/v2 v2.20.1 => github.com/opentofu/hcl/v2 v2.20.2-0.20251021132045-587d123c2828
`;

/** Path of OpenTofu, built once into the user's cache. Throws `Unavailable` without Go or its modules. */
export async function openTofu(): Promise<string> {
  const program = join(CACHE, `tofu-${TOFU}`);
  if (existsSync(program)) return program;
  requireGo("OpenTofu");
  process.stderr.write("OpenTofu: building it with Go (once; up to 20 minutes)\n");
  const source = join(CACHE, "tofu-src");
  await mkdir(source, { recursive: true });
  await writeFile(join(source, "go.mod"), TOFU_MODULE);
  const unfinished = join(CACHE, `tofu-${TOFU}.${process.pid}`);
  const build = [
    "go",
    "build",
    "-buildvcs=false",
    "-trimpath",
    "-ldflags=-s -w",
    "-o",
    unfinished,
    "github.com/opentofu/opentofu/cmd/tofu",
  ];
  await tried("OpenTofu", () =>
    run("nice", ["-n", "19", ...build], {
      cwd: source,
      env: { GOFLAGS: "-mod=mod", GOWORK: "off" },
      timeoutMs: BUILD_TIMEOUT_MS,
    }),
  );
  await rename(unfinished, program);
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
