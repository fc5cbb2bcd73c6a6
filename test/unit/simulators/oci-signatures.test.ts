import { createPublicKey, sign } from "node:crypto";
import {
  type AuthenticationDetailsProvider,
  ConfigFileAuthenticationDetailsProvider,
  InstancePrincipalsAuthenticationDetailsProviderBuilder,
  ResourcePrincipalAuthenticationDetailsProvider,
  SessionAuthDetailProvider,
  SimpleAuthenticationDetailsProvider,
} from "oci-common";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import { keyPairOf } from "../../simulators/oci/principals.ts";
import { refusal, type Signed, sdk, signedFetch } from "./oci-clients.ts";

let oci: Oci;
beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  oci.createBucket("flows");
  oci.requests.clear();
});
afterEach(() => {
  oci.clockAheadMs = 0;
  oci.tokenLifetimeSeconds = 3600;
});

describe("signatures", () => {
  const list = "/n/simulated/b/flows/o?limit=5";
  const status = async (path: string, options?: Signed): Promise<number> => {
    const answer = await signedFetch(oci, path, options);
    await answer.arrayBuffer();
    return answer.status;
  };

  it("accepts a request signed by hand, with date or x-date", async () => {
    expect(await status(list)).toBe(200);
    const date = new Date().toUTCString();
    expect(await status(list, { headers: { date }, names: ["date", "(request-target)", "host"] })).toBe(200);
  });

  const authorization = (change: (value: string) => string): Signed => ({
    tamper: ({ headers }) => ({ headers: { ...headers, authorization: change(headers.authorization ?? "") } }),
  });

  it.each<[string, Signed]>([
    ["another path", { tamper: () => ({ path: "/n/simulated/b/flows/o" }) }],
    ["another query", { tamper: ({ path }) => ({ path: path.replace("5", "6") }) }],
    [
      "another date",
      { tamper: ({ headers }) => ({ headers: { ...headers, "x-date": new Date(Date.now() - 2000).toUTCString() } }) },
    ],
    [
      "another signature",
      authorization((value) => value.replace(/signature="(.)/, (_, first) => `signature="${first === "A" ? "B" : "A"}`)),
    ],
    ["another key id", { keyId: "ocid1.tenancy.oc1..x/ocid1.user.oc1..y/00:11" }],
    ["another algorithm", authorization((value) => value.replace("256", "512"))],
    ["no version", authorization((value) => value.replace('version="1",', ""))],
    ["no signature at all", authorization(() => "")],
    ["host not signed", { names: ["x-date", "(request-target)"] }],
    ["request line not signed", { names: ["x-date", "host"] }],
    ["date not signed", { names: ["(request-target)", "host"] }],
    ["a signed header that is missing", { names: ["x-date", "(request-target)", "host", "content-type"] }],
  ])("refuses %s", async (_, options) => {
    const answer = await signedFetch(oci, list, options);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({
      code: "NotAuthenticated",
      message: "The required information to complete authentication was not provided or was incorrect.",
    });
  });

  it("refuses a key that is not the one of the fingerprint", async () => {
    const { privateKey } = keyPairOf("nobody");
    expect(await status(list, { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() })).toBe(401);
    expect(await refusal(sdk(oci, new ConfigFileAuthenticationDetailsProvider(oci.config, "STRANGER")).list())).toMatchObject({
      status: 401,
    });
  });

  it("refuses dates more than five minutes off, in the service's words", async () => {
    const { list: listObjects } = sdk(oci);
    // A clock that is behind, for while the request is on its way it catches up.
    oci.clockAheadMs = -299_000;
    await listObjects();
    for (const skew of [360_000, -360_000]) {
      oci.clockAheadMs = skew;
      const { status: refused, code, message } = await refusal(listObjects());
      expect([refused, code]).toEqual([401, "NotAuthenticated"]);
      expect(message).toMatch(
        /^Date '\w{3}, \d\d \w{3} \d{4} [\d:]{8} UTC' is not within allowed clock skew\. Current '[^']+ UTC', valid datetime range: \['[^']+', '[^']+'\]$/,
      );
    }
  });

  it("wants the body signed where the service does", async () => {
    oci.addService({
      routes: [
        {
          kind: "query",
          method: "POST",
          path: "/20200601/namespaces/{namespace}/search/actions/query",
          signed: "body",
          handle: ({ params, body: sent }) => ({ status: 200, json: { namespace: params.namespace, sent: sent.toString() } }),
        },
      ],
    });
    const path = "/20200601/namespaces/ns/search/actions/query?limit=1";
    const all = ["x-date", "(request-target)", "host", "content-type", "content-length", "x-content-sha256"];
    const post = { method: "POST", body: '{"query":"*"}', names: all };
    const answer = await signedFetch(oci, path, post);
    expect(await answer.json()).toEqual({ namespace: "ns", sent: '{"query":"*"}' });
    expect(await status(path, { ...post, names: all.slice(0, 3) })).toBe(401);
    expect(await status(path, { ...post, tamper: () => ({ body: '{"query":"-"}' }) })).toBe(401);
  });
});

describe("principals, by the SDK's own providers", () => {
  const signer = async (provider: AuthenticationDetailsProvider): Promise<string | undefined> => {
    await sdk(oci, provider).list();
    return oci.requests.all.at(-1)?.principal?.kind;
  };

  it("knows API keys, also under a pass phrase", async () => {
    expect(await signer(new ConfigFileAuthenticationDetailsProvider(oci.config, "DEFAULT"))).toBe("user");
    expect(await signer(new ConfigFileAuthenticationDetailsProvider(oci.config, "ENCRYPTED"))).toBe("user");
    expect(await signer(new ConfigFileAuthenticationDetailsProvider(oci.config, "ENCRYPTED_PKCS1"))).toBe("user");
  });

  it("knows session tokens", async () => {
    const provider = new SessionAuthDetailProvider(oci.config, "SESSION");
    provider.sessionToken = provider.sessionToken?.trim();
    expect(await signer(provider)).toBe("session");
  });

  it("exchanges an instance's certificate for a token", async () => {
    const builder = new InstancePrincipalsAuthenticationDetailsProviderBuilder();
    builder.metadataBaseUrl = oci.instancePrincipal.metadataUrl;
    builder.federationEndpoint = oci.instancePrincipal.federationUrl;
    expect(await signer(await builder.build())).toBe("instance");
    expect(oci.requests.count("federation")).toBe(1);
  });

  it("knows resource principals, by value and by file", async () => {
    for (const as of ["values", "files"] as const) {
      const { environment } = oci.resourcePrincipal(as);
      Object.assign(process.env, environment);
      try {
        expect(await signer(ResourcePrincipalAuthenticationDetailsProvider.builder())).toBe("resource");
      } finally {
        for (const name of Object.keys(environment)) delete process.env[name];
      }
    }
  });

  it("refuses tokens that have expired, that it did not issue, or that belong to another key", async () => {
    const { environment } = oci.resourcePrincipal("values");
    const token = environment.OCI_RESOURCE_PRINCIPAL_RPST ?? "";
    const key = environment.OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM ?? "";
    const list = async (keyId: string, pem: string): Promise<number> =>
      (await signedFetch(oci, "/n/simulated/b/flows/o", { keyId, key: pem })).status;
    expect(await list(`ST$${token}`, key)).toBe(200);
    const stranger = keyPairOf("nobody");
    const strangerPem = stranger.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(await list(`ST$${token}`, strangerPem)).toBe(401);

    const [header, payload] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString()) as Record<string, unknown>;
    const jwk = JSON.stringify(createPublicKey(strangerPem).export({ format: "jwk" }));
    const forged = `${header}.${Buffer.from(JSON.stringify({ ...claims, jwk })).toString("base64url")}`;
    const signature = sign("RSA-SHA256", Buffer.from(forged), strangerPem).toString("base64url");
    expect(await list(`ST$${forged}.${signature}`, strangerPem)).toBe(401);

    oci.tokenLifetimeSeconds = -1;
    const expired = oci.resourcePrincipal("values").environment;
    expect(await list(`ST$${expired.OCI_RESOURCE_PRINCIPAL_RPST}`, expired.OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM ?? "")).toBe(401);
  });

  it("keeps the metadata of an instance from requests without its header", async () => {
    expect((await fetch(`${oci.instancePrincipal.metadataUrl}identity/key.pem`)).status).toBe(401);
  });
});

it("accepts a key that the tenancy was given by hand", async () => {
  const { privateKey, publicKey } = keyPairOf("API key by hand");
  const fingerprint = oci.addApiKey(publicKey);
  const provider = new SimpleAuthenticationDetailsProvider(
    oci.tenancy,
    oci.user,
    fingerprint,
    privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    null,
  );
  expect((await sdk(oci, provider).list()).objects).toEqual([]);
});
