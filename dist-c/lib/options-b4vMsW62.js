import { C as strictObject, O as url, g as int, h as guid, w as string } from "./schemas-Dm7Z0tOD.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { n as ibmIamOptions, r as insecure } from "./iam-options-CHrki5ta.js";
import { a as urlWithoutUser, r as isReadable, t as allowInsecure } from "./urls-hmwHZnCP.js";
// src/clouds/ibm/cloud-logs/options.ts
/** Limits of the ingestion API, the decimal reading of its "2 MB" and "32 K". */
const LARGEST_REQUEST_BYTES = 2e6;
const LARGEST_LOG_BYTES = 32e3;
const BYTES_PER_SECOND = 3 * 1024 ** 2;
const name = string().min(1).regex(/^[^\p{Cc}]*$/u, "expected text without control characters");
const ibmCloudLogsOptions = strictObject({
	instance: guid("expected the GUID of the instance, as in 90d208cc-e1dd-4fb2-a938-358e5996f056").optional().describe("GUID of the IBM Cloud Logs instance; with `region` it makes the address"),
	region: string().regex(/^[a-z]+(-[a-z0-9]+)+$/, "expected a region, as in us-south").optional().describe("Region of the instance, as in us-south"),
	endpoint: urlWithoutUser(url({ protocol: /^https?$/ }), "set auth.apiKey").optional().describe("Base URL of the ingress, which overrides `instance` and `region` (a private endpoint, for one); /logs/v1/singles is added to its path"),
	auth: ibmIamOptions.describe("How to authenticate; the key's owner needs the role Sender on the instance"),
	allowInsecure,
	applicationName: name.default("flowferry").describe("Application name of the logs"),
	subsystemName: name.default("flow-logs").describe("Subsystem name of the logs"),
	schema: string().min(1).default("otel").describe("Names of the fields in the text of a log: otel, ecs, ocsf, seed, or a YAML file"),
	serviceName: string().min(1).default("flowferry").describe("Value of service.name in the text, in schema otel"),
	batch: strictObject({
		records: int().min(1).max(1e4).default(1e3).describe("Most records of a request"),
		bytes: int().min(64e3).max(LARGEST_REQUEST_BYTES).default(LARGEST_REQUEST_BYTES).describe("Most bytes of a request; the service takes 2 MB. A larger batch is halved"),
		lingerMs: int().min(0).default(1e3).describe("How long a record waits for its request to fill, in ms")
	}).prefault({}).describe("Size of the requests"),
	bytesPerSecond: int().min(64e3).default(BYTES_PER_SECOND).describe("Most bytes a second, on average; the service takes 3 MiB (3145728) of all senders together unless more is agreed with it"),
	inFlight: int().min(1).max(16).default(2).describe("Most requests on the way at once"),
	connectTimeoutMs: int().positive().default(1e4).describe("How long to wait for a connection, in ms"),
	timeoutMs: int().positive().max(6e5).default(3e4).describe("How long to wait for an answer, in ms")
});
/** The URL that logs are posted to. Throws UsageError for options that name none, or one that would send the token in the clear. */
function singlesUrl({ instance, region, endpoint, allowInsecure }) {
	if (endpoint === void 0 && (instance === void 0 || region === void 0)) throw new UsageError("bad-options", "instance and region, or endpoint: set both of the former or the latter");
	const url = new URL(endpoint ?? `https://${instance}.ingress.${region}.logs.cloud.ibm.com`);
	if (!allowInsecure && isReadable(url)) throw insecure("endpoint", url, "the token");
	url.pathname = `${url.pathname.replace(/\/+$/, "")}/logs/v1/singles`;
	return url;
}
export { ibmCloudLogsOptions as n, singlesUrl as r, LARGEST_LOG_BYTES as t };
