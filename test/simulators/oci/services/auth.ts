import { createPublicKey, X509Certificate } from "node:crypto";
import { CertificateAuthority, type Issued } from "../certificates.ts";
import type { Principals } from "../principals.ts";
import { type Call, notAuthenticated, type Reply, type Service, ServiceError } from "../service.ts";
import { parseAuthorization, verifySignature } from "../signature.ts";

export interface InstanceIdentity {
  readonly instance: string;
  readonly tenancy: string;
  readonly region: { readonly id: string; readonly shortCode: string };
  readonly principals: Principals;
  readonly tokenLifetimeSeconds: () => number;
  readonly now: () => number;
}

/** What an instance principal needs: the metadata service (v2) and the exchange of an instance's certificate for a security token. */
export function instanceAuth(identity: InstanceIdentity): Service {
  const { instance, tenancy, region } = identity;
  let made: { authority: CertificateAuthority; leaf: Issued } | undefined;
  const pki = (): { authority: CertificateAuthority; leaf: Issued } => {
    if (made === undefined) {
      const authority = new CertificateAuthority("PKISVC Identity Intermediate");
      made = { authority, leaf: authority.issueInstance(instance, tenancy) };
    }
    return made;
  };
  const metadata = (path: string, text: () => string) => ({
    kind: "metadata",
    method: "GET",
    path: `/opc/v2/${path}`,
    signed: "no" as const,
    handle(call: Call): Reply {
      // The metadata service (v2) refuses requests without this header.
      if (call.headers.authorization !== "Bearer Oracle") throw new ServiceError(401, "Unauthorized", "Unauthorized");
      return { status: 200, headers: { "content-type": "text/plain" }, bytes: Buffer.from(text()) };
    },
  });
  return {
    routes: [
      metadata("instance/region", () => region.shortCode),
      metadata("instance/canonicalRegionName", () => region.id),
      metadata("identity/cert.pem", () => pki().leaf.certificate),
      metadata("identity/key.pem", () => pki().leaf.key),
      metadata("identity/intermediate.pem", () => pki().authority.certificate),
      {
        kind: "federation",
        method: "POST",
        path: "/v1/x509",
        signed: "no",
        handle: (call) => federate(identity, pki().authority, call),
      },
    ],
  };
}

/** Checks that the request is signed with the key of a certificate that the authority issued to this tenancy, and issues a token. */
function federate(identity: InstanceIdentity, authority: CertificateAuthority, call: Call): Reply {
  const body = JSON.parse(call.body.toString()) as {
    certificate?: string;
    publicKey?: string;
    intermediateCertificates?: string[];
  };
  if (body.certificate === undefined || body.publicKey === undefined) {
    throw new ServiceError(400, "InvalidParameter", "certificate and publicKey are required");
  }
  const pem = `-----BEGIN CERTIFICATE-----\n${body.certificate}\n-----END CERTIFICATE-----\n`;
  const leaf = new X509Certificate(pem);
  const authorization = parseAuthorization(call.headers);
  const print = leaf.fingerprint.toLowerCase();
  if (!authority.issued(pem) || authorization.keyId !== `${identity.tenancy}/fed-x509/${print}`) throw notAuthenticated();
  verifySignature(call, authorization, leaf.publicKey, true, identity.now());

  const publicKey = createPublicKey({ key: Buffer.from(body.publicKey, "base64"), type: "spki", format: "der" });
  const principal = { kind: "instance", id: identity.instance, tenancy: identity.tenancy } as const;
  return { status: 200, json: { token: identity.principals.issueToken(principal, publicKey, identity.tokenLifetimeSeconds()) } };
}
