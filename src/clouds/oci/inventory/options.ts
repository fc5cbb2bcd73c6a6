import { z } from "zod";
import { inventoryTiming } from "../../../enrich/inventory/options.ts";
import { ociConnectionOptions } from "../connection.ts";

const path = z.string().min(1);

export const ociInventoryOptions = z
  .strictObject({
    files: z
      .union([path, z.array(path)])
      .default([])
      .transform((given) => (typeof given === "string" ? [given] : given))
      .describe(
        "JSON file, or several, as the OCI command line prints them with --all: compute instance list, compute vnic-attachment list, network vnic get, network subnet list, network nat-gateway list, lb load-balancer list, nlb network-load-balancer list, db autonomous-database list, db system list, db node list, iam compartment list. A change is taken over without a restart",
      ),
    api: ociConnectionOptions
      .extend({
        ...inventoryTiming.shape,
        requestsPerSecond: z.number().positive().max(1_000).default(10).describe("Most requests a second"),
        compartments: z
          .array(z.string().regex(/^ocid1\.(compartment|tenancy)\./, "expected the OCID of a compartment or of the tenancy"))
          .min(1)
          .describe("OCIDs of compartments; those below them are listed too, from the tenancy down"),
      })
      .optional()
      .describe("Asks OCI's API; not done by default"),
    tags: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Tags that go with the name, as columns tag.<name>: CostCenter for a free-form tag, Operations.CostCenter for a defined one",
      ),
    cache: path.optional().describe("JSON file that keeps who had which address, and when; by default beside the ledger"),
  })
  .describe("Names of resources for private and public addresses, of the time of the flow; none by default");

export type OciInventoryOptions = z.output<typeof ociInventoryOptions>;
