import type { FlowContext } from "../../flow/flow.ts";
import type { IpAddress } from "../../lib/ip/address.ts";
import type { Subnet } from "../tables/subnets.ts";
import { Governance, type Governors } from "./governance.ts";
import type { RuleSet } from "./rule.ts";
import type { Members } from "./rule-index.ts";

/** A subnet as the provider describes it. */
export interface NetworkSubnet extends Subnet {
  readonly vcn: string | undefined;
  /** Its security lists (OCI) or its network ACL (IBM). */
  readonly ruleSets: readonly string[];
}

/** A virtual network interface. */
export interface Vnic {
  readonly id: string;
  /** NSGs or security groups that it is in. */
  readonly groups: readonly string[];
  readonly addresses: readonly IpAddress[];
}

/** What is known of a provider's network. */
export interface NetworkData {
  readonly provider: "oracle_cloud" | "ibm_cloud";
  readonly subnets: ReadonlyMap<string, NetworkSubnet>;
  readonly ruleSets: ReadonlyMap<string, RuleSet>;
  readonly vnics: ReadonlyMap<string, Vnic>;
  /** Whether a VNIC that is not among these is in no group. */
  readonly vnicsComplete: boolean;
  /** Whether the VNICs of a group that has some are all of its VNICs. */
  readonly membersComplete: boolean;
}

const NO_GROUPS: readonly string[] = [];

/** One state of the network; what it holds never changes. What is derived from it is made when it is first asked for. */
export class NetworkSnapshot {
  readonly data: readonly NetworkData[];
  readonly #governance = new Map<string, Governance | undefined>();
  readonly #previous: ReadonlyMap<string, Governance | undefined>;
  readonly #members = new Map<string, Members & { readonly addresses: IpAddress[] }>();

  /** Tables that `previous` has built are taken over where the rules are the same ones. */
  constructor(data: readonly NetworkData[], previous?: NetworkSnapshot) {
    this.data = data;
    this.#previous = previous === undefined ? new Map() : new Map([...previous.#previous, ...previous.#governance]);
    for (const { vnics, membersComplete } of data) {
      for (const { groups, addresses } of vnics.values()) {
        for (const group of groups) this.#join(group, addresses, membersComplete);
      }
    }
  }

  /** The subnet by the name that flows call it. */
  subnet(id: string): NetworkSubnet | undefined {
    return this.#dataOf(id)?.subnets.get(id);
  }

  vnic(id: string): Vnic | undefined {
    for (const { vnics } of this.data) {
      const vnic = vnics.get(id);
      if (vnic !== undefined) return vnic;
    }
    return undefined;
  }

  /** What governs the flows of a VNIC; undefined where nothing is known of its subnet. Not for every flow: contexts repeat. */
  governing({ subnet: id, vnic: vnicId }: FlowContext): Governance | undefined {
    const data = id === undefined ? undefined : this.#dataOf(id);
    const subnet = id === undefined ? undefined : data?.subnets.get(id);
    if (data === undefined || subnet === undefined) return undefined;
    const vnic = vnicId === undefined ? undefined : data.vnics.get(vnicId);
    const groups = vnic?.groups ?? NO_GROUPS;
    const key = JSON.stringify([subnet.id, vnic !== undefined, [...groups].sort()]);
    if (!this.#governance.has(key)) {
      const governors = governorsOf(data, subnet, groups, vnic !== undefined || data.vnicsComplete);
      this.#governance.set(key, governors && this.#governanceOf(key, governors));
    }
    return this.#governance.get(key);
  }

  /** The addresses of the VNICs in a group, as far as they are known. */
  members(group: string): Members | undefined {
    return this.#members.get(group);
  }

  #governanceOf(key: string, governors: Governors): Governance {
    const before = this.#previous.get(key);
    if (before?.isOf(governors)) return before;
    return new Governance(governors, (group) => this.#members.get(group));
  }

  #dataOf(subnet: string): NetworkData | undefined {
    return this.data.find(({ subnets }) => subnets.has(subnet));
  }

  #join(group: string, addresses: readonly IpAddress[], complete: boolean): void {
    const members = this.#members.get(group);
    if (members === undefined) this.#members.set(group, { addresses: [...addresses], complete });
    else members.addresses.push(...addresses);
  }
}

function governorsOf(
  { provider, ruleSets }: NetworkData,
  subnet: NetworkSubnet,
  groups: readonly string[],
  groupsKnown: boolean,
): Governors | undefined {
  const wanted = [...subnet.ruleSets, ...groups];
  const found = wanted.flatMap((id) => ruleSets.get(id) ?? []);
  const complete = groupsKnown && found.length === wanted.length && found.every(({ unreadable }) => unreadable === 0);
  if (found.length === 0 && !complete) return undefined;
  const acl = found.find(({ kind }) => kind === "network-acl");
  return { allowing: found.filter((set) => set !== acl), acl, oneWay: provider === "oracle_cloud", complete };
}
