import { C as strictObject, O as url, _ as literal, w as string } from "./schemas-Dm7Z0tOD.js";
import { n as secret } from "./mark-COnWLKoh.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { a as urlWithoutUser, r as isReadable, t as allowInsecure } from "./urls-hmwHZnCP.js";
import { r as isSecretName } from "./of-url-LZfHtLOe.js";
// src/lib/secrets/readable.ts
/** Throws UsageError, without a value in it, for credentials that would go over plain http to another machine. `option` gave the URL. */
function refuseReadable(option, url, headers) {
	if (!isReadable(url)) return;
	const header = Object.entries(headers).find(([name, value]) => isSecretName(name) || hasScheme(value))?.[0];
	const parameter = [...url.searchParams.keys()].find(isSecretName);
	if (header !== void 0) throw insecure(option, url, `the header ${JSON.stringify(header)}`);
	if (parameter !== void 0) throw insecure(option, url, `the parameter ${JSON.stringify(parameter)}`);
}
/** The refusal to send something that can be read on its way. */
function insecure(option, { origin }, what) {
	return new UsageError("insecure", `${option}: ${origin} would send ${what} unencrypted: use https, or set allowInsecure: true`);
}
/** `Bearer …` and its kin. */
function hasScheme(value) {
	return /^\s*(?:Bearer|Basic|Digest|Token|Api-?Key|Splunk)\s+\S/i.test(value);
}
// src/clouds/ibm/iam-options.ts
const ibmIamOptions = strictObject({
	type: literal("ibm-iam").describe("An IBM Cloud API key, exchanged for tokens that are renewed before they expire"),
	apiKey: secret(string().min(1)).describe("The API key of a user or a service ID; better as a variable of the environment than in the file"),
	tokenUrl: urlWithoutUser(url(), "the key is apiKey").default("https://iam.cloud.ibm.com/identity/token").describe("Where the key is exchanged"),
	allowInsecure
});
/** Throws UsageError for a token URL that would send the key in the clear. */
function checkTokenUrl({ tokenUrl, allowInsecure }) {
	const url = new URL(tokenUrl);
	if (!allowInsecure && isReadable(url)) throw insecure("auth.tokenUrl", url, "the key");
}
export { refuseReadable as i, ibmIamOptions as n, insecure as r, checkTokenUrl as t };
