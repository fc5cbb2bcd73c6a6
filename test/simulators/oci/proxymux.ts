import { createPublicKey, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CertificateAuthority } from "./certificates.ts";
import type { Principal, Principals } from "./principals.ts";

/** The OKE endpoint that gives a pod its token, and what a pod finds in its environment and its file system. */
export interface Proxymux {
  readonly environment: Readonly<Record<string, string>>;
  /** The cluster's certificate authority, PEM. */
  readonly certificatePath: string;
  /** The service account's token. */
  readonly tokenPath: string;
  /** How many tokens it was asked for. */
  readonly requests: () => number;
  /** Puts a new service account token into the file; the old one is no longer accepted, as when the kubelet rotates it. */
  rotate(): void;
  stop(): Promise<void>;
}

/** Starts the endpoint with TLS under the cluster's own authority, on loopback under the name `localhost`. */
export async function startProxymux(
  directory: string,
  principals: Principals,
  principal: Principal,
  tokenLifetimeSeconds: () => number,
): Promise<Proxymux> {
  const authority = new CertificateAuthority("kubernetes");
  const { certificate, key } = authority.issueHost("localhost");
  const certificatePath = join(directory, "ca.crt");
  const tokenPath = join(directory, "service-account-token");
  let serviceAccountToken = "";
  let requests = 0;
  const rotate = (): void => {
    serviceAccountToken = randomUUID();
    writeFileSync(tokenPath, serviceAccountToken);
  };
  writeFileSync(certificatePath, authority.certificate);
  rotate();

  const server = createServer({ cert: certificate, key }, (request, response) => {
    void text(request).then((body) => {
      requests += 1;
      const known = request.headers.authorization === `Bearer ${serviceAccountToken}`;
      if (request.url !== "/resourcePrincipalSessionTokens" || request.method !== "POST") response.writeHead(404).end();
      else if (!known) response.writeHead(401).end();
      else {
        const { podKey } = JSON.parse(body) as { podKey: string };
        const publicKey = createPublicKey({ key: Buffer.from(podKey, "base64"), type: "spki", format: "der" });
        const token = `ST$${principals.issueToken(principal, publicKey, tokenLifetimeSeconds())}`;
        response.end(Buffer.from(JSON.stringify({ token })).toString("base64"));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    environment: { KUBERNETES_SERVICE_HOST: "localhost", KUBERNETES_SERVICE_PORT_PROXYMUX: String(port) },
    certificatePath,
    tokenPath,
    requests: () => requests,
    rotate,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
