import type { ClientConfiguration, HttpClient } from "oci-common";
import { z } from "zod";
import { UsageError } from "../../lib/errors.ts";
import { urlWithoutUser } from "../../lib/urls.ts";
import { ociAuthOptions, ociIdentity } from "./auth.ts";
import type { OciIdentity, OciSurroundings } from "./identity.ts";
import { type OciTransport, ociTransport } from "./transport.ts";

/** How a part reaches OCI; the same options in every part that does. */
export const ociConnectionOptions = z.strictObject({
  region: z
    .string()
    .min(1)
    .optional()
    .describe("Region of the service, such as us-phoenix-1; by default that of the principal or of OCI_REGION"),
  endpoint: urlWithoutUser(z.url(), "auth says who asks").optional().describe("Base URL of the service; by default the region's"),
  auth: ociAuthOptions.default({ type: "config-file", profile: "DEFAULT" }).describe("How to authenticate"),
  connectTimeoutMs: z.int().positive().default(10_000).describe("How long to wait for a connection, in ms"),
  timeoutMs: z.int().positive().default(60_000).describe("How long to wait for an answer or its next bytes, in ms"),
});

export type OciConnectionOptions = z.output<typeof ociConnectionOptions>;

/** What every client of the SDK has. */
interface SdkClient {
  endpoint: string;
  regionId: string;
}

/** One client of the SDK on the project's transport. */
export interface OciConnection<Client> {
  readonly client: Client;
  readonly identity: OciIdentity;
  /** Runs one call of the client, the first one after asking for the region where that has to be asked for. As `OciTransport.call`. */
  readonly call: OciTransport["call"];
  /** The same as `OciTransport.ask`. */
  readonly ask: OciTransport["ask"];
  close(): Promise<void>;
}

interface Wanted<Client> {
  /** What the region is the region of, for the message when it is not known. */
  readonly what: string;
  readonly create: (params: { httpClient: HttpClient }, configuration: ClientConfiguration) => Client;
  /** Told once of each credentials that were renewed because the service had refused the old ones. */
  readonly onRenewed?: (() => void) | undefined;
}

/** Joins a client to an identity. Asks nothing of the network. Throws UsageError. */
export async function connectOci<Client extends SdkClient>(
  options: OciConnectionOptions,
  surroundings: OciSurroundings,
  { what, create, onRenewed }: Wanted<Client>,
): Promise<OciConnection<Client>> {
  const { env, secrets } = surroundings;
  const identity = await ociIdentity(options.auth, surroundings);
  const region = options.region ?? (typeof identity.region === "string" ? identity.region : (env.OCI_REGION ?? identity.region));
  if (region === undefined && options.endpoint === undefined) {
    throw new UsageError("oci-region", `the region of ${what} is not known: give it as region`);
  }
  const { connectTimeoutMs, timeoutMs } = options;
  const transport = await ociTransport(identity, { connectTimeoutMs, timeoutMs, env, secrets, onRenewed });
  const client = create({ httpClient: transport.httpClient }, transport.configuration);
  if (options.endpoint !== undefined) client.endpoint = options.endpoint.replace(/\/+$/, "");
  const locate = async (signal: AbortSignal): Promise<void> => {
    if (client.endpoint === "" && region !== undefined) {
      client.regionId = typeof region === "string" ? region : await region(signal);
    }
  };
  return {
    client,
    identity,
    async call(signal, request) {
      await locate(signal);
      return transport.call(signal, request);
    },
    async ask(signal, request) {
      await locate(signal);
      return transport.ask(signal, request);
    },
    close: () => transport.close(),
  };
}
