import type { ClientConfiguration, HttpClient } from "oci-common";
import type { models } from "oci-managementdashboard";
import { JSON_TYPE, nextPageOf, OciServiceClient } from "../service-client.ts";

interface Query {
  readonly compartmentId: string;
  /** Percent-encoded. */
  readonly displayName?: string;
  /** Percent-encoded. */
  readonly page?: string;
}

/** One page of a listing. */
interface Page<T> {
  readonly items: readonly T[] | undefined;
  readonly next: string | undefined;
}

/** The operations of Management Dashboard that the program uses, https://docs.oracle.com/iaas/api/#/en/managementdashboard/20200901/. */
export class DashboardsClient extends OciServiceClient {
  constructor(params: { readonly httpClient: HttpClient }, configuration: ClientConfiguration) {
    const endpoint = "https://managementdashboard.{region}.oci.{secondLevelDomain}";
    super({ name: "DashxApis", endpoint, version: "20200901" }, params, configuration);
  }

  listSavedSearches(query: Query): Promise<Page<models.ManagementSavedSearchSummary>> {
    return this.#list("listManagementSavedSearches", "/managementSavedSearches", query);
  }

  createSavedSearch(details: object, opcRetryToken: string): Promise<models.ManagementSavedSearch | undefined> {
    const headers = { ...JSON_TYPE, "opc-retry-token": opcRetryToken };
    const [path, body] = ["/managementSavedSearches", JSON.stringify(details)];
    return this.json("createManagementSavedSearch", { method: "POST", path, in: {}, headers, body });
  }

  updateSavedSearch(id: string, details: object): Promise<models.ManagementSavedSearch | undefined> {
    const [headers, body] = [{ ...JSON_TYPE, "opc-retry-token": undefined }, JSON.stringify(details)];
    return this.json("updateManagementSavedSearch", { method: "PUT", path: SAVED_SEARCH, in: { id }, headers, body });
  }

  deleteSavedSearch(id: string): Promise<object> {
    return this.send("deleteManagementSavedSearch", { method: "DELETE", path: SAVED_SEARCH, in: { id } });
  }

  listDashboards(query: Query): Promise<Page<models.ManagementDashboardSummary>> {
    return this.#list("listManagementDashboards", "/managementDashboards", query);
  }

  getDashboard(id: string): Promise<models.ManagementDashboard | undefined> {
    const headers = { ...JSON_TYPE, "opc-retry-token": undefined };
    return this.json("getManagementDashboard", { method: "GET", path: DASHBOARD, in: { id }, headers });
  }

  createDashboard(details: object, opcRetryToken: string): Promise<models.ManagementDashboard | undefined> {
    const headers = { ...JSON_TYPE, "opc-retry-token": opcRetryToken };
    const [path, body] = ["/managementDashboards", JSON.stringify(details)];
    return this.json("createManagementDashboard", { method: "POST", path, in: {}, headers, body });
  }

  updateDashboard(id: string, details: object): Promise<models.ManagementDashboard | undefined> {
    const [headers, body] = [{ ...JSON_TYPE, "opc-retry-token": undefined }, JSON.stringify(details)];
    return this.json("updateManagementDashboard", { method: "PUT", path: DASHBOARD, in: { id }, headers, body });
  }

  deleteDashboard(id: string): Promise<object> {
    return this.send("deleteManagementDashboard", { method: "DELETE", path: DASHBOARD, in: { id } });
  }

  async #list<T>(operation: string, path: string, query: Query): Promise<Page<T>> {
    const response = await this.send(operation, { method: "GET", path, in: {}, query: { ...query } });
    const collection = (await response.json()) as { readonly items?: readonly T[] } | undefined;
    return { items: collection?.items, next: nextPageOf(response) };
  }
}

const SAVED_SEARCH = "/managementSavedSearches/{id}";
const DASHBOARD = "/managementDashboards/{id}";
