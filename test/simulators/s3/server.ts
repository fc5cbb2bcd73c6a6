import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { listXml, type Stored } from "./listing.ts";

/** What goes wrong with one request. `reset`: no answer at all. `cut`: the connection is reset after so many bytes of the body. `stall`: nothing comes after them. */
export type Fault =
  | { readonly status: number; readonly code: string; readonly headers?: Record<string, string> }
  /** Something else answers: a page, nothing, an answer that ends too early. */
  | { readonly instead: string | Uint8Array; readonly status?: number; readonly headers?: Record<string, string> }
  | { readonly reset: true }
  | { readonly cut: number }
  | { readonly stall: number }
  | { readonly ignoreRange: true }
  /** The answer comes later. */
  | { readonly delayMs: number };

interface S3Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
}

export interface S3Server {
  readonly endpoint: string;
  readonly requests: S3Request[];
  /** Decides on each request, by its number from 0, what goes wrong with it. */
  fault: (request: S3Request, number: number) => Fault | undefined;
  put(key: string, body: Uint8Array): void;
  remove(key: string): void;
  close(): Promise<void>;
}

/**
 * The part of the S3 protocol that readers and archives use, for one bucket, path-style: ListObjectsV2, GetObject, PutObject and DeleteObject. It is there to inject faults;
 * it does not check signatures, which a real server does in the backend tests.
 */
export async function s3Server(bucket: string, { pageSize = 1000 } = {}): Promise<S3Server> {
  const objects = new Map<string, Stored>();
  const requests: S3Request[] = [];
  const server = createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? "", "http://localhost");
    const request: S3Request = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
    };
    const fault = self.fault(request, requests.push(request) - 1);
    if (fault !== undefined && "delayMs" in fault) await sleep(fault.delayMs);
    const [, name, ...rest] = url.pathname.split("/");
    const key = decodeURIComponent(rest.join("/"));
    if (fault !== undefined && "code" in fault) refuse(response, fault.status, fault.code, fault.headers);
    else if (fault !== undefined && "reset" in fault) response.socket?.resetAndDestroy();
    else if (fault !== undefined && "instead" in fault) {
      response.writeHead(fault.status ?? 200, { "content-type": "text/html", ...fault.headers }).end(fault.instead);
    } else if (incoming.headers.authorization === undefined) refuse(response, 403, "AccessDenied");
    else if (name !== bucket) refuse(response, 404, "NoSuchBucket");
    else if (key !== "" && request.method === "PUT") {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const body = Buffer.concat(chunks);
        if (body.length !== Number(incoming.headers["content-length"])) return refuse(response, 400, "IncompleteBody");
        self.put(key, body);
        response.writeHead(200, { etag: `"${objects.get(key)?.etag}"` }).end();
      });
    } else if (key !== "" && request.method === "DELETE") {
      objects.delete(key);
      response.writeHead(204).end();
    } else if (key !== "") getObject(request, response, objects.get(key), fault);
    else {
      const size = Math.min(pageSize, Number(url.searchParams.get("max-keys") ?? pageSize));
      answer(response, 200, { "content-type": "application/xml" }, listXml(bucket, objects, url.searchParams, size), fault);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const self: S3Server = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fault: () => undefined,
    put: (key, body) => objects.set(key, { body, etag: createHash("md5").update(body).digest("hex"), time: Date.now() }),
    remove: (key) => objects.delete(key),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

function getObject({ headers }: S3Request, response: ServerResponse, object: Stored | undefined, fault: Fault | undefined): void {
  const match = headers["if-match"];
  if (object === undefined) refuse(response, 404, "NoSuchKey");
  else if (match !== undefined && match !== `"${object.etag}"`) refuse(response, 412, "PreconditionFailed");
  else sendObject(response, object, fault !== undefined && "ignoreRange" in fault ? undefined : headers.range, fault);
}

function sendObject(
  response: ServerResponse,
  { body, etag, time }: Stored,
  range: string | undefined,
  fault: Fault | undefined,
): void {
  const headers = { etag: `"${etag}"`, "last-modified": new Date(time).toUTCString(), "accept-ranges": "bytes" };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  const from = Number(first);
  const to = last === undefined || last === "" ? body.length - 1 : Math.min(Number(last), body.length - 1);
  if (first === undefined) answer(response, 200, headers, body, fault);
  else if (from > to) refuse(response, 416, "InvalidRange");
  else
    answer(
      response,
      206,
      { ...headers, "content-range": `bytes ${from}-${to}/${body.length}` },
      body.subarray(from, to + 1),
      fault,
    );
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Uint8Array | string,
  fault: Fault | undefined,
): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, "content-length": bytes.length });
  if (fault !== undefined && "cut" in fault) {
    response.write(bytes.subarray(0, fault.cut), () => response.socket?.resetAndDestroy());
    response.flushHeaders();
  } else if (fault !== undefined && "stall" in fault) {
    response.write(bytes.subarray(0, fault.stall));
    response.flushHeaders();
  } else response.end(bytes);
}

function refuse(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/xml", "x-amz-request-id": "REQUEST1", ...headers });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`);
}
