import { describe, expect, test } from "vitest";
import { type Drawer, Failure } from "../../../src/lib/errors.ts";
import { type Answer, isAboutNothing, judge } from "../../../src/sinks/otlp/response.ts";
import { encodeResponse, encodeStatus } from "../../simulators/otlp/decode.ts";

const RECORDS = 10;
const answer = (status: number, body: Uint8Array | string = "", more: Partial<Answer> = {}): Answer => ({
  status,
  retryAfter: undefined,
  location: undefined,
  grpcStatus: undefined,
  body: { bytes: Buffer.from(body), fault: undefined },
  ...more,
});
const judged = (given: Answer) => judge(given, RECORDS, "host:4318");
const thrown = (given: Answer): Failure => {
  try {
    judged(given);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("success", () => {
  test.each<[string, Uint8Array | string]>([
    ["nothing", ""],
    ["an empty ExportLogsServiceResponse", encodeResponse("protobuf")],
    ["one with an empty partial_success", hex("0a 00")],
    ["{}", "{}"],
    ["{} with space around", "\r\n {} \n"],
    ["{} behind a byte order mark", "\ufeff{}"],
    ["null for the part", '{"partialSuccess":null}'],
    ["an empty part", '{"partialSuccess":{}}'],
    ["null members", '{"partialSuccess":{"rejectedLogRecords":null,"errorMessage":null}}'],
    ["zero as text", '{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":""}}'],
    ["a member that is not known yet", '{"partialSuccess":{},"later":{"x":1}}'],
    ["a yes in words", "ok\n"],
    ["a yes as JSON", '"OK"'],
  ])("is %s, below 200, 201, 202 and 204", (_, body) => {
    for (const status of [200, 201, 202, 204]) expect(judged(answer(status, body))).toEqual({ rejected: 0 });
  });

  test.each(["protobuf", "json"] as const)("in part is counted, with the receiver's words: %s", (encoding) => {
    const partial = (rejected: number, message: string) => judged(answer(200, encodeResponse(encoding, { rejected, message })));
    expect(partial(3, "too old")).toEqual({ rejected: 3, reason: "too old" });
    expect(partial(RECORDS, "all of\nthem")).toEqual({ rejected: 10, reason: "all of them" });
    expect(partial(3, "")).toEqual({ rejected: 3 });
    // A warning.
    expect(partial(0, "attributes were cut")).toEqual({ rejected: 0, reason: "attributes were cut" });
  });

  test("in part is understood as a number, as text and by the names of the definition", () => {
    const expected = { rejected: 2, reason: "no" };
    for (const body of [
      '{"partialSuccess":{"rejectedLogRecords":2,"errorMessage":"no"}}',
      '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}}',
      '{"partial_success":{"rejected_log_records":2,"error_message":"no"}}',
    ])
      expect(judged(answer(200, body))).toEqual(expected);
  });

  test("is read as protobuf also where its first bytes look like JSON", () => {
    // A part of 123 bytes: its length is the brace of JSON. 08 03 = 3 rejected, 12 77 = 119 characters.
    const message = "m".repeat(119);
    const body = Buffer.concat([hex("0a 7b 08 03 12 77"), Buffer.from(message)]);
    expect(judged(answer(200, body))).toEqual({ rejected: 3, reason: message });
  });
});

describe("a 2xx that is no answer of OTLP is not understood", () => {
  test.each<[string, Uint8Array | string, string]>([
    ["a page", "<!doctype html><html><title>Sign in</title>", "is a page with the title Sign in"],
    ["a page behind space", "\n\n  <html>", "is a page"],
    ["XML", '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "is a page"],
    ["an error", '{"error":"unknown tenant","status":401}', "unknown tenant"],
    ["errors", '{"errors":[{"message":"no"}]}', "errors"],
    ["a status", '{"status":401}', "401"],
    ["a google.rpc.Status", '{"code":16,"message":"unauthenticated"}', "unauthenticated"],
    ["a google.rpc.Status in protobuf", encodeStatus("protobuf", 16, "unauthenticated"), "unauthenticated"],
    ["an error beside a part", '{"partialSuccess":{},"error":"quota"}', "quota"],
    ["JSON of another form", '{"status":"ok"}', '{"status":"ok"}'],
    ["a list", "[]", "[]"],
    ["null", "null", "null"],
    ["a number", "1", "1"],
    ["half of JSON", '{"partialSuccess":{"rejec', '{"partialSuccess":{"rejec'],
    ["two answers in one", "{}{}", "{}{}"],
    ["JSON with a guard", ")]}'\n{}", ")]}'"],
    ["other words", "Unauthorized", "Unauthorized"],
    ["a part that is none", '{"partialSuccess":true}', "true"],
    ["a part that is a list", '{"partialSuccess":[]}', "[]"],
    ["a count in words", '{"partialSuccess":{"rejectedLogRecords":"many"}}', "many"],
    ["a broken count", '{"partialSuccess":{"rejectedLogRecords":1.5}}', "1.5"],
    ["a count that is a truth", '{"partialSuccess":{"rejectedLogRecords":true}}', "true"],
    ["a message that is none", '{"partialSuccess":{"errorMessage":7}}', "7"],
    ["a negative count", '{"partialSuccess":{"rejectedLogRecords":"-1"}}', "counts -1 of 10 records as refused"],
    ["more than was sent", '{"partialSuccess":{"rejectedLogRecords":"11"}}', "counts 11 of 10 records as refused"],
    ["more in protobuf", encodeResponse("protobuf", { rejected: 11, message: "" }), "counts 11 of 10"],
    ["less than none in protobuf", encodeResponse("protobuf", { rejected: -1, message: "" }), "counts -1 of 10"],
    ["protobuf that ends in its field", hex("0a 05 08 03"), "none of OTLP"],
    ["protobuf whose part is a number", hex("08 10"), "none of OTLP"],
    ["protobuf whose count is text", hex("0a 03 0a 01 33"), "none of OTLP"],
    ["protobuf of another message", hex("12 02 68 69"), "none of OTLP"],
    ["bytes of any kind", hex("ff ff"), "none of OTLP"],
    ["a frame of gRPC-Web", hex("00 00 00 00 00"), "none of OTLP"],
  ])("%s", (_, body, said) => {
    const failure = thrown(answer(200, body, { retryAfter: "7" }));
    expect([failure.drawer, failure.code, failure.retryAfterMs]).toEqual(["not-understood", "otlp-bad-answer", 7000]);
    expect(failure.message).toMatch(/^host:4318 answered 200, and the answer is none of OTLP: it .*; check the URL/);
    expect(failure.message).toContain(said);
    expect(failure.message).not.toContain("\n");
  });

  test.each([203, 205, 206, 207, 208, 226, 299])("%i, whatever its body", (status) => {
    for (const body of ["", "{}"]) expect(thrown(answer(status, body)).drawer).toBe("not-understood");
  });

  test("a body with a fault, and a gRPC status that is none of success", () => {
    const cut = { bytes: Buffer.from("{}"), fault: "breaks off: other side closed" };
    expect(thrown(answer(200, "", { body: cut })).message).toContain("it breaks off: other side closed");
    expect(thrown(answer(200, "", { grpcStatus: "12" })).message).toContain("has the gRPC status 12");
    expect(judged(answer(200, "", { grpcStatus: "0" }))).toEqual({ rejected: 0 });
  });
});

describe("other statuses", () => {
  test.each<[Drawer, number[]]>([
    ["passing", [408, 409, 425, 429, 500, 501, 502, 503, 504, 520, 599]],
    ["person", [300, 301, 302, 303, 304, 307, 308, 401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 418, 426, 431, 451, 511]],
    ["batch", [400, 413, 422]],
    ["not-understood", [0, 600, 999]],
  ])("%s: %j", (drawer, statuses) => {
    for (const status of statuses) {
      const failure = thrown(answer(status, encodeStatus("json", 3, "no"), { retryAfter: "7" }));
      expect([status, failure.drawer, failure.code]).toEqual([status, drawer, `otlp-http-${status}`]);
      expect([failure.retryAfterMs, failure.tooLarge]).toEqual([7000, status === 413]);
      expect(failure.message.startsWith(`host:4318 answered ${status}: no`)).toBe(true);
    }
  });

  test.each([
    [401, "check the credentials in `headers`"],
    [403, "check the credentials in `headers`"],
    [404, "Loki takes OTLP below /otlp, VictoriaLogs below /insert/opentelemetry"],
    [405, "check the path of the URL"],
    [407, "HTTPS_PROXY"],
    [415, "check `encoding` and `compression`"],
  ])("%i says what to do", (status, advice) => {
    expect(thrown(answer(status)).message).toContain(advice);
  });

  test.each([
    ['remoteAddr: "10.0.0.1:1"; requestURI: /v1/logs; unsupported path requested: "/v1/logs"', "below /insert/opentelemetry"],
    ["json encoding isn't supported for opentelemetry format. Use protobuf encoding", "set `encoding: protobuf`"],
    ["Client sent an HTTP request to an HTTPS server.\n", "has to begin with https"],
    ["<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>", "has to begin with https"],
    ["<html><title>400 No required SSL certificate was sent</title></html>", "tls.certFile"],
    ['{"error":"no handler found for uri [/v1/logs] and method [POST]"}', "the path is wrong"],
  ])("a 400 that speaks of the URL needs a person: %s", (body, advice) => {
    const failure = thrown(answer(400, body));
    expect([failure.drawer, failure.code]).toEqual(["person", "otlp-http-400"]);
    expect(failure.message).toContain(advice);
  });

  test("a refusal of the batch that breaks off is not understood; of others the status says enough", () => {
    const body = { bytes: Buffer.from('{"mess'), fault: "breaks off: other side closed" };
    for (const status of [400, 413, 422]) expect(thrown(answer(status, "", { body })).drawer).toBe("not-understood");
    expect(thrown(answer(503, "", { body })).drawer).toBe("passing");
    expect(thrown(answer(401, "", { body })).drawer).toBe("person");
  });

  test("a redirection is not followed, and names where it leads without path and query", () => {
    const failure = thrown(answer(302, "", { location: "https://login.example/path?token=s3cret" }));
    expect(failure.message).toBe(
      "host:4318 answered 302; it redirects to login.example, which is not followed: set `url` to where it leads",
    );
    expect(thrown(answer(301, "", { location: "/v2" })).message).toContain("redirects to another path");
  });

  test("the receiver's words are cut, cleaned and without our secrets, whatever their form", () => {
    const said = (body: Uint8Array | string): string => thrown(answer(422, body)).message;
    expect(said('{"error":{"message":"bad\\u0000 key"}}')).toBe("host:4318 answered 422: bad key");
    expect(said('{"error":"denied"}')).toBe("host:4318 answered 422: denied");
    expect(said('"no"')).toBe("host:4318 answered 422: no");
    expect(said(encodeStatus("protobuf", 3, "unknown field"))).toBe("host:4318 answered 422: unknown field");
    expect(said("<html>\n  <b>no</b>")).toBe("host:4318 answered 422: <html> <b>no</b>");
    expect(said("<html><title>Blocked\n by them</title>")).toBe("host:4318 answered 422: Blocked by them");
    expect(said("{half")).toBe("host:4318 answered 422: {half");
    expect(said("x".repeat(1000))).toHaveLength("host:4318 answered 422: ".length + 301);
  });
});

test("what receivers say of a request without records is told from what they say of a request", () => {
  for (const [body, about] of [
    ["error at least one valid stream is required for ingestion\n", true],
    ['{"code":3,"message":"empty request"}', true],
    ["request body is empty", true],
    ["no log records", true],
    ["missing request body", true],
    ["tenant is unknown", false],
    ["unknown field", false],
    ["no valid credentials", false],
    ["<html><title>400 Bad Request</title></html>", false],
  ] as const) {
    expect([body, isAboutNothing(answer(400, body))]).toEqual([body, about]);
  }
});
