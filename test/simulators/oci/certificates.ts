import { X509Certificate } from "node:crypto";
import sshpk from "sshpk";
import { type KeyPair, keyPairOf } from "./principals.ts";

/** TLS takes no shorter keys. */
const TLS_BITS = 2048;

/** A certificate and its key, in PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

/** From when to when a certificate is valid; by default ten years from now. */
interface Validity {
  readonly validFrom?: Date;
  readonly validUntil?: Date;
}

/** A server's certificate that no authority has issued. */
export function selfSignedHost(host: string): Issued {
  const pair = keyPairOf(`self-signed ${host}`, TLS_BITS);
  const certificate = sshpk.createSelfSignedCertificate(sshpk.identityForHost(host), toSshpk(pair), { purposes: ["serverAuth"] });
  return { certificate: certificate.toString("pem"), key: pem(pair) };
}

/** A throwaway certificate authority. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly #identity: sshpk.Identity;
  readonly #key: sshpk.PrivateKey;

  constructor(name: string) {
    this.#identity = sshpk.identityForUser(name);
    this.#key = toSshpk(keyPairOf(`authority ${name}`, TLS_BITS));
    // An authority that is named for one purpose could not issue certificates for another.
    const purposes = ["ca", "crl", "serverAuth", "clientAuth"];
    this.certificate = sshpk.createSelfSignedCertificate(this.#identity, this.#key, { purposes }).toString("pem");
  }

  /** A server's certificate for a DNS name. */
  issueHost(host: string, validity: Validity = {}): Issued {
    return this.#issue(sshpk.identityForHost(host), ["serverAuth"], validity);
  }

  /** The certificate of a compute instance: its tenancy stands in the subject, where clients look for it. */
  issueInstance(instance: string, tenancy: string): Issued {
    const subject = [
      { name: "cn", value: instance },
      { name: "ou", value: "opc-certtype:instance" },
      { name: "ou", value: `opc-instance:${instance}` },
      { name: "ou", value: `opc-tenant:${tenancy}` },
    ];
    // In sshpk 1.18, missing from its type declarations (1.17).
    const { identityFromArray } = sshpk as unknown as { identityFromArray(parts: typeof subject): sshpk.Identity };
    return this.#issue(identityFromArray(subject), ["clientAuth"]);
  }

  /** True if this authority signed the certificate (PEM). */
  issued(certificate: string): boolean {
    return new X509Certificate(certificate).verify(new X509Certificate(this.certificate).publicKey);
  }

  #issue(subject: sshpk.Identity, purposes: string[], validity: Validity = {}): Issued {
    const pair = keyPairOf(`certificate of ${subject.toString()}`, TLS_BITS);
    const key = toSshpk(pair);
    const certificate = sshpk.createCertificate(subject, key, this.#identity, this.#key, { purposes, ...validity });
    return { certificate: certificate.toString("pem"), key: pem(pair) };
  }
}

function toSshpk(pair: KeyPair): sshpk.PrivateKey {
  return sshpk.parsePrivateKey(pem(pair), "pem");
}

function pem(pair: KeyPair): string {
  return pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
