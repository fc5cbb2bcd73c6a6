import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asset } from "../../src/lib/assets.ts";
import { installDebianPackages } from "../backends/servers/debian.ts";
import { onPath, run } from "../backends/servers/process.ts";
import { Unavailable } from "../backends/servers/unavailable.ts";
import { layOut, layOutLibraries } from "./root.ts";

const NODE = asset("node_modules/node/bin/node");
/** What bundles the program needs libraries of glibc that Node does not, and that a real base has. */
const BUNDLERS = globSync("node_modules/@rolldown/binding-*/*.node", { cwd: asset(".") });
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
/** What the build stage's commands call. */
const TOOLS = ["sh", "mkdir", "cp", "mv", "rm", "tar", "gzip", "env"];

export interface Image {
  /** Name of the image that the Containerfile makes. */
  readonly name: string;
  /** Runs podman on this image's storage; rejects, with what it printed, if it fails. */
  podman(...args: readonly string[]): Promise<string>;
  /** Arguments of `podman run` up to the image: uid of the image, a root that cannot be written, no capability, no network. */
  readonly confined: readonly string[];
  /** Temporary folder that the image's user may write to. */
  folder(name: string): string;
  stop(): Promise<void>;
}

/**
 * Builds deploy/container/Containerfile on bases that are made of this machine's files, since none can be pulled where there is no registry:
 * one with Node, npm and a shell to build in; one with glibc and libstdc++ alone to run on.
 */
export async function buildImage(): Promise<Image> {
  await installDebianPackages(
    "image",
    ["buildah", "podman", "runc", "systemd"],
    ["buildah", "podman", "runc", "systemd-analyze"],
  );
  if (!onPath("npm")) throw new Unavailable("image", "there is no npm on the PATH");
  const home = mkdtempSync(join(tmpdir(), "flowferry-image-"));
  const storage = await storageIn(home);
  const buildah = (...args: readonly string[]) => run("buildah", [...storage, ...args], { timeoutMs: 900_000 });
  const bud = (...args: readonly string[]) => buildah("bud", "--isolation", "chroot", "--format", "docker", ...args);
  const podman = (...args: readonly string[]) =>
    run("podman", [...storage, "--cgroup-manager", "cgroupfs", "--runtime", "runc", ...args], { timeoutMs: 300_000 });
  const stop = async () => {
    await podman("rm", "--all", "--force", "--time", "1").catch(() => {});
    // Both leave their layers mounted.
    for (const path of mountsIn(home)) await run("umount", ["--lazy", path], { timeoutMs: 30_000 });
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const build = join(home, "build");
    const base = join(home, "base");
    await layOutBuild(build);
    layOut(base, [NODE], (library) => !library.includes("libatomic"));
    rmSync(join(base, "usr/bin/node"));
    for (const [name, context, text] of [
      ["build", build, "FROM scratch\nCOPY . /\nENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\n"],
      ["base", base, "FROM scratch\nCOPY . /\n"],
    ] as const) {
      const file = join(home, `${name}.Containerfile`);
      writeFileSync(file, text);
      await bud("-t", `localhost/${name}:test`, "-f", file, context);
    }
    const name = "localhost/flowferry:test";
    const bases = ["BUILD_IMAGE=localhost/build:test", "BASE_IMAGE=localhost/base:test", "REVISION=abc123"];
    const args = bases.flatMap((arg) => ["--build-arg", arg]);
    await bud(...args, "-t", name, "-f", asset("deploy/container/Containerfile"), asset("."));
    return {
      name,
      podman,
      confined: ["--network", "none", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", ...ULIMITS],
      folder: (named) => {
        const path = join(home, named);
        mkdirSync(path, { recursive: true, mode: 0o777 });
        return path;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is mounted in a folder, the innermost first. */
function mountsIn(folder: string): string[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return mounts
    .flatMap((line) => line.split(" ")[1] ?? [])
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}

/** Options of a storage of its own: layers over each other where the machine can, else whole copies. */
async function storageIn(home: string): Promise<string[]> {
  const folders = ["--root", join(home, "storage"), "--runroot", join(home, "run")];
  const layered = [...folders, "--storage-driver", "overlay"];
  return run("buildah", [...layered, "info"], { timeoutMs: 30_000 }).then(
    () => layered,
    () => [...folders, "--storage-driver", "vfs"],
  );
}

/** Podman's own may be more than this machine lets it have. */
const ULIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"];

async function layOutBuild(root: string): Promise<void> {
  const found = await Promise.all(TOOLS.map((tool) => run("which", [tool], { timeoutMs: 10_000 })));
  layOut(root, [NODE, ...found.map((path) => path.trim())]);
  for (const bundler of BUNDLERS) layOutLibraries(root, asset(bundler));
  const npm = (await run("npm", ["root", "-g"], { timeoutMs: 30_000 })).trim();
  cpSync(join(npm, "npm"), join(root, "usr/lib/node_modules/npm"), { recursive: true });
  writeFileSync(join(root, "usr/bin/npm"), '#!/bin/sh\nexec node /usr/lib/node_modules/npm/bin/npm-cli.js "$@"\n', {
    mode: 0o755,
  });
  mkdirSync(join(root, "etc/ssl/certs"), { recursive: true });
  cpSync(CERTIFICATES, join(root, CERTIFICATES));
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
}
