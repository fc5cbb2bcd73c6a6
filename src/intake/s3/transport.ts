import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { readBody } from "../../lib/http/answers.ts";
import { proxyAgent } from "../../lib/http/proxy-agent.ts";
import type { Secrets } from "../../lib/secrets/secrets.ts";
import { checkListing } from "./listing.ts";
import { encoded } from "./signature.ts";

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
export interface S3Request {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Query;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array | Readable;
}

/** An answer as the SDK takes it. */
export interface S3Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of an object its bytes, as they come; of anything else all of it. */
  readonly body: Readable | Uint8Array;
}

/** One way to the store. */
export type S3Transport = ReturnType<typeof s3Transport>;

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
  const given = new AsyncLocalStorage<{ readonly path: string; readonly answer: S3Answer }>();
  const ask = async (request: S3Request, abortSignal?: AbortSignal): Promise<S3Answer> => {
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
    if (statusCode < 300 && !isListing) return { statusCode, headers: answerHeaders, body: bytes };
    const signal = abortSignal ?? new AbortController().signal;
    const answer = await readBody(bytes, answerHeaders["content-encoding"], signal, LARGEST_ANSWER_BYTES);
    if (statusCode < 300) checkListing(answer, name);
    return { statusCode, headers: answerHeaders, body: new Uint8Array(answer.bytes) };
  };
  const requestHandler = {
    async handle(request: S3Request, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
      const known = given.getStore();
      return { response: known?.path === request.path ? known.answer : await ask(request, abortSignal) };
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
  return {
    requestHandler: requestHandler as NonNullable<S3ClientConfig["requestHandler"]>,
    ask,
    /** Runs a call of the SDK that is given this answer to what it asks for at the path. */
    answering: <T>(path: string, answer: S3Answer, call: () => Promise<T>) => given.run({ path, answer }, call),
    close: () => dispatcher.destroy(),
  };
}

function queryOf(query: Query): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => (one === null ? encoded(name) : `${encoded(name)}=${encoded(one as string)}`)),
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
