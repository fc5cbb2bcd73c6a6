import { z } from "zod";
import { ociConnectionOptions } from "../../clouds/oci/connection.ts";

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

/** The part of the `enrich` block that describes the network. */
export const networkOptions = z.strictObject({
  securityLists: z
    .enum(["none", "matched", "full"])
    .default("matched")
    .describe(
      "How much of the rules a flow gets, where oci or ibm describes the network: none; matched: the rule that governs it, and the security lists cut down to the rules that cover it; full: that rule, and all security lists of its subnet",
    ),
  oci: z
    .strictObject({
      files: z
        .union([path, z.array(path)])
        .default([])
        .transform((given) => (typeof given === "string" ? [given] : given))
        .describe(
          "JSON file, or several, as the OCI command line prints them with --all: network subnet list, network security-list list, network nsg list, network vnic get; or one object with sections subnets, security-lists, network-security-groups, vnics, and nsg-rules (by the OCID of the NSG, what network nsg rules list prints). A change is taken over without a restart",
        ),
      api: ociApiOptions.optional().describe("Asks OCI's API about the subnets and VNICs that are seen; not done by default"),
    })
    .optional()
    .describe("What is known of networks in OCI; none by default"),
  ibm: z
    .strictObject({
      subnets: path.optional().describe("JSON file with what `ibmcloud is subnets --output json` prints"),
      securityGroups: path.optional().describe("JSON file with what `ibmcloud is security-groups --output json` prints"),
      networkAcls: path.optional().describe("JSON file with what `ibmcloud is network-acls --output json` prints"),
      virtualNetworkInterfaces: path
        .optional()
        .describe(
          "JSON file with what `ibmcloud is virtual-network-interfaces --output json` prints: addresses of group members",
        ),
    })
    .optional()
    .describe("What is known of networks in IBM Cloud; none by default"),
});

export type NetworkOptions = z.output<typeof networkOptions>;
