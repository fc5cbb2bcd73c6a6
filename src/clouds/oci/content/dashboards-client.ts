import type { ClientConfiguration, HttpClient } from "oci-common";
import type { models } from "oci-managementdashboard";
import { JSON_TYPE, OciServiceClient } from "../service-client.ts";

interface Query {
  readonly compartmentId: string;
  /** Percent-encoded. */
  readonly displayName: string;
}

/** The operations of Management Dashboard that the program uses, https://docs.oracle.com/iaas/api/#/en/managementdashboard/20200901/. */
export class DashboardsClient extends OciServiceClient {
  constructor(params: { readonly httpClient: HttpClient }, configuration: ClientConfiguration) {
    const endpoint = "https://managementdashboard.{region}.oci.{secondLevelDomain}";
    super({ name: "DashxApis", endpoint, version: "20200901" }, params, configuration);
  }

  /** The first page. */
  listSavedSearches(query: Query): Promise<models.ManagementSavedSearchCollection | undefined> {
    const path = "/managementSavedSearches";
    return this.json("listManagementSavedSearches", { method: "GET", path, in: {}, query: { ...query } });
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

  /** The first page. */
  listDashboards(query: Query): Promise<models.ManagementDashboardCollection | undefined> {
    const path = "/managementDashboards";
    return this.json("listManagementDashboards", { method: "GET", path, in: {}, query: { ...query } });
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
}

const SAVED_SEARCH = "/managementSavedSearches/{id}";
const DASHBOARD = "/managementDashboards/{id}";
