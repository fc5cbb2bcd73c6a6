import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { onPath, run } from "../backends/servers/process.ts";
import { Unavailable } from "../backends/servers/unavailable.ts";
import { CACHE } from "./go.ts";

const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;

/**
 * Path of etcd, of Debian's package, unpacked once into the user's cache: installing the package would start a server.
 * Throws `Unavailable` where there are no such packages.
 */
export async function etcd(): Promise<string> {
  const folder = join(CACHE, "etcd-server");
  const program = join(folder, "usr/bin/etcd");
  if (existsSync(program)) return program;
  if (!onPath("apt-get") || !onPath("dpkg-deb"))
    throw new Unavailable("etcd", "it is taken from Debian's packages only, and there is no apt-get or dpkg-deb on the PATH");
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await run("apt-get", ["download", "-q", "etcd-server"], { cwd: unfinished, timeoutMs: DOWNLOAD_TIMEOUT_MS });
    const [archive = ""] = (await readdir(unfinished)).filter((file) => file.endsWith(".deb"));
    await run("dpkg-deb", ["-x", archive, "."], { cwd: unfinished, timeoutMs: DOWNLOAD_TIMEOUT_MS });
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    const cause = error instanceof Error ? error.message : error;
    throw new Unavailable("etcd", `Debian's package etcd-server cannot be had (as root: apt-get update): ${cause}`, {
      cause: error,
    });
  }
  return program;
}
