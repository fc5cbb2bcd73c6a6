import { UsageError } from "../../lib/errors.ts";
import type { OciIdentity } from "./identity.ts";

/** The function or container instance that the program runs in (version 2.2), by the environment of the process. */
export async function resourcePrincipal(): Promise<OciIdentity> {
  const { ResourcePrincipalAuthenticationDetailsProvider } = await import("oci-common");
  let provider: ReturnType<typeof ResourcePrincipalAuthenticationDetailsProvider.builder>;
  try {
    provider = ResourcePrincipalAuthenticationDetailsProvider.builder();
  } catch (cause) {
    const what =
      "auth.type resource-principal works in OCI Functions, container instances and other resources that set OCI_RESOURCE_PRINCIPAL_…";
    throw new UsageError("oci-config", what, { cause });
  }
  return {
    provider,
    prepare: async () => undefined,
    async renew(refusedKeyId) {
      await provider.refresh();
      return (await provider.getKeyId()) !== refusedKeyId;
    },
    // A region that the SDK does not know yet is undefined here.
    region: provider.getRegion()?.regionId ?? process.env.OCI_RESOURCE_PRINCIPAL_REGION,
    authenticationAdvice: "the token in OCI_RESOURCE_PRINCIPAL_RPST has expired or belongs to another key",
    policy: { subject: "dynamic-group <the resource's dynamic group>", conditions: [] },
    close: async () => undefined,
  };
}
