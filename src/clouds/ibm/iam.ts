import { request } from "undici";
import { z } from "zod";
import type { Tokens } from "../../intake/s3/options.ts";
import { Failure, FlowferryError } from "../../lib/errors.ts";
import { parseJson, readBody, textOf } from "../../lib/http/answers.ts";
import { drawerOfStatus, networkFailure, readRetryAfter } from "../../lib/http/failures.ts";
import { proxyAgent } from "../../lib/http/proxy-agent.ts";
import type { Secrets } from "../../lib/secrets/secrets.ts";
import { shownUrl } from "../../lib/urls.ts";
import { checkTokenUrl, type IbmIamOptions } from "./iam-options.ts";

const answerSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const refusalSchema = z.object({ errorCode: z.string().optional(), errorMessage: z.string().optional() });

/** A token is renewed when this part of its life is over; while that fails it is used up to its end. */
const RENEW_AFTER = 0.8;
const JUST_ISSUED_MS = 60_000;
const TIMEOUT_MS = 30_000;

/**
 * Tokens for a key: callers at the same time share one exchange, and a token that has only just been issued is kept although it is refused.
 * Throws UsageError for a token URL that would send the key in the clear.
 */
export function ibmIamTokens(
  options: IbmIamOptions,
  { env, secrets }: { readonly env: NodeJS.ProcessEnv; readonly secrets?: Secrets | undefined },
  now: () => number = Date.now,
): Tokens {
  checkTokenUrl(options);
  const { apiKey, tokenUrl } = options;
  const dispatcher = proxyAgent(env, { connect: { timeout: TIMEOUT_MS }, maxResponseSize: 1024 ** 2 });
  let current: { token: string; issued: number; lifeMs: number } | undefined;
  let exchange: Promise<string> | undefined;

  const renew = async () => {
    try {
      const issued = now();
      const { access_token, expires_in } = await askFor(apiKey, tokenUrl, { dispatcher });
      secrets?.addPassing(access_token);
      current = { token: access_token, issued, lifeMs: expires_in * 1000 };
      return access_token;
    } catch (error) {
      if (current !== undefined && now() < current.issued + current.lifeMs) return current.token;
      throw error;
    } finally {
      exchange = undefined;
    }
  };
  return {
    token: async () => {
      if (current !== undefined && now() < current.issued + current.lifeMs * RENEW_AFTER) return current.token;
      exchange ??= renew();
      return exchange;
    },
    refused() {
      if (current !== undefined && now() > current.issued + JUST_ISSUED_MS) current = undefined;
    },
    close: () => dispatcher.destroy(),
  };
}

async function askFor(apiKey: string, tokenUrl: string, { dispatcher }: { dispatcher: ReturnType<typeof proxyAgent> }) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { statusCode, headers, body } = await request(tokenUrl, {
      dispatcher,
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams({ grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey: apiKey }).toString(),
      signal,
    });
    const header = (name: string): string | undefined => [headers[name]].flat()[0];
    const answer = parseJson(textOf(await readBody(body, header("content-encoding"), signal)));
    const retryAfterMs = readRetryAfter(header("retry-after"));
    const token = answerSchema.safeParse(answer);
    if (statusCode === 200 && token.success) return token.data;
    const { errorCode, errorMessage } = refusalSchema.safeParse(answer).data ?? {};
    const words = [errorCode, errorMessage].filter(Boolean).join(" ");
    const said = `${shownUrl(tokenUrl)} answered ${statusCode} ${words}`.trim();
    const drawer = drawerOfStatus(statusCode);
    if (drawer === "passing") throw new Failure(drawer, "service-unavailable", said, { retryAfterMs });
    // A key that is not right is a 400 here.
    if (drawer === "batch" || drawer === "person") {
      const advice = "check auth.apiKey, that the key is neither locked nor deleted, and auth.tokenUrl";
      throw new Failure("person", "not-authenticated", `${said}: ${advice}`, { retryAfterMs });
    }
    throw new Failure("not-understood", "bad-answer", `${said}, without a token: check auth.tokenUrl`, { retryAfterMs });
  } catch (error) {
    throw error instanceof FlowferryError
      ? error
      : networkFailure("network", "exchange of the IBM Cloud API key", shownUrl(tokenUrl), error);
  }
}
