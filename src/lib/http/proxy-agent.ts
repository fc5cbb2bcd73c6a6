import { type Agent, EnvHttpProxyAgent } from "undici";

/** Kept-alive connections through the proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY of this environment name. */
export function proxyAgent(env: NodeJS.ProcessEnv, options: Agent.Options): EnvHttpProxyAgent {
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? "",
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? "",
    noProxy: env.no_proxy ?? env.NO_PROXY ?? "",
  });
}
