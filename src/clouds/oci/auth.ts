import { z } from "zod";
import { secret } from "../../lib/secrets/mark.ts";
import { urlWithoutUser } from "../../lib/urls.ts";
import type { OciIdentity, OciSurroundings } from "./identity.ts";

const file = z.string().min(1).optional().describe("Configuration file; by default OCI_CONFIG_FILE, or ~/.oci/config");
const profile = z.string().min(1).default("DEFAULT").describe("Profile of the configuration file");

/** How the program proves to OCI who it is. */
export const ociAuthOptions = z.discriminatedUnion("type", [
  z
    .strictObject({
      type: z.literal("config-file"),
      file,
      profile,
      passPhrase: secret(z.string().min(1))
        .optional()
        .describe("Pass phrase of the profile's private key, if the file does not give it as pass_phrase"),
    })
    .describe("An API key, or a session token, of a profile in a configuration file as the OCI command line has it"),
  z
    .strictObject({ type: z.literal("session-token"), file, profile })
    .describe("The session token of a profile (`oci session authenticate`). The files are read again when the token is renewed"),
  z
    .strictObject({
      type: z.literal("instance-principal"),
      metadataUrl: urlWithoutUser(z.url(), "it takes none")
        .default("http://169.254.169.254/opc/v2/")
        .describe("Base URL of the instance's metadata service"),
      federationUrl: urlWithoutUser(z.url(), "it takes none")
        .optional()
        .describe("Base URL of the region's auth service; by default that of the instance's region"),
    })
    .describe("The compute instance that the program runs on, as a member of a dynamic group"),
  z
    .strictObject({ type: z.literal("resource-principal") })
    .describe("The function or container instance that the program runs in, by the OCI_RESOURCE_PRINCIPAL_… variables"),
  z
    .strictObject({
      type: z.literal("oke-workload-identity"),
      certificatePath: z
        .string()
        .default("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
        .describe("The cluster's certificate authority"),
      tokenPath: z
        .string()
        .default("/var/run/secrets/kubernetes.io/serviceaccount/token")
        .describe("The service account's token; read again for each exchange, since Kubernetes renews it"),
    })
    .describe("The service account of the pod in an enhanced OKE cluster. Needs the region"),
]);

export type OciAuthOptions = z.output<typeof ociAuthOptions>;

/** The identity of a configuration. Reads files and the environment, never the network. Throws UsageError. */
export async function ociIdentity(options: OciAuthOptions, surroundings: OciSurroundings): Promise<OciIdentity> {
  switch (options.type) {
    case "config-file":
      return (await import("./config-file.ts")).configFile({ ...options, session: false }, surroundings);
    case "session-token":
      return (await import("./config-file.ts")).configFile({ ...options, session: true }, surroundings);
    case "instance-principal":
      return (await import("./instance-principal.ts")).instancePrincipal(
        options.metadataUrl,
        options.federationUrl,
        surroundings.env,
      );
    case "resource-principal":
      return (await import("./resource-principal.ts")).resourcePrincipal();
    case "oke-workload-identity":
      return (await import("./workload-identity.ts")).okeWorkloadIdentity(
        options.certificatePath,
        options.tokenPath,
        surroundings,
      );
  }
}
