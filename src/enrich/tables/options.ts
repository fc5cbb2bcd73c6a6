import { z } from "zod";

const path = z.string().min(1);

/** The `enrich` block of a configuration. Relative paths start from the configuration file's folder; the loader resolves them. */
export const lookupOptions = z.strictObject({
  ports: path
    .optional()
    .describe("CSV file of port names (port,protocol,name) that replaces the one that ships with the program, lookups/ports.csv"),
  servers: path
    .optional()
    .describe("CSV file of servers by IP address or CIDR (address,server and any further columns); none by default"),
  networks: path
    .optional()
    .describe("CSV file of zones by CIDR (cidr,zone,name), over the built-in private networks; none by default"),
  subnets: path.optional().describe("CSV file of the networks of subnets by OCID or id (subnet,cidr,name); none by default"),
  approvedDestinations: path
    .optional()
    .describe("CSV file of the external networks that outbound traffic may go to (cidr,name); none by default"),
  lastGood: path
    .optional()
    .describe(
      "Folder that keeps what was last good of each file, for a start with one that is broken or gone; <ledger>.tables beside the ledger without other word, and none for a ledger in memory",
    ),
  refreshMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(1_000)
    .describe("Pause between two looks at the files, in ms; a changed file is taken over when it has rested for a few seconds"),
});

export type LookupOptions = z.input<typeof lookupOptions>;
