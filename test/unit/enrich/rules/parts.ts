import { type IbmExport, IbmReader } from "../../../../src/clouds/ibm/rules/reader.ts";
import { OciReader, readOciDocument } from "../../../../src/clouds/oci/rules/reader.ts";
import { Document, type Fault } from "../../../../src/enrich/rules/document.ts";
import { NetworkSnapshot } from "../../../../src/enrich/rules/snapshot.ts";

export const SUBNET = "ocid1.subnet.oc1.iad.app";
export const LIST = "ocid1.securitylist.oc1.iad.default";
export const NSG = "ocid1.networksecuritygroup.oc1.iad.web";
export const VNIC = "ocid1.vnic.oc1.iad.web1";

export interface Read {
  readonly snapshot: NetworkSnapshot;
  readonly faults: readonly Fault[];
}

/** Snapshot files of OCI, given as values. */
export function ociSnapshot(...documents: readonly unknown[]): Read {
  const faults: Fault[] = [];
  const reader = new OciReader();
  for (const value of documents) readOciDocument(new Document(JSON.stringify(value), (fault) => faults.push(fault)), reader);
  return { snapshot: new NetworkSnapshot([reader.data(true)]), faults };
}

export function ibmSnapshot(files: Partial<Record<IbmExport, unknown>>): Read {
  const faults: Fault[] = [];
  const reader = new IbmReader();
  for (const [kind, value] of Object.entries(files)) {
    reader.read(new Document(JSON.stringify(value), (fault) => faults.push(fault)), kind as IbmExport);
  }
  return { snapshot: new NetworkSnapshot([reader.data()]), faults };
}

/** One subnet, 10.0.1.0/24, under one security list. */
export function oneList(ingress: readonly object[], egress: readonly object[] = []): object {
  return {
    subnets: [{ id: SUBNET, "display-name": "app", "cidr-block": "10.0.1.0/24", "security-list-ids": [LIST] }],
    "security-lists": [
      { id: LIST, "display-name": "default", "ingress-security-rules": ingress, "egress-security-rules": egress },
    ],
  };
}

const rule =
  (side: "source" | "destination") =>
  (cidr: string, protocol: string, more: object = {}) => ({
    description: null,
    "icmp-options": null,
    "is-stateless": false,
    protocol,
    [side]: cidr,
    [`${side}-type`]: "CIDR_BLOCK",
    "tcp-options": null,
    "udp-options": null,
    ...more,
  });

export const from = rule("source");
export const to = rule("destination");

export const range = (min: number, max = min) => ({ min, max });
export const tcp = (destination: object | null, source: object | null = null) => ({
  "tcp-options": { "destination-port-range": destination, "source-port-range": source },
});
export const udp = (destination: object | null, source: object | null = null) => ({
  "udp-options": { "destination-port-range": destination, "source-port-range": source },
});
