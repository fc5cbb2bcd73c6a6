import { n as OciServiceClient, t as JSON_TYPE } from "./service-client-Cn_brf2f.js";
// src/clouds/oci/content/dashboards-client.ts
/** The operations of Management Dashboard that the program uses, https://docs.oracle.com/iaas/api/#/en/managementdashboard/20200901/. */
var DashboardsClient = class extends OciServiceClient {
	constructor(params, configuration) {
		super({
			name: "DashxApis",
			endpoint: "https://managementdashboard.{region}.oci.{secondLevelDomain}",
			version: "20200901"
		}, params, configuration);
	}
	/** The first page. */
	listSavedSearches(query) {
		return this.json("listManagementSavedSearches", {
			method: "GET",
			path: "/managementSavedSearches",
			in: {},
			query: { ...query }
		});
	}
	createSavedSearch(details, opcRetryToken) {
		const headers = {
			...JSON_TYPE,
			"opc-retry-token": opcRetryToken
		};
		const [path, body] = ["/managementSavedSearches", JSON.stringify(details)];
		return this.json("createManagementSavedSearch", {
			method: "POST",
			path,
			in: {},
			headers,
			body
		});
	}
	updateSavedSearch(id, details) {
		const [headers, body] = [{
			...JSON_TYPE,
			"opc-retry-token": void 0
		}, JSON.stringify(details)];
		return this.json("updateManagementSavedSearch", {
			method: "PUT",
			path: SAVED_SEARCH,
			in: { id },
			headers,
			body
		});
	}
	deleteSavedSearch(id) {
		return this.send("deleteManagementSavedSearch", {
			method: "DELETE",
			path: SAVED_SEARCH,
			in: { id }
		});
	}
	/** The first page. */
	listDashboards(query) {
		return this.json("listManagementDashboards", {
			method: "GET",
			path: "/managementDashboards",
			in: {},
			query: { ...query }
		});
	}
	getDashboard(id) {
		const headers = {
			...JSON_TYPE,
			"opc-retry-token": void 0
		};
		return this.json("getManagementDashboard", {
			method: "GET",
			path: DASHBOARD,
			in: { id },
			headers
		});
	}
	createDashboard(details, opcRetryToken) {
		const headers = {
			...JSON_TYPE,
			"opc-retry-token": opcRetryToken
		};
		const [path, body] = ["/managementDashboards", JSON.stringify(details)];
		return this.json("createManagementDashboard", {
			method: "POST",
			path,
			in: {},
			headers,
			body
		});
	}
	updateDashboard(id, details) {
		const [headers, body] = [{
			...JSON_TYPE,
			"opc-retry-token": void 0
		}, JSON.stringify(details)];
		return this.json("updateManagementDashboard", {
			method: "PUT",
			path: DASHBOARD,
			in: { id },
			headers,
			body
		});
	}
	deleteDashboard(id) {
		return this.send("deleteManagementDashboard", {
			method: "DELETE",
			path: DASHBOARD,
			in: { id }
		});
	}
};
const SAVED_SEARCH = "/managementSavedSearches/{id}";
const DASHBOARD = "/managementDashboards/{id}";
export { DashboardsClient };
