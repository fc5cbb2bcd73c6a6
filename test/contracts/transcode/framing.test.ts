import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isThorough, runs } from "../../runs.ts";
import { DAMAGE, damagedAt, FRAMES, RESULT_FRAMES } from "../../unit/formats/frames.ts";
import { event } from "../../unit/transcode/events.ts";
import { expectSame, newTranscoder } from "../../unit/transcode/reading.ts";

const transcoder = newTranscoder();
const numbered = (count: number) => Array.from({ length: count }, (_, index) => event({ bytesOut: String(index + 1) }));
const lines = (events: readonly string[]) => events.map((one) => `${one}\n`).join("");
const OTHER = '{"type":"com.oraclecloud.other","data":{}}';
const quality = (type: string) =>
  event({ status: `"${type.toUpperCase()}"` }, {}, { type: `"com.oraclecloud.vcn.flowlogs.QualityEvent.${type}"` });
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");

const CHUNKS = [[1_000_000], [1000], [7, 1, 3000]];

/** All of them; where somebody waits each comes in a third of the pairs of a frame and a packing. */
const chunksFor = (frame: string, packing: number) => CHUNKS.filter((_, at) => isThorough || at === (frame.length + packing) % 3);

test.each([...FRAMES, ...RESULT_FRAMES])("events in any frame: $name", async ({ name, put }) => {
  const text = put(numbered(12));
  for (const [packing, object] of [text, `\ufeff${text}`, gzipSync(text), utf16(text), utf16(text).swap16()].entries()) {
    for (const chunks of chunksFor(name, packing)) await expectSame(object, { chunks }, transcoder);
  }
  await expectSame(text, { format: "auto" }, transcoder);
});

test.each(FRAMES)("damage in any frame: $name", async ({ put }) => {
  const whole = put(numbered(9));
  for (const damage of Object.values(DAMAGE)) {
    for (const place of isThorough ? [0, 4, 8] : [4])
      await expectSame(damagedAt(whole, place, damage), { chunks: [2500] }, transcoder);
  }
});

test("events of other types, and what a log says of itself, in between", async () => {
  const events = numbered(40).flatMap((one, index) => [
    one,
    [OTHER, quality("NoData"), quality("SkipData"), "{}", "x"][index % 5] ?? "",
  ]);
  await expectSame(lines(events), {}, transcoder);
  await expectSame(events.join(""), {}, transcoder);
});

const BYTES = ["", "0", '"', "\\", "{", "}", ",", ":", "\n", "\0", "\xff", "a", "ü", "\r", "]"];

test("any damage to any byte", async () => {
  const whole = Buffer.from(lines(numbered(8)));
  const changes = fc.array(
    fc.record({ at: fc.nat({ max: whole.length - 1 }), drop: fc.nat({ max: 2 }), put: fc.constantFrom(...BYTES) }),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(changes, fc.constantFrom(1e6, 997, 64), async (damage, size) => {
      let bytes = whole;
      for (const { at, drop, put } of damage) {
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put, "latin1"), bytes.subarray(at + drop)]);
      }
      await expectSame(bytes, { chunks: [size] }, transcoder);
    }),
    { numRuns: runs(800) },
  );
});

test("damage to each byte of an event", async () => {
  const one = event();
  for (let at = 0; at < one.length; at += isThorough ? 3 : 13) {
    for (const put of BYTES) {
      const broken = one.slice(0, at) + put + one.slice(at + 1);
      await expectSame(lines([one, one, broken, one]), {}, transcoder);
    }
  }
});

test("an object that ends anywhere", async () => {
  const whole = lines(numbered(3));
  for (let length = 0; length <= whole.length; length += isThorough ? 3 : 11) {
    await expectSame(whole.slice(0, length), {}, transcoder);
  }
});

test("chunks of any size", async () => {
  // Records of two lengths: they begin at each place of a chunk.
  const few = Buffer.from(lines(numbered(12)));
  for (const size of [1, 2, 3]) {
    await expectSame(few, { chunks: [size] }, transcoder);
    await expectSame(gzipSync(few), { chunks: [size] }, transcoder);
  }
  const whole = Buffer.from(lines(numbered(60)));
  for (const size of [15, 16, 17, 255, 900, 947, 948, 949, 4096, 30_000]) {
    await expectSame(whole, { chunks: [size] }, transcoder);
    await expectSame(gzipSync(whole), { chunks: [size] }, transcoder);
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 30 }), async (chunks) => {
      await expectSame(whole, { chunks }, transcoder);
    }),
  );
});

test("a record that begins or ends where the kernel's input ends", async () => {
  const length = event({ bytesOut: "1000" }).length + 1;
  for (const beyond of [0, 1, 2, 16, 17, length - 1]) {
    const before = 512 * 1024 - 3 * length + beyond;
    const first = event({}, { resourceId: `"${"x".repeat(before - event({}, { resourceId: '""' }).length - 1)}"` });
    const object = lines([first, ...Array<string>(8).fill(event({ bytesOut: "1000" }))]);
    await expectSame(gzipSync(object), {}, transcoder);
    await expectSame(object, {}, transcoder);
  }
});

test("objects in several members of gzip, in gzip twice, broken off, and with something behind", async () => {
  // The first and the last part are larger than one output of zlib.
  const events = numbered(800);
  const parts = [events.slice(0, 320), events.slice(320, 321), events.slice(321)].map((some) => gzipSync(lines(some)));
  const whole = Buffer.concat(parts);
  const many = Buffer.concat(events.slice(0, 100).map((one) => gzipSync(`${one}\n`)));
  const corrupt = Buffer.from(whole);
  corrupt.writeUInt8(corrupt.readUInt8(whole.length >> 1) ^ 0xff, whole.length >> 1);
  const objects = [
    whole,
    many,
    gzipSync(whole),
    gzipSync(gzipSync(whole)),
    whole.subarray(0, -20),
    corrupt,
    Buffer.concat([whole, Buffer.from("x")]),
  ];
  for (const object of objects) {
    for (const format of ["oci-vcn", "auto"]) await expectSame(object, { chunks: [2000], format }, transcoder);
  }
});

test("from any record on", async () => {
  const whole = lines(numbered(30));
  for (const leftOut of [0, 5]) {
    for (let skip = leftOut; skip <= leftOut + 32; skip += 3) {
      await expectSame(whole, { skip, leftOut, chunks: [4000] }, transcoder);
    }
  }
});

test("numbers of records up to the last that have eight digits, and behind", async () => {
  const whole = lines(numbered(20));
  for (const leftOut of [2 ** 31 - 10, 2 ** 32 - 10, 2 ** 40]) await expectSame(whole, { skip: leftOut, leftOut }, transcoder);
});

test("records as long as is allowed, and longer", async () => {
  const { length } = event({ bytesOut: "10" });
  for (const maxRecordBytes of [length - 1, length, length + 1]) {
    const taken = await expectSame(lines(numbered(120)), { maxRecordBytes, chunks: [20_000] }, transcoder);
    expect(taken > 0).toBe(true);
  }
});

test("objects cut off at their greatest size", async () => {
  const whole = lines(numbered(40));
  for (const maxBytes of [1, 1000, 20_000, whole.length]) await expectSame(gzipSync(whole), { maxBytes }, transcoder);
});
