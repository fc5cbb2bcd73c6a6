import { Agent, EnvHttpProxyAgent } from "undici";
import { proxiesOf } from "./proxies.ts";

/** Kept-alive connections through the proxies that the environment names. Throws UsageError for one that is no URL. */
export function proxyAgent(env: NodeJS.ProcessEnv, options: Agent.Options): Agent | EnvHttpProxyAgent {
  const proxies = proxiesOf(env);
  if (proxies.httpProxy === "" && proxies.httpsProxy === "") return new Agent(options);
  return new EnvHttpProxyAgent({ ...options, ...proxies });
}
