import { request } from "undici";
import { readBody } from "../../../lib/http/answers.ts";
import { networkFailure, readRetryAfter } from "../../../lib/http/failures.ts";
import { proxyAgent } from "../../../lib/http/proxy-agent.ts";
import type { Secrets } from "../../../lib/secrets/secrets.ts";
import { firstOf } from "../../../lib/waiting.ts";
import { ibmIamTokens } from "../iam.ts";
import type { Answer } from "./answer.ts";
import { type IbmCloudLogsOptions, singlesUrl } from "./options.ts";
import { paceOf } from "./pace.ts";

/** The ingress of one instance. */
export interface Ingress {
  readonly host: string;
  /**
   * One request at the agreed pace, and its answer. When the token is refused (401) it is renewed, and the request repeated once.
   * Throws a Failure when there is no answer or no token, and the signal's reason when it aborts.
   */
  post(body: Uint8Array, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly onNotice?: ((message: string) => void) | undefined;
  readonly secrets?: Secrets | undefined;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** Asks nothing of the network before the first request. Throws UsageError. */
export function createIngress(options: IbmCloudLogsOptions, { env, version, onNotice, secrets, now }: Surroundings): Ingress {
  const { auth, bytesPerSecond, inFlight, connectTimeoutMs, timeoutMs } = options;
  const url = singlesUrl(options);
  const tokens = ibmIamTokens(auth, { env, secrets }, now);
  const pace = paceOf(bytesPerSecond);
  const dispatcher = proxyAgent(env, {
    connections: inFlight,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: connectTimeoutMs },
  });

  const tokenWithin = async (signal: AbortSignal): Promise<string> => {
    const token = tokens.token();
    await firstOf([token], signal);
    signal.throwIfAborted();
    return token;
  };

  const exchange = async (body: Uint8Array, token: string, signal: AbortSignal): Promise<Answer> => {
    await pace(body.length, signal);
    try {
      const answer = await request(url, {
        dispatcher,
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "user-agent": `flowferry/${version}`,
        },
        body,
        signal,
      });
      const header = (name: string): string | undefined => [answer.headers[name]].flat()[0];
      return {
        status: answer.statusCode,
        retryAfterMs: readRetryAfter(header("retry-after")),
        body: await readBody(answer.body, header("content-encoding"), signal),
      };
    } catch (error) {
      signal.throwIfAborted();
      throw networkFailure("network", "IBM Cloud Logs", url.origin, error);
    }
  };

  return {
    host: url.host,
    async post(body, signal) {
      signal.throwIfAborted();
      const token = await tokenWithin(signal);
      const answer = await exchange(body, token, signal);
      if (answer.status !== 401) return answer;
      tokens.refused();
      const renewed = await tokenWithin(signal);
      if (renewed === token) return answer;
      onNotice?.("IBM Cloud Logs refused the token (401); a new one was fetched, and the request is repeated with it");
      return exchange(body, renewed, signal);
    },
    async close() {
      await Promise.all([dispatcher.destroy(), tokens.close()]);
    },
  };
}
