import { type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import { Failure } from "../../lib/errors.ts";
import { readBody } from "../../lib/http/answers.ts";
import { endpointOf, networkFailure } from "../../lib/http/failures.ts";
import { proxiesOf } from "../../lib/http/proxies.ts";
import type { Answer } from "./response.ts";
import type { Settings } from "./settings.ts";

/** Sends requests to one receiver over connections of its own, which are kept open. */
export interface Transport {
  /**
   * One request and its answer, whatever its status. Rejects with a Failure when there is none (`otlp-timeout`, else
   * `otlp-unreachable`), and with the signal's reason when it aborts; the body's memory may then still be in use.
   */
  post(body: Uint8Array, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export function createTransport(settings: Settings, env: NodeJS.ProcessEnv, connections: number): Transport {
  const { url, tls, timeoutMs } = settings;
  const dispatcher = new EnvHttpProxyAgent({
    ...proxiesOf(env),
    connections,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ...tls, timeout: timeoutMs },
    requestTls: tls,
  });
  return {
    async post(body, headers, signal) {
      signal.throwIfAborted();
      const abort = new AbortController();
      const pass = (): void => abort.abort(signal.reason);
      const timer = setTimeout(() => abort.abort(new Timeout()), timeoutMs);
      signal.addEventListener("abort", pass, { once: true });
      try {
        return await exchange(dispatcher, url, body, headers, abort.signal);
      } catch (error) {
        signal.throwIfAborted();
        if (abort.signal.reason instanceof Timeout) {
          throw new Failure("passing", "otlp-timeout", `${url.host} did not answer within ${timeoutMs} ms`);
        }
        throw networkFailure("otlp-unreachable", "OTLP", endpointOf(url), error, "tls.caFile");
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", pass);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

class Timeout extends Error {}

async function exchange(
  dispatcher: Dispatcher,
  url: URL,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await request(url, { method: "POST", dispatcher, headers, body, signal });
  const header = (name: string): string | undefined => [response.headers[name]].flat()[0];
  return {
    status: response.statusCode,
    retryAfter: header("retry-after"),
    location: header("location"),
    grpcStatus: header("grpc-status"),
    body: await readBody(response.body, header("content-encoding"), signal),
  };
}
