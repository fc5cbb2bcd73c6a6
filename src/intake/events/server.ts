import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, RequestListener } from "node:http";
import type { Announced, EventForm } from "../../contracts/object-event.ts";
import { describeError, UsageError } from "../../lib/errors.ts";
import { listenOn } from "../../lib/http/listen.ts";
import { isSame, presents } from "../../lib/http/token.ts";
import { isObject, readEvents } from "./read.ts";

export interface EventServerOptions {
  /** `host:port` */
  readonly listen: string;
  /** What a sender presents; one of the two, or none on this machine. */
  readonly token?: string | undefined;
  /** What a sender signs the body with. */
  readonly signatureKey?: string | undefined;
  /** PEM files with absolute paths; plain http without them. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
  /** Longest body that is read, in bytes. */
  readonly maxBodyBytes: number;
}

export interface EventServerEvents {
  onAnnounced(announced: readonly Announced[]): void;
  /** A service that sends events wants a person to open this URL first. */
  onConfirmation(url: string): void;
  /** A request that was refused: the status, and why. */
  onRefused(status: number, reason: string): void;
}

/** A body comes in so many ms, or not at all. */
const BODY_MS = 10_000;
/** So many senders at once. */
const MOST_CONNECTIONS = 256;

/** Takes object-created events by POST, at whatever path. What they say is a hint, and no more. Throws UsageError. */
export async function serveEvents(
  forms: readonly EventForm[],
  options: EventServerOptions,
  events: EventServerEvents,
): Promise<{ readonly address: string; close(): Promise<void> }> {
  const listener: RequestListener = (request, response) => {
    void answerTo(request, forms, options, events).then(([status, text, headers = {}]) => {
      if (status >= 400) events.onRefused(status, text);
      // What is left of a body that is refused is not read.
      const closing = request.complete ? {} : { connection: "close" };
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...closing, ...headers });
      response.end(text === "" ? "" : `${text}\n`);
    });
  };
  const limits = { requestTimeout: BODY_MS, headersTimeout: BODY_MS, keepAliveTimeout: 30_000 };
  const server =
    options.tls === undefined
      ? (await import("node:http")).createServer(limits, listener)
      : (await import("node:https")).createServer({ ...limits, ...pemOf(options.tls) }, listener);
  server.maxConnections = MOST_CONNECTIONS;
  const address = await listenOn(server, options.listen, ["intake-listen", "cannot take events", "intake.listen"]);
  return {
    address: `${options.tls === undefined ? "http" : "https"}://${address}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

type Answer = readonly [status: number, text: string, headers?: Readonly<Record<string, string>>];

async function answerTo(
  request: IncomingMessage,
  forms: readonly EventForm[],
  { token, signatureKey, maxBodyBytes }: EventServerOptions,
  { onAnnounced, onConfirmation }: EventServerEvents,
): Promise<Answer> {
  if (request.method !== "POST") return [405, "send events by POST", { allow: "POST" }];
  if (token !== undefined && !hasToken(request, token)) {
    return [401, "the token of intake.token is wanted", { "www-authenticate": 'Basic realm="flowferry"' }];
  }
  const body = await bodyOf(request, maxBodyBytes);
  if (body === undefined) return [413, `an event has at most ${maxBodyBytes} bytes (intake.maxBodyBytes)`];
  if (signatureKey !== undefined && !isSigned(request, body, signatureKey)) {
    return [401, "the body is not signed with intake.signatureKey"];
  }
  const text = body.toString("utf8");
  const confirmation = confirmationIn(text);
  if (confirmation !== undefined) {
    onConfirmation(confirmation);
    return [200, "a person has to open the URL"];
  }
  try {
    const { announced, unknown } = readEvents(forms, text);
    if (announced.length > 0) onAnnounced(announced);
    if (unknown > 0 && announced.length === 0) return [422, "no event of a form that is known"];
    return [204, ""];
  } catch (error) {
    return [400, describeError(error)];
  }
}

/** In `authorization`, or, of senders that can set no header, as the last segment of the path or the parameter `token` of the URL. */
function hasToken({ headers, url = "/" }: IncomingMessage, token: string): boolean {
  const [path = "", query = ""] = url.split("?", 2);
  const given = [path.slice(path.lastIndexOf("/") + 1), new URLSearchParams(query).get("token") ?? ""];
  return presents(token, headers.authorization) || given.some((text) => isSame(text, token));
}

/** `sha256=<hex>` in `x-hub-signature-256`, or in `x-hub-signature` of WebSub. */
function isSigned({ headers }: IncomingMessage, body: Buffer, key: string): boolean {
  const given = headers["x-hub-signature-256"] ?? headers["x-hub-signature"];
  return isSame(String(given).toLowerCase(), `sha256=${createHmac("sha256", key).update(body).digest("hex")}`);
}

/** Undefined for one that is longer than it may be. A sender that breaks off is heard of no more. */
async function bodyOf(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > most) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > most) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return Buffer.alloc(0);
  }
  return Buffer.concat(chunks);
}

/** OCI Notifications and AWS SNS send events when somebody has opened a URL, and nobody but a person should. */
function confirmationIn(text: string): string | undefined {
  if (!text.includes("ConfirmationURL") && !text.includes("SubscribeURL")) return undefined;
  try {
    const message: unknown = JSON.parse(text);
    const url = isObject(message) ? (message.ConfirmationURL ?? message.SubscribeURL) : undefined;
    return typeof url === "string" && URL.canParse(url) && new URL(url).protocol === "https:" ? url : undefined;
  } catch {
    return undefined;
  }
}

function pemOf({ certificate, key }: { certificate: string; key: string }): { cert: string; key: string } {
  const read = (option: string, file: string) => {
    try {
      return readFileSync(file, "utf8");
    } catch (cause) {
      throw new UsageError("intake-tls", `cannot read ${file} (intake.tls.${option}): ${describeError(cause)}`, { cause });
    }
  };
  return { cert: read("certificate", certificate), key: read("key", key) };
}
