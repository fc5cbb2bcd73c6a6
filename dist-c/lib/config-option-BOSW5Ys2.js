import { n as Option } from "./commander-BVTyMRTV.js";
// src/cli/config-option.ts
/** `-c` of every command that needs a configuration. Without it FLOWFERRY_CONFIG names the file, else it is the folder's flowferry.yaml. */
function configOption(env, what = "configuration file (YAML)") {
	const file = env.FLOWFERRY_CONFIG || "flowferry.yaml";
	return new Option("-c, --config <file>", `${what}; - for standard input`).default(file, "FLOWFERRY_CONFIG, or flowferry.yaml");
}
export { configOption as t };
