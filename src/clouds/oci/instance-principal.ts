import { createHash, sign, X509Certificate } from "node:crypto";
import { Agent } from "undici";
import { Failure } from "../../lib/errors.ts";
import { proxyAgent } from "../../lib/http/proxy-agent.ts";
import type { OciIdentity } from "./identity.ts";
import { exchangeLimits, exchangeText, tokenOf, tokenSession } from "./tokens.ts";

/** The instance that the program runs on: its certificate, from the metadata service, is exchanged for a token. */
export function instancePrincipal(metadataUrl: string, federationUrl: string | undefined, env: NodeJS.ProcessEnv): OciIdentity {
  const metadata = new Agent(exchangeLimits);
  const dispatcher = proxyAgent(env, exchangeLimits);
  const base = metadataUrl.endsWith("/") ? metadataUrl : `${metadataUrl}/`;
  const get = async (path: string, signal: AbortSignal): Promise<string> => {
    const advice =
      "an instance principal exists on OCI compute instances only (with the metadata service v2 enabled); elsewhere use another auth.type";
    const headers = { authorization: "Bearer Oracle" };
    const text = await exchangeText(`${base}${path}`, { dispatcher: metadata, headers, signal }, `the metadata service`, advice);
    return text.trim();
  };
  let regionId: string | undefined;
  const region = async (signal: AbortSignal): Promise<string> => {
    if (regionId !== undefined) return regionId;
    const { Region } = await import("oci-common");
    regionId = Region.getRegionIdFromShortCode(await get("instance/region", signal));
    return regionId;
  };
  const authEndpoint = async (signal: AbortSignal): Promise<string> => {
    if (federationUrl !== undefined) return federationUrl.replace(/\/$/, "");
    const { EndpointBuilder } = await import("oci-common");
    return EndpointBuilder.createEndpointFromRegionId("https://auth.{region}.{secondLevelDomain}", await region(signal));
  };
  const session = tokenSession(async (publicKey, signal) => {
    const [certificate, privateKey, intermediate] = await Promise.all([
      get("identity/cert.pem", signal),
      get("identity/key.pem", signal),
      get("identity/intermediate.pem", signal),
    ]);
    const leaf = new X509Certificate(certificate);
    const body = JSON.stringify({
      certificate: withoutArmor(certificate),
      publicKey: publicKey.toString("base64"),
      intermediateCertificates: [withoutArmor(intermediate)],
      purpose: "DEFAULT",
    });
    const url = new URL(`${await authEndpoint(signal)}/v1/x509`);
    const keyId = `${tenancyOf(leaf)}/fed-x509/${leaf.fingerprint.toLowerCase()}`;
    const headers = signFederation(url, body, keyId, privateKey);
    const advice = "check that the instance reaches its region's auth service and that its clock is right";
    const answer = await exchangeText(
      url.href,
      { method: "POST", dispatcher, headers, body, signal },
      "the auth service",
      advice,
    );
    return tokenOf(answer, "the auth service");
  });
  return {
    ...session,
    region,
    authenticationAdvice: "the token of the instance was refused; check the instance's clock",
    policy: { subject: "dynamic-group <the instance's dynamic group>", conditions: [] },
    async close() {
      await Promise.all([metadata.destroy(), dispatcher.destroy()]);
    },
  };
}

/** The tenancy's OCID, which stands in the subject of an instance's certificate. */
function tenancyOf(certificate: X509Certificate): string {
  const found = /(?:opc-tenant|opc-identity):(\S+)/.exec(certificate.subject);
  if (found?.[1] === undefined) {
    throw new Failure("not-understood", "not-authenticated", "the instance's certificate names no tenancy (opc-tenant)");
  }
  return found[1];
}

function withoutArmor(pem: string): string {
  return pem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
}

/** The headers of a request signed as draft-cavage-http-signatures has it, with RSA-SHA256, body included. */
function signFederation(url: URL, body: string, keyId: string, privateKey: string): Record<string, string> {
  const headers: Record<string, string> = {
    date: new Date().toUTCString(),
    host: url.host,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "x-content-sha256": createHash("sha256").update(body).digest("base64"),
  };
  const names = ["date", "(request-target)", "host", "content-type", "content-length", "x-content-sha256"];
  const text = names.map((name) => `${name}: ${name === "(request-target)" ? `post ${url.pathname}` : headers[name]}`);
  const signature = sign("RSA-SHA256", Buffer.from(text.join("\n")), privateKey).toString("base64");
  const fields = { version: "1", keyId, algorithm: "rsa-sha256", headers: names.join(" "), signature };
  const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`);
  return { ...headers, authorization: `Signature ${list.join(",")}` };
}
