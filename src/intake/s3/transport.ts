import { Readable } from "node:stream";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { readBody } from "../../lib/http/answers.ts";
import { proxyAgent } from "../../lib/http/proxy-agent.ts";
import type { Secrets } from "../../lib/secrets/secrets.ts";
import { checkListing } from "./listing.ts";

/** The largest answer that is no object, in bytes: a page of a listing is 4 MB at most. */
const LARGEST_ANSWER_BYTES = 16 * 1024 ** 2;

export interface S3TransportOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Takes the session tokens that the SDK found. */
  readonly secrets?: Secrets | undefined;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  /** The bucket's, for messages. */
  readonly name: string;
}

type Query = Record<string, string | readonly string[] | null>;

/** What the SDK asks of a request handler. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Query;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array | Readable;
}

/**
 * How the S3 client reaches its store: kept-alive connections, proxies from HTTPS_PROXY and NO_PROXY, and a limit on the wait for an
 * answer and for the next bytes of a body. The limit rests while nobody reads: a slow sink does not break a download. What is no object is
 * read to its end here, and a listing that is none is refused: the SDK would make an empty one of it.
 */
export function s3Transport({ env, secrets, connectTimeoutMs, timeoutMs, name }: S3TransportOptions) {
  const dispatcher = proxyAgent(env, {
    keepAliveTimeout: 30_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: connectTimeoutMs },
  });
  const handle = async (request: SdkRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
    const { protocol, hostname, port, path, query, method, body } = request;
    // The SDK asks for leave before it sends a file, which undici does not do; no signature covers it.
    const { expect: _, Expect: __, ...headers } = request.headers;
    const token = headers["x-amz-security-token"];
    if (token !== undefined) secrets?.addPassing(token);
    const {
      statusCode,
      headers: answered,
      body: bytes,
    } = await dispatcher.request({
      origin: `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`,
      path: path + queryOf(query ?? {}),
      method,
      headers,
      ...(body === undefined ? {} : { body: body instanceof Readable ? body : Buffer.from(body) }),
      ...(abortSignal === undefined ? {} : { signal: abortSignal }),
    });
    const flat = Object.entries(answered).map(([header, value]) => [
      header,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]);
    const answerHeaders = Object.fromEntries(flat) as Record<string, string>;
    const isListing = query?.["list-type"] !== undefined;
    if (statusCode < 300 && !isListing) return { response: { statusCode, headers: answerHeaders, body: bytes } };
    const signal = abortSignal ?? new AbortController().signal;
    const answer = await readBody(bytes, answerHeaders["content-encoding"], signal, LARGEST_ANSWER_BYTES);
    if (statusCode < 300) checkListing(answer, name);
    return { response: { statusCode, headers: answerHeaders, body: new Uint8Array(answer.bytes) } };
  };
  const requestHandler = {
    handle,
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
  return { requestHandler: requestHandler as NonNullable<S3ClientConfig["requestHandler"]>, close: () => dispatcher.destroy() };
}

function queryOf(query: Query): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => (one === null ? encode(name) : `${encode(name)}=${encode(one as string)}`)),
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** As the signature wants it: RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
