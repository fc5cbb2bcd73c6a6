import { appendFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { untilIdle } from "../idle.ts";
import { sendRaw } from "../raw-answer.ts";
import { countRecords, decodeRequest, encodeResponse, encodeStatus, type ReceivedRecord } from "./decode.ts";
import { type Fault, type FaultPlan, faultFor } from "./faults.ts";

export type { ReceivedRecord } from "./decode.ts";
export type { FaultPlan } from "./faults.ts";

export interface ReceiverOptions {
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  /** PEM texts. With `clientCa`, clients must show a certificate that it signed. */
  tls?: { key: string; cert: string; clientCa?: string };
  /**
   * `records` keeps every record decoded; `uids` only how often each `log.record.uid` came; `count` does not decode
   * protobuf records at all, only counts them; `later` takes every body as it comes that is longer
   * than a question, and counts when it is asked: so that a benchmark has the processors for itself.
   */
  keep?: "records" | "uids" | "count" | "later";
  /** Answer 413 to a body that is larger than this after decompression. */
  maxBodyBytes?: number;
  faults?: FaultPlan;
  /** Shown the records of each request that is about to be taken; a reason that it gives refuses all of them with a 400. */
  inspect?: (records: readonly ReceivedRecord[], request: number) => string | undefined;
  /** Answer 401 to a request without these headers. */
  requireHeaders?: Record<string, string>;
  /** Append the uid of every record taken to this file, one a line, before the answer. */
  uidFile?: string;
}

/** One export request as it came, and how it was answered; `status` is 0 while there is no answer, and for a broken connection. */
export interface ReceivedRequest {
  number: number;
  path: string;
  headers: http.IncomingHttpHeaders;
  bodyBytes: number;
  wireBytes: number;
  /** Records in the request, whether taken or not. */
  records: number;
  status: number;
}

/** What `GET /stats` answers. */
export interface ReceiverStats {
  requests: number;
  /** Records taken, with repetitions. */
  records: number;
  /** Different uids taken; 0 when only counting. */
  distinct: number;
  wireBytes: number;
  bodyBytes: number;
  statuses: Record<string, number>;
}

/** An OTLP/HTTP logs receiver: protobuf and JSON, identity, gzip and zstd, any path, faults by request number. */
export interface Receiver {
  /** `http://127.0.0.1:port` or `https://localhost:port`: a base, to which a client adds `/v1/logs`. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** Records taken, in order of arrival, when they are kept. */
  readonly records: readonly ReceivedRecord[];
  /** How often each uid was taken. */
  readonly uids: ReadonlyMap<string, number>;
  readonly stats: ReceiverStats;
  /** Replaced or changed at any time; the next request sees it. */
  faults: FaultPlan;
  /** Resolves when every client has gone, and what they had sent is taken. */
  idle(): Promise<void>;
  /** Closes every connection, the hanging ones too. */
  close(): Promise<void>;
}

/** What a client asks to find out which compression is understood is shorter. */
const QUESTION_BYTES = 4096;

const gunzip = promisify(zlib.gunzip);
const unzstd = promisify(zlib.zstdDecompress);

export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { keep = "records", host = "127.0.0.1" } = options;
  const requests: ReceivedRequest[] = [];
  const records: ReceivedRecord[] = [];
  const uids = new Map<string, number>();
  const stats: ReceiverStats = { requests: 0, records: 0, distinct: 0, wireBytes: 0, bodyBytes: 0, statuses: {} };
  const closing = new AbortController();

  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    if (request.method === "GET") {
      await countKept();
      return void response.end(JSON.stringify(stats));
    }
    const number = ++stats.requests;
    const fault = faultFor(receiver.faults, number) ?? {};
    const received: ReceivedRequest = {
      number,
      path: request.url ?? "",
      headers: request.headers,
      bodyBytes: 0,
      wireBytes: 0,
      records: 0,
      status: 0,
    };
    if (keep === "records" || keep === "uids") requests.push(received);
    if (fault.reset === "before-reading") return void reset(request.socket);

    const wire = await readAll(request);
    received.wireBytes = wire.length;
    stats.wireBytes += wire.length;
    if (fault.raw !== undefined) {
      const { raw } = fault;
      sendRaw(request.socket, typeof raw === "function" ? raw({ headers: request.headers, body: wire }) : raw);
      return;
    }
    const answer = await take(received, wire, fault);
    if (fault.reset === "after-reading") return void reset(request.socket);
    if (fault.hang) return;
    if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { signal: closing.signal });
    received.status = answer.status;
    stats.statuses[answer.status] = (stats.statuses[answer.status] ?? 0) + 1;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  };

  const kept: { readonly wire: Buffer; readonly headers: http.IncomingHttpHeaders }[] = [];
  const countKept = async (): Promise<void> => {
    for (const { wire, headers } of kept.splice(0)) {
      const body = await decompress(wire, headers["content-encoding"]);
      stats.bodyBytes += body.length;
      const encoding = encodingOf(headers["content-type"]);
      stats.records += encoding === "json" ? decodeRequest(body, encoding).length : countRecords(body);
    }
  };

  /** Decodes the request, keeps the records if the answer takes them, and says what to answer. */
  const take = async (received: ReceivedRequest, wire: Buffer, fault: Fault): Promise<Answer> => {
    const encoding = encodingOf(received.headers["content-type"]);
    if (keep === "later" && encoding !== undefined && wire.length > QUESTION_BYTES) {
      kept.push({ wire, headers: received.headers });
      return { status: 200, headers: { "content-type": contentType(encoding) }, body: encodeResponse(encoding, undefined) };
    }
    if (encoding === undefined) return failure("json", 415, "content-type must be application/x-protobuf or application/json");
    if (!hasHeaders(received.headers, options.requireHeaders ?? {})) return failure(encoding, 401, "no valid credentials");
    let body: Buffer;
    let count: number;
    let decoded: ReceivedRecord[] = [];
    try {
      body = await decompress(wire, received.headers["content-encoding"]);
      received.bodyBytes = body.length;
      stats.bodyBytes += body.length;
      if ((keep === "count" || keep === "later") && encoding === "protobuf") count = countRecords(body);
      else {
        decoded = decodeRequest(body, encoding);
        count = decoded.length;
      }
    } catch (error) {
      return failure(encoding, 400, (error as Error).message);
    }
    received.records = count;
    const tooLarge = options.maxBodyBytes !== undefined && body.length > options.maxBodyBytes;
    const broken = fault.reset !== undefined || fault.hang === true;
    const intended = fault.status ?? (tooLarge ? 413 : 200);
    const refusal = intended === 200 && !broken ? options.inspect?.(decoded, received.number) : undefined;
    const status = refusal === undefined ? intended : 400;
    const rejected = fault.partialSuccess?.rejected ?? 0;
    if (fault.store ?? (status === 200 && !broken)) store(decoded.slice(rejected), Math.max(0, count - rejected));
    const tooLong = `body of ${body.length} bytes is larger than ${options.maxBodyBytes}`;
    const message = refusal ?? fault.message ?? (tooLarge ? tooLong : "fault");
    return {
      status,
      headers: {
        "content-type": fault.contentType ?? contentType(encoding),
        ...(fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter }),
        ...fault.headers,
      },
      body:
        fault.body !== undefined
          ? Buffer.from(fault.body)
          : status < 400
            ? encodeResponse(encoding, fault.partialSuccess)
            : encodeStatus(encoding, status, message),
    };
  };

  const store = (taken: readonly ReceivedRecord[], count: number): void => {
    stats.records += count;
    if (keep === "records") records.push(...taken);
    let lines = "";
    for (const record of taken) {
      const uid = record.attributes["log.record.uid"];
      if (typeof uid !== "string") continue;
      uids.set(uid, (uids.get(uid) ?? 0) + 1);
      lines += `${uid}\n`;
    }
    stats.distinct = uids.size;
    if (options.uidFile !== undefined) appendFileSync(options.uidFile, lines);
  };

  let handling = 0;
  const listener: http.RequestListener = (request, response) => {
    handling += 1;
    handle(request, response)
      .catch((error: unknown) => {
        if (!closing.signal.aborted && !request.socket.destroyed) {
          response.writeHead(500).end(String(error));
        }
      })
      .finally(() => {
        handling -= 1;
      });
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? http.createServer(listener)
      : https.createServer(
          {
            key: tls.key,
            cert: tls.cert,
            ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          listener,
        );
  await new Promise<void>((resolve, fail) => {
    server.once("error", fail);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  const receiver: Receiver = {
    url: tls === undefined ? `http://${host}:${port}` : `https://localhost:${port}`,
    port,
    requests,
    records,
    uids,
    stats,
    faults: options.faults ?? {},
    idle: () => untilIdle(server, () => handling),
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return receiver;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

type Encoding = "protobuf" | "json";

const contentType = (encoding: Encoding): string => (encoding === "protobuf" ? "application/x-protobuf" : "application/json");

function encodingOf(header: string | undefined): Encoding | undefined {
  const type = header?.split(";")[0]?.trim();
  return type === "application/x-protobuf" ? "protobuf" : type === "application/json" ? "json" : undefined;
}

function failure(encoding: Encoding, status: number, message: string): Answer {
  return { status, headers: { "content-type": contentType(encoding) }, body: encodeStatus(encoding, status, message) };
}

function hasHeaders(headers: http.IncomingHttpHeaders, required: Record<string, string>): boolean {
  return Object.entries(required).every(([name, value]) => headers[name.toLowerCase()] === value);
}

async function decompress(wire: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === "identity") return wire;
  if (encoding === "gzip") return gunzip(wire);
  if (encoding === "zstd") return unzstd(wire);
  throw new Error(`content-encoding ${encoding} is not supported`);
}

async function readAll(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function reset(socket: Socket): void {
  socket.resetAndDestroy();
}
