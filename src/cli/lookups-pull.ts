import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command } from "commander";
import { inventorySources } from "../enrich/enrichment.ts";
import { listInventory } from "../enrich/inventory/inventory.ts";
import { type Merged, mergeServers, type Pulled } from "../enrich/inventory/merge.ts";
import type { InventorySource } from "../enrich/inventory/source.ts";
import { networkBlocks } from "../enrich/rules/cloud.ts";
import { codeOf, UsageError } from "../lib/errors.ts";
import { fileErrorWords } from "../lib/file-failures.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";

interface PullOptions {
  readonly config: string;
  readonly out?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `flowferry lookups pull`. */
export function lookupsPullCommand(context: CliContext): Command {
  return new Command("pull")
    .description(
      "Write the names that a cloud's inventory has for addresses into the table of servers. What operators wrote stays as it is, and wins.",
    )
    .addOption(configOption(context.env, "configuration with enrich.oci.inventory or enrich.ibm.inventory"))
    .option("--out <file>", "the table; by default the one that enrich.servers names. One that is not there is made")
    .option("--dry-run", "say what would change, and write nothing", false)
    .option("--json", "print the result as JSON", false)
    .action((options: PullOptions) => pull(context, options));
}

async function pull({ env, loadConfig, stdout, stderr, signal }: CliContext, options: PullOptions): Promise<void> {
  const config = await loadConfig(options.config);
  const { enrich, registry, baseDir, secrets } = config;
  const named = [enrich.servers ?? []].flat();
  const out = options.out === undefined ? named[0] : resolve(options.out);
  if (out === undefined || (options.out === undefined && named.length > 1)) {
    throw new UsageError("bad-option", "say which table to write: --out FILE, or one file as enrich.servers");
  }
  const sources = await inventorySources(networkBlocks(registry.networks, enrich), { baseDir, env, secrets });
  if (sources.length === 0) {
    throw new UsageError(
      "nothing-to-pull",
      "the configuration has no inventory: add enrich.oci.inventory or enrich.ibm.inventory",
    );
  }
  const pulled: Pulled[] = [];
  try {
    for (const source of sources)
      pulled.push(await pulledFrom(source, signal, (line) => stderr.write(`${secrets.scrub(line)}\n`)));
  } finally {
    for (const source of sources) await source.close();
  }
  const merged = await mergeServers(await bytesOf(out), pulled);
  if (!("text" in merged)) throw new UsageError("bad-lookups", merged.map((reason) => `${out}: ${reason}`).join("\n"));
  if (!options.dryRun && merged.added + merged.renewed + merged.removed > 0) await replace(out, merged.text);
  const { text: _, ...counts } = merged;
  if (options.json) stdout.write(`${JSON.stringify({ file: out, written: !options.dryRun, ...counts })}\n`);
  else stdout.write(`${out}: ${inWords(merged)}${options.dryRun ? " (nothing was written)" : ""}\n`);
}

async function pulledFrom(source: InventorySource, signal: AbortSignal, onFault: (line: string) => void): Promise<Pulled> {
  const { owned, failed } = await listInventory(source, signal, onFault);
  return { cloud: source.cloud, owned, failed };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return new Uint8Array();
    throw new UsageError("bad-lookups", `cannot read ${path}: ${fileErrorWords(error)}`, { cause: error });
  }
}

/** The file is there whole or as it was; a new one is for this user alone. */
async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    const mode = await stat(path).then(
      (found) => found.mode & 0o777,
      () => 0o600,
    );
    await writeFile(beside, text, { mode, flag: "wx" });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw new UsageError("output-unwritable", `cannot write ${path}: ${fileErrorWords(error)}`, { cause: error });
  }
}

function inWords({ added, renewed, removed, kept, ambiguous }: Merged): string {
  const more = [
    kept > 0 ? `${kept} left to what the file says of them` : "",
    ambiguous > 0 ? `${ambiguous} left out, which several networks have` : "",
  ].filter((part) => part !== "");
  return [`${added} added, ${renewed} renewed, ${removed} removed`, ...more].join("; ");
}
