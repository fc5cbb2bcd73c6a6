import module from "node:module";
import { isAbsolute, join } from "node:path";
import { homedir } from "node:os";
// src/lib/compile-cache.ts
/**
* Has Node keep what it compiles, in a folder that only this user writes to: `flowferry` in XDG_CACHE_HOME or ~/.cache, unless
* NODE_COMPILE_CACHE names one. Where there is no such folder, or it cannot be written, nothing is kept; NODE_DISABLE_COMPILE_CACHE
* switches it off.
*/
function keepCompiled(env) {
	const folder = cacheFolder(env);
	if (folder !== void 0) module.enableCompileCache(folder);
}
function cacheFolder({ XDG_CACHE_HOME: given }) {
	if (given !== void 0 && isAbsolute(given)) return join(given, "flowferry");
	try {
		return join(homedir(), ".cache", "flowferry");
	} catch {
		return;
	}
}
export { keepCompiled };
