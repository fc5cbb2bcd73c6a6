import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { originOf } from "../../src/flow/origin.ts";
import { decoderFor } from "../../src/formats/formats.ts";
import { joinFrames, NUMBERS } from "../../src/lib/frames.ts";
import { FORMATS as KINDS } from "../../src/registry.ts";
import { runs } from "../runs.ts";
import { decode, expectAccounted, inChunks, type Outcome, plain } from "../unit/formats/decoding.ts";
import { FORMATS } from "../unit/formats/specimens.ts";

const chunkSizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });
/** Bytes to put in at a place, and how many to take out there. */
const mutations = fc.array(
  fc.record({
    at: fc.nat({ max: 100_000 }),
    remove: fc.nat({ max: 3 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc
        .constantFrom('"', "{", "}", "[", "]", ",", ":", "\\", "\n", "\0", "\r\n", "null", "-", "é")
        .map((text) => Buffer.from(text)),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

const withoutNumbers = ({ record: _, context: __, ...flow }: Record<string, unknown>) => flow;
/** Fewer records of an object are counted otherwise. */
const withoutCount = ({ context, ...flow }: Record<string, unknown>) => ({
  ...flow,
  context: { ...(context as object), captureRecords: undefined },
});
const comparable = ({ flows, reasons: _, ...rest }: Outcome) => ({ ...rest, flows: flows.map(plain) });

describe.each(FORMATS.map((written) => ({ name: written.format, ...written })))("$name", (written) => {
  const { format, specimen, counting, object, damaged } = written;
  const specimens = fc.array(specimen, { minLength: 1, maxLength: 12 });
  const sample = object([counting(1n), counting(2n), counting(3n)]);

  test("any record comes out as it went in, whatever the chunks, gzipped or not, named or found", () =>
    fc.assert(
      fc.asyncProperty(specimens, chunkSizes, fc.boolean(), fc.boolean(), async (records, chunks, isZipped, isNamed) => {
        const text = object(records.map((record) => record.text));
        const outcome = await decode(isNamed ? format : "auto", isZipped ? gzipSync(text) : text, { chunks });
        expect(outcome.bad).toEqual([]);
        expect(outcome.flows.map((flow) => withoutNumbers(plain(flow)))).toEqual(records.map(({ flow }) => flow));
        expect(outcome.flows.map(({ record }) => record)).toEqual(records.map((_, index) => index + 1));
        expect(outcome).toMatchObject({ through: records.length, quality: [], skipped: {} });
      }),
    ));

  test("any damage: nothing is thrown, every record is accounted for once, and chunks make no difference", () =>
    fc.assert(
      fc.asyncProperty(specimens, mutations, chunkSizes, async (records, changes, chunks) => {
        let bytes = Buffer.from(object(records.map((record) => record.text)));
        for (const { at, remove, insert } of changes) {
          const place = at % bytes.length;
          bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
        }
        for (const name of [format, "auto"] as const) {
          const outcome = await decode(name, bytes, { maxRecordBytes: 2000 });
          expectAccounted(outcome);
          expect(comparable(await decode(name, bytes, { maxRecordBytes: 2000, chunks }))).toEqual(comparable(outcome));
        }
      }),
      { numRuns: runs(150) },
    ));

  test("messages of a log, whatever is wrong with some: each comes out as an object by itself, and has its own share of the numbers", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(specimens, fc.oneof(fc.constant([]), mutations), fc.boolean()), { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 30_000 }),
        chunkSizes,
        async (messages, first, chunks) => {
          const objects = messages.map(([records, changes, isZipped]) => {
            let bytes = Buffer.from(object(records.map((record) => record.text)));
            for (const { at, remove, insert } of changes) {
              const place = at % Math.max(1, bytes.length);
              bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
            }
            return isZipped ? gzipSync(bytes) : bytes;
          });
          const frames = objects.map((bytes, index) => ({ base: (first + index) * NUMBERS, bytes }));
          for (const name of [format, "auto"] as const) {
            const together = await decode(name, joinFrames(frames), { framed: true, maxRecordBytes: 2000, chunks });
            const alone = await Promise.all(objects.map((bytes) => decode(name, bytes, { maxRecordBytes: 2000 })));
            const shifted = (base: number) => (record: string | number) => Number.parseInt(String(record), 10) + base;
            expect(together.flows.map(plain)).toEqual(
              alone.flatMap(({ flows }, index) =>
                flows.map((flow) => ({ ...plain(flow), record: flow.record + (first + index) * NUMBERS })),
              ),
            );
            expect(together.bad).toEqual(
              alone.flatMap(({ bad }, index) =>
                bad.map(([record, code]) => [String(shifted((first + index) * NUMBERS)(record)), code]),
              ),
            );
            expect(together.through).toBe((first + objects.length) * NUMBERS);
          }
        },
      ),
      { numRuns: runs(60) },
    ));

  test("counters are exact over the whole range", () =>
    fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer({ min: -2, max: 2 }), async (any, near) => {
        const counters = [any, 2n ** 53n + BigInt(near), 2n ** 64n - 3n + BigInt(near)];
        const { flows } = await decode(format, object(counters.map(counting)));
        expect(flows.map(({ bytes }) => BigInt(bytes ?? -1))).toEqual(counters);
        for (const { bytes } of flows) expect(typeof bytes === "bigint" || Number.isSafeInteger(bytes)).toBe(true);
      }),
    ));

  test("records that were delivered before are counted and not decoded", () =>
    fc.assert(
      fc.asyncProperty(specimens, fc.nat({ max: 14 }), chunkSizes, async (records, skip, chunks) => {
        const text = object(records.map((record) => record.text));
        const whole = await decode(format, text);
        const rest = await decode(format, text, { skip, chunks });
        expect(rest.flows.map(plain)).toEqual(whole.flows.slice(skip).map(plain));
        expect(rest).toMatchObject({ bad: [], through: Math.max(skip, records.length) });
      }),
    ));

  test("bytes that begin behind some records are numbered from there", () =>
    fc.assert(
      fc.asyncProperty(specimens, fc.nat({ max: 12 }), chunkSizes, async (records, count, chunks) => {
        const texts = records.map(({ text }) => text);
        const leftOut = count % texts.length;
        const whole = await decode(format, object(texts), { skip: leftOut });
        const rest = await decode(format, object(texts.slice(leftOut)), { skip: leftOut, leftOut, chunks });
        expect(rest.flows.map(({ record }) => record)).toEqual(whole.flows.map(({ record }) => record));
        expect(rest.flows.map(plain).map(withoutCount)).toEqual(whole.flows.map(plain).map(withoutCount));
        expect(rest.through).toBe(whole.through);
      }),
    ));

  test("bad records before the position are not reported again", async () => {
    const text = object([counting(1n), "oops", counting(2n), "oops", counting(3n)]);
    const { bad, flows, through } = await decode(format, text, { skip: 2 });
    expect([bad.map(([record]) => record), flows.map(({ record }) => record), through]).toEqual([["4"], [3, 5], 5]);
  });

  test.each(Object.keys(damaged))("%s: the record is set aside, its neighbours are delivered", async (code) => {
    const bad = damaged[code] as string;
    const text = object([counting(1n), bad, counting(2n), bad, bad, counting(3n)]);
    for (const chunks of [[65_536], [1]]) {
      const outcome = await decode(format, text, { maxRecordBytes: 4000, chunks });
      expect(outcome.flows.map(({ record, bytes }) => [record, bytes])).toEqual([
        [1, 1],
        [3, 2],
        [6, 3],
      ]);
      expect(outcome.bad).toEqual([
        ["2", code],
        ["4", code],
        ["5", code],
      ]);
      for (const reason of outcome.reasons) {
        expect(reason).toMatch(/^[^\p{Cc}]{10,}$/u);
        expect(reason.length).toBeLessThan(300);
      }
    }
  });

  test("invalid UTF-8 is never replaced", async () => {
    const [before, after] = object([counting(1n), counting(2n).replace("198", "\u0001"), counting(3n)]).split("\u0001") as [
      string,
      string,
    ];
    for (const wrong of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf]]) {
      const bytes = Buffer.concat([Buffer.from(before), Buffer.from(wrong), Buffer.from(after)]);
      const { flows, bad } = await decode(format, bytes);
      expect(flows.map(({ record }) => record)).toEqual([1, 3]);
      expect(bad).toEqual([["2", "invalid-utf8"]]);
    }
  });

  test("a byte order mark and blanks around the records are no records", async () => {
    const whole = comparable(await decode(format, sample));
    for (const text of [`\ufeff${sample}`, `\n\r\n \t\n${sample}\n\n`, sample.trimEnd(), `\ufeff\n${sample.trimEnd()}  \r\n`]) {
      for (const name of [format, "auto"] as const) {
        expect(comparable(await decode(name, text, { chunks: [1] }))).toEqual(whole);
      }
    }
  });

  test("an object without a visible byte has no records", async () => {
    for (const bytes of ["", "\n\n", " \r\n\t", "\ufeff", gzipSync(""), gzipSync("\n")]) {
      for (const name of [format, "auto"] as const) {
        expect(await decode(name, bytes)).toMatchObject({ flows: [], bad: [], quality: [], skipped: {}, through: 0 });
      }
    }
  });

  test("gzip that is cut gives the records before the cut, and says so", () =>
    fc.assert(
      fc.asyncProperty(specimens, fc.nat({ max: 100_000 }), async (records, place) => {
        const zipped = gzipSync(object(records.map((record) => record.text)));
        const cut = 2 + (place % (zipped.length - 2));
        const outcome = await decode(format, zipped.subarray(0, cut));
        expectAccounted(outcome);
        const { flows, bad, through } = outcome;
        expect(flows.map((flow) => withoutNumbers(plain(flow)))).toEqual(records.slice(0, flows.length).map(({ flow }) => flow));
        expect(bad).toEqual([[`${through + 1}+`, "truncated-gzip"]]);
      }),
    ));

  test("gzip without its trailer loses no record", async () => {
    const { flows, bad } = await decode("auto", gzipSync(sample).subarray(0, -8));
    expect(flows.map(({ bytes }) => bytes)).toEqual([1, 2, 3]);
    expect(bad).toEqual([["4+", "truncated-gzip"]]);
  });

  test("a wrong checksum is reported after the records", async () => {
    const zipped = gzipSync(sample);
    zipped[zipped.length - 6] = (zipped.at(-6) as number) ^ 1;
    const { flows, bad } = await decode("auto", zipped);
    expect(flows.length).toBe(3);
    expect(bad).toEqual([["4+", "corrupt-gzip"]]);
  });

  test("past the cap on the decompressed size the object is set aside", async () => {
    const long = object(Array.from({ length: 1000 }, (_, index) => counting(BigInt(index))));
    const outcome = await decode("auto", gzipSync(long), { maxBytes: 50_000 });
    expectAccounted(outcome);
    expect(outcome.flows.length).toBeGreaterThan(50);
    expect(outcome.bad).toEqual([[`${outcome.through + 1}+`, "too-large"]]);
  });

  test("a fault before the position does not take records back", async () => {
    const { flows, bad, through } = await decode(format, gzipSync(sample).subarray(0, -8), { skip: 5 });
    expect([flows.length, bad, through]).toEqual([0, [["6+", "truncated-gzip"]], 5]);
  });

  test("contexts of equal VNICs are one object, also across objects that say nothing of themselves", async () => {
    const decoder = decoderFor(KINDS, format);
    const contexts = new Set<object>();
    for (const key of format === "ibm-vpc" ? ["k", "k"] : ["k1", "k2"]) {
      const pieces = decoder(inChunks(Buffer.from(sample), [300]), originOf("s", key, "e"), {
        skip: 0,
        maxBytes: 1e6,
        maxRecordBytes: 1e5,
      });
      for await (const { flows } of pieces) for (const { context } of flows) contexts.add(context);
    }
    expect(contexts.size).toBe(1);
  });

  test("an early end releases the bytes; their errors pass through", async () => {
    let released = 0;
    async function* endless() {
      try {
        yield Buffer.from(sample.slice(0, -2));
        for (;;) yield Buffer.from(format === "ibm-vpc" ? `,${counting(4n)}` : `\n${counting(4n)}\n`);
      } finally {
        released++;
      }
    }
    const limits = { skip: 0, maxBytes: 1e9, maxRecordBytes: 1e5 };
    for await (const { through } of decoderFor(KINDS, "auto")(endless(), originOf("s", "k", "e"), limits))
      if (through > 100) break;
    expect(released).toBe(1);

    async function* failing() {
      yield Buffer.from(sample.slice(0, -2));
      throw new Error("connection lost");
    }
    const read = async () => {
      for await (const _ of decoderFor(KINDS, "auto")(failing(), originOf("s", "k", "e"), limits));
    };
    await expect(read()).rejects.toThrow("connection lost");
  });
});
