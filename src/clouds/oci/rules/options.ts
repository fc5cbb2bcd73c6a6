import { z } from "zod";
import { ociConnectionOptions } from "../connection.ts";
import { ociInventoryOptions } from "../inventory/options.ts";

const path = z.string().min(1);

/** How the program asks OCI's API for the network. */
export const ociApiOptions = ociConnectionOptions.extend({
  lifetimeMs: z
    .int()
    .min(1_000)
    .default(600_000)
    .describe("How old an answer may grow before it is asked for again, in the background, in ms"),
  waitMs: z
    .int()
    .min(0)
    .default(5_000)
    .describe("How long flows wait for the first answer about their subnet and VNIC before they go on without it, in ms"),
  requestsPerSecond: z.number().positive().max(1_000).default(10).describe("Most requests a second"),
  cache: path
    .optional()
    .describe("JSON file that keeps the answers, so that a restart needs no calls; by default beside the ledger"),
});

export type OciApiOptions = z.output<typeof ociApiOptions>;

/** What is known of networks in OCI. */
export const ociNetworkOptions = z
  .strictObject({
    files: z
      .union([path, z.array(path)])
      .default([])
      .transform((given) => (typeof given === "string" ? [given] : given))
      .describe(
        "JSON file, or several, as the OCI command line prints them with --all: network subnet list, network security-list list, network nsg list, network vnic get; or one object with sections subnets, security-lists, network-security-groups, vnics, and nsg-rules (by the OCID of the NSG, what network nsg rules list prints). A change is taken over without a restart",
      ),
    inventory: ociInventoryOptions.optional(),
    api: ociApiOptions.optional().describe("Asks OCI's API about the subnets and VNICs that are seen; not done by default"),
  })
  .describe("What is known of networks in OCI; none by default");

export type OciNetworkOptions = z.output<typeof ociNetworkOptions>;
