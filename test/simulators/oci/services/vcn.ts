import { type Call, type Reply, type Service, ServiceError } from "../service.ts";

const BASE = "/20160918";
const LARGEST_PAGE = 1000;
const DEFAULT_PAGE = 100;

/** A resource as the API describes it, in camelCase. */
export type Resource = { readonly id: string } & Readonly<Record<string, unknown>>;

/** The resources that there are; tests add, change and delete them. The rules of an NSG stand under its OCID. */
export interface VcnResources {
  readonly vcns: Map<string, Resource>;
  readonly subnets: Map<string, Resource>;
  readonly securityLists: Map<string, Resource>;
  readonly vnics: Map<string, Resource>;
  readonly networkSecurityGroups: Map<string, Resource>;
  readonly securityRules: Map<string, readonly Readonly<Record<string, unknown>>[]>;
}

export function vcnResources(): VcnResources {
  return {
    vcns: new Map(),
    subnets: new Map(),
    securityLists: new Map(),
    vnics: new Map(),
    networkSecurityGroups: new Map(),
    securityRules: new Map(),
  };
}

type Listed = "vcns" | "subnets" | "securityLists" | "networkSecurityGroups";

/** The part of the Core Services API (20160918) that tells of networks: what is asked one by one, and lists with their pages. */
export function virtualNetwork(resources: VcnResources): Service {
  const get = (kind: keyof VcnResources, name: string) => ({
    kind: `get-${name}`,
    method: "GET",
    path: `${BASE}/${kind}/{id}`,
    signed: "headers" as const,
    handle: ({ params }: Call): Reply => ({
      status: 200,
      headers: { etag: "1" },
      json: find<unknown>(resources[kind], params.id),
    }),
  });
  const list = (kind: Listed, name: string) => ({
    kind: `list-${name}`,
    method: "GET",
    path: `${BASE}/${kind}`,
    signed: "headers" as const,
    handle({ query }: Call): Reply {
      const compartment = query.get("compartmentId");
      if (kind !== "networkSecurityGroups" && compartment === null) throw missing("compartmentId");
      const vcn = query.get("vcnId");
      const all = [...resources[kind].values()].filter(
        (one) => (compartment === null || one.compartmentId === compartment) && (vcn === null || one.vcnId === vcn),
      );
      return page(all, query);
    },
  });
  return {
    routes: [
      get("vcns", "vcn"),
      get("subnets", "subnet"),
      get("securityLists", "security-list"),
      get("vnics", "vnic"),
      get("networkSecurityGroups", "nsg"),
      list("vcns", "vcns"),
      list("subnets", "subnets"),
      list("securityLists", "security-lists"),
      list("networkSecurityGroups", "nsgs"),
      {
        kind: "list-security-rules",
        method: "GET",
        path: `${BASE}/networkSecurityGroups/{id}/securityRules`,
        signed: "headers",
        handle({ params, query }) {
          find(resources.networkSecurityGroups, params.id);
          const direction = query.get("direction");
          if (direction !== null && direction !== "INGRESS" && direction !== "EGRESS") {
            throw new ServiceError(400, "InvalidParameter", `direction '${direction}' is neither INGRESS nor EGRESS`);
          }
          const rules = resources.securityRules.get(params.id ?? "") ?? [];
          return page(
            rules.filter((rule) => direction === null || rule.direction === direction),
            query,
          );
        },
      },
    ],
  };
}

/** The service does not tell what is not there from what may not be seen. */
function find<T>(all: ReadonlyMap<string, T>, id: string | undefined): T {
  const found = all.get(id ?? "");
  if (found !== undefined) return found;
  throw new ServiceError(404, "NotAuthorizedOrNotFound", `Authorization failed or requested resource not found: ${id}`);
}

function missing(name: string): ServiceError {
  return new ServiceError(400, "MissingParameter", `The query parameter ${name} is required`);
}

function page(all: readonly object[], query: URLSearchParams): Reply {
  const limit = Number(query.get("limit") ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) {
    throw new ServiceError(400, "InvalidParameter", `limit has to be from 1 to ${LARGEST_PAGE}`);
  }
  const token = query.get("page");
  const from = token === null ? 0 : Number(/^at-(\d+)$/.exec(token)?.[1]);
  if (!Number.isInteger(from)) throw new ServiceError(400, "InvalidParameter", `'${token}' is no page token`);
  const next = from + limit;
  const headers: Record<string, string> = next < all.length ? { "opc-next-page": `at-${next}` } : {};
  return { status: 200, headers, json: all.slice(from, next) };
}
