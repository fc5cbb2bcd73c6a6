import { r as UsageError } from "./errors-C4nvsd9u.js";
// src/clouds/oci/resource-principal.ts
/** The function or container instance that the program runs in (version 2.2), by the environment of the process. */
async function resourcePrincipal() {
	const { ResourcePrincipalAuthenticationDetailsProvider } = await import("oci-common");
	let provider;
	try {
		provider = ResourcePrincipalAuthenticationDetailsProvider.builder();
	} catch (cause) {
		throw new UsageError("oci-config", "auth.type resource-principal works in OCI Functions, container instances and other resources that set OCI_RESOURCE_PRINCIPAL_…", { cause });
	}
	return {
		provider,
		prepare: async () => void 0,
		async renew(refusedKeyId) {
			await provider.refresh();
			return await provider.getKeyId() !== refusedKeyId;
		},
		region: provider.getRegion()?.regionId ?? process.env.OCI_RESOURCE_PRINCIPAL_REGION,
		authenticationAdvice: "the token in OCI_RESOURCE_PRINCIPAL_RPST has expired or belongs to another key",
		policy: {
			subject: "dynamic-group <the resource's dynamic group>",
			conditions: []
		},
		close: async () => void 0
	};
}
export { resourcePrincipal };
