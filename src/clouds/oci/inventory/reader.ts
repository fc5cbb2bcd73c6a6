import { z } from "zod";
import { tagColumn } from "../../../enrich/inventory/history.ts";
import type { Owned, OwnerKind } from "../../../enrich/inventory/source.ts";
import { type Document, elementsOf } from "../../../enrich/rules/document.ts";
import { plainAddress } from "../../../lib/ip/text.ts";

const id = z.string().min(1, "is empty");
const text = z.string().nullish();
const resource = z.object({
  id,
  displayName: text,
  name: text,
  compartmentId: text,
  lifecycleState: text,
  timeCreated: text,
  vcnId: text,
  subnetId: text,
  freeformTags: z.record(z.string(), z.unknown()).nullish(),
  definedTags: z.record(z.string(), z.record(z.string(), z.unknown())).nullish(),
});
const attachment = resource.extend({ instanceId: id, vnicId: text });
const vnic = resource.extend({ privateIp: text, publicIp: text, ipv6Addresses: z.array(z.string()).nullish() });
const balancer = resource.extend({
  ipAddresses: z.array(z.object({ ipAddress: text, isPublic: z.boolean().nullish() })).nullish(),
  subnetIds: z.array(z.string()).nullish(),
});
const gateway = resource.extend({ natIp: text });
const database = resource.extend({ privateEndpointIp: text });
const node = resource.extend({ dbSystemId: id, vnicId: text });

type Resource = z.output<typeof resource>;
/** What counts as there: of anything else an address may be gone already, or is not given yet. */
const GONE = new Set(["TERMINATED", "TERMINATING", "DELETED", "DELETING", "DETACHED", "DETACHING", "FAILED"]);

/** Kinds of resources, by the beginnings of their OCIDs. */
const SCHEMAS = {
  compartment: resource,
  tenancy: resource,
  instance: resource,
  vnicattachment: attachment,
  vnic,
  subnet: resource,
  natgateway: gateway,
  loadbalancer: balancer,
  networkloadbalancer: balancer,
  autonomousdatabase: database,
  dbsystem: resource,
  dbnode: node,
} as const;
type Kind = keyof typeof SCHEMAS;

/** Joins what OCI's lists, or the command line's exports of them, say of addresses. What cannot be understood is reported and left out. */
export class OciInventoryReader {
  readonly #tags: readonly string[];
  readonly #all: { readonly [K in Kind]: Map<string, z.output<(typeof SCHEMAS)[K]>> };

  constructor(tags: readonly string[]) {
    this.#tags = tags;
    this.#all = Object.fromEntries(Object.keys(SCHEMAS).map((kind) => [kind, new Map()])) as never;
  }

  /** A file of the command line, whatever it lists. */
  document(document: Document): void {
    const elements = elementsOf(document.value, []);
    if (elements === undefined) document.report([], "is no list: give what the command line prints with --all");
    for (const { value, path } of elements ?? []) this.resource(document, value, path);
  }

  resource(document: Document, value: unknown, path: readonly PropertyKey[]): void {
    const ocid = String((value as { id?: unknown } | null)?.id ?? "");
    const kind = ocid.split(".")[1] as Kind;
    if (!ocid.startsWith("ocid1.") || !Object.hasOwn(SCHEMAS, kind)) {
      document.report([...path, "id"], `${JSON.stringify(ocid)} is no OCID of a kind that says anything of addresses`);
      return;
    }
    const read = document.read(SCHEMAS[kind], value, path);
    if (read !== undefined) (this.#all[kind] as Map<string, Resource>).set(read.id, read);
  }

  owned(): Owned[] {
    const all = this.#all;
    const owned: Owned[] = [];
    const add = (
      kind: OwnerKind,
      owner: Resource,
      addresses: readonly (string | null | undefined)[],
      place: Resource,
      since = owner,
    ) => {
      if (GONE.has(owner.lifecycleState ?? "") || GONE.has(place.lifecycleState ?? "") || GONE.has(since.lifecycleState ?? ""))
        return;
      for (const written of addresses) {
        const address = written ? plainAddress(written) : undefined;
        if (address !== undefined) owned.push(this.#owned(kind, owner, address, place, since));
      }
    };
    const ofVnic = (vnicId: string | null | undefined) => {
      const found = vnicId ? all.vnic.get(vnicId) : undefined;
      return found && { found, addresses: [found.privateIp, found.publicIp, ...(found.ipv6Addresses ?? [])] };
    };
    for (const one of all.vnicattachment.values()) {
      const owner = all.instance.get(one.instanceId);
      const at = ofVnic(one.vnicId);
      if (owner !== undefined && at !== undefined) add("instance", owner, at.addresses, at.found, one);
    }
    for (const one of all.dbnode.values()) {
      const owner = all.dbsystem.get(one.dbSystemId);
      const at = ofVnic(one.vnicId);
      if (owner !== undefined && at !== undefined) add("database", owner, at.addresses, at.found, one);
    }
    for (const one of [...all.loadbalancer.values(), ...all.networkloadbalancer.values()]) {
      const addresses = (one.ipAddresses ?? []).map(({ ipAddress }) => ipAddress);
      add("load-balancer", one, addresses, { ...one, subnetId: one.subnetId ?? one.subnetIds?.[0] });
    }
    for (const one of all.natgateway.values()) add("gateway", one, [one.natIp], one);
    for (const one of all.autonomousdatabase.values()) add("database", one, [one.privateEndpointIp], one);
    return owned;
  }

  #owned(kind: OwnerKind, owner: Resource, address: string, place: Resource, { timeCreated }: Resource): Owned {
    const { compartment, tenancy, subnet } = this.#all;
    const home = compartment.get(owner.compartmentId ?? "") ?? tenancy.get(owner.compartmentId ?? "");
    const since = Date.parse(timeCreated ?? "");
    return {
      address,
      kind,
      id: owner.id,
      name: owner.displayName ?? owner.id,
      network: place.vcnId ?? subnet.get(place.subnetId ?? "")?.vcnId ?? undefined,
      compartment: home?.name ?? undefined,
      tags: this.#tagsOf(owner),
      since: Number.isNaN(since) ? undefined : since,
    };
  }

  #tagsOf({ freeformTags, definedTags }: Resource): Record<string, string> {
    const found = this.#tags.flatMap((name) => {
      const [, namespace = "", key = ""] = /^([^.]*)\.(.*)$/.exec(name) ?? [];
      const value = definedTags?.[namespace]?.[key] ?? freeformTags?.[name];
      return value === undefined || value === null || value === "" ? [] : [[tagColumn(name), String(value)] as const];
    });
    return Object.fromEntries(found);
  }
}
