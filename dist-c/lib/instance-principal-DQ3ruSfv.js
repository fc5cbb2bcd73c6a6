import { t as Failure } from "./errors-C4nvsd9u.js";
import { n as proxyAgent } from "./proxy-agent-BXfkr1el.js";
import { a as tokenSession, i as tokenOf, n as exchangeText, t as exchangeLimits } from "./tokens-BMHft2-m.js";
import { X509Certificate, createHash, sign } from "node:crypto";
import { Agent } from "undici";
// src/clouds/oci/instance-principal.ts
/** The instance that the program runs on: its certificate, from the metadata service, is exchanged for a token. */
function instancePrincipal(metadataUrl, federationUrl, env) {
	const metadata = new Agent(exchangeLimits);
	const dispatcher = proxyAgent(env, exchangeLimits);
	const base = metadataUrl.endsWith("/") ? metadataUrl : `${metadataUrl}/`;
	const get = async (path, signal) => {
		return (await exchangeText(`${base}${path}`, {
			dispatcher: metadata,
			headers: { authorization: "Bearer Oracle" },
			signal
		}, `the metadata service`, "an instance principal exists on OCI compute instances only (with the metadata service v2 enabled); elsewhere use another auth.type")).trim();
	};
	let regionId;
	const region = async (signal) => {
		if (regionId !== void 0) return regionId;
		const { Region } = await import("oci-common");
		regionId = Region.getRegionIdFromShortCode(await get("instance/region", signal));
		return regionId;
	};
	const authEndpoint = async (signal) => {
		if (federationUrl !== void 0) return federationUrl.replace(/\/$/, "");
		const { EndpointBuilder } = await import("oci-common");
		return EndpointBuilder.createEndpointFromRegionId("https://auth.{region}.{secondLevelDomain}", await region(signal));
	};
	return {
		...tokenSession(async (publicKey, signal) => {
			const [certificate, privateKey, intermediate] = await Promise.all([
				get("identity/cert.pem", signal),
				get("identity/key.pem", signal),
				get("identity/intermediate.pem", signal)
			]);
			const leaf = new X509Certificate(certificate);
			const body = JSON.stringify({
				certificate: withoutArmor(certificate),
				publicKey: publicKey.toString("base64"),
				intermediateCertificates: [withoutArmor(intermediate)],
				purpose: "DEFAULT"
			});
			const url = new URL(`${await authEndpoint(signal)}/v1/x509`);
			const headers = signFederation(url, body, `${tenancyOf(leaf)}/fed-x509/${leaf.fingerprint.toLowerCase()}`, privateKey);
			const answer = await exchangeText(url.href, {
				method: "POST",
				dispatcher,
				headers,
				body,
				signal
			}, "the auth service", "check that the instance reaches its region's auth service and that its clock is right");
			return tokenOf(answer, "the auth service");
		}),
		region,
		authenticationAdvice: "the token of the instance was refused; check the instance's clock",
		policy: {
			subject: "dynamic-group <the instance's dynamic group>",
			conditions: []
		},
		async close() {
			await Promise.all([metadata.destroy(), dispatcher.destroy()]);
		}
	};
}
/** The tenancy's OCID, which stands in the subject of an instance's certificate. */
function tenancyOf(certificate) {
	const found = /(?:opc-tenant|opc-identity):(\S+)/.exec(certificate.subject);
	if (found?.[1] === void 0) throw new Failure("not-understood", "not-authenticated", "the instance's certificate names no tenancy (opc-tenant)");
	return found[1];
}
function withoutArmor(pem) {
	return pem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
}
/** The headers of a request signed as draft-cavage-http-signatures has it, with RSA-SHA256, body included. */
function signFederation(url, body, keyId, privateKey) {
	const headers = {
		date: (/* @__PURE__ */ new Date()).toUTCString(),
		host: url.host,
		"content-type": "application/json",
		"content-length": String(Buffer.byteLength(body)),
		"x-content-sha256": createHash("sha256").update(body).digest("base64")
	};
	const names = [
		"date",
		"(request-target)",
		"host",
		"content-type",
		"content-length",
		"x-content-sha256"
	];
	const text = names.map((name) => `${name}: ${name === "(request-target)" ? `post ${url.pathname}` : headers[name]}`);
	const signature = sign("RSA-SHA256", Buffer.from(text.join("\n")), privateKey).toString("base64");
	const fields = {
		version: "1",
		keyId,
		algorithm: "rsa-sha256",
		headers: names.join(" "),
		signature
	};
	const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`);
	return {
		...headers,
		authorization: `Signature ${list.join(",")}`
	};
}
export { instancePrincipal };
