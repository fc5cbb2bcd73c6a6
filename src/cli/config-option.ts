import { existsSync } from "node:fs";
import { Option } from "commander";

/** The configuration that is used where none is named, in the folder where the user stands. */
export const USUAL = "flowferry.yaml";

/** The configuration of a command that can do without one: undefined if none is named and none lies where the user stands. */
export function usualConfig(env: NodeJS.ProcessEnv): string | undefined {
  return env.FLOWFERRY_CONFIG || (existsSync(USUAL) ? USUAL : undefined);
}

/** `-c` of every command that needs a configuration. Without it FLOWFERRY_CONFIG names the file, else it is the folder's flowferry.yaml. */
export function configOption(env: NodeJS.ProcessEnv, what = "configuration file (YAML)"): Option {
  const file = env.FLOWFERRY_CONFIG || USUAL;
  return new Option("-c, --config <file>", `${what}; - for standard input`).default(file, `FLOWFERRY_CONFIG, or ${USUAL}`);
}
