import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command, Option } from "commander";
import { contentArchive } from "../clouds/oci/content/archive.ts";
import { buildContent, contentFiles } from "../clouds/oci/content/build.ts";
import { readDefinition } from "../clouds/oci/content/definition.ts";
import { register } from "../config/modules.ts";
import { dialectFiles } from "../dialects/content.ts";
import { DEFAULT_LAG_MS } from "../dialects/evaluation.ts";
import { receiversOf } from "../dialects/receivers.ts";
import { OTLP_SCHEMAS, type OtlpSchema } from "../dialects/stored-attributes.ts";
import { asset } from "../lib/assets.ts";
import { parseDuration } from "../lib/durations.ts";
import { codeOf, FlowferryError, UsageError } from "../lib/errors.ts";
import { fileErrorWords } from "../lib/file-failures.ts";
import { Registry } from "../registry.ts";
import { installing } from "./content-install.ts";
import { contentVerifyCommand } from "./content-verify.ts";
import type { CliContext } from "./context.ts";

interface BuildOptions {
  readonly to?: string;
  readonly dialect?: readonly string[];
  readonly schema: OtlpSchema;
  readonly lag: number;
  readonly receiver?: readonly string[];
  readonly check: boolean;
}

/** `flowferry content build`, `diff`, `install`, `verify` and `uninstall`. */
export function contentCommand(context: CliContext): Command {
  const build = new Command("build")
    .description(
      "Write what backends take: the rules and searches in every dialect, and for Log Analytics fields, parser, log source, saved searches and dashboards.",
    )
    .option("--to <folder>", "where the files go; by default beside their sources in deploy")
    .option("--dialect <module...>", "a dialect of your own, too: npm: and a package, or the path of a module")
    .addOption(
      new Option("--schema <name>", "schema of the OTLP sink whose records the rules and searches ask for")
        .choices(OTLP_SCHEMAS)
        .default("otel"),
    )
    .addOption(
      new Option(
        "--lag <duration>",
        "how long after its time a flow may become visible in a backend: rules are evaluated so that none escapes",
      )
        .argParser(lagOf)
        .default(DEFAULT_LAG_MS, "70m"),
    )
    .option(
      "--receiver <dialect=receiver...>",
      "who is told of alerts, as in loki=#flow-alerts or datadog=@slack-acme-flow-alerts",
    )
    .option("--check", "write nothing, and fail if a file is not as it would be written", false)
    .action((options: BuildOptions) => buildFiles(context, options));
  return new Command("content")
    .description("Build what backends take, and install it into Log Analytics or IBM Cloud Logs.")
    .addCommand(build)
    .addCommand(contentVerifyCommand(context))
    .addCommand(
      installing(
        context,
        "diff",
        "Show what an install would change, and change nothing.",
        (installer) => installer.steps(context.signal),
        false,
      ),
    )
    .addCommand(
      installing(
        context,
        "install",
        "Make or update what is missing or different, and delete what an earlier version made and this one does not have; running it again changes nothing.",
        (installer) => installer.steps(context.signal),
        true,
      ),
    )
    .addCommand(
      installing(
        context,
        "uninstall",
        "Delete what installs made, of this version or an earlier one. Records that were uploaded stay.",
        (installer) => installer.removal(context.signal),
        true,
      ),
    );
}

async function buildFiles(
  { stdout }: CliContext,
  { to, dialect = [], schema, lag, receiver = [], check }: BuildOptions,
): Promise<void> {
  const folder = to ?? asset("deploy");
  const registry = new Registry();
  for (const module of dialect) await register(registry, ["dialect"], module, ".");
  const content = buildContent(readDefinition());
  const dialects = await dialectFiles(registry.dialects(schema), { lagMs: lag, receivers: receiversOf(receiver) });
  const said = dialects.said.map(({ title, rules, searches }) => `${title}: ${rules} rules, ${searches} searches`).join("\n");
  const files = new Map<string, string | Buffer>([
    ...[...contentFiles(content)].map(([name, text]) => [join("log-analytics", name), text] as const),
    [join("log-analytics", "content.zip"), await contentArchive(content)],
    ...dialects.files,
  ]);
  const stale: string[] = [];
  for (const [name, text] of files) {
    const path = join(folder, name);
    if (!check) await write(path, text);
    else if ((await read(path))?.equals(Buffer.from(text)) !== true) stale.push(path);
  }
  if (stale.length > 0) {
    throw new FlowferryError(
      "stale-content",
      `not as their sources make them: ${stale.join(", ")}; run \`flowferry content build\``,
    );
  }
  stdout.write(`${files.size} files in ${folder} ${check ? "are as their sources make them" : "written"}\n`);
  if (!check)
    stdout.write(`${said}\nwhat a dialect cannot say is left out of its files: ${join(folder, "dialects.md")} says why\n`);
}

const MINUTE_MS = 60_000;
const LONGEST_LAG_MS = 3 * 3_600_000;

/** Whole minutes, since backends count in them; three hours are what the shortest of them waits at most. */
function lagOf(text: string): number {
  const ms = parseDuration(text);
  if (ms % MINUTE_MS === 0 && ms >= MINUTE_MS && ms <= LONGEST_LAG_MS) return ms;
  throw new UsageError("bad-option", `--lag ${text}: give whole minutes, from 1m to 3h`);
}

async function write(path: string, text: string | Buffer): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw new UsageError("output-unwritable", `cannot write ${path}: ${fileErrorWords(error)}`, { cause: error });
  }
}

/** Undefined for a file that is not there. */
async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
