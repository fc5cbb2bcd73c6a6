import { expect, test } from "vitest";
import { drawerOfObjectStatus, drawerOfStatus, networkFailure, readRetryAfter } from "../../src/http-failures.ts";

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
  expect(drawers([200, 202, 204])).toEqual([undefined]);
  expect(drawers([400, 413, 422])).toEqual(["batch"]);
  expect(drawers([408, 409, 425, 429, 500, 502, 503, 504, 520, 599])).toEqual(["passing"]);
  expect(drawers([301, 302, 307, 308, 401, 403, 404, 405, 407, 415, 431, 451])).toEqual(["person"]);
  expect(drawers([100, 0])).toEqual(["not-understood"]);
});

test("a status of one object speaks of that object, but for the credentials and what passes", () => {
  const drawers = (statuses: number[]) => [...new Set(statuses.map(drawerOfObjectStatus))];
  expect(drawers([400, 403, 404, 410, 412, 416])).toEqual(["object"]);
  expect(drawers([401, 407, 301, 307])).toEqual(["person"]);
  expect(drawers([408, 429, 500, 503])).toEqual(["passing"]);
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
  expect(failure("EWEIRD").message).toBe("ListObjects: the exchange with store.example failed");
});
