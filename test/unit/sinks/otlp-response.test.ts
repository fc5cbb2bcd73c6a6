import { expect, test } from "vitest";
import { PermanentError, RetryableError, TooLargeError } from "../../../src/errors.ts";
import { type Answer, clean, judge } from "../../../src/sinks/otlp/response.ts";
import { encodeResponse, encodeStatus } from "../../simulators/otlp/decode.ts";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json; charset=utf-8";
const answer = (status: number, body: Uint8Array | string = "", contentType = PROTOBUF, more: Partial<Answer> = {}): Answer => ({
  status,
  contentType,
  retryAfter: undefined,
  location: undefined,
  body: Buffer.from(body),
  ...more,
});
const judged = (given: Answer) => judge(given, 10, "host:4318", (text) => text.replaceAll("secret", "***"));
const thrown = (given: Answer): Error => {
  try {
    judged(given);
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
};

test.each([200, 202, 204])("%i is success, with and without a body", (status) => {
  expect(judged(answer(status))).toEqual({ rejected: 0 });
  expect(judged(answer(status, encodeResponse("protobuf")))).toEqual({ rejected: 0 });
  expect(judged(answer(status, "{}", JSON_TYPE))).toEqual({ rejected: 0 });
  expect(judged(answer(status, "ok\n", "text/plain"))).toEqual({ rejected: 0 });
});

test.each(["protobuf", "json"] as const)("partial success in %s is counted, with the receiver's words", (encoding) => {
  const type = encoding === "protobuf" ? PROTOBUF : JSON_TYPE;
  const partial = (rejected: number, message: string) =>
    judged(answer(200, encodeResponse(encoding, { rejected, message }), type));
  expect(partial(3, "too old")).toEqual({ rejected: 3, reason: "too old" });
  expect(partial(0, "attributes were cut")).toEqual({ rejected: 0, reason: "attributes were cut" });
  expect(partial(99, "all of\nthem")).toEqual({ rejected: 10, reason: "all of them" });
  expect(partial(-1, "")).toEqual({ rejected: 0 });
});

test("a number beside a string is taken for rejectedLogRecords in JSON", () => {
  expect(judged(answer(200, '{"partialSuccess":{"rejectedLogRecords":2}}', JSON_TYPE))).toEqual({ rejected: 2 });
  expect(judged(answer(200, '{"partialSuccess":null}', JSON_TYPE))).toEqual({ rejected: 0 });
});

test("a success whose body cannot be read is a success that says so", () => {
  const reason = "the answer 200 has a body that is no OTLP response";
  expect(judged(answer(200, "\xff\xff"))).toEqual({ rejected: 0, reason });
  expect(judged(answer(200, "{", JSON_TYPE))).toEqual({ rejected: 0, reason });
  expect(judged(answer(200, '{"partialSuccess":{"rejectedLogRecords":"many"}}', JSON_TYPE))).toEqual({ rejected: 0, reason });
});

test.each([429, 502, 503, 504])("%i heals", (status) => {
  const error = thrown(answer(status, encodeStatus("protobuf", 14, "later"), PROTOBUF, { retryAfter: "7" }));
  expect(error).toBeInstanceOf(RetryableError);
  expect(error).toMatchObject({
    code: `otlp-http-${status}`,
    message: `host:4318 answered ${status}: later`,
    retryAfterMs: 7000,
  });
});

test.each([400, 401, 403, 404, 405, 408, 415, 422, 431, 500, 501, 505])("%i is not repeated", (status) => {
  const error = thrown(answer(status, encodeStatus("json", 3, "no"), JSON_TYPE));
  expect(error).toBeInstanceOf(PermanentError);
  expect(error).toMatchObject({ code: `otlp-http-${status}`, message: `host:4318 answered ${status}: no` });
});

test("413 asks for less at a time", () => {
  expect(thrown(answer(413, "too big", "text/plain"))).toBeInstanceOf(TooLargeError);
});

test("a redirection is not followed, and names where it leads without path and query", () => {
  const error = thrown(answer(302, "", "", { location: "https://login.example/path?token=secret" }));
  expect(error).toBeInstanceOf(PermanentError);
  expect(error.message).toBe(
    "host:4318 answered 302: it redirects to login.example, which is not followed; set `url` to where it leads",
  );
  expect(thrown(answer(301, "", "", { location: "/v2" })).message).toContain("redirects to another path");
});

test("the receiver's words are cut, cleaned and without our secrets, whatever their form", () => {
  expect(thrown(answer(400, '{"error":{"message":"bad\\u0000 key"}}', JSON_TYPE)).message).toBe(
    "host:4318 answered 400: bad key",
  );
  expect(thrown(answer(400, '{"error":"denied"}', JSON_TYPE)).message).toBe("host:4318 answered 400: denied");
  expect(thrown(answer(400, "<html>\n  <b>no</b>", "text/html")).message).toBe("host:4318 answered 400: <html> <b>no</b>");
  expect(thrown(answer(400, "{half", JSON_TYPE)).message).toBe("host:4318 answered 400: {half");
  expect(thrown(answer(401, "token secret is wrong", "text/plain")).message).toBe("host:4318 answered 401: token *** is wrong");
  expect(clean("x".repeat(1000))).toHaveLength(301);
});
