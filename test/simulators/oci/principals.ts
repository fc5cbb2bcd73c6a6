import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { notAuthenticated } from "./service.ts";

/** Who signed a request. */
export interface Principal {
  readonly kind: "user" | "session" | "instance" | "resource" | "workload";
  readonly id: string;
  readonly tenancy: string;
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface TokenClaims {
  readonly sub: string;
  readonly tenant: string;
  readonly ptype: Principal["kind"];
  /** Seconds since the epoch. */
  readonly exp: number;
  /** The key that requests with this token are signed with, as JSON. */
  readonly jwk: string;
}

const pairs = new Map<string, KeyPair>();

/**
 * The RSA key pair that somebody has in this process. OCI wants 2048 bits; what signs requests does not depend on how many there are, and
 * with 512 it takes a fifth.
 */
export function keyPairOf(owner: string, modulusLength = 512): KeyPair {
  const pair = pairs.get(owner) ?? generateKeyPairSync("rsa", { modulusLength });
  pairs.set(owner, pair);
  return pair;
}

/** `aa:bb:…`: the MD5 of the public key, as OCI shows it beside an API key. */
function fingerprint(publicKey: KeyObject): string {
  const digest = createHash("md5")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
  return digest.replaceAll(/..(?=.)/g, "$&:");
}

/** The keys and tokens that the simulated tenancy accepts. */
export class Principals {
  readonly #apiKeys = new Map<string, { publicKey: KeyObject; principal: Principal }>();
  readonly #issuer = keyPairOf("issuer of tokens");
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Accepts requests signed with this key of this user; returns the key's fingerprint. */
  addApiKey(tenancy: string, user: string, publicKey: KeyObject): string {
    const print = fingerprint(publicKey);
    this.#apiKeys.set(`${tenancy}/${user}/${print}`, { publicKey, principal: { kind: "user", id: user, tenancy } });
    return print;
  }

  /** A security token (a JWT signed by the simulator) that binds a principal to the public key its requests are signed with. */
  issueToken(principal: Principal, publicKey: KeyObject, lifetimeSeconds: number): string {
    const issued = Math.floor(this.#now() / 1000);
    const claims: TokenClaims & Record<string, unknown> = {
      sub: principal.id,
      tenant: principal.tenancy,
      res_tenant: principal.tenancy,
      iss: "authService.oracle.com",
      aud: "oci",
      ptype: principal.kind,
      iat: issued,
      exp: issued + lifetimeSeconds,
      jwk: JSON.stringify({ ...publicKey.export({ format: "jwk" }), kid: "session" }),
    };
    const text = `${encode({ alg: "RS256", typ: "JWT", kid: "asw_simulator" })}.${encode(claims)}`;
    return `${text}.${sign("RSA-SHA256", Buffer.from(text), this.#issuer.privateKey).toString("base64url")}`;
  }

  /** The public key and the owner of a key id (`tenancy/user/fingerprint` or `ST$<token>`); 401 for any other. */
  resolve(keyId: string): { publicKey: KeyObject; principal: Principal } {
    const found = keyId.startsWith("ST$") ? this.#readToken(keyId.slice("ST$".length)) : this.#apiKeys.get(keyId);
    if (found === undefined) throw notAuthenticated();
    return found;
  }

  #readToken(token: string): { publicKey: KeyObject; principal: Principal } | undefined {
    const [header, payload, signature] = token.split(".");
    if (header === undefined || payload === undefined || signature === undefined) return undefined;
    const text = Buffer.from(`${header}.${payload}`);
    if (!verify("RSA-SHA256", text, this.#issuer.publicKey, Buffer.from(signature, "base64url"))) return undefined;
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as TokenClaims;
    if (claims.exp * 1000 <= this.#now()) return undefined;
    const publicKey = createPublicKey({ key: JSON.parse(claims.jwk), format: "jwk" });
    return { publicKey, principal: { kind: claims.ptype, id: claims.sub, tenancy: claims.tenant } };
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
