import { type IpPrefix, parsePrefix, prefixKey } from "../../lib/ip/prefix.ts";
import { done } from "../../lib/slices.ts";
import { csvTable, required, requiredPrefix } from "./table.ts";

/** One network of a subnet. */
interface SubnetNetwork {
  readonly prefix: IpPrefix;
  readonly cidr: string;
  readonly line: number;
}

/** A network of a subnet, as a cloud describes it; or the reason why it is none. */
export function readSubnetNetwork(cidr: string): SubnetNetwork | string {
  const prefix = parsePrefix(cidr);
  return typeof prefix === "string" ? prefix : { prefix, cidr, line: 0 };
}

export interface Subnet {
  /** OCID or id, as it stands in the log. */
  readonly id: string;
  readonly name: string | undefined;
  readonly networks: readonly SubnetNetwork[];
}

export type SubnetTable = ReadonlyMap<string, Subnet>;

interface Draft extends Subnet {
  name: string | undefined;
  nameLine: number;
  readonly networks: SubnetNetwork[];
  readonly keys: Set<string>;
}

/** `subnet,cidr,name`: one line for each network of a subnet. */
export const subnets = csvTable<SubnetTable>(
  "CSV file of the networks of subnets by OCID or id (subnet,cidr,name); none by default",
  { required: ["subnet", "cidr"], optional: ["name"] },
  (report) => {
    const drafts = new Map<string, Draft>();
    return {
      add(row) {
        const { line } = row;
        const id = required(row, "subnet", report);
        const prefix = requiredPrefix(row, "cidr", report);
        if (id === undefined || prefix === undefined) return;
        const name = row.cell("name") || undefined;
        let subnet = drafts.get(id);
        if (subnet === undefined) {
          subnet = { id, name, nameLine: line, networks: [], keys: new Set() };
          drafts.set(id, subnet);
        } else if (subnet.name === undefined) {
          subnet.name = name;
          subnet.nameLine = line;
        } else if (name !== undefined && name !== subnet.name) {
          const reason = `the subnet is called ${JSON.stringify(subnet.name)} on line ${subnet.nameLine}: give it one name`;
          report({ line, column: "name", value: name, reason });
        }
        const key = prefixKey(prefix);
        if (subnet.keys.has(key)) return;
        subnet.keys.add(key);
        subnet.networks.push({ prefix, cidr: row.cell("cidr"), line });
      },
      build: () => done(new Map(Array.from(drafts.values(), ({ id, name, networks }) => [id, { id, name, networks }]))),
    };
  },
);
