import { Readable } from "node:stream";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { type AnswerBody, oneLine, pageTitle, readBody, saysDone, textOf } from "../../../../src/lib/http/answers.ts";

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
  // As long as an answer may be where nobody says otherwise: 1 MiB.
  expect((await read([Buffer.alloc(2 ** 20)])).fault).toBeUndefined();
  expect((await read([Buffer.alloc(2 ** 20), "x"])).fault).toBe("is longer than 1048576 bytes");
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

test("words become one line of bounded length", () => {
  expect(oneLine(" a\u0000\u001b[31m b\u2028c\n\n d ")).toBe("a [31m b c d");
  expect(oneLine("x".repeat(300))).toBe("x".repeat(300));
  expect(oneLine("x".repeat(301))).toBe(`${"x".repeat(300)}…`);
});

test("the title is that of a page, not of words about one", () => {
  expect(pageTitle("<html><title>Sign in</title>")).toBe("Sign in");
  expect(pageTitle("<html><title> </title>")).toBeUndefined();
  expect(pageTitle("see <title>Sign in</title>")).toBeUndefined();
});
