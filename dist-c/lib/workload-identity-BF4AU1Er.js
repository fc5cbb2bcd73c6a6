import { i as codeOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { a as tokenSession, i as tokenOf, n as exchangeText, t as exchangeLimits } from "./tokens-BMHft2-m.js";
import { readFile } from "node:fs/promises";
import { Agent } from "undici";
import { rootCertificates } from "node:tls";
// src/clouds/oci/workload-identity.ts
/** Port of the token endpoint of OKE clusters. */
const DEFAULT_PORT = "12250";
/** The pod's service account: its token is exchanged at the cluster's own endpoint, under the cluster's own certificate authority. */
function okeWorkloadIdentity(certificatePath, tokenPath, { env, secrets }) {
	const host = env.KUBERNETES_SERVICE_HOST;
	if (host === void 0) throw new UsageError("oci-config", "auth.type oke-workload-identity works in a pod only: KUBERNETES_SERVICE_HOST is not set");
	const port = env.KUBERNETES_SERVICE_PORT_PROXYMUX ?? DEFAULT_PORT;
	const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}/resourcePrincipalSessionTokens`;
	return {
		...tokenSession(async (publicKey, signal) => {
			const [authority, token] = await Promise.all([readFile(certificatePath, "utf8"), readFile(tokenPath, "utf8")]).catch((cause) => {
				const message = `the service account of the pod cannot be read: ${codeOf(cause)}`;
				throw new Failure("person", "not-authenticated", message, { cause });
			});
			const dispatcher = new Agent({
				...exchangeLimits,
				connect: {
					...exchangeLimits.connect,
					ca: [...rootCertificates, authority]
				}
			});
			secrets?.addPassing(token.trim());
			const headers = {
				authorization: `Bearer ${token.trim()}`,
				"content-type": "application/json"
			};
			const body = JSON.stringify({ podKey: publicKey.toString("base64") });
			const advice = "workload identity needs an enhanced OKE cluster and a service account whose token is mounted";
			try {
				const answer = await exchangeText(url, {
					method: "POST",
					dispatcher,
					headers,
					body,
					signal
				}, "the OKE token endpoint", advice);
				const json = Buffer.from(answer, "base64").toString();
				return tokenOf(json, "the OKE token endpoint").replace(/^ST\$/, "");
			} finally {
				await dispatcher.close();
			}
		}),
		region: env.OCI_RESOURCE_PRINCIPAL_REGION,
		authenticationAdvice: "the workload's token was refused; check the node's clock",
		policy: {
			subject: "any-user",
			conditions: [
				"request.principal.type = 'workload'",
				"request.principal.namespace = '<namespace>'",
				"request.principal.service_account = '<service account>'",
				"request.principal.cluster_id = '<cluster OCID>'"
			]
		},
		close: async () => void 0
	};
}
export { okeWorkloadIdentity };
