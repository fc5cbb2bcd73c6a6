import { n as OciServiceClient, r as nextPageOf } from "./service-client-Cn_brf2f.js";
// src/clouds/oci/rules/virtual-network.ts
/** Reading operations of Virtual Networking, https://docs.oracle.com/iaas/api/#/en/iaas/20160918/. */
var VirtualNetworkClient = class extends OciServiceClient {
	constructor(params, configuration) {
		super({
			name: "VirtualNetwork",
			endpoint: "https://iaas.{region}.{secondLevelDomain}",
			version: "20160918"
		}, params, configuration);
	}
	getSubnet(subnetId) {
		return this.json("getSubnet", {
			method: "GET",
			path: "/subnets/{subnetId}",
			in: { subnetId }
		});
	}
	getSecurityList(securityListId) {
		return this.json("getSecurityList", {
			method: "GET",
			path: "/securityLists/{securityListId}",
			in: { securityListId }
		});
	}
	getVnic(vnicId) {
		return this.json("getVnic", {
			method: "GET",
			path: "/vnics/{vnicId}",
			in: { vnicId }
		});
	}
	getNetworkSecurityGroup(id) {
		return this.json("getNetworkSecurityGroup", {
			method: "GET",
			path: "/networkSecurityGroups/{id}",
			in: { id }
		});
	}
	/** One page of the rules of an NSG. */
	async listNetworkSecurityGroupSecurityRules(id, query) {
		const response = await this.send("listNetworkSecurityGroupSecurityRules", {
			method: "GET",
			path: "/networkSecurityGroups/{id}/securityRules",
			in: { id },
			query: { ...query }
		});
		return {
			items: await response.json(),
			next: nextPageOf(response)
		};
	}
};
export { VirtualNetworkClient };
