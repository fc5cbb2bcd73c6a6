import { createHash, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  type AuthenticationDetailsProvider,
  CircuitBreaker,
  ConfigFileAuthenticationDetailsProvider,
  OciError,
} from "oci-common";
import { ObjectStorageClient, type requests } from "oci-objectstorage";
import { expect } from "vitest";
import type { Oci } from "../../simulators/oci/index.ts";

/** The SDK's own client and transport, so that the simulator is held to what the SDK really sends. */
export function sdk(
  oci: Oci,
  provider: AuthenticationDetailsProvider = new ConfigFileAuthenticationDetailsProvider(oci.config, "DEFAULT"),
) {
  let failure: unknown;
  const client = new ObjectStorageClient(
    { authenticationDetailsProvider: provider },
    {
      circuitBreaker: new CircuitBreaker({ disableClientCircuitBreaker: true }),
      retryConfiguration: {
        retryCondition(error) {
          failure = error;
          return true;
        },
        terminationStrategy: {
          shouldTerminate() {
            throw failure;
          },
        },
      },
    },
  );
  client.endpoint = oci.endpoint;
  const at = { namespaceName: oci.namespace, bucketName: "flows" };
  return {
    client,
    at,
    list: async (query: Partial<requests.ListObjectsRequest> = {}) => (await client.listObjects({ ...at, ...query })).listObjects,
    get: (objectName: string, more: Partial<requests.GetObjectRequest> = {}) => client.getObject({ ...at, objectName, ...more }),
  };
}

/** Status and code of the refusal that a call ends in. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; code: string; message: string }> {
  const error = await call.then(
    () => expect.unreachable("the call was not refused"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OciError);
  const { statusCode, serviceCode, message } = error as OciError;
  return { status: statusCode, code: serviceCode, message };
}

/** What a signature is made of; each part can be changed before and after it is signed. */
export interface Signed {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  names?: string[];
  keyId?: string;
  key?: string;
  date?: Date;
  /** Changes the request after it was signed. */
  tamper?: (request: Sent) => Partial<Sent>;
}

interface Sent {
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** A request signed by hand, as draft-cavage-http-signatures says. */
export async function signedFetch(oci: Oci, path: string, options: Signed = {}): Promise<Response> {
  const method = options.method ?? "GET";
  const host = new URL(oci.endpoint).host;
  const headers: Record<string, string> = { ...options.headers, host, "x-date": (options.date ?? new Date()).toUTCString() };
  const names = options.names ?? ["x-date", "(request-target)", "host"];
  if (options.body !== undefined) {
    headers["content-type"] ??= "application/json";
    headers["content-length"] = String(Buffer.byteLength(options.body));
    headers["x-content-sha256"] = createHash("sha256").update(options.body).digest("base64");
  }
  const lines = names.map(
    (name) => `${name}: ${name === "(request-target)" ? `${method.toLowerCase()} ${path}` : headers[name]}`,
  );
  const key = options.key ?? readFileSync(profile(oci, "DEFAULT").key_file ?? "", "utf8");
  const signature = sign("RSA-SHA256", Buffer.from(lines.join("\n")), key).toString("base64");
  const keyId = options.keyId ?? apiKeyId(oci);
  headers.authorization = `Signature version="1",keyId="${keyId}",algorithm="rsa-sha256",headers="${names.join(" ")}",signature="${signature}"`;
  const signed: Sent = { path, headers, body: options.body };
  const request = { ...signed, ...options.tamper?.(signed) };
  return fetch(`${oci.endpoint}${request.path}`, {
    method,
    headers: request.headers,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
}

function profile(oci: Oci, name: string): Record<string, string> {
  const section = readFileSync(oci.config, "utf8").split(`[${name}]\n`)[1]?.split("\n[")[0] ?? "";
  return Object.fromEntries(
    section
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

function apiKeyId(oci: Oci): string {
  const { tenancy, user, fingerprint } = profile(oci, "DEFAULT");
  return `${tenancy}/${user}/${fingerprint}`;
}
