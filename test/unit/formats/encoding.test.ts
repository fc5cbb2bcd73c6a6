import fc from "fast-check";
import { expect, test } from "vitest";
import { inUtf8 } from "../../../src/formats/encoding.ts";
import { codePoints } from "../code-points.ts";
import { decode, inChunks } from "./decoding.ts";
import { FORMATS, OCI } from "./specimens.ts";

async function read(bytes: Uint8Array, chunks: readonly number[]): Promise<Buffer> {
  async function* buffers(): AsyncGenerator<Buffer> {
    for await (const chunk of inChunks(bytes, chunks)) yield Buffer.from(chunk);
  }
  const found: Buffer[] = [];
  for await (const chunk of inUtf8({ chunks: buffers(), fault: undefined }).chunks) found.push(chunk);
  return Buffer.concat(found);
}

const little = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
const big = (text: string) => Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, "utf16le").swap16()]);
const chunkSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

test(
  "text of any encoding that a mark names, in any chunks",
  () =>
    fc.assert(
      fc.asyncProperty(codePoints(10), chunkSizes, async (text, chunks) => {
        const expected = Buffer.from(text).toString("hex");
        const marked = Buffer.from(`efbbbf${expected}`, "hex");
        for (const bytes of [marked, little(text), big(text)]) {
          expect((await read(bytes, chunks)).toString("hex")).toBe(expected);
        }
      }),
    ),
  60_000,
);

test("bytes without a mark are handed on as they are", async () => {
  for (const bytes of [[], [0xef], [0xef, 0xbb], [0xef, 0xbb, 0x20], [0xff], [0xff, 0xff, 0xfe], [0x41, 0xfe]]) {
    expect([...(await read(Buffer.from(bytes), [1]))]).toEqual(bytes);
  }
});

test("records in UTF-16, as the shell of Windows writes them", async () => {
  for (const { format, counting, object } of FORMATS) {
    const text = object([counting(1n), counting(2n)]).replaceAll("\n", "\r\n");
    for (const bytes of [little(text), big(text)]) {
      const { flows, bad } = await decode("auto", bytes, { chunks: [7] });
      expect([format, flows.map((flow) => flow.bytes), bad]).toEqual([format, [1, 2], []]);
    }
  }
});

test("half a character sets its record aside, and only that", async () => {
  const text = OCI.object([OCI.counting(1n), OCI.counting(2n).replace("NAME", "\ud83d"), OCI.counting(3n)]);
  for (const bytes of [little(text), big(text)]) {
    const { flows, bad } = await decode("auto", bytes, { chunks: [5] });
    expect([flows.map((flow) => flow.bytes), bad]).toEqual([[1, 3], [["2", "invalid-utf8"]]]);
  }
  const { flows, bad } = await decode("auto", Buffer.concat([little(text.slice(0, -1)), Buffer.from("}")]));
  expect([flows.length, bad]).toEqual([
    2,
    [
      ["2", "invalid-utf8"],
      ["4", "invalid-utf8"],
    ],
  ]);
});
