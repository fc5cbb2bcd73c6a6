import { resolve } from "node:path";
import type { ZodType, z } from "zod";
import { type CloudNetwork, networkBlocks } from "./rules/cloud.ts";
import { detailOptions } from "./rules/options.ts";
import { TABLE_NAMES } from "./tables/kinds.ts";
import { lookupOptions } from "./tables/options.ts";

const ownOptions = lookupOptions.extend(detailOptions.shape);

/** The `enrich` block of a configuration: lookup tables, and a block for each cloud of what is known of its networks. */
export function enrichOptions(networks: readonly CloudNetwork[]) {
  const blocks = networks.map(({ name, options }) => [name, options.optional().describe(options.description ?? "")]);
  return ownOptions.extend(Object.fromEntries(blocks) as Record<never, ZodType>);
}

/** The blocks of clouds are as their own options have it. */
export type EnrichOptions = z.output<typeof ownOptions> & Readonly<Record<string, unknown>>;

/**
 * The options with absolute paths: relative ones start from `baseDir`, the configuration file's folder. Without other word the answers
 * of a cloud's API and the last good tables are kept beside the ledger, and nowhere for a ledger in memory.
 */
export function resolveEnrichPaths(
  options: EnrichOptions,
  networks: readonly CloudNetwork[],
  baseDir: string,
  ledgerPath: string,
): EnrichOptions {
  const at = (path: string) => resolve(baseDir, path);
  const files = TABLE_NAMES.map((table) => {
    const named = options[table] as string | readonly string[] | undefined;
    return [table, typeof named === "string" ? at(named) : named?.map(at)];
  });
  const beside = (name: string) => (ledgerPath === ":memory:" ? undefined : `${ledgerPath}.${name}`);
  const blocks = networkBlocks(networks, options).map((block) => [
    block.network.name,
    block.network.resolve(block.options, at, beside),
  ]);
  return {
    ...options,
    ...Object.fromEntries(files),
    lastGood: options.lastGood === undefined ? beside("tables") : at(options.lastGood),
    ...Object.fromEntries(blocks),
  };
}
