import { z } from "zod";
import { type Document, elementsOf, isObject } from "../../../enrich/rules/document.ts";
import type { Rule, RuleSet } from "../../../enrich/rules/rule.ts";
import { seedList } from "../../../enrich/rules/seed-lists.ts";
import type { NetworkData, NetworkSubnet, Vnic } from "../../../enrich/rules/snapshot.ts";
import { readSubnetNetwork } from "../../../enrich/tables/subnets.ts";
import { type IpAddress, parseAddress } from "../../../lib/ip/address.ts";
import { type OciRule, ociRule, readOciRule } from "./rule.ts";

type Path = readonly PropertyKey[];

const id = z.string().min(1, "is empty");
const name = z.string().nullish();
const texts = z.array(z.string()).nullish();

const subnet = z.object({
  id,
  displayName: name,
  vcnId: name,
  cidrBlock: name,
  ipv4CidrBlocks: texts,
  ipv6CidrBlock: name,
  ipv6CidrBlocks: texts,
  securityListIds: texts,
});

const securityList = z.object({
  id,
  displayName: name,
  ingressSecurityRules: z.array(z.unknown()).nullish(),
  egressSecurityRules: z.array(z.unknown()).nullish(),
});

const group = z.object({ id, displayName: name });

const vnic = z.object({
  id,
  nsgIds: texts,
  privateIp: name,
  ipv6Addresses: texts,
});

/** Reads resources of OCI as its API describes them, one after the other. What cannot be understood is reported and left out. */
export class OciReader {
  readonly #subnets = new Map<string, NetworkSubnet>();
  readonly #ruleSets = new Map<string, RuleSet>();
  readonly #vnics = new Map<string, Vnic>();
  readonly #groupNames = new Map<string, string>();

  subnet(document: Document, value: unknown, path: Path): void {
    const given = document.read(subnet, value, path);
    if (given === undefined) return;
    const written: [Path, string][] = [];
    for (const key of ["cidrBlock", "ipv6CidrBlock"] as const) {
      const cidr = given[key];
      if (cidr) written.push([[...path, key], cidr]);
    }
    for (const key of ["ipv4CidrBlocks", "ipv6CidrBlocks"] as const) {
      for (const [i, cidr] of (given[key] ?? []).entries()) written.push([[...path, key, i], cidr]);
    }
    const networks = new Map<string, NetworkSubnet["networks"][number]>();
    for (const [at, cidr] of written) {
      const network = readSubnetNetwork(cidr);
      if (typeof network === "string") document.report(at, `${JSON.stringify(cidr)}: ${network}`);
      else networks.set(cidr, network);
    }
    if (networks.size === 0) {
      document.report(
        path,
        "the subnet has neither cidr-block nor ipv4-cidr-blocks nor ipv6-cidr-blocks: no direction can be told",
      );
    }
    this.#subnets.set(given.id, {
      id: given.id,
      name: given.displayName ?? undefined,
      vcn: given.vcnId ?? undefined,
      networks: [...networks.values()],
      ruleSets: given.securityListIds ?? [],
    });
  }

  securityList(document: Document, value: unknown, path: Path): void {
    const given = document.read(securityList, value, path);
    if (given === undefined) return;
    const ingress = this.#rules(document, given.ingressSecurityRules ?? [], [...path, "ingressSecurityRules"]);
    const egress = this.#rules(document, given.egressSecurityRules ?? [], [...path, "egressSecurityRules"]);
    const place = { kind: "security-list" as const, listId: given.id, listName: given.displayName ?? undefined };
    const rules = [
      ...this.#understood(document, ingress, { ...place, direction: "ingress" }),
      ...this.#understood(document, egress, { ...place, direction: "egress" }),
    ];
    const all = (given.ingressSecurityRules?.length ?? 0) + (given.egressSecurityRules?.length ?? 0);
    this.#ruleSets.set(given.id, {
      id: given.id,
      name: place.listName,
      kind: place.kind,
      rules,
      unreadable: all - rules.length,
      seed: seedList(given.id, place.listName, given.ingressSecurityRules ?? [], given.egressSecurityRules ?? []),
    });
  }

  /** An NSG's name. Its rules come apart from it. */
  group(document: Document, value: unknown, path: Path): void {
    const given = document.read(group, value, path);
    if (given === undefined) return;
    if (given.displayName) this.#groupNames.set(given.id, given.displayName);
    const key = isObject(value) ? (["securityRules", "rules"] as const).find((one) => value[one]) : undefined;
    if (isObject(value) && key !== undefined) this.groupRules(document, given.id, value[key], [...path, key]);
  }

  /** The rules of an NSG: what `oci network nsg rules list --nsg-id ID` prints. */
  groupRules(document: Document, groupId: string, value: unknown, path: Path): void {
    const elements = elementsOf(value, path);
    if (elements === undefined) {
      document.report(path, "is no list of rules: give what `oci network nsg rules list --nsg-id ID --all` prints");
      return;
    }
    const place = { kind: "nsg" as const, listId: groupId, listName: this.#groupNames.get(groupId) };
    const numbered = elements.flatMap((element, index) => {
      const rule = document.read(ociRule, element.value, element.path);
      return rule === undefined ? [] : [{ rule, index, path: element.path }];
    });
    const rules = numbered.flatMap((one) => {
      const { direction } = one.rule;
      if (direction === null || direction === undefined) {
        document.report([...one.path, "direction"], "is missing: an NSG's rule is for INGRESS or EGRESS");
        return [];
      }
      return this.#understood(document, [one], { ...place, direction: direction === "INGRESS" ? "ingress" : "egress" });
    });
    const unreadable = elements.length - rules.length;
    this.#ruleSets.set(groupId, { id: groupId, name: place.listName, kind: "nsg", rules, unreadable, seed: undefined });
  }

  vnic(document: Document, value: unknown, path: Path): void {
    const given = document.read(vnic, value, path);
    if (given === undefined) return;
    const written = [given.privateIp, ...(given.ipv6Addresses ?? [])].filter((text) => typeof text === "string");
    const addresses = written.flatMap((text): IpAddress[] => {
      const address = parseAddress(text);
      if (address === undefined) document.report(path, `${JSON.stringify(text)} is no address`);
      return address === undefined ? [] : [address];
    });
    this.#vnics.set(given.id, { id: given.id, groups: given.nsgIds ?? [], addresses });
  }

  /** All that was read. `complete`: there are no other VNICs, NSGs and members than these. */
  data(complete: boolean): NetworkData {
    const hasGroups = [...this.#ruleSets.values()].some(({ kind }) => kind === "nsg") || this.#groupNames.size > 0;
    return {
      provider: "oracle_cloud",
      subnets: new Map(this.#subnets),
      ruleSets: new Map(this.#ruleSets),
      vnics: new Map(this.#vnics),
      vnicsComplete: complete && !hasGroups,
      membersComplete: complete,
    };
  }

  #rules(document: Document, values: readonly unknown[], path: Path): Numbered[] {
    return values.flatMap((value, index) => {
      const rule = document.read(ociRule, value, [...path, index]);
      return rule === undefined ? [] : [{ rule, index, path: [...path, index] }];
    });
  }

  #understood(document: Document, numbered: readonly Numbered[], place: Omit<Rule, RestOfRule>): Rule[] {
    return numbered.flatMap(({ rule: given, index, path }) => {
      const rule = readOciRule(given, { ...place, index }, (groupId) => this.#groupNames.get(groupId));
      if (!("reason" in rule)) return [rule];
      document.report([...path, rule.key], rule.reason);
      return [];
    });
  }
}

type RestOfRule = Exclude<keyof Rule, "kind" | "listId" | "listName" | "direction">;

interface Numbered {
  readonly rule: OciRule;
  readonly index: number;
  readonly path: Path;
}

/** Sections of a combined file, and what an OCID says by its beginning. */
const SECTIONS = {
  subnets: "subnet",
  securityLists: "securityList",
  networkSecurityGroups: "group",
  nsgs: "group",
  vnics: "vnic",
} as const;

const OCIDS: readonly (readonly [string, (typeof SECTIONS)[keyof typeof SECTIONS]])[] = [
  ["ocid1.networksecuritygroup.", "group"],
  ["ocid1.subnet.", "subnet"],
  ["ocid1.securitylist.", "securityList"],
  ["ocid1.vnic.", "vnic"],
];

/**
 * Reads a file: what one of these commands prints, or an object with several of them by section.
 *
 * - `oci network subnet list --all`, `oci network security-list list --all`, `oci network nsg list --all`, `oci network vnic get`:
 *   the resources are told apart by their OCIDs. JSON of the API does as well.
 * - sections `subnets`, `security-lists`, `network-security-groups` (or `nsgs`) and `vnics` hold such a list each, and
 *   `nsg-rules` holds, by the OCID of the NSG, what `oci network nsg rules list --all` prints, which does not name the NSG.
 */
export function readOciDocument(document: Document, reader: OciReader): void {
  const { value } = document;
  const list = elementsOf(value, []);
  if (list !== undefined) {
    // Names of NSGs are wanted by the rules that speak of them.
    const [groups, others] = [list.filter(isGroup), list.filter((element) => !isGroup(element))];
    for (const element of [...groups, ...others]) readByOcid(document, reader, element);
    return;
  }
  if (!isObject(value)) {
    document.report([], "is no snapshot: give what `oci network security-list list --all` prints");
    return;
  }
  const order = ["networkSecurityGroups", "nsgs", "nsgRules", "vnics", "subnets", "securityLists"];
  for (const key of Object.keys(value)) {
    if (!order.includes(key))
      document.report(
        [key],
        `is no section of a snapshot: sections are subnets, security-lists, network-security-groups, nsg-rules, vnics`,
      );
  }
  for (const key of order) {
    const section = value[key];
    if (section === undefined || section === null) continue;
    if (key === "nsgRules") readGroupRules(document, reader, section);
    else readSection(document, reader, key as keyof typeof SECTIONS, section);
  }
}

function isGroup({ value }: { value: unknown }): boolean {
  return isObject(value) && typeof value.id === "string" && value.id.startsWith("ocid1.networksecuritygroup.");
}

function readSection(document: Document, reader: OciReader, key: keyof typeof SECTIONS, section: unknown): void {
  const elements = elementsOf(section, [key]);
  if (elements === undefined) document.report([key], "is no list: give what the list command prints");
  for (const element of elements ?? []) reader[SECTIONS[key]](document, element.value, element.path);
}

function readGroupRules(document: Document, reader: OciReader, section: unknown): void {
  if (!isObject(section)) {
    document.report(["nsgRules"], "is no object: give the rules of each NSG by its OCID");
    return;
  }
  for (const [groupId, rules] of Object.entries(section)) reader.groupRules(document, groupId, rules, ["nsgRules", groupId]);
}

function readByOcid(document: Document, reader: OciReader, { value, path }: { value: unknown; path: Path }): void {
  const ocid = isObject(value) ? value.id : undefined;
  const kind = typeof ocid === "string" ? OCIDS.find(([start]) => ocid.startsWith(start))?.[1] : undefined;
  if (kind !== undefined) reader[kind](document, value, path);
  else if (isObject(value) && "direction" in value && "protocol" in value) {
    document.report(path, "is a rule of an NSG that is not named: put the list under nsg-rules, by the OCID of the NSG");
  } else document.report(path, "is no subnet, security list, NSG or VNIC: it has no such OCID as id");
}
