import { once } from "node:events";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { request } from "undici";
import { expect, test } from "vitest";
import {
  drawerOfObjectStatus,
  drawerOfStatus,
  endpointOf,
  networkFailure,
  readRetryAfter,
} from "../../../../src/lib/http/failures.ts";

test("Retry-After is seconds or an HTTP date, and nothing else", () => {
  const now = Date.UTC(2026, 0, 1, 0, 0, 0);
  expect(readRetryAfter("120", now)).toBe(120_000);
  expect(readRetryAfter("0.5", now)).toBe(500);
  expect(readRetryAfter("Thu, 01 Jan 2026 00:01:00 GMT", now)).toBe(60_000);
  expect(readRetryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  for (const wrong of [undefined, "", "soon", "-5", "2026-01-01"]) expect(readRetryAfter(wrong, now)).toBeUndefined();
});

test("a status of a destination lies in one drawer", () => {
  const drawers = (statuses: number[]) => [...new Set(statuses.map(drawerOfStatus))];
  expect(drawers([200, 202, 204, 299])).toEqual([undefined]);
  expect(drawers([400, 413, 422])).toEqual(["batch"]);
  expect(drawers([408, 409, 425, 429, 500, 502, 503, 504, 520, 599])).toEqual(["passing"]);
  expect(drawers([300, 301, 302, 307, 308, 401, 403, 404, 405, 407, 415, 418, 431, 451, 499, 511])).toEqual(["person"]);
  expect(drawers([100, 0, 600, 999])).toEqual(["not-understood"]);
});

test("a status of one object speaks of that object, but for the credentials and what passes", () => {
  const drawers = (statuses: number[]) => [...new Set(statuses.map(drawerOfObjectStatus))];
  expect(drawers([400, 403, 404, 410, 412, 416])).toEqual(["object"]);
  expect(drawers([401, 407, 301, 307, 399, 511])).toEqual(["person"]);
  expect(drawers([408, 429, 500, 503])).toEqual(["passing"]);
  expect(drawers([600, 999])).toEqual(["not-understood"]);
});

test("a broken exchange passes, a refused certificate needs a person", () => {
  const failure = (code: string) =>
    networkFailure("network", "ListObjects", "store.example", Object.assign(new Error("x"), { code }));
  expect(failure("ECONNREFUSED")).toMatchObject({
    drawer: "passing",
    message: "ListObjects: store.example takes no connections",
  });
  expect(failure("ENOTFOUND").drawer).toBe("passing");
  expect(failure("CERT_HAS_EXPIRED")).toMatchObject({
    drawer: "person",
    message: "ListObjects: store.example has a certificate that has expired",
  });
  expect(failure("SELF_SIGNED_CERT_IN_CHAIN").message).toBe(
    "ListObjects: store.example has a certificate of an unknown authority: name it in NODE_EXTRA_CA_CERTS",
  );
  for (const refused of ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "CERT_SIGNATURE_FAILURE", "INVALID_CA", "UNABLE_TO_GET_CRL"]) {
    expect(failure(refused)).toMatchObject({
      drawer: "person",
      message: `ListObjects: store.example cannot be spoken to over TLS (${refused})`,
    });
  }
  expect(failure("EWEIRD").message).toBe("ListObjects: the exchange with store.example failed");
});

test("what is no HTTP is not understood, and a proxy that refuses needs a person", () => {
  const failure = (cause: Error) => networkFailure("network", "ListObjects", "store.example", new Error("x", { cause }));
  const proxy = (status: number) => failure(new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`));
  expect(failure(Object.assign(new Error("not HTTP"), { name: "HTTPParserError" }))).toMatchObject({
    drawer: "not-understood",
    message: "ListObjects: store.example does not speak HTTP/1.1: check that the URL has the right scheme and port",
  });
  expect([proxy(407), proxy(403)]).toMatchObject([{ drawer: "person" }, { drawer: "person" }]);
  expect(proxy(502).drawer).toBe("passing");
  expect(proxy(407).message).toBe(
    "ListObjects: store.example is behind a proxy that answers 407: check HTTPS_PROXY and its credentials",
  );
});

test("a server that speaks TLS and is spoken to in plain text is told apart from one that is down", async () => {
  const server = createSecureServer().on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`);
  const cause = await request(url, { method: "POST", body: "{}" }).catch((error: unknown) => error);
  server.close();
  const { message } = networkFailure("code", "OTLP", endpointOf(url), cause);
  expect(message).toMatch(/^OTLP: http:\/\/127\.0\.0\.1:\d+ .*\(if it speaks TLS, its URL begins with https:\/\/\)/);
  const refused = await request(url, { method: "POST" }).catch((error: unknown) => error);
  expect(networkFailure("code", "OTLP", endpointOf(url), refused).message).not.toContain("TLS");
});
