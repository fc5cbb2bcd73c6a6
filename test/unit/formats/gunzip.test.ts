import { constants, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gunzip } from "../../../src/formats/gunzip.ts";
import { isThorough, runs } from "../../runs.ts";
import { inChunks } from "./decoding.ts";

const unpack = async (bytes: Uint8Array, maxBytes = 1e9, chunks: readonly number[] = [65_536]) => {
  const unpacked = gunzip(inChunks(bytes, chunks), maxBytes);
  const found: Buffer[] = [];
  for await (const chunk of unpacked.chunks) found.push(chunk);
  return { bytes: Buffer.concat(found), code: unpacked.fault?.code, sizes: found.map(({ length }) => length) };
};

function expectBytes(found: { bytes: Buffer; code: string | undefined }, bytes: Uint8Array, code: string | undefined): void {
  expect(found.code).toBe(code);
  expect(found.bytes.length).toBe(bytes.length);
  expect(found.bytes.equals(bytes)).toBe(true);
}

/** Text that compresses, but not to nothing. */
function textOf(length: number): Buffer {
  let text = "";
  for (let n = 1; text.length < length; n = (n * 48_271) % 2_147_483_647) text += `record ${n} of many\n`;
  return Buffer.from(text.slice(0, length));
}

const TEXT = textOf(60_000);
const ZIPPED = gzipSync(TEXT);
/** For chunks of few bytes. */
const SHORT = TEXT.subarray(0, 6000);
const SHORT_ZIPPED = gzipSync(SHORT);
/** Of which most is never read. */
const LONG_ZIPPED = gzipSync(textOf(600_000));

describe("whole objects", () => {
  test("gzip, whatever its chunks", async () => {
    expectBytes(await unpack(SHORT_ZIPPED, 1e9, [1]), SHORT, undefined);
    for (const chunks of [[7, 100_000], [65_536], [ZIPPED.length - 8], [ZIPPED.length - 1]]) {
      expectBytes(await unpack(ZIPPED, 1e9, chunks), TEXT, undefined);
    }
  });

  test("what does not begin as gzip is handed on as it is", async () => {
    for (const bytes of [SHORT, Buffer.alloc(0), Buffer.from([0x1f]), Buffer.from([0x8b, 0x1f])]) {
      expectBytes(await unpack(bytes, 1e9, [1]), bytes, undefined);
    }
  });

  test("gzip of nothing", async () => expectBytes(await unpack(gzipSync("")), Buffer.alloc(0), undefined));

  test("members one after another, also empty ones", async () => {
    for (const [text, chunk] of [
      [TEXT, 65_536],
      [SHORT, 13],
    ] as const) {
      const members = Buffer.concat([gzipSync(text), gzipSync(""), gzipSync("second\n"), gzipSync(text)]);
      const expected = Buffer.concat([text, Buffer.from("second\n"), text]);
      expectBytes(await unpack(members, 1e9, [chunk]), expected, undefined);
    }
  });

  test("zero padding behind the last member", async () => {
    expectBytes(await unpack(Buffer.concat([ZIPPED, Buffer.alloc(70_000)])), TEXT, undefined);
  });

  test("very many members, short, empty and long, in chunks of any size", async () => {
    const long = Buffer.alloc(700_000, "a long member does not fit into one output\n");
    const texts = Array.from({ length: 60 }, (_, at) =>
      at % 7 === 0 ? Buffer.alloc(0) : at === 40 ? long : Buffer.from(`member ${at}\n`),
    );
    const zipped = Buffer.concat(texts.map((text) => gzipSync(text)));
    for (const size of [7, 1_000, 1e9]) expectBytes(await unpack(zipped, 1e9, [size]), Buffer.concat(texts), undefined);
  });

  test("a break in the thirtieth of many members: everything before it is handed out", async () => {
    const texts = Array.from({ length: 30 }, (_, at) => Buffer.from(`member ${at} ${"x".repeat(50)}\n`));
    const zipped = texts.map((text) => gzipSync(text));
    const cut = Buffer.concat([...zipped.slice(0, 29), (zipped[29] as Buffer).subarray(0, 16)]);
    const before = Buffer.concat(texts.slice(0, 29));
    const { bytes, code } = await unpack(cut);
    expect(code).toBe("truncated-gzip");
    expect(bytes.subarray(0, before.length).equals(before)).toBe(true);
    const checksum = Buffer.from(zipped[29] as Buffer);
    checksum.writeUInt32LE(1, checksum.length - 8);
    expectBytes(await unpack(Buffer.concat([...zipped.slice(0, 29), checksum])), Buffer.concat(texts), "corrupt-gzip");
  });

  test("gzip within gzip, also where the inner one has members and padding", async () => {
    for (const [text, chunk] of [
      [TEXT, 65_536],
      [SHORT, 13],
    ] as const) {
      const twice = gzipSync(gzipSync(text));
      expectBytes(await unpack(twice, 1e9, [chunk]), text, undefined);
      expectBytes(await unpack(gzipSync(twice), 1e9, [chunk]), text, undefined);
    }
    const members = Buffer.concat([ZIPPED, gzipSync("second\n"), Buffer.alloc(10)]);
    expectBytes(await unpack(gzipSync(members)), Buffer.concat([TEXT, Buffer.from("second\n")]), undefined);
    expectBytes(await unpack(Buffer.concat([gzipSync(ZIPPED), gzipSync(ZIPPED)])), Buffer.concat([TEXT, TEXT]), undefined);
    expectBytes(await unpack(gzipSync(gzipSync(""))), Buffer.alloc(0), undefined);
    expectBytes(await unpack(gzipSync(Buffer.from([0x1f]))), Buffer.from([0x1f]), undefined);
  });

  test("a header with every optional part", async () => {
    const extra = [5, 0, 1, 2, 3, 4, 5];
    const header = [0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 3, ...extra, ...Buffer.from("name\0a comment\0"), 0xaa, 0xbb];
    const whole = Buffer.concat([Buffer.from(header), deflateRawSync(SHORT), SHORT_ZIPPED.subarray(-8)]);
    expectBytes(await unpack(whole, 1e9, [3]), SHORT, undefined);
  });

  test("stored, fixed and dynamic blocks", async () => {
    for (const options of [{ level: 0 }, { strategy: constants.Z_FIXED }, { level: 9 }]) {
      expectBytes(await unpack(gzipSync(TEXT, options)), TEXT, undefined);
    }
  });
});

describe("broken objects give what stands before the break", () => {
  test("cut anywhere", async () => {
    const small = gzipSync(TEXT.subarray(0, 5000));
    for (let length = 2; length < small.length; length += isThorough || length < 40 || length > small.length - 40 ? 1 : 11) {
      const { bytes, code } = await unpack(small.subarray(0, length));
      expect(code).toBe("truncated-gzip");
      expect(TEXT.subarray(0, bytes.length).equals(bytes)).toBe(true);
      if (length >= small.length - 8) expect(bytes.length).toBe(5000);
    }
  });

  test("gzip within gzip deeper than three times", async () => {
    expectBytes(await unpack(gzipSync(gzipSync(gzipSync(ZIPPED)))), Buffer.alloc(0), "nested-gzip");
  });

  test("gzip within gzip: the fault of either layer, after what stands before it", async () => {
    const innerCut = await unpack(gzipSync(ZIPPED.subarray(0, -8)));
    expectBytes(innerCut, TEXT, "truncated-gzip");
    const outer = gzipSync(ZIPPED);
    expectBytes(await unpack(outer.subarray(0, -8)), TEXT, "truncated-gzip");
    outer[outer.length - 6] = (outer.at(-6) as number) ^ 1;
    expectBytes(await unpack(outer), TEXT, "corrupt-gzip");
    const cut = await unpack(gzipSync(ZIPPED, { level: 0 }).subarray(0, 9000));
    expect([cut.code, TEXT.subarray(0, cut.bytes.length).equals(cut.bytes), cut.bytes.length > 0]).toEqual([
      "truncated-gzip",
      true,
      true,
    ]);
  });

  test("garbage behind the last member", async () => {
    for (const garbage of [[1], [0, 0, 7], [0x1f], [0x1f, 0x1f], [0x1f, 0x00, 0x00]]) {
      const { bytes, code } = await unpack(Buffer.concat([ZIPPED, Buffer.from(garbage)]));
      expect([bytes.equals(TEXT), code]).toEqual([true, "trailing-garbage"]);
    }
  });

  test("a wrong checksum, a wrong size", async () => {
    for (const at of [-8, -1]) {
      const wrong = Buffer.from(ZIPPED);
      wrong[wrong.length + at] = (wrong.at(at) as number) ^ 1;
      expectBytes(await unpack(wrong), TEXT, "corrupt-gzip");
    }
  });

  test("a header of an unknown kind", async () => {
    for (const [at, value] of [
      [2, 7],
      [3, 0x20],
    ] as const) {
      const wrong = Buffer.from(ZIPPED);
      wrong[at] = value;
      expectBytes(await unpack(wrong), Buffer.alloc(0), "corrupt-gzip");
    }
  });

  test("a block of an unknown kind, right where it begins", async () => {
    // Blocks are byte-aligned here: full flushes write an empty stored block in between.
    const first = deflateRawSync(SHORT, { finishFlush: constants.Z_FULL_FLUSH });
    const whole = Buffer.concat([ZIPPED.subarray(0, 10), first, Buffer.from([0x07]), Buffer.alloc(5000, 0xff)]);
    for (const chunks of [[65_536], [1000], [1]]) {
      expectBytes(await unpack(whole, 1e9, chunks), SHORT, "corrupt-gzip");
    }
  });

  test("corrupt beyond what is kept for the exact place: all but the last call's output is there", async () => {
    const noise = Buffer.alloc(1_300_000);
    for (let at = 0, state = 1; at < noise.length; at++) {
      state = (state * 48_271) % 2_147_483_647;
      noise[at] = state;
    }
    const first = deflateRawSync(noise, { finishFlush: constants.Z_FULL_FLUSH });
    const whole = Buffer.concat([ZIPPED.subarray(0, 10), first, Buffer.from([0x07])]);
    const { bytes, code } = await unpack(whole);
    expect(code).toBe("corrupt-gzip");
    expect(bytes.length).toBeGreaterThan(noise.length - 64 * 1024);
    expect(noise.subarray(0, bytes.length).equals(bytes)).toBe(true);
  });
});

describe("limits", () => {
  test("past the cap on the decompressed size nothing is handed out", async () => {
    expectBytes(await unpack(ZIPPED, 1000), TEXT.subarray(0, 1000), "too-large");
    expectBytes(await unpack(TEXT, 1000), TEXT.subarray(0, 1000), "too-large");
    expectBytes(await unpack(ZIPPED, TEXT.length), TEXT, undefined);
    expectBytes(await unpack(ZIPPED, TEXT.length - 1), TEXT.subarray(0, -1), "too-large");
  });

  test("a bomb comes in small chunks", async () => {
    const { bytes, code, sizes } = await unpack(gzipSync(Buffer.alloc(10_000_000)), 8_000_000);
    expect([bytes.length, code]).toEqual([8_000_000, "too-large"]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024);
  });

  test("no layer of gzip within gzip has more than the cap", async () => {
    const { bytes, code } = await unpack(gzipSync(gzipSync(Buffer.alloc(10_000_000))), 8_000_000);
    expect([bytes.length, code]).toEqual([8_000_000, "too-large"]);
    // The layer between is larger than the cap, though what is in it is not.
    const wide = gzipSync(gzipSync(TEXT.subarray(0, 900), { level: 0 }));
    expectBytes(await unpack(wide, 900), TEXT.subarray(0, 900 - 15), "too-large");
  });
});

describe("the byte iterable", () => {
  const watched = (bytes: Uint8Array, fail?: Error) => {
    const state = { pulled: 0, released: 0 };
    async function* source() {
      try {
        for await (const chunk of inChunks(bytes, [1000])) {
          state.pulled++;
          yield chunk;
        }
        if (fail !== undefined) throw fail;
      } finally {
        state.released++;
      }
    }
    return { state, source: source() };
  };

  test("is pulled, and released on an early end", async () => {
    const { state, source } = watched(LONG_ZIPPED);
    for await (const _ of gunzip(source, 1e9).chunks) break;
    expect(state.released).toBe(1);
    expect(state.pulled).toBeLessThan(10);
  });

  test("is released once, however deep", async () => {
    const { state, source } = watched(gzipSync(LONG_ZIPPED));
    for await (const _ of gunzip(source, 1e9).chunks) break;
    expect(state.released).toBe(1);
    const whole = watched(gzipSync(gzipSync("a")));
    for await (const _ of gunzip(whole.source, 1e9).chunks);
    expect(whole.state.released).toBe(1);
  });

  test("is released at a fault", async () => {
    const { state, source } = watched(LONG_ZIPPED);
    for await (const _ of gunzip(source, 10).chunks);
    expect(state).toMatchObject({ released: 1 });
  });

  test("passes its errors through, after what came before", async () => {
    const { state, source } = watched(ZIPPED.subarray(0, 20_000), new Error("connection lost"));
    const unpacked = gunzip(source, 1e9);
    let length = 0;
    const read = async () => {
      for await (const chunk of unpacked.chunks) length += chunk.length;
    };
    await expect(read()).rejects.toThrow("connection lost");
    expect(length).toBeGreaterThan(0);
    expect(state.released).toBe(1);
    expect(unpacked.fault).toBeUndefined();
  });
});

test("any damage gives a prefix of some decoding and never throws", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat({ max: 999_999 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }),
      async (damage, chunks) => {
        const bytes = gzipSync(TEXT.subarray(0, 8000));
        for (const [at, value] of damage) bytes[at % bytes.length] = value;
        const whole = await unpack(bytes, 1e6);
        const split = await unpack(bytes, 1e6, chunks);
        expect(split.code).toBe(whole.code);
        expect(split.bytes.equals(whole.bytes)).toBe(true);
      },
    ),
    { numRuns: runs(100) },
  ));
