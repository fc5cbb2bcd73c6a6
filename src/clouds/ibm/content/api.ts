import { request } from "undici";
import { Failure, UsageError } from "../../../lib/errors.ts";
import { oneLine, pageTitle, parseJson, readBody, saysDone, textOf } from "../../../lib/http/answers.ts";
import { drawerOfStatus, networkFailure, readRetryAfter } from "../../../lib/http/failures.ts";
import { proxyAgent } from "../../../lib/http/proxy-agent.ts";
import { type RetryPolicy, retryWithin } from "../../../lib/retry.ts";
import { insecure } from "../../../lib/secrets/readable.ts";
import type { Secrets } from "../../../lib/secrets/secrets.ts";
import { isReadable } from "../../../lib/urls.ts";
import type { IbmCloudLogsOptions } from "../cloud-logs/options.ts";
import { ibmIamTokens } from "../iam.ts";

const POLICY: RetryPolicy = { initialMs: 500, maxMs: 5_000 };
const LARGEST_ANSWER_BYTES = 32 * 1024 ** 2;

/** What a person can do about a status. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, "check auth.apiKey, and that the key is of the instance's account"],
  [403, "the key's owner needs the role Manager on the IBM Cloud Logs instance"],
  [404, "check instance, region and --api-endpoint"],
  [405, "check --api-endpoint"],
]);

export interface ApiOptions {
  /** The sink whose instance and credentials are used. */
  readonly sink: IbmCloudLogsOptions;
  /** Base URL of the instance's API; by default made of the sink's instance and region. */
  readonly endpoint: string | undefined;
  /** How long a call that may heal is tried again. */
  readonly patienceMs: number;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** The management API of one instance. Answers are JSON objects; of what may be absent, undefined. */
export interface CloudLogsApi {
  readonly host: string;
  call(method: Method, path: string, signal: AbortSignal, body?: object): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves to undefined for what is not there. */
  orAbsent(method: Method, path: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined>;
  close(): Promise<void>;
}

/** Asks nothing of the network before the first call. Throws UsageError. */
export function cloudLogsApi(
  { sink, endpoint, patienceMs }: ApiOptions,
  { env, secrets }: { readonly env: NodeJS.ProcessEnv; readonly secrets?: Secrets | undefined },
): CloudLogsApi {
  const { auth, connectTimeoutMs, timeoutMs } = sink;
  const base = apiUrl(sink, endpoint);
  const prefix = base.href.replace(/\/+$/, "");
  const tokens = ibmIamTokens(auth, { env, secrets });
  const dispatcher = proxyAgent(env, {
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: connectTimeoutMs },
  });

  const exchange = async (method: Method, path: string, signal: AbortSignal, body: string | undefined) => {
    const authorization = `Bearer ${await tokens.token()}`;
    const type = body === undefined ? {} : { "content-type": "application/json" };
    try {
      const headers = { authorization, accept: "application/json", ...type };
      const answer = await request(`${prefix}${path}`, { dispatcher, method, headers, body: body ?? null, signal });
      const header = (name: string): string | undefined => [answer.headers[name]].flat()[0];
      const read = await readBody(answer.body, header("content-encoding"), signal, LARGEST_ANSWER_BYTES);
      return { status: answer.statusCode, retryAfterMs: readRetryAfter(header("retry-after")), body: read };
    } catch (error) {
      signal.throwIfAborted();
      throw networkFailure("network", `${method} ${path}`, base.origin, error);
    }
  };

  const attempt = async (method: Method, path: string, signal: AbortSignal, body: string | undefined, mayBeAbsent: boolean) => {
    let answer = await exchange(method, path, signal, body);
    if (answer.status === 401) {
      tokens.refused();
      answer = await exchange(method, path, signal, body);
    }
    const { status, retryAfterMs } = answer;
    if (mayBeAbsent && status === 404) return undefined;
    const text = textOf(answer.body);
    const value = parseJson(text);
    const drawer = drawerOfStatus(status);
    if (drawer === undefined) {
      // A deletion answers with nothing.
      if (saysDone(status) && answer.body.fault === undefined && (text === "" || isRecord(value)))
        return isRecord(value) ? value : {};
      const said = `${base.host} answered ${method} ${path} with ${status} and what is no JSON object; check --api-endpoint`;
      throw new Failure("not-understood", "ibm-cloud-logs-bad-answer", said, { retryAfterMs });
    }
    const words = wordsOf(value) ?? pageTitle(text) ?? oneLine(text);
    const told = `${base.host} answered ${method} ${path} with ${status}${words === "" ? "" : `: ${words}`}`;
    const message = [told, ADVICE.get(status)].filter(Boolean).join("; ");
    throw new Failure(drawer, `ibm-cloud-logs-http-${status}`, message, { retryAfterMs });
  };

  const run = (method: Method, path: string, signal: AbortSignal, body: object | undefined, mayBeAbsent: boolean) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const what = `${method} ${base.host}${path}`;
    return retryWithin(patienceMs, what, (within) => attempt(method, path, within, text, mayBeAbsent), POLICY, signal);
  };

  return {
    host: base.host,
    call: async (method, path, signal, body) => (await run(method, path, signal, body, false)) ?? {},
    orAbsent: (method, path, signal) => run(method, path, signal, undefined, true),
    async close() {
      await Promise.all([dispatcher.destroy(), tokens.close()]);
    },
  };
}

/** Throws UsageError for options that name no instance, or an address that would send the token in the clear. */
function apiUrl({ instance, region, allowInsecure }: IbmCloudLogsOptions, endpoint: string | undefined): URL {
  if (endpoint === undefined && (instance === undefined || region === undefined)) {
    throw new UsageError(
      "bad-option",
      "the sink has no instance and region: give the base URL of the instance's API as --api-endpoint",
    );
  }
  const text = endpoint ?? `https://${instance}.api.${region}.logs.cloud.ibm.com`;
  if (!URL.canParse(text)) throw new UsageError("bad-option", `--api-endpoint ${text} is no URL`);
  const url = new URL(text);
  if (!allowInsecure && isReadable(url)) throw insecure("--api-endpoint", url, "the token");
  return url;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The messages of a refusal: `errors` of the service's own, `message` of what stands before it. */
function wordsOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const { errors, message, error } = value;
  const listed = Array.isArray(errors) ? errors.flatMap((one: unknown) => (isRecord(one) ? [one.message] : [])) : [];
  const found = [...listed, message, error].filter((one): one is string => typeof one === "string");
  return found.length === 0 ? undefined : oneLine(found.join("; "));
}
