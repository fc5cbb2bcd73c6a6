import { createHash, type KeyObject, verify } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { notAuthenticated, ServiceError } from "./service.ts";

/** Requests dated further than this from the service's clock are refused. */
const ALLOWED_SKEW_MS = 5 * 60_000;

export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Authorization {
  readonly keyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: Buffer;
}

/** Reads `Authorization: Signature version="1",keyId="…",algorithm="rsa-sha256",headers="…",signature="…"`, or refuses with 401. */
export function parseAuthorization(headers: IncomingHttpHeaders): Authorization {
  const value = headers.authorization ?? "";
  if (!value.startsWith("Signature ")) throw notAuthenticated();
  const fields = new Map<string, string>();
  for (const found of value.slice("Signature ".length).matchAll(/(\w+)="([^"]*)"/g)) fields.set(found[1] ?? "", found[2] ?? "");
  const keyId = fields.get("keyId");
  const signature = fields.get("signature");
  const signedHeaders = fields.get("headers")?.toLowerCase().split(" ");
  if (fields.get("version") !== "1" || fields.get("algorithm")?.toLowerCase() !== "rsa-sha256") throw notAuthenticated();
  if (keyId === undefined || signature === undefined || signedHeaders === undefined) throw notAuthenticated();
  return { keyId, signedHeaders, signature: Buffer.from(signature, "base64") };
}

/** Checks date, signed headers, body digest and RSA signature (draft-cavage-http-signatures as OCI documents it); 401 if any is wrong. */
export function verifySignature(
  request: SignedRequest,
  authorization: Authorization,
  key: KeyObject,
  needsBody: boolean,
  now: number,
): void {
  const { signedHeaders } = authorization;
  const dateHeader = ["x-date", "date"].find((name) => signedHeaders.includes(name));
  if (dateHeader === undefined) throw notAuthenticated();
  checkDate(String(request.headers[dateHeader] ?? ""), now);

  const required = ["(request-target)", "host", ...(needsBody ? ["content-length", "content-type", "x-content-sha256"] : [])];
  if (required.some((name) => !signedHeaders.includes(name))) throw notAuthenticated();
  if (signedHeaders.includes("x-content-sha256")) {
    const digest = createHash("sha256").update(request.body).digest("base64");
    if (request.headers["x-content-sha256"] !== digest) throw notAuthenticated();
  }
  if (signedHeaders.includes("content-length") && request.headers["content-length"] !== String(request.body.length)) {
    throw notAuthenticated();
  }

  const text = signedHeaders.map((name) => {
    if (name === "(request-target)") return `(request-target): ${request.method.toLowerCase()} ${request.url}`;
    const value = request.headers[name];
    if (typeof value !== "string") throw notAuthenticated();
    return `${name}: ${value}`;
  });
  if (!verify("RSA-SHA256", Buffer.from(text.join("\n")), key, authorization.signature)) throw notAuthenticated();
}

function checkDate(value: string, now: number): void {
  const date = Date.parse(value);
  if (Number.isNaN(date)) throw notAuthenticated();
  const earliest = now - ALLOWED_SKEW_MS;
  const latest = now + ALLOWED_SKEW_MS + 1000;
  if (date >= earliest && date <= latest) return;
  throw new ServiceError(
    401,
    "NotAuthenticated",
    `Date '${serviceDate(date)}' is not within allowed clock skew. Current '${serviceDate(now)}', ` +
      `valid datetime range: ['${serviceDate(earliest)}', '${serviceDate(latest)}']`,
  );
}

/** `Sun, 11 Mar 2018 16:32:46 UTC`, as the service writes dates in messages. */
function serviceDate(time: number): string {
  return new Date(time).toUTCString().replace("GMT", "UTC");
}
