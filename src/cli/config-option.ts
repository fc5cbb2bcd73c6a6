import { Option } from "commander";

/** `-c` of every command that needs a configuration. Without it FLOWFERRY_CONFIG names the file, else it is the folder's flowferry.yaml. */
export function configOption(env: NodeJS.ProcessEnv, what = "configuration file (YAML)"): Option {
  const file = env.FLOWFERRY_CONFIG || "flowferry.yaml";
  return new Option("-c, --config <file>", `${what}; - for standard input`).default(file, "FLOWFERRY_CONFIG, or flowferry.yaml");
}
