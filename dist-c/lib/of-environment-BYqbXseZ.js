import { n as addHeader } from "./scrubber-BCQYEyME.js";
import { n as addUrl } from "./of-url-LZfHtLOe.js";
// src/lib/secrets/of-environment.ts
/** Variables that the program and its libraries read by themselves, whose value is a secret, or the path of a file with it. */
const VALUES = [
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"OCI_RESOURCE_PRINCIPAL_RPST",
	"OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM",
	"OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE"
];
const URLS = /^(?:(?:https?|all)_proxy|otel_exporter_otlp_(?:.+_)?endpoint)$/i;
const HEADERS = /^OTEL_EXPORTER_OTLP_(?:.+_)?HEADERS$/;
/** Adds what the environment keeps secret: credentials, headers of OpenTelemetry, users and passwords of proxies and receivers. */
function addEnvironment(secrets, env) {
	for (const name of VALUES) {
		const value = env[name];
		if (value !== void 0 && !value.startsWith("/")) secrets.add(value, name);
	}
	for (const [name, value = ""] of Object.entries(env)) {
		if (URLS.test(name)) addUrl(secrets, value.includes("://") ? value : `http://${value}`, { secretPath: false });
		if (HEADERS.test(name)) for (const pair of value.split(",")) addPair(secrets, pair);
	}
}
/** `name=value`, the value percent-encoded. */
function addPair(secrets, pair) {
	const equals = pair.indexOf("=");
	if (equals < 0) return;
	const [name, value] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
	addHeader(secrets, name, value);
	try {
		addHeader(secrets, name, decodeURIComponent(value));
	} catch {}
}
export { addEnvironment as t };
