import { onPath, run } from "./process.ts";
import { Unavailable } from "./unavailable.ts";

const UPDATE_TIMEOUT_MS = 5 * 60_000;
const INSTALL_TIMEOUT_MS = 15 * 60_000;

/**
 * Installs Debian packages unless all the commands that they bring are on the PATH already.
 * Throws `Unavailable` when it may not (needs root) or cannot.
 */
export async function installDebianPackages(
  server: string,
  packages: readonly string[],
  commands: readonly string[],
): Promise<void> {
  const missing = commands.filter((command) => !onPath(command));
  if (missing.length === 0) return;

  const install = ["install", "-y", "--no-install-recommends", ...packages];
  const byHand = `apt-get update && apt-get ${install.join(" ")}`;
  if (!onPath("apt-get")) {
    throw new Unavailable(
      server,
      `${missing.join(", ")} not found, and there is no apt-get: it is installed from Debian's packages only`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new Unavailable(server, `installing its packages needs root. As root, run once: ${byHand}`);
  }
  process.stderr.write(`${server}: installing ${packages.join(" ")} (once, about a minute)\n`);
  const patience = ["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", [...patience, "update"], { env, timeoutMs: UPDATE_TIMEOUT_MS });
    await run("apt-get", [...patience, ...install], { env, timeoutMs: INSTALL_TIMEOUT_MS });
  } catch (error) {
    throw new Unavailable(server, `its Debian packages cannot be installed: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
