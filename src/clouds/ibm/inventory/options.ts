import { z } from "zod";
import { inventoryTiming } from "../../../enrich/inventory/options.ts";
import { allowInsecure, urlWithoutUser } from "../../../lib/urls.ts";
import { ibmIamOptions } from "../iam-options.ts";

const path = z.string().min(1);

export const ibmInventoryOptions = z
  .strictObject({
    files: z
      .union([path, z.array(path)])
      .default([])
      .transform((given) => (typeof given === "string" ? [given] : given))
      .describe(
        "JSON file, or several, as `ibmcloud is … --output json` prints them: instances, virtual-network-interfaces, floating-ips, load-balancers, public-gateways, vpn-gateways, endpoint-gateways. A change is taken over without a restart",
      ),
    api: inventoryTiming
      .extend({
        region: z
          .string()
          .regex(/^[a-z0-9-]+$/, "expected a region such as us-south")
          .describe("Region of the VPCs, such as us-south"),
        endpoint: urlWithoutUser(z.url(), "auth says who asks")
          .optional()
          .describe("Base URL of the VPC API; by default the region's"),
        auth: ibmIamOptions.describe("How to authenticate"),
        allowInsecure,
      })
      .optional()
      .describe("Asks the VPC API; not done by default"),
    cache: path.optional().describe("JSON file that keeps who had which address, and when; by default beside the ledger"),
  })
  .describe("Names of resources for private and public addresses, of the time of the flow; none by default");

export type IbmInventoryOptions = z.output<typeof ibmInventoryOptions>;
