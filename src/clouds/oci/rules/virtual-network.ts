import type { ClientConfiguration, HttpClient } from "oci-common";
import { nextPageOf, OciServiceClient } from "../service-client.ts";

/** Reading operations of Virtual Networking, https://docs.oracle.com/iaas/api/#/en/iaas/20160918/. */
export class VirtualNetworkClient extends OciServiceClient {
  constructor(params: { readonly httpClient: HttpClient }, configuration: ClientConfiguration) {
    const endpoint = "https://iaas.{region}.{secondLevelDomain}";
    super({ name: "VirtualNetwork", endpoint, version: "20160918" }, params, configuration);
  }

  getSubnet(subnetId: string): Promise<object | undefined> {
    return this.json("getSubnet", { method: "GET", path: "/subnets/{subnetId}", in: { subnetId } });
  }

  getSecurityList(securityListId: string): Promise<object | undefined> {
    return this.json("getSecurityList", { method: "GET", path: "/securityLists/{securityListId}", in: { securityListId } });
  }

  getVnic(vnicId: string): Promise<object | undefined> {
    return this.json("getVnic", { method: "GET", path: "/vnics/{vnicId}", in: { vnicId } });
  }

  getNetworkSecurityGroup(id: string): Promise<object | undefined> {
    return this.json("getNetworkSecurityGroup", { method: "GET", path: "/networkSecurityGroups/{id}", in: { id } });
  }

  /** One page of the rules of an NSG. */
  async listNetworkSecurityGroupSecurityRules(
    id: string,
    query: { readonly limit: number; readonly page?: string },
  ): Promise<{ readonly items: readonly object[] | undefined; readonly next: string | undefined }> {
    const path = "/networkSecurityGroups/{id}/securityRules";
    const response = await this.send("listNetworkSecurityGroupSecurityRules", {
      method: "GET",
      path,
      in: { id },
      query: { ...query },
    });
    return { items: (await response.json()) as readonly object[] | undefined, next: nextPageOf(response) };
  }
}
