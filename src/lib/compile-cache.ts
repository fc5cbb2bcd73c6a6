import module from "node:module";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * Has Node keep what it compiles, in a folder that only this user writes to: `flowferry` in XDG_CACHE_HOME or ~/.cache, unless
 * NODE_COMPILE_CACHE names one. Where there is no such folder, or it cannot be written, nothing is kept; NODE_DISABLE_COMPILE_CACHE
 * switches it off.
 */
export function keepCompiled(env: NodeJS.ProcessEnv): void {
  const folder = cacheFolder(env);
  if (folder !== undefined) module.enableCompileCache(folder);
}

function cacheFolder({ XDG_CACHE_HOME: given }: NodeJS.ProcessEnv): string | undefined {
  if (given !== undefined && isAbsolute(given)) return join(given, "flowferry");
  try {
    return join(homedir(), ".cache", "flowferry");
  } catch {
    // A user id without an entry in the system's list, as containers have it.
    return undefined;
  }
}
