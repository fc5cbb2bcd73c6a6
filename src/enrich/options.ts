import { resolve } from "node:path";
import type { z } from "zod";
import { networkOptions } from "./rules/options.ts";
import { lookupOptions } from "./tables/options.ts";

/** The `enrich` block of a configuration: lookup tables, and what is known of the network. */
export const enrichOptions = lookupOptions.extend(networkOptions.shape);

export type EnrichOptions = z.output<typeof enrichOptions>;

/**
 * The options with absolute paths: relative ones start from `baseDir`, the configuration file's folder. Without other word the answers
 * of OCI's API and the last good tables are kept beside the ledger, and nowhere for a ledger in memory.
 */
export function resolveEnrichPaths(options: EnrichOptions, baseDir: string, ledgerPath: string): EnrichOptions {
  const at = <Path extends string | undefined>(path: Path) => (path === undefined ? path : resolve(baseDir, path)) as Path;
  const { ports, servers, networks, subnets, approvedDestinations, lastGood, oci, ibm } = options;
  const beside = (name: string) => (ledgerPath === ":memory:" ? undefined : `${ledgerPath}.${name}`);
  return {
    ...options,
    ports: at(ports),
    servers: at(servers),
    networks: at(networks),
    subnets: at(subnets),
    approvedDestinations: at(approvedDestinations),
    lastGood: at(lastGood) ?? beside("tables"),
    oci: oci && {
      files: oci.files.map((path) => resolve(baseDir, path)),
      api: oci.api && { ...oci.api, cache: at(oci.api.cache) ?? beside("network.json") },
    },
    ibm: ibm && {
      subnets: at(ibm.subnets),
      securityGroups: at(ibm.securityGroups),
      networkAcls: at(ibm.networkAcls),
      virtualNetworkInterfaces: at(ibm.virtualNetworkInterfaces),
    },
  };
}
