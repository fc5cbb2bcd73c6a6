import { z } from "zod";
import { type Document, elementsOf } from "../../../enrich/rules/document.ts";
import type { Rule, RuleSet } from "../../../enrich/rules/rule.ts";
import type { NetworkData, NetworkSubnet, Vnic } from "../../../enrich/rules/snapshot.ts";
import { readSubnetNetwork } from "../../../enrich/tables/subnets.ts";
import { type IpAddress, parseAddress } from "../../../lib/ip/address.ts";
import { ibmAclRule, ibmGroupRule, readAclRule, readGroupRule } from "./rule.ts";

type Path = readonly PropertyKey[];

const id = z.string().min(1, "is empty");
const reference = z.object({ id, name: z.string().nullish(), crn: z.string().nullish() });

const subnet = reference.extend({
  ipv4CidrBlock: z.string().nullish(),
  ipv6CidrBlock: z.string().nullish(),
  networkAcl: reference.nullish(),
  vpc: reference.nullish(),
});
const ruleSet = reference.extend({ rules: z.array(z.unknown()).nullish() });
const securityGroup = ruleSet.extend({ targets: z.array(z.object({ id })).nullish() });
const networkAcl = ruleSet.extend({ subnets: z.array(reference).nullish() });
const networkInterface = reference.extend({
  primaryIp: z.object({ address: z.string() }).nullish(),
  ips: z.array(z.object({ address: z.string() })).nullish(),
  securityGroups: z.array(reference).nullish(),
});

/** Which command prints it. */
export type IbmExport = "subnets" | "securityGroups" | "networkAcls" | "virtualNetworkInterfaces";

/** Reads what `ibmcloud is … --output json` prints. What cannot be understood is reported and left out. */
export class IbmReader {
  readonly #subnets = new Map<string, NetworkSubnet>();
  readonly #ruleSets = new Map<string, RuleSet>();
  readonly #vnics = new Map<string, { groups: Set<string>; addresses: IpAddress[] }>();

  read(document: Document, kind: IbmExport): void {
    const elements = elementsOf(document.value, []);
    if (elements === undefined) {
      document.report([], `is no list: give what \`ibmcloud is ${COMMANDS[kind]} --output json\` prints`);
      return;
    }
    for (const { value, path } of elements) this[READERS[kind]](document, value, path);
  }

  data(): NetworkData {
    const vnics = Array.from(this.#vnics, ([key, { groups, addresses }]): [string, Vnic] => [
      key,
      { id: key, groups: [...groups], addresses },
    ]);
    return {
      provider: "ibm_cloud",
      subnets: new Map(this.#subnets),
      ruleSets: new Map(this.#ruleSets),
      vnics: new Map(vnics),
      // Every interface is in a security group: one that is in none of the snapshot's is not known.
      vnicsComplete: false,
      membersComplete: vnics.some(([, { addresses }]) => addresses.length > 0),
    };
  }

  subnet(document: Document, value: unknown, path: Path): void {
    const given = document.read(subnet, value, path);
    if (given === undefined) return;
    const networks = (["ipv4CidrBlock", "ipv6CidrBlock"] as const).flatMap((key) => {
      const cidr = given[key];
      if (!cidr) return [];
      const network = readSubnetNetwork(cidr);
      if (typeof network !== "string") return [network];
      document.report([...path, key], `${JSON.stringify(cidr)}: ${network}`);
      return [];
    });
    if (networks.length === 0) document.report(path, "the subnet has no ipv4_cidr_block: no direction can be told");
    const named: NetworkSubnet = {
      id: given.id,
      name: given.name ?? undefined,
      vcn: given.vpc?.id,
      networks,
      ruleSets: given.networkAcl ? [given.networkAcl.id] : [],
    };
    // Flow logs name the subnet by its id or by its CRN.
    for (const key of [given.id, given.crn]) if (key) this.#subnets.set(key, named);
  }

  securityGroup(document: Document, value: unknown, path: Path): void {
    const given = document.read(securityGroup, value, path);
    if (given === undefined) return;
    const set = { id: given.id, name: given.name ?? undefined, kind: "security-group" as const };
    const place = { kind: set.kind, listId: set.id, listName: set.name };
    const rules = (given.rules ?? []).flatMap((one, index) => {
      const at = [...path, "rules", index];
      const read = document.read(ibmGroupRule, one, at);
      return read === undefined ? [] : this.#understood(document, readGroupRule(read, { ...place, index }), at);
    });
    this.#ruleSets.set(set.id, { ...set, rules, unreadable: (given.rules?.length ?? 0) - rules.length, seed: undefined });
    for (const target of given.targets ?? []) this.#vnic(target.id).groups.add(given.id);
  }

  networkAcl(document: Document, value: unknown, path: Path): void {
    const given = document.read(networkAcl, value, path);
    if (given === undefined) return;
    const set = { id: given.id, name: given.name ?? undefined, kind: "network-acl" as const };
    const place = { kind: set.kind, listId: set.id, listName: set.name };
    const rules = (given.rules ?? []).flatMap((one, index) => {
      const at = [...path, "rules", index];
      const read = document.read(ibmAclRule, one, at);
      return read === undefined ? [] : this.#understood(document, readAclRule(read, { ...place, index }), at);
    });
    this.#ruleSets.set(set.id, { ...set, rules, unreadable: (given.rules?.length ?? 0) - rules.length, seed: undefined });
  }

  networkInterface(document: Document, value: unknown, path: Path): void {
    const given = document.read(networkInterface, value, path);
    if (given === undefined) return;
    const vnic = this.#vnic(given.id);
    for (const one of given.securityGroups ?? []) vnic.groups.add(one.id);
    const written = [given.primaryIp, ...(given.ips ?? [])].flatMap((ip) => (ip ? [ip.address] : []));
    for (const text of new Set(written)) {
      const address = parseAddress(text);
      if (address === undefined) document.report(path, `${JSON.stringify(text)} is no address`);
      else vnic.addresses.push(address);
    }
  }

  #vnic(key: string): { groups: Set<string>; addresses: IpAddress[] } {
    let vnic = this.#vnics.get(key);
    if (vnic === undefined) {
      vnic = { groups: new Set(), addresses: [] };
      this.#vnics.set(key, vnic);
    }
    return vnic;
  }

  #understood(document: Document, rule: Rule | { key: string; reason: string }, path: Path): Rule[] {
    if (!("reason" in rule)) return [rule];
    document.report([...path, rule.key], rule.reason);
    return [];
  }
}

const COMMANDS: Readonly<Record<IbmExport, string>> = {
  subnets: "subnets",
  securityGroups: "security-groups",
  networkAcls: "network-acls",
  virtualNetworkInterfaces: "virtual-network-interfaces",
};

const READERS = {
  subnets: "subnet",
  securityGroups: "securityGroup",
  networkAcls: "networkAcl",
  virtualNetworkInterfaces: "networkInterface",
} as const;
