import { UsageError } from "../errors.ts";

/** The proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY of this environment name. Throws UsageError for one that is no URL. */
export function proxiesOf(env: NodeJS.ProcessEnv) {
  return {
    httpProxy: proxyOf(env, "http_proxy", "HTTP_PROXY"),
    httpsProxy: proxyOf(env, "https_proxy", "HTTPS_PROXY"),
    noProxy: env.no_proxy ?? env.NO_PROXY ?? "",
  };
}

function proxyOf(env: NodeJS.ProcessEnv, ...names: readonly string[]): string {
  const name = names.find((one) => env[one] !== undefined);
  const url = (name === undefined ? undefined : env[name]) ?? "";
  if (url !== "" && !(/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && URL.canParse(url))) {
    throw new UsageError("bad-proxy", `${name} is no URL with a scheme: write it as in http://proxy.example.com:3128`);
  }
  return url;
}
