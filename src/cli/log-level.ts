import { Option } from "commander";

/** How much a command says while it works. */
export interface Talk {
  /** Least severity of log lines, in place of the configuration's. */
  readonly logLevel?: string;
  readonly quiet?: boolean;
}

export function logLevelOption(): Option {
  return new Option("--log-level <level>", "least severity of log lines, in place of telemetry.level")
    .choices(["trace", "debug", "info", "warn", "error"])
    .conflicts("quiet");
}

export function quietOption(): Option {
  return new Option("-q, --quiet", "say nothing but what fails: no progress, no summary");
}

export function levelOf({ logLevel, quiet }: Talk, configured: string): string {
  return logLevel ?? (quiet ? "error" : configured);
}
