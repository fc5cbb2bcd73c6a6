import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { onPath, run } from "../backends/servers/process.ts";
import { Unavailable } from "../backends/servers/unavailable.ts";

/** What is built or unpacked once for the tests of this folder. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flowferry-deploy");
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

/** Path of Helm, built once into the user's cache. Throws `Unavailable` without Go or its modules. */
export const helmProgram = (): Promise<string> => goProgram("helm.sh/helm/v4/cmd/helm@v4.3.1");

const TOFU = "1.12.6";
/** OpenTofu builds with its own version of a library, which `go install` does not take. */
const TOFU_MODULE = `module tofu

go 1.26

require github.com/opentofu/opentofu v${TOFU}

replace github.com/hashicorp/hcl/v2 v2.20.1 => github.com/opentofu/hcl/v2 v2.20.2-0.20251021132045-587d123c2828
`;

/** Path of OpenTofu, built once into the user's cache. Throws `Unavailable` without Go or its modules. */
export function openTofu(): Promise<string> {
  return builtIn("OpenTofu", `tofu-${TOFU}`, "github.com/opentofu/opentofu/cmd/tofu", () => TOFU_MODULE);
}

/** The version of Kubernetes that the chart is tested with. */
export const KUBERNETES = "1.34.4";

/** Path of Kubernetes' API server, built once into the user's cache. Throws `Unavailable` without Go or its modules. */
export function kubeApiserver(): Promise<string> {
  const [major = "", minor = "", patch = ""] = KUBERNETES.split(".");
  const version = Object.entries({ gitVersion: `v${KUBERNETES}`, gitMajor: major, gitMinor: minor });
  const flags = version.map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return builtIn(
    "kube-apiserver",
    `kube-apiserver-${KUBERNETES}`,
    "k8s.io/kubernetes/cmd/kube-apiserver",
    async () => {
      const own = await readFile(join(await goModule(`k8s.io/kubernetes@v${KUBERNETES}`), "go.mod"), "utf8");
      // Kubernetes' own go.mod has its libraries from folders of its repository; they are published, too.
      const libraries = [...own.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\/src\/\1$/gm)];
      const replaced = libraries.map(([, library]) => `replace ${library} => ${library} v0.${minor}.${patch}`);
      const runtime = own.match(/^godebug .*$/gm) ?? [];
      return ["module apiserver", "go 1.26", ...runtime, `require k8s.io/kubernetes v${KUBERNETES}`, ...replaced, ""].join("\n");
    },
    flags,
  );
}

/** Path of a program, built once into the user's cache as the main module would that `goMod` writes: with what it replaces. */
async function builtIn(
  what: string,
  name: string,
  target: string,
  goMod: () => string | Promise<string>,
  ldflags: readonly string[] = [],
): Promise<string> {
  const program = join(CACHE, name);
  if (existsSync(program)) return program;
  requireGo(what);
  process.stderr.write(`${what}: building it with Go (once; up to 20 minutes)\n`);
  const source = join(CACHE, `${name}-src`);
  await mkdir(source, { recursive: true });
  await writeFile(join(source, "go.mod"), await goMod());
  const unfinished = join(CACHE, `${name}.${process.pid}`);
  const linking = ["-s", "-w", ...ldflags].join(" ");
  const build = ["go", "build", "-buildvcs=false", "-trimpath", `-ldflags=${linking}`, "-o", unfinished, target];
  await tried(what, () =>
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

/** Folder of the Prometheus operator's custom resources, a YAML file each. Throws `Unavailable` without Go or the module. */
export async function operatorDefinitions(): Promise<string> {
  return join(await goModule("github.com/prometheus-operator/prometheus-operator@v0.85.0"), "example/prometheus-operator-crd");
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
