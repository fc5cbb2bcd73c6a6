import type { ClientConfiguration, HttpClient } from "oci-common";
import { nextPageOf, type OciService, OciServiceClient } from "../service-client.ts";

/** Kinds of resources that are listed. */
export type ListedKind =
  | "compartments"
  | "instances"
  | "vnicAttachments"
  | "subnets"
  | "natGateways"
  | "loadBalancers"
  | "networkLoadBalancers"
  | "autonomousDatabases"
  | "dbSystems"
  | "dbNodes";

const IAAS = "https://iaas.{region}.{secondLevelDomain}";
const CORE: OciService = { name: "Compute", endpoint: IAAS, version: "20160918" };
const LOAD_BALANCERS: OciService = { name: "LoadBalancer", endpoint: IAAS, version: "20170115" };
const DATABASES: OciService = {
  name: "Database",
  endpoint: "https://database.{region}.{secondLevelDomain}",
  version: "20160918",
};
const IDENTITY: OciService = {
  name: "Identity",
  endpoint: "https://identity.{region}.oci.{secondLevelDomain}",
  version: "20160918",
};
const NETWORK_LOAD_BALANCERS: OciService = {
  name: "NetworkLoadBalancer",
  endpoint: "https://network-load-balancer-api.{region}.oci.{secondLevelDomain}",
  version: "20200501",
};

const SERVICES: Readonly<Record<ListedKind, OciService>> = {
  compartments: IDENTITY,
  instances: CORE,
  vnicAttachments: CORE,
  subnets: CORE,
  natGateways: CORE,
  loadBalancers: LOAD_BALANCERS,
  networkLoadBalancers: NETWORK_LOAD_BALANCERS,
  autonomousDatabases: DATABASES,
  dbSystems: DATABASES,
  dbNodes: DATABASES,
};

/** Lists have pages of this size, the largest there is. */
const PAGE_SIZE = 1000;

/** What is listed: the resources of a compartment, or below it; of `dbNodes` those of one system. */
export interface Listed {
  readonly kind: ListedKind;
  readonly compartmentId: string;
  readonly dbSystemId?: string;
  /** Percent-encoded by the caller. */
  readonly page?: string | undefined;
}

/** One page of a list. */
export interface ListedPage {
  readonly items: readonly object[] | undefined;
  readonly next: string | undefined;
}

/** The lists of several services, which are found in one region or behind one endpoint. */
export class InventoryClient {
  readonly #clients: ReadonlyMap<OciService, OciServiceClient>;

  constructor(params: { readonly httpClient: HttpClient }, configuration: ClientConfiguration) {
    const services = new Set(Object.values(SERVICES));
    this.#clients = new Map([...services].map((service) => [service, new OciServiceClient(service, params, configuration)]));
  }

  /** That of Compute; empty as long as it is not known. */
  get endpoint(): string {
    return this.#of(CORE).endpoint;
  }

  set endpoint(base: string) {
    for (const client of this.#clients.values()) client.endpoint = base;
  }

  set regionId(region: string) {
    for (const client of this.#clients.values()) client.regionId = region;
  }

  endpointOf(kind: ListedKind): string {
    return this.#of(SERVICES[kind]).endpoint;
  }

  async list({ kind, compartmentId, dbSystemId, page }: Listed): Promise<ListedPage> {
    const paged = page === undefined ? {} : { page };
    // In the order in which Oracle's packages have them.
    const query =
      kind === "compartments"
        ? {
            ...{ compartmentId, ...paged, limit: PAGE_SIZE, accessLevel: "ACCESSIBLE" },
            // The service gives the whole tree of the tenancy alone.
            ...(compartmentId.startsWith("ocid1.tenancy.") && { compartmentIdInSubtree: true }),
          }
        : kind === "loadBalancers"
          ? { limit: PAGE_SIZE, ...paged, compartmentId }
          : { compartmentId, ...(dbSystemId !== undefined && { dbSystemId }), limit: PAGE_SIZE, ...paged };
    const operation = `list${kind[0]?.toUpperCase()}${kind.slice(1)}`;
    const response = await this.#of(SERVICES[kind]).send(operation, { method: "GET", path: `/${kind}`, in: {}, query });
    const body = (await response.json()) as readonly object[] | { readonly items?: readonly object[] } | undefined;
    const items = kind === "networkLoadBalancers" ? (body as { items?: readonly object[] } | undefined)?.items : body;
    return { items: items as readonly object[] | undefined, next: nextPageOf(response) };
  }

  async getCompartment(compartmentId: string): Promise<object | undefined> {
    return this.#of(IDENTITY).json("getCompartment", {
      method: "GET",
      path: "/compartments/{compartmentId}",
      in: { compartmentId },
    });
  }

  async getVnic(vnicId: string): Promise<object | undefined> {
    return this.#of(CORE).json("getVnic", { method: "GET", path: "/vnics/{vnicId}", in: { vnicId } });
  }

  #of(service: OciService): OciServiceClient {
    return this.#clients.get(service) as OciServiceClient;
  }
}
