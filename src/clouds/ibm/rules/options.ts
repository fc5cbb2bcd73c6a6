import { z } from "zod";
import { ibmInventoryOptions } from "../inventory/options.ts";

const path = z.string().min(1);

/** What is known of networks in IBM Cloud. */
export const ibmNetworkOptions = z
  .strictObject({
    subnets: path.optional().describe("JSON file with what `ibmcloud is subnets --output json` prints"),
    securityGroups: path.optional().describe("JSON file with what `ibmcloud is security-groups --output json` prints"),
    networkAcls: path.optional().describe("JSON file with what `ibmcloud is network-acls --output json` prints"),
    virtualNetworkInterfaces: path
      .optional()
      .describe("JSON file with what `ibmcloud is virtual-network-interfaces --output json` prints: addresses of group members"),
    inventory: ibmInventoryOptions.optional(),
  })
  .describe("What is known of networks in IBM Cloud; none by default");

export type IbmNetworkOptions = z.output<typeof ibmNetworkOptions>;
