import { type Call, type Reply, type Service, ServiceError } from "../service.ts";
import { paged } from "./paging.ts";
import type { Resource } from "./vcn.ts";

/** The lists of the inventory, by their paths; tests add, change and delete resources. */
export interface InventoryResources {
  readonly compartments: Map<string, Resource>;
  readonly instances: Map<string, Resource>;
  readonly vnicAttachments: Map<string, Resource>;
  readonly vnics: Map<string, Resource>;
  readonly subnets: Map<string, Resource>;
  readonly natGateways: Map<string, Resource>;
  readonly loadBalancers: Map<string, Resource>;
  readonly networkLoadBalancers: Map<string, Resource>;
  readonly autonomousDatabases: Map<string, Resource>;
  readonly dbSystems: Map<string, Resource>;
  readonly dbNodes: Map<string, Resource>;
}

export function inventoryResources(): InventoryResources {
  const names = ["compartments", "instances", "vnicAttachments", "vnics", "subnets", "natGateways", "loadBalancers"] as const;
  const others = ["networkLoadBalancers", "autonomousDatabases", "dbSystems", "dbNodes"] as const;
  return Object.fromEntries([...names, ...others].map((name) => [name, new Map()])) as unknown as InventoryResources;
}

/** Largest page by the API references. */
const LARGEST_PAGE = 1000;

/** Identity, Compute, Virtual Networking, load balancers and databases, as far as they tell who has an address. */
export function inventory(resources: InventoryResources): Service {
  const list = (kind: keyof InventoryResources, version: string, further: readonly string[] = []) => ({
    kind: `list-${kind}`,
    method: "GET",
    path: `/${version}/${kind}`,
    signed: "headers" as const,
    handle(call: Call): Reply {
      const known = ["compartmentId", "limit", "page", ...further];
      for (const name of call.query.keys()) {
        if (!known.includes(name)) throw new ServiceError(400, "InvalidParameter", `unknown query parameter ${name}`);
      }
      const compartment = call.query.get("compartmentId");
      if (compartment === null) throw new ServiceError(400, "MissingParameter", "The query parameter compartmentId is required");
      const inTree = call.query.get("compartmentIdInSubtree") === "true";
      if (inTree && !compartment.startsWith("ocid1.tenancy.")) {
        throw new ServiceError(400, "InvalidParameter", "compartmentIdInSubtree can only be true for the tenancy");
      }
      const system = call.query.get("dbSystemId");
      if (kind === "dbNodes" && system === null) throw new ServiceError(400, "MissingParameter", "dbSystemId is required");
      const own = [...resources[kind].values()].filter(
        (one) => (inTree || one.compartmentId === compartment) && (system === null || one.dbSystemId === system),
      );
      return paged(call, own, LARGEST_PAGE, (page) => (kind === "networkLoadBalancers" ? { items: page } : page));
    },
  });
  const get = (kind: keyof InventoryResources) => ({
    kind: `get-${kind}`,
    method: "GET",
    path: `/20160918/${kind}/{id}`,
    signed: "headers" as const,
    handle({ params }: Call): Reply {
      const found = resources[kind].get(params.id ?? "");
      if (found === undefined) {
        throw new ServiceError(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.");
      }
      return { status: 200, json: found };
    },
  });
  return {
    routes: [
      list("compartments", "20160918", ["accessLevel", "compartmentIdInSubtree"]),
      get("compartments"),
      list("instances", "20160918"),
      list("vnicAttachments", "20160918"),
      get("vnics"),
      list("subnets", "20160918"),
      list("natGateways", "20160918"),
      list("loadBalancers", "20170115"),
      list("networkLoadBalancers", "20200501"),
      list("autonomousDatabases", "20160918"),
      list("dbSystems", "20160918"),
      list("dbNodes", "20160918", ["dbSystemId"]),
    ],
  };
}
