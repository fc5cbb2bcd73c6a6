import type { Zone } from "../../flow/types.ts";
import { type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import type { IpRanges } from "../../lib/ip/ranges.ts";
import { PackedRows } from "./packed-rows.ts";
import { contradiction, csvTable, required, requiredPrefix } from "./table.ts";

/** A network, and the zone that it belongs to. */
export interface NetworkRow {
  readonly cidr: string;
  readonly zone: Exclude<Zone, "invalid">;
  readonly name: string | undefined;
  /** Undefined for the networks that are built in. */
  readonly line: number | undefined;
}

export type NetworkTable = IpRanges<NetworkRow>;

/** Networks that are the same wherever they are met. A line of the file for the same network replaces one. */
const BUILT_IN = (
  [
    ["10.0.0.0/8", "internal"], // RFC 1918
    ["172.16.0.0/12", "internal"], // RFC 1918
    ["192.168.0.0/16", "internal"], // RFC 1918
    ["100.64.0.0/10", "internal"], // RFC 6598, shared address space (carrier-grade NAT)
    ["127.0.0.0/8", "internal"], // RFC 1122 3.2.1.3, loopback
    ["fc00::/7", "internal"], // RFC 4193, unique local
    ["fe80::/10", "internal"], // RFC 4291 2.5.6, link-local
    ["::1/128", "internal"], // RFC 4291 2.5.3, loopback
    ["169.254.0.0/16", "provider"], // RFC 3927, link-local: where clouds have resolvers, time and metadata
    ["161.26.0.0/16", "provider"], // IBM Cloud's services
    ["166.8.0.0/14", "provider"], // IBM Cloud's service endpoints
    ["224.0.0.0/4", "multicast"], // RFC 5771
    ["ff00::/8", "multicast"], // RFC 4291 2.7
    ["255.255.255.255/32", "broadcast"], // RFC 919 7
  ] as const
).map(([cidr, zone]) => ({ prefix: parsePrefix(cidr) as IpPrefix, cidr, zone }));
/** Of a network that stands in no file. */
const NO_LINE = 0;

const ZONES = ["internal", "external", "provider", "multicast", "broadcast"] as const;

/** `cidr,zone,name` over the built-in networks; what neither holds is external. */
export const networks = csvTable<NetworkTable>(
  "CSV file of zones by CIDR (cidr,zone,name), over the built-in private networks; none by default",
  { required: ["cidr", "zone"], optional: ["name"] },
  (report) => {
    const rows = new PackedRows<NetworkRow>(([cidr = "", zone, name], line) => ({
      cidr,
      // The program's own strings: what compares them for every flow is fast when they are the same ones.
      zone: ZONES.find((own) => own === zone) ?? "external",
      name: name || undefined,
      line: line === NO_LINE ? undefined : line,
    }));
    return {
      add(row) {
        const prefix = requiredPrefix(row, "cidr", report);
        const text = required(row, "zone", report);
        if (prefix === undefined || text === undefined) return;
        if (!ZONES.some((own) => own === text)) {
          report({
            line: row.line,
            column: "zone",
            value: text,
            reason: "no zone: write internal, external, provider, multicast or broadcast",
          });
          return;
        }
        rows.add(prefix, row.line, [row.cell("cidr"), text, row.cell("name")]);
      },
      build() {
        for (const { prefix, cidr, zone } of BUILT_IN) rows.add(prefix, NO_LINE, [cidr, zone]);
        return rows.ranges((kept, repeated) => {
          if (kept.line === undefined || repeated.line === undefined) return;
          if (kept.zone === repeated.zone && kept.name === repeated.name) return;
          report(contradiction("cidr", repeated.cidr, kept.line, repeated.line));
        });
      },
    };
  },
);
