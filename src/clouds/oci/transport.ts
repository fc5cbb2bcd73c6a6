import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import type { ClientConfiguration, DefaultRequestSigner, HttpClient, HttpRequest } from "oci-common";
import type { Dispatcher } from "undici";
import { Failure, FlowferryError } from "../../lib/errors.ts";
import { type AnswerBody, NO_BODY, oneLine, readBody, saysDone } from "../../lib/http/answers.ts";
import { denialIn } from "../../lib/http/denial.ts";
import { drawerOfStatus, readRetryAfter } from "../../lib/http/failures.ts";
import type { Secrets } from "../../lib/secrets/secrets.ts";
import type { OciIdentity } from "./identity.ts";

/** Most bytes of an answer that is no stream: the largest are pages of a list. */
const LARGEST_BYTES = 64 * 1024 * 1024;

export interface OciTransportOptions {
  /** How long to wait for a connection. */
  readonly connectTimeoutMs: number;
  /** How long to wait for the head of an answer, and for the next bytes of a body. */
  readonly timeoutMs: number;
  readonly env: NodeJS.ProcessEnv;
  /** Takes the tokens that requests are signed with. */
  readonly secrets?: Secrets | undefined;
  /** Told once of each credentials that were renewed because the service had refused the old ones, before the request is sent again. */
  readonly onRenewed?: (() => void) | undefined;
}

/** What is known of the last answer beside what the SDK hands out. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** As Retry-After asks for, in seconds or as a date. */
  readonly retryAfterMs: number | undefined;
}

interface Call {
  readonly signal: AbortSignal;
  /** The body is handed out as it comes. */
  readonly streamed: boolean;
  failure: unknown;
  answer: Answer | undefined;
  /** Of a call that is not streamed: the body as it was read, and what the SDK was given of it. */
  body: AnswerBody;
  response: Response | undefined;
}

/** A failure of an SDK call: the SDK's own OciError or what the network said as `cause`, and the answer if there was one. */
export class OciCallFailure extends Error {
  readonly answer: Answer | undefined;

  constructor(cause: unknown, answer: Answer | undefined) {
    super("OCI call failed", { cause });
    this.answer = answer;
  }
}

/**
 * How SDK clients reach OCI: one pool of kept-alive connections, proxies from HTTPS_PROXY and NO_PROXY, time limits, an
 * AbortSignal for each call, bodies as they are stored, errors with their cause, and no retries but one with a renewed token.
 */
export interface OciTransport {
  /** For the constructor of an SDK client, as `{ httpClient }`. */
  readonly httpClient: HttpClient;
  /** For the constructor of an SDK client: no retries, no circuit breaker, and nothing printed. */
  readonly configuration: ClientConfiguration;
  /**
   * Runs one call of an SDK client whose answer is a stream. Throws OciCallFailure, the identity's own errors, or the signal's reason.
   * What `request` throws about an answer is an OciCallFailure, too: a TypeError for a member that is not there says that the answer is
   * none of the service.
   */
  call<T>(signal: AbortSignal, request: () => Promise<T>): Promise<{ result: T; answer: Answer }>;
  /**
   * As `call`, of any other call: the answer has come whole when it resolves. `rest` is the body where the SDK reads none, since none is
   * defined; one that is a page or says that it went wrong is a failure.
   */
  ask<T>(signal: AbortSignal, request: () => Promise<T>): Promise<{ result: T; answer: Answer; rest: AnswerBody }>;
  close(): Promise<void>;
}

/** How a key id begins that is a session token. */
const TOKEN = "ST$";

/** The transport for all clients of one identity. Close it when the last of them is done. */
export async function ociTransport(identity: OciIdentity, options: OciTransportOptions): Promise<OciTransport> {
  const [common, { proxyAgent }] = await Promise.all([import("oci-common"), import("../../lib/http/proxy-agent.ts")]);
  const calls = new AsyncLocalStorage<Call>();
  const dispatcher = proxyAgent(options.env, {
    keepAliveTimeout: 30_000,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    connect: { timeout: options.connectTimeoutMs },
  });
  let signer: DefaultRequestSigner | undefined;
  let signing: Promise<unknown> = Promise.resolve();
  let told: string | undefined;

  /**
   * Signs with a key and a key id that belong together: one at a time, since both change when a token is renewed.
   * Gives the key id, or undefined if the refused one is still the newest.
   */
  const sign = (
    request: HttpRequest,
    excludeBody: boolean,
    signal: AbortSignal,
    refused?: string,
  ): Promise<string | undefined> => {
    const signed = signing.then(async () => {
      try {
        await identity.prepare(signal);
        if (refused !== undefined && !(await identity.renew(refused, signal))) return undefined;
        signer ??= new common.DefaultRequestSigner(identity.provider);
        await signer.signHttpRequest(request, excludeBody);
        const keyId = await identity.provider.getKeyId();
        if (keyId.startsWith(TOKEN)) options.secrets?.addPassing(keyId.slice(TOKEN.length));
        return keyId;
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof FlowferryError) throw cause;
        throw new Failure("person", "not-authenticated", `the request cannot be signed; ${identity.authenticationAdvice}`, {
          cause,
        });
      }
    });
    signing = signed.catch(() => undefined);
    return signed;
  };

  const httpClient: HttpClient = {
    async send(sdkRequest, excludeBody = false) {
      const call = calls.getStore();
      if (call === undefined) throw new Error("an SDK client has to be used inside of call()");
      const uri = escaped(sdkRequest.uri);
      const copy = (): HttpRequest => ({ ...sdkRequest, uri, headers: new Headers(sdkRequest.headers) });
      try {
        const first = copy();
        const keyId = await sign(first, excludeBody, call.signal);
        const response = await exchange(dispatcher, first, call);
        if (response.status !== 401) return response;
        const second = copy();
        const renewed = await sign(second, excludeBody, call.signal, keyId);
        if (renewed === undefined) return response;
        // Requests that ran side by side are refused side by side.
        if (renewed !== told) options.onRenewed?.();
        told = renewed;
        await response.arrayBuffer();
        return await exchange(dispatcher, second, call);
      } catch (error) {
        call.failure = error;
        throw error;
      }
    },
  };
  const run = async <T>(call: Call, request: () => Promise<T>): Promise<{ result: T; answer: Answer }> => {
    call.signal.throwIfAborted();
    try {
      const result = await calls.run(call, request);
      if (call.answer === undefined) throw new Error("the SDK sent no request");
      return { result, answer: call.answer };
    } catch (error) {
      call.signal.throwIfAborted();
      throw error instanceof FlowferryError ? error : new OciCallFailure(error, call.answer);
    }
  };
  const callOf = (signal: AbortSignal, streamed: boolean): Call => ({
    signal,
    streamed,
    failure: undefined,
    answer: undefined,
    body: NO_BODY,
    response: undefined,
  });
  return {
    httpClient,
    configuration: {
      circuitBreaker: new common.CircuitBreaker({ disableClientCircuitBreaker: true }),
      // The SDK prints each failure to stderr before it throws; a strategy that throws comes before that.
      retryConfiguration: {
        retryCondition(error) {
          const call = calls.getStore();
          if (call !== undefined) call.failure = error;
          return true;
        },
        terminationStrategy: {
          shouldTerminate() {
            throw calls.getStore()?.failure ?? new Error("an SDK client has to be used inside of call()");
          },
        },
      },
    },
    call: (signal, request) => run(callOf(signal, true), request),
    async ask(signal, request) {
      const call = callOf(signal, false);
      const { result, answer } = await run(call, request);
      const rest = call.response?.bodyUsed === false ? call.body : NO_BODY;
      const denial = saysDone(answer.status) ? denialIn(rest) : `has the status ${answer.status}, which acknowledges nothing`;
      if (denial !== undefined) throw new OciCallFailure(new Error(`it ${withoutSignature(oneLine(denial))}`), answer);
      return { result, answer, rest };
    },
    async close() {
      await Promise.all([dispatcher.destroy(), identity.close()]);
    },
  };
}

/** The SDK leaves to `fetch` what may not stand in a URL; the signer encodes it, and the apostrophe, for itself: both see it encoded. */
function escaped(uri: string): string {
  return uri.replaceAll(/[^\x21-\x7e]+|["<>\\^`{|}]/g, encodeURIComponent).replaceAll("'", "%27");
}

/** What somebody may repeat of a request: its signature, and the token of a session as its key id. */
export function withoutSignature(text: string): string {
  return text.replaceAll(/ST\$[\w.~+/=-]+/g, "ST$***").replaceAll(/(signature=\\?")[^"\\]*/gi, "$1***");
}

/** Sends what was signed, byte for byte. A streamed body is given as it comes: a stored object is not decompressed on the way. */
async function exchange(dispatcher: Dispatcher, { method, uri, headers, body }: HttpRequest, call: Call): Promise<Response> {
  const origin = new URL(uri).origin;
  const path = uri.slice(uri.indexOf("/", uri.indexOf("//") + 2));
  const answer = await dispatcher.request({
    origin,
    path,
    method,
    headers: Object.fromEntries(headers),
    ...(body === undefined ? {} : { body }),
    signal: call.signal,
  });
  const answerHeaders = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) answerHeaders.append(name, one);
  }
  const status = answer.statusCode;
  call.answer = { status, headers: answerHeaders, retryAfterMs: readRetryAfter(answerHeaders.get("retry-after")) };
  const init = { status, headers: answerHeaders };
  if (method === "HEAD" || status === 204 || status === 205 || status === 304) {
    await answer.body.dump();
    return new Response(null, init);
  }
  if (call.streamed) return new Response(Readable.toWeb(answer.body) as ReadableStream<Uint8Array>, init);
  call.body = await readBody(answer.body, answerHeaders.get("content-encoding"), call.signal, LARGEST_BYTES);
  const drawer = drawerOfStatus(status);
  // Of what passes and of what a person has to do, the status says enough.
  if (call.body.fault !== undefined && drawer !== "passing" && drawer !== "person") throw new Error(`it ${call.body.fault}`);
  call.response = new Response(new Uint8Array(call.body.bytes), init);
  return call.response;
}
