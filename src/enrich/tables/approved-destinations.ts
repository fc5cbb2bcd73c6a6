import type { IpRanges } from "../../lib/ip/ranges.ts";
import { PackedRows } from "./packed-rows.ts";
import { contradiction, csvTable, required, requiredPrefix } from "./table.ts";

/** An external network that outbound traffic may go to. */
export interface ApprovedDestination {
  readonly cidr: string;
  readonly name: string;
  readonly line: number;
}

export type ApprovedDestinationTable = IpRanges<ApprovedDestination>;

/** `cidr,name` */
export const approvedDestinations = csvTable<ApprovedDestinationTable>(
  "CSV file of the external networks that outbound traffic may go to (cidr,name); none by default",
  { required: ["cidr", "name"], optional: [] },
  (report) => {
    const rows = new PackedRows<ApprovedDestination>(([cidr = "", name = ""], line) => ({
      cidr,
      name,
      line,
    }));
    return {
      add(row) {
        const prefix = requiredPrefix(row, "cidr", report);
        const name = required(row, "name", report);
        if (prefix !== undefined && name !== undefined) rows.add(prefix, row.line, [row.cell("cidr"), name]);
      },
      build: () =>
        rows.ranges((kept, repeated) => {
          if (kept.name !== repeated.name) report(contradiction("cidr", repeated.cidr, kept.line, repeated.line));
        }),
    };
  },
);
