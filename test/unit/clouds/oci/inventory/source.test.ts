import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ociInventoryOptions } from "../../../../../src/clouds/oci/inventory/options.ts";
import { ociInventory } from "../../../../../src/clouds/oci/inventory/source.ts";
import type { InventorySource } from "../../../../../src/enrich/inventory/source.ts";
import { Document, type Fault } from "../../../../../src/enrich/rules/document.ts";
import { type Oci, startOci } from "../../../../simulators/oci/index.ts";
import { type InventoryResources, inventory, inventoryResources } from "../../../../simulators/oci/services/inventory.ts";
import type { Resource } from "../../../../simulators/oci/services/vcn.ts";

const never = new AbortController().signal;
const created = "2026-01-02T03:04:05.678Z";
const since = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const [HOME, APP] = ["ocid1.compartment.oc1..home", "ocid1.compartment.oc1..app"];
const VCN = "ocid1.vcn.oc1.phx.v";

let oci: Oci;
let resources: InventoryResources;
const opened: InventorySource[] = [];

beforeEach(async () => {
  oci = await startOci();
  resources = inventoryResources();
  oci.addService(inventory(resources));
  const { tenancy } = oci;
  put("compartments", { id: tenancy, name: "acme" });
  put("compartments", { id: HOME, compartmentId: tenancy, name: "home", lifecycleState: "ACTIVE" });
  put("compartments", { id: APP, compartmentId: HOME, name: "app", lifecycleState: "ACTIVE" });
  const at = { compartmentId: APP, timeCreated: created };
  put("subnets", { ...at, id: "ocid1.subnet.oc1.phx.s", vcnId: VCN });
  put("instances", {
    ...{ ...at, id: "ocid1.instance.oc1.phx.web", displayName: "web-1", lifecycleState: "RUNNING" },
    freeformTags: { CostCenter: "42" },
    definedTags: { Operations: { Owner: "Ann" } },
  });
  put("vnicAttachments", {
    ...{ ...at, id: "ocid1.vnicattachment.oc1.phx.a", lifecycleState: "ATTACHED" },
    ...{ instanceId: "ocid1.instance.oc1.phx.web", vnicId: "ocid1.vnic.oc1.phx.web" },
  });
  put("vnics", {
    ...{ ...at, id: "ocid1.vnic.oc1.phx.web", subnetId: "ocid1.subnet.oc1.phx.s", lifecycleState: "AVAILABLE" },
    ...{ privateIp: "10.0.1.7", publicIp: "203.0.113.7", ipv6Addresses: ["2001:0db8::0007"] },
  });
  put("loadBalancers", {
    ...{ ...at, id: "ocid1.loadbalancer.oc1.phx.l", displayName: "front", lifecycleState: "ACTIVE" },
    ...{ subnetIds: ["ocid1.subnet.oc1.phx.s"], ipAddresses: [{ ipAddress: "198.51.100.1", isPublic: true }] },
  });
  put("networkLoadBalancers", {
    ...{ ...at, id: "ocid1.networkloadbalancer.oc1.phx.n", displayName: "inner", lifecycleState: "ACTIVE" },
    ...{ subnetId: "ocid1.subnet.oc1.phx.s", ipAddresses: [{ ipAddress: "10.0.1.20", isPublic: false }] },
  });
  put("natGateways", { ...at, id: "ocid1.natgateway.oc1.phx.g", displayName: "out", vcnId: VCN, natIp: "198.51.100.9" });
  put("autonomousDatabases", {
    ...{ ...at, id: "ocid1.autonomousdatabase.oc1.phx.d", displayName: "orders", lifecycleState: "AVAILABLE" },
    ...{ subnetId: "ocid1.subnet.oc1.phx.s", privateEndpointIp: "10.0.1.30" },
  });
  put("dbSystems", { ...at, id: "ocid1.dbsystem.oc1.phx.s", displayName: "ledger", lifecycleState: "AVAILABLE" });
  put("dbNodes", {
    ...{ ...at, id: "ocid1.dbnode.oc1.phx.n", dbSystemId: "ocid1.dbsystem.oc1.phx.s", lifecycleState: "AVAILABLE" },
    vnicId: "ocid1.vnic.oc1.phx.db",
  });
  put("vnics", { ...at, id: "ocid1.vnic.oc1.phx.db", subnetId: "ocid1.subnet.oc1.phx.s", privateIp: "10.0.1.40" });
});
afterEach(async () => {
  for (const source of opened.splice(0)) await source.close();
  await oci.stop();
});

function put(kind: keyof InventoryResources, resource: Resource): void {
  resources[kind].set(resource.id, resource);
}

async function open(api: object, more: object = {}): Promise<InventorySource> {
  const options = ociInventoryOptions.parse({
    api: { endpoint: oci.endpoint, auth: { type: "config-file", file: oci.config }, requestsPerSecond: 1000, ...api },
    tags: ["CostCenter", "Operations.Owner"],
    ...more,
  });
  const source = await ociInventory(options, { baseDir: "/", env: {} });
  opened.push(source);
  return source;
}

async function list(source: InventorySource) {
  const faults: string[] = [];
  const listing = await source.list?.(never, (line) => faults.push(line));
  return {
    faults,
    failed: listing?.failed,
    owned: [...(listing?.owned ?? [])].toSorted((a, b) => (a.address < b.address ? -1 : 1)),
  };
}

const WHO = { network: VCN, compartment: "app", tags: {}, since };
const WEB = {
  ...{ ...WHO, kind: "instance", id: "ocid1.instance.oc1.phx.web", name: "web-1" },
  tags: { "tag.costcenter": "42", "tag.operations_owner": "Ann" },
};
const EXPECTED = [
  { ...WHO, address: "10.0.1.20", kind: "load-balancer", id: "ocid1.networkloadbalancer.oc1.phx.n", name: "inner" },
  { ...WHO, address: "10.0.1.30", kind: "database", id: "ocid1.autonomousdatabase.oc1.phx.d", name: "orders" },
  { ...WHO, address: "10.0.1.40", kind: "database", id: "ocid1.dbsystem.oc1.phx.s", name: "ledger" },
  { ...WEB, address: "10.0.1.7" },
  { ...WHO, address: "198.51.100.1", kind: "load-balancer", id: "ocid1.loadbalancer.oc1.phx.l", name: "front" },
  { ...WHO, address: "198.51.100.9", kind: "gateway", id: "ocid1.natgateway.oc1.phx.g", name: "out" },
  { ...WEB, address: "2001:db8::7" },
  { ...WEB, address: "203.0.113.7" },
];

describe("OCI's API", () => {
  test("tells of every address who has it, from the tenancy down", async () => {
    expect(await list(await open({ compartments: [oci.tenancy] }))).toEqual({ faults: [], failed: [], owned: EXPECTED });
  });

  test("tells the same of a compartment and what is below it, page by page", async () => {
    for (let number = 0; number < 1000; number += 1) {
      put("instances", { id: `ocid1.instance.oc1.phx.${number}`, compartmentId: APP, displayName: "idle" });
    }
    resources.instances.delete("ocid1.instance.oc1.phx.web");
    put("instances", {
      ...{ id: "ocid1.instance.oc1.phx.web", compartmentId: APP, displayName: "web-1", timeCreated: created },
      freeformTags: { CostCenter: "42" },
      definedTags: { Operations: { Owner: "Ann" } },
    });
    expect(await list(await open({ compartments: [HOME] }))).toEqual({ faults: [], failed: [], owned: EXPECTED });
  });

  test("without a policy: the statement that is missing is told once, and what depends on it is not known to be gone", async () => {
    oci.faults.add({ on: "list-loadBalancers", times: Number.POSITIVE_INFINITY }, { status: 404 });
    const { faults, failed, owned } = await list(await open({ compartments: [oci.tenancy] }));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain("to inspect load-balancers in compartment");
    expect(failed).toEqual(["load-balancer"]);
    expect(owned).toEqual(EXPECTED.filter(({ name }) => name !== "front"));
  });

  test("what passes soon fails the listing, which is repeated as a whole", async () => {
    oci.faults.add({ on: "list-dbSystems" }, { status: 503 });
    await expect(list(await open({ compartments: [oci.tenancy] }))).rejects.toMatchObject({ drawer: "passing" });
  });

  test("a resource that is gone has no address any more, and neither has an interface that is not attached", async () => {
    put("loadBalancers", {
      ...(resources.loadBalancers.get("ocid1.loadbalancer.oc1.phx.l") as Resource),
      lifecycleState: "DELETED",
    });
    const attachment = resources.vnicAttachments.get("ocid1.vnicattachment.oc1.phx.a") as Resource;
    put("vnicAttachments", { ...attachment, lifecycleState: "DETACHED" });
    const { owned } = await list(await open({ compartments: [oci.tenancy] }));
    expect(owned).toEqual(EXPECTED.filter(({ name }) => name !== "front" && name !== "web-1"));
  });
});

describe("exports of the command line", () => {
  const kebab = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(kebab)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(
            Object.entries(value).map(([key, member]) => [
              key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
              kebab(member),
            ]),
          )
        : value;

  test("tell the same as the API", async () => {
    const source = await ociInventory(ociInventoryOptions.parse({ tags: ["CostCenter", "Operations.Owner"] }), {
      baseDir: "/",
      env: {},
    });
    const faults: Fault[] = [];
    const tagsKept = (text: string) =>
      text.replaceAll("-cost-center", "CostCenter").replaceAll("-operations", "Operations").replaceAll("-owner", "Owner");
    const documents = Object.values(resources).map((all: ReadonlyMap<string, Resource>) => {
      const text = tagsKept(JSON.stringify({ data: kebab([...all.values()]) }));
      return new Document(text, (fault) => faults.push(fault));
    });
    expect(source.list).toBeUndefined();
    expect(source.read(documents).toSorted((a, b) => (a.address < b.address ? -1 : 1))).toEqual(EXPECTED);
    expect(faults).toEqual([]);
  });

  test("of something else are told, and left out", async () => {
    const source = await ociInventory(ociInventoryOptions.parse({}), { baseDir: "/", env: {} });
    const faults: Fault[] = [];
    const document = new Document('{"data": [{"id": "ocid1.bucket.oc1..b"}, {"name": "x"}]}', (fault) => faults.push(fault));
    expect(source.read([document])).toEqual([]);
    expect(faults.map(({ place }) => place)).toEqual(["data[0].id", "data[1].id"]);
  });
});
