import { Readable } from "node:stream";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { type AnswerBody, denialIn, isAssent, oneLine, readBody, saysDone, textOf } from "../../../../src/lib/http/answers.ts";

const never = new AbortController().signal;
const read = (chunks: readonly (string | Uint8Array)[], encoding?: string, largest?: number): Promise<AnswerBody> =>
  readBody(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), encoding, never, largest);
const whole = (text: string): AnswerBody => ({ bytes: Buffer.from(text), fault: undefined });

test("a body is read whole, in pieces, and without the encoding that something in between gave it", async () => {
  expect(textOf(await read(['{"a"', ":1}"]))).toBe('{"a":1}');
  expect(await read([])).toEqual({ bytes: Buffer.alloc(0), fault: undefined });
  expect(textOf(whole("\ufeff\r\n ok\n"))).toBe("ok");
  for (const [encoding, bytes] of [
    ["gzip", gzipSync("{}")],
    [" GZIP ", gzipSync("{}")],
    ["deflate", deflateSync("{}")],
    ["br", brotliCompressSync("{}")],
    ["zstd", zstdCompressSync("{}")],
    ["identity", "{}"],
  ] as const) {
    expect(await read([bytes], encoding)).toEqual(whole("{}"));
  }
  // Of nothing there is nothing to undo.
  expect(await read([], "gzip")).toEqual(whole(""));
});

test("what is no whole body is told as its fault, with what there is of it", async () => {
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('{"par');
    throw Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
  }
  expect(await readBody(cut(), undefined, never)).toEqual({
    bytes: Buffer.from('{"par'),
    fault: "breaks off: other side closed",
  });
  expect((await read(["{}"], "gzip")).fault).toMatch(/^is no gzip: /);
  expect((await read([gzipSync("{}").subarray(0, 12)], "gzip")).fault).toMatch(/^is no gzip: /);
  expect((await read(["{}"], "x-rot13")).fault).toBe("is encoded as x-rot13, which was not asked for");
  expect((await read(["12345", "67890"], undefined, 9)).fault).toBe("is longer than 9 bytes");
  expect((await read(["12345", "67890"], undefined, 10)).fault).toBeUndefined();
  expect((await read([gzipSync("x".repeat(1000))], "gzip", 999)).fault).toMatch(/^is no gzip: /);
});

test("what does not come in time throws, and so does what was aborted", async () => {
  async function* failing(error: Error): AsyncGenerator<Uint8Array> {
    yield Buffer.from("{");
    throw error;
  }
  const late = Object.assign(new Error("Body Timeout Error"), { code: "UND_ERR_BODY_TIMEOUT" });
  await expect(readBody(failing(late), undefined, never)).rejects.toBe(late);
  const reason = new Error("over");
  await expect(readBody(failing(new Error("x")), undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("200, 201, 202 and 204 say that it is done; other 2xx say less", () => {
  const statuses = Array.from({ length: 100 }, (_, index) => 200 + index);
  expect(statuses.filter(saysDone)).toEqual([200, 201, 202, 204]);
});

test("a yes in words is a yes, and other words are none", () => {
  for (const yes of ["ok", "OK", "Ok.", "okay", "success", "Success!", "200 OK", "202 Accepted", "accepted", "Logs received"])
    expect([yes, isAssent(yes)]).toEqual([yes, true]);
  for (const yes of ["All logs were received successfully", "data stored", "done", "request accepted", "OK\n"])
    expect([yes, isAssent(yes)]).toEqual([yes, true]);
  for (const no of ["", "not ok", "Unauthorized", "Bad Gateway", "no healthy upstream", "status", "200", "0", "invalid token"])
    expect([no, isAssent(no)]).toEqual([no, false]);
  for (const no of ["ok, but rejected", "Please log in", "Zugriff verweigert", "ok ".repeat(50)])
    expect([no, isAssent(no)]).toEqual([no, false]);
});

test.each([
  "",
  " \r\n",
  "ok",
  '"OK"',
  "{}",
  "[]",
  "null",
  "true",
  '{"status":"ok"}',
  '{"code":0,"message":"success"}',
  '{"code":200}',
  '{"status":202,"requestId":"8d1"}',
  '{"errors":false,"took":3}',
  '{"error":null,"errors":[]}',
  '[{"status":201},{"status":201}]',
])("where no body is defined, %j may stand", (body) => {
  expect(denialIn(whole(body))).toBeUndefined();
});

test.each([
  ["<!doctype html><title>Sign in</title>", "is a page with the title Sign in"],
  ["\n <html>\n<body>", "is a page"],
  ["Unauthorized", "says Unauthorized"],
  ["false", "says false"],
  ["7", "says 7"],
  ['{"half', 'says {"half'],
  ['"denied"', 'says "denied"'],
  ['{"error":"unknown tenant","status":401}', 'says {"error":"unknown tenant","status":401}'],
  ['{"errors":[{"code":"x"}]}', 'says {"errors":[{"code":"x"}]}'],
  ['{"status":401}', 'says {"status":401}'],
  ['{"statusCode":"500"}', 'says {"statusCode":"500"}'],
  ['{"code":16,"message":"token"}', 'says {"code":16,"message":"token"}'],
  ['{"code":"NotAuthenticated","message":"x"}', 'says {"code":"NotAuthenticated","message":"x"}'],
  ['{"success":false}', 'says {"success":false}'],
  ['{"message":"Forbidden"}', 'says {"message":"Forbidden"}'],
  ['{"status":"error"}', 'says {"status":"error"}'],
  ['[{"status":201},{"status":429}]', 'says [{"status":201},{"status":429}]'],
  ["\u0000\u0000", "has no text"],
])("%j acknowledges nothing", (body, said) => {
  expect(denialIn(whole(body))).toBe(said);
});

test("a body with a fault acknowledges nothing, whatever there is of it", () => {
  expect(denialIn({ bytes: Buffer.from("{}"), fault: "breaks off: x" })).toBe("breaks off: x");
});

test("words become one line of bounded length", () => {
  expect(oneLine(" a\u0000\u001b[31m b\u2028c\n\n d ")).toBe("a [31m b c d");
  expect(oneLine("x".repeat(1000))).toHaveLength(301);
});
