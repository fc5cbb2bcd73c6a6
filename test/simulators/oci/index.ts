import type { KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bucket, type Generator, generatedBucket, memoryBucket, type PutOptions, type StoredObject } from "./buckets.ts";
import type { Faults } from "./faults.ts";
import { type KeyPair, keyPairOf, Principals } from "./principals.ts";
import { type Proxymux, startProxymux } from "./proxymux.ts";
import { OciServer, type RequestLog } from "./server.ts";
import type { Service } from "./service.ts";
import { instanceAuth } from "./services/auth.ts";
import { objectStorage } from "./services/object-storage.ts";

export interface OciOptions {
  readonly namespace?: string;
  /** Buckets that exist, and are empty, from the start. */
  readonly buckets?: readonly string[];
}

const REGION = { id: "us-phoenix-1", shortCode: "phx" };
const TENANCY = "ocid1.tenancy.oc1..simulatedtenancy";
const USER = "ocid1.user.oc1..simulateduser";

/** Starts OCI on loopback: Object Storage and what its clients authenticate with. Stop it when done. */
export async function startOci(options: OciOptions = {}): Promise<Oci> {
  const oci = new Oci(options.namespace ?? "simulated");
  for (const bucket of options.buckets ?? []) oci.createBucket(bucket);
  await oci.start();
  return oci;
}

export class Oci {
  readonly namespace: string;
  readonly region = REGION.id;
  readonly tenancy = TENANCY;
  readonly user = USER;
  /**
   * A configuration file as `~/.oci/config` is, with throwaway keys. Profiles: DEFAULT (API key), ENCRYPTED and ENCRYPTED_PKCS1
   * (API key under a pass phrase), SESSION (session token), STRANGER (a key that the tenancy does not know).
   */
  readonly config: string;
  readonly passPhrase = "correct horse battery staple";
  /** How long tokens live that are issued from now on. */
  tokenLifetimeSeconds = 3600;
  /** Milliseconds by which the services' clock is ahead of this machine's. */
  clockAheadMs = 0;
  /** Names that a listing looks at for one page: with a delimiter, a page may end in the middle of a common prefix. */
  scanLimit = Number.POSITIVE_INFINITY;
  readonly #directory = mkdtempSync(join(tmpdir(), "oci-simulator-"));
  readonly #buckets = new Map<string, Bucket>();
  readonly #now = (): number => Date.now() + this.clockAheadMs;
  readonly #principals = new Principals(this.#now);
  readonly #server = new OciServer(this.#principals, REGION.shortCode, this.#now);
  #proxymux: Proxymux | undefined;
  /** Sessions and tokens so far: none has the key of the one before. */
  #issued = 0;

  constructor(namespace: string) {
    this.namespace = namespace;
    this.config = join(this.#directory, "config");
    this.addService(objectStorage(namespace, this.#buckets, () => this.scanLimit));
    this.addService(
      instanceAuth({
        instance: "ocid1.instance.oc1.phx.simulatedinstance",
        tenancy: TENANCY,
        region: REGION,
        principals: this.#principals,
        tokenLifetimeSeconds: () => this.tokenLifetimeSeconds,
        now: this.#now,
      }),
    );
    this.#writeConfig();
  }

  /** Base URL of every service: what a client takes as its endpoint. */
  get endpoint(): string {
    return this.#server.endpoint;
  }

  get faults(): Faults {
    return this.#server.faults;
  }

  get requests(): RequestLog {
    return this.#server.requests;
  }

  addService(service: Service): void {
    this.#server.add(service);
  }

  removeService(service: Service): void {
    this.#server.remove(service);
  }

  createBucket(name: string): void {
    this.#buckets.set(name, memoryBucket(this.#now));
  }

  /** A bucket that computes its objects, for listings of any length. */
  createGeneratedBucket(name: string, generator: Generator): void {
    this.#buckets.set(name, generatedBucket(generator));
  }

  put(bucket: string, key: string, body: Uint8Array | string, options: PutOptions = {}): StoredObject {
    return this.#bucket(bucket).put(key, typeof body === "string" ? Buffer.from(body) : body, options);
  }

  delete(bucket: string, key: string): void {
    if (!this.#bucket(bucket).delete(key)) throw new Error(`no object ${key} in ${bucket}`);
  }

  find(bucket: string, key: string): StoredObject | undefined {
    return this.#bucket(bucket).find(key);
  }

  /** Adds an API key to the simulated user; returns its fingerprint. */
  addApiKey(publicKey: KeyObject): string {
    return this.#principals.addApiKey(TENANCY, USER, publicKey);
  }

  /** What an instance principal is pointed at instead of 169.254.169.254 and the region's auth service. */
  get instancePrincipal(): { readonly metadataUrl: string; readonly federationUrl: string } {
    return { metadataUrl: `${this.endpoint}/opc/v2/`, federationUrl: this.endpoint };
  }

  /** The environment of a function or a container instance: resource principal v2.2, token and key as values or as files. */
  resourcePrincipal(as: "values" | "files"): { environment: Record<string, string>; renew(): void } {
    const tokenPath = join(this.#directory, "rpst");
    const keyPath = join(this.#directory, "rpst.pem");
    const issue = (): { token: string; key: string } => {
      this.#issued += 1;
      const pair = keyPairOf(`resource, ${this.#issued % 3}`);
      const principal = { kind: "resource", id: "ocid1.fnfunc.oc1.phx.simulatedfunction", tenancy: TENANCY } as const;
      return { token: this.#principals.issueToken(principal, pair.publicKey, this.tokenLifetimeSeconds), key: pkcs8(pair) };
    };
    const renew = (): void => {
      const issued = issue();
      writeFileSync(tokenPath, issued.token);
      writeFileSync(keyPath, issued.key);
    };
    const value = as === "values" ? issue() : { token: tokenPath, key: keyPath };
    if (as === "files") renew();
    return {
      environment: {
        OCI_RESOURCE_PRINCIPAL_VERSION: "2.2",
        OCI_RESOURCE_PRINCIPAL_RPST: value.token,
        OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: value.key,
        OCI_RESOURCE_PRINCIPAL_REGION: REGION.id,
      },
      renew,
    };
  }

  /** The endpoint that a pod of an enhanced OKE cluster gets its token from. */
  async okeWorkloadIdentity(): Promise<Proxymux> {
    const principal = { kind: "workload", id: "ocid1.workload.simulated", tenancy: TENANCY } as const;
    this.#proxymux ??= await startProxymux(this.#directory, this.#principals, principal, () => this.tokenLifetimeSeconds);
    return this.#proxymux;
  }

  /** Replaces the session token and its key, as `oci session refresh` does. */
  renewSession(): void {
    this.#issued += 1;
    const pair = keyPairOf(`session, ${this.#issued % 3}`);
    const token = this.#principals.issueToken(
      { kind: "session", id: USER, tenancy: TENANCY },
      pair.publicKey,
      this.tokenLifetimeSeconds,
    );
    writeFileSync(join(this.#directory, "session.pem"), pkcs8(pair));
    writeFileSync(join(this.#directory, "session-token"), `${token}\n`);
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  async stop(): Promise<void> {
    await this.#proxymux?.stop();
    await this.#server.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new Error(`no bucket ${name}: create it first`);
    return bucket;
  }

  #writeConfig(): void {
    const user = keyPairOf("user");
    const stranger = keyPairOf("stranger");
    const known = this.#principals.addApiKey(TENANCY, USER, user.publicKey);
    const secret = { cipher: "aes-256-cbc", passphrase: this.passPhrase };
    const profile = (name: string, key: string, lines: readonly string[]): string => {
      const keyPath = join(this.#directory, `${name.toLowerCase()}.pem`);
      if (key !== "") writeFileSync(keyPath, key, { mode: 0o600 });
      return [`[${name}]`, `tenancy=${TENANCY}`, `region=${REGION.id}`, `key_file=${keyPath}`, ...lines, ""].join("\n");
    };
    const owner = [`user=${USER}`, `fingerprint=${known}`];
    this.renewSession();
    writeFileSync(
      this.config,
      [
        profile("DEFAULT", pkcs8(user), owner),
        profile("ENCRYPTED", user.privateKey.export({ type: "pkcs8", format: "pem", ...secret }).toString(), [
          ...owner,
          `pass_phrase=${this.passPhrase}`,
        ]),
        profile("ENCRYPTED_PKCS1", user.privateKey.export({ type: "pkcs1", format: "pem", ...secret }).toString(), [
          ...owner,
          `pass_phrase=${this.passPhrase}`,
        ]),
        profile("SESSION", "", [`fingerprint=${known}`, `security_token_file=${join(this.#directory, "session-token")}`]),
        profile("STRANGER", pkcs8(stranger), [`user=${USER}`, `fingerprint=${known}`]),
      ].join("\n"),
    );
  }
}

function pkcs8(pair: KeyPair): string {
  return pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
