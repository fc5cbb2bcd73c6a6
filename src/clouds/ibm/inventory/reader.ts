import { z } from "zod";
import type { Owned, OwnerKind } from "../../../enrich/inventory/source.ts";
import { type Document, elementsOf } from "../../../enrich/rules/document.ts";
import { plainAddress } from "../../../lib/ip/text.ts";

const text = z.string().nullish();
const ip = z.object({ address: text });
const named = z.object({ id: text, name: text, resourceType: text });
const resource = z.object({
  id: z.string().min(1, "is empty"),
  crn: z.string().min(1, "is empty"),
  name: text,
  createdAt: text,
  vpc: named.nullish(),
  resourceGroup: named.nullish(),
});
const attached = z.object({ id: text, primaryIp: ip.nullish() });
const SCHEMAS = {
  instance: resource.extend({
    networkInterfaces: z.array(attached).nullish(),
    networkAttachments: z.array(attached.extend({ virtualNetworkInterface: named.nullish() })).nullish(),
  }),
  "virtual-network-interface": resource.extend({ ips: z.array(ip).nullish(), target: named.nullish() }),
  "floating-ip": resource.extend({ address: text, target: named.nullish() }),
  "load-balancer": resource.extend({ privateIps: z.array(ip).nullish(), publicIps: z.array(ip).nullish() }),
  "public-gateway": resource.extend({ floatingIp: ip.nullish() }),
  vpn: resource.extend({ members: z.array(z.object({ privateIp: ip.nullish(), publicIp: ip.nullish() })).nullish() }),
  "endpoint-gateway": resource.extend({ ips: z.array(ip).nullish() }),
} as const;
type Kind = keyof typeof SCHEMAS;
type Read<K extends Kind> = z.output<(typeof SCHEMAS)[K]>;

/** Joins what lists of the VPC API, or the command line's exports of them, say of addresses. What cannot be understood is reported and left out. */
export class IbmInventoryReader {
  readonly #all = Object.fromEntries(Object.keys(SCHEMAS).map((kind) => [kind, new Map()])) as unknown as {
    readonly [K in Kind]: Map<string, Read<K>>;
  };

  /** A file of the command line, whatever it lists. */
  document(document: Document): void {
    const elements = elementsOf(document.value, []);
    if (elements === undefined) document.report([], "is no list: give what `ibmcloud is … --output json` prints");
    for (const { value, path } of elements ?? []) this.resource(document, value, path);
  }

  resource(document: Document, value: unknown, path: readonly PropertyKey[]): void {
    const crn = String((value as { crn?: unknown } | null)?.crn ?? "");
    // crn:v1:bluemix:public:is:<location>:<scope>:<service instance>:<resource type>:<resource>
    const kind = crn.split(":")[8] as Kind;
    if (!crn.startsWith("crn:") || !Object.hasOwn(SCHEMAS, kind)) {
      document.report([...path, "crn"], `${JSON.stringify(crn)} is no CRN of a kind that says anything of addresses`);
      return;
    }
    const read = document.read(SCHEMAS[kind], value, path);
    if (read !== undefined) (this.#all[kind] as Map<string, unknown>).set(read.id, read);
  }

  owned(): Owned[] {
    const all = this.#all;
    const owned: Owned[] = [];
    const add = (kind: OwnerKind, owner: z.output<typeof resource>, addresses: readonly (string | null | undefined)[]) => {
      for (const written of addresses) {
        const address = written ? plainAddress(written) : undefined;
        // An address that is not given yet is written as 0.0.0.0.
        if (address !== undefined && address !== "0.0.0.0") owned.push(ownedBy(kind, owner, address));
      }
    };
    /** What an interface is of: floating addresses and further ones name it. */
    const instances = new Map<string, Read<"instance">>();
    for (const one of all.instance.values()) {
      const attachments = [...(one.networkInterfaces ?? []), ...(one.networkAttachments ?? [])];
      add("instance", one, [...new Set(attachments.map(({ primaryIp }) => primaryIp?.address))]);
      for (const { id } of attachments) if (id) instances.set(id, one);
      for (const { virtualNetworkInterface: vni } of one.networkAttachments ?? []) if (vni?.id) instances.set(vni.id, one);
    }
    for (const one of all["virtual-network-interface"].values()) {
      const owner = instances.get(one.id) ?? instances.get(one.target?.id ?? "");
      const known = new Set(owner === undefined ? [] : owned.filter(({ id }) => id === owner.id).map(({ address }) => address));
      if (owner !== undefined)
        add(
          "instance",
          owner,
          (one.ips ?? []).flatMap(({ address }) => (address && !known.has(address) ? [address] : [])),
        );
    }
    for (const one of all["floating-ip"].values()) {
      const owner = instances.get(one.target?.id ?? "");
      if (owner !== undefined) add("instance", owner, [one.address]);
    }
    for (const one of all["load-balancer"].values()) {
      add(
        "load-balancer",
        one,
        [...(one.privateIps ?? []), ...(one.publicIps ?? [])].map(({ address }) => address),
      );
    }
    for (const one of all["public-gateway"].values()) add("gateway", one, [one.floatingIp?.address]);
    for (const one of all.vpn.values()) {
      add(
        "gateway",
        one,
        (one.members ?? []).flatMap(({ privateIp, publicIp }) => [privateIp?.address, publicIp?.address]),
      );
    }
    for (const one of all["endpoint-gateway"].values())
      add(
        "gateway",
        one,
        (one.ips ?? []).map(({ address }) => address),
      );
    return owned;
  }
}

function ownedBy(
  kind: OwnerKind,
  { id, name, createdAt, vpc, resourceGroup }: z.output<typeof resource>,
  address: string,
): Owned {
  const since = Date.parse(createdAt ?? "");
  return {
    ...{ address, kind, id, name: name ?? id, network: vpc?.id ?? undefined, tags: {} },
    compartment: resourceGroup?.name ?? undefined,
    since: Number.isNaN(since) ? undefined : since,
  };
}
