import { r as UsageError } from "./errors-C4nvsd9u.js";
import { EnvHttpProxyAgent } from "undici";
// src/lib/http/proxy-agent.ts
/** Kept-alive connections through the proxies that the environment names. Throws UsageError for one that is no URL. */
function proxyAgent(env, options) {
	return new EnvHttpProxyAgent({
		...options,
		...proxiesOf(env)
	});
}
/** The proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY of this environment name. Throws UsageError for one that is no URL. */
function proxiesOf(env) {
	return {
		httpProxy: proxyOf(env, "http_proxy", "HTTP_PROXY"),
		httpsProxy: proxyOf(env, "https_proxy", "HTTPS_PROXY"),
		noProxy: env.no_proxy ?? env.NO_PROXY ?? ""
	};
}
function proxyOf(env, ...names) {
	const name = names.find((one) => env[one] !== void 0);
	const url = (name === void 0 ? void 0 : env[name]) ?? "";
	if (url !== "" && !(/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && URL.canParse(url))) throw new UsageError("bad-proxy", `${name} is no URL with a scheme: write it as in http://proxy.example.com:3128`);
	return url;
}
export { proxyAgent as n, proxiesOf as t };
