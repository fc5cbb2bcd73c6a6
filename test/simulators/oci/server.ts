import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FaultEffect, Faults, sendBody, strikeAnswer, strikeRequest } from "./faults.ts";
import type { Principal, Principals } from "./principals.ts";
import { type Call, pathMatcher, type Reply, type Route, type Service, ServiceError } from "./service.ts";
import { parseAuthorization, verifySignature } from "./signature.ts";

const LARGEST_BODY = 64 * 1024 * 1024;

export interface RecordedRequest {
  /** 1 for the first request of this simulator. */
  readonly number: number;
  /** `list`, `get`, `head`, … as the routes call it; `unknown` for a request that no route takes. */
  readonly kind: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Who signed it, once that is verified. */
  principal?: Principal;
  /** Undefined until it is answered, and for ever if a fault leaves it without an answer. */
  status?: number;
}

/** Every request that came in, in order. */
export class RequestLog {
  readonly all: RecordedRequest[] = [];

  of(kind: string): RecordedRequest[] {
    return this.all.filter((request) => request.kind === kind);
  }

  count(kind: string): number {
    return this.of(kind).length;
  }

  clear(): void {
    this.all.length = 0;
  }
}

/** HTTP on loopback: finds the route, strikes faults, verifies the signature, answers in the services' form. */
export class OciServer {
  readonly requests = new RequestLog();
  readonly faults = new Faults();
  readonly #routes: { route: Route; match: (path: string) => Record<string, string> | undefined }[] = [];
  readonly #principals: Principals;
  readonly #now: () => number;
  readonly #region: string;
  readonly #server: Server;
  #number = 0;

  constructor(principals: Principals, region: string, now: () => number) {
    this.#principals = principals;
    this.#region = region;
    this.#now = now;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  add(service: Service): void {
    for (const route of service.routes) this.#routes.push({ route, match: pathMatcher(route.path) });
  }

  remove(service: Service): void {
    const kept = this.#routes.filter(({ route }) => !service.routes.includes(route));
    this.#routes.splice(0, this.#routes.length, ...kept);
  }

  /** Base URL of every service. */
  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Clients may go away at any moment; what they see of it is what is tested.
    response.on("error", () => undefined);
    const url = request.url ?? "/";
    const method = request.method ?? "GET";
    const path = url.split("?", 1)[0] ?? "/";
    const found = wellFormed(path) ? this.#find(method, path) : undefined;
    this.#number += 1;
    const record: RecordedRequest = {
      number: this.#number,
      kind: found?.route.kind ?? "unknown",
      method,
      url,
      headers: request.headers,
    };
    this.requests.all.push(record);
    const requestId = this.#requestId();
    const fault = this.faults.take(record);
    let reply: Reply;
    try {
      const body = await readBody(request);
      if (!(await strikeRequest(fault, record, response))) return;
      if (!wellFormed(path)) throw new ServiceError(400, "MalformedURI", `The path is not well encoded: ${path}`);
      if (found === undefined) {
        throw new ServiceError(
          404,
          "NotFound",
          `There is no operation supported at the URI path and HTTP method: ${method} ${path}`,
        );
      }
      reply = await this.#handle(found.route, found.params, record, body);
    } catch (thrown) {
      reply = refusal(thrown);
    }
    if (!strikeAnswer(fault, response)) return;
    record.status = reply.status;
    await this.#send(reply, request, response, requestId, fault);
  }

  #find(method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
    for (const { route, match } of this.#routes) {
      const params = route.method === method ? match(path) : undefined;
      if (params !== undefined) return { route, params };
    }
    return undefined;
  }

  async #handle(route: Route, params: Record<string, string>, record: RecordedRequest, body: Buffer): Promise<Reply> {
    const { method, url, headers } = record;
    if (route.signed !== "no") {
      const authorization = parseAuthorization(headers);
      const { publicKey, principal } = this.#principals.resolve(authorization.keyId);
      verifySignature({ method, url, headers, body }, authorization, publicKey, route.signed === "body", this.#now());
      record.principal = principal;
    }
    const query = new URL(url, "http://localhost").searchParams;
    const call: Call = { method, url, headers, body, params, query, principal: record.principal };
    return route.handle(call);
  }

  async #send(
    reply: Reply,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    fault: FaultEffect | undefined,
  ): Promise<void> {
    const body = reply.bytes ?? (reply.json === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(reply.json)));
    const clientRequestId = request.headers["opc-client-request-id"];
    response.writeHead(reply.status, {
      ...(reply.json === undefined ? {} : { "content-type": "application/json" }),
      ...(reply.status === 204 || reply.status === 304 ? {} : { "content-length": String(body.length) }),
      ...(clientRequestId === undefined ? {} : { "opc-client-request-id": clientRequestId }),
      ...reply.headers,
      "opc-request-id": requestId,
      date: new Date(this.#now()).toUTCString(),
    });
    if (request.method === "HEAD" || reply.status === 204 || reply.status === 304) response.end();
    else await sendBody(fault, response, body);
  }

  #requestId(): string {
    return `${this.#region}-1:${randomBytes(48).toString("base64url")}`;
  }
}

function wellFormed(path: string): boolean {
  try {
    return decodeURIComponent(path) !== undefined;
  } catch {
    return false;
  }
}

function refusal(thrown: unknown): Reply {
  if (thrown instanceof ServiceError) {
    return { status: thrown.status, headers: thrown.headers, json: { code: thrown.code, message: thrown.message } };
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { status: 500, json: { code: "InternalServerError", message: `The simulator failed: ${message}` } };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY)
      throw new ServiceError(413, "RequestEntityTooLarge", `The body is larger than ${LARGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
