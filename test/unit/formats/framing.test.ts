import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isThorough, runs } from "../../runs.ts";
import { expectAlike } from "../alike.ts";
import { decode, expectAccounted, type Outcome, plain } from "./decoding.ts";
import { DAMAGE, damagedAt, FRAMES, type Frame, indented, RESULT_FRAMES } from "./frames.ts";
import { IBM, OCI } from "./specimens.ts";

const chunkSizes = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 12 });
const PACKINGS: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => bytes,
  (bytes) => gzipSync(bytes),
  (bytes) => gzipSync(gzipSync(bytes)),
  (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, bytes.length >> 1)), gzipSync(bytes.subarray(bytes.length >> 1))]),
];
const packing = fc.constantFrom(...PACKINGS);
const withoutPlace = ({ record: _, context: __, ...flow }: Record<string, unknown>) => flow;
const comparable = ({ flows, reasons: _, ...rest }: Outcome) => ({ ...rest, flows: flows.map(plain) });

/** A record as it is, or in one more of the wrappers of the search. */
const events = fc.tuple(OCI.specimen, fc.boolean()).map(([{ text, flow }, isResult]) => ({
  text: isResult ? `{"data":${text}}` : text,
  flow,
}));

/** Which of six records is damaged: the first, one in the middle, the last; where somebody waits each of them in a third of the pairs. */
function placesFor(frame: string, kind: string): readonly number[] {
  const places = [0, 2, 5];
  return isThorough ? places : [places[(frame.length + kind.length) % 3] as number];
}

/** Sizes of chunks: a byte each around the damage, and a few each until into the record behind it; where nobody waits, a byte everywhere. */
function byteByByte(whole: string, damaged: string): number[] {
  if (isThorough) return [1];
  const at = [...whole].findIndex((mark, index) => mark !== damaged[index]);
  const behind = Math.ceil((OCI.counting(1n).length + 50) / 7);
  return [Math.max(1, at - 50), ...Array<number>(100).fill(1), ...Array<number>(behind).fill(7), damaged.length];
}

describe.each([...FRAMES, ...RESULT_FRAMES])("OCI events, $name", ({ name, put }: Frame) => {
  test("are the same flows with the same numbers, whatever the chunks and the packing, named or found", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(events, { minLength: 1, maxLength: 7 }),
        chunkSizes,
        packing,
        fc.constantFrom("oci-vcn", "auto"),
        async (records, chunks, pack, format) => {
          const object = pack(Buffer.from(put(records.map(({ text }) => text))));
          const outcome = await decode(format, object, { chunks });
          expect(outcome.flows.map((flow) => withoutPlace(plain(flow)))).toEqual(records.map(({ flow }) => flow));
          expect(outcome.flows.map(({ record }) => record)).toEqual(records.map((_, index) => index + 1));
          expect(outcome).toMatchObject({ bad: [], quality: [], skipped: {}, through: records.length });
        },
      ),
      { numRuns: runs(15) },
    ));

  test("are counted, not read, up to where they were delivered", async () => {
    const texts = [1n, 2n, 3n, 4n, 5n].map((bytes) => OCI.counting(bytes));
    for (let skip = 0; skip <= 6; skip++) {
      const { flows, bad, through } = await decode("oci-vcn", put(texts), { skip, chunks: [100] });
      const found = flows.map(({ record, bytes }) => [record, bytes]);
      expectAlike([found, bad, through], [[1, 2, 3, 4, 5].slice(skip).map((n) => [n, n]), [], Math.max(5, skip)]);
    }
  });

  test("a value that is none makes one bad record of its own number", async () => {
    const bad = OCI.counting(2n).replace("10.0.0.7", "10.0.0.777");
    const { flows, bad: found } = await decode("oci-vcn", put([OCI.counting(1n), bad, OCI.counting(3n), bad, OCI.counting(5n)]));
    expect(flows.map(({ record, bytes }) => [record, bytes])).toEqual([
      [1, 1],
      [3, 3],
      [5, 5],
    ]);
    expect(found).toEqual([
      ["2", "bad-address"],
      ["4", "bad-address"],
    ]);
  });

  test.each(Object.keys(DAMAGE))("%s: all other records come out, and the broken one is named", async (kind) => {
    for (const place of placesFor(name, kind)) {
      const whole = put([1n, 2n, 3n, 4n, 5n, 6n].map((bytes) => OCI.counting(bytes)));
      const text = damagedAt(whole, place, DAMAGE[kind] as (record: string) => string);
      const outcome = await decode("oci-vcn", text);
      const [first] = outcome.bad;
      expect(outcome.flows.map(({ bytes }) => bytes)).toEqual([1, 2, 3, 4, 5, 6].filter((number) => number !== place + 1));
      expect(first?.[0]).toMatch(new RegExp(`^${place + 1}\\+?$`));
      const expected = comparable(outcome);
      for (const chunks of [byteByByte(whole, text), [50]]) {
        expectAlike(comparable(await decode("oci-vcn", text, { chunks })), expected);
      }
      for (const skip of [1, place + 1]) {
        const rest = await decode("oci-vcn", text, { skip });
        expectAlike(
          rest.flows.map(plain),
          expected.flows.filter(({ record }) => (record as number) > skip),
        );
      }
    }
  });

  test("a record that is too long is set aside, and what follows is read", async () => {
    const long = OCI.counting(2n).replace("NAME", `{[,"\\"${"x".repeat(7_000)}`.replace('"', ""));
    const text = put([OCI.counting(1n), long, OCI.counting(3n), OCI.counting(4n)]);
    for (const chunks of [[65_536], [10]]) {
      const { flows, bad } = await decode("oci-vcn", text, { maxRecordBytes: 5_000, chunks });
      expect(flows.map(({ record, bytes }) => [record, bytes])).toEqual([
        [1, 1],
        [3, 3],
        [4, 4],
      ]);
      expect(bad).toEqual([["2", "line-too-long"]]);
    }
  });
});

test("frames one after another are read as each by itself", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...FRAMES, ...RESULT_FRAMES), fc.array(events, { minLength: 1, maxLength: 4 })), {
        minLength: 2,
        maxLength: 4,
      }),
      chunkSizes,
      async (parts, chunks) => {
        const text = parts.map(([{ put }, records]) => put(records.map(({ text: record }) => record))).join("\n");
        const outcome = await decode("auto", text, { chunks });
        const records = parts.flatMap(([, list]) => list);
        expect(outcome.bad).toEqual([]);
        expect(outcome.flows.map((flow) => withoutPlace(plain(flow)))).toEqual(records.map(({ flow }) => flow));
      },
    ),
  ));

describe.each(FRAMES)("IBM objects, $name", ({ put }) => {
  const objectOf = (vnic: string, texts: readonly string[], list: string) =>
    `{"version":"0.0.1","network_interface_id":"${vnic}","capture_end_time":"2020-06-04T13:45:57Z","state":"ok",` +
    `"number_of_flow_logs":"${texts.length}","flow_logs":${list}}`;
  const vnics = ["a", "b", "c", "d"];

  test("are the same flows of the same VNICs, whatever the chunks and the packing", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(IBM.specimen, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
        chunkSizes,
        packing,
        fc.constantFrom("ibm-vpc", "auto"),
        async (objects, chunks, pack, format) => {
          const texts = objects.map((records, index) => {
            const elements = records.map(({ text }) => text);
            return objectOf(vnics[index] as string, elements, `[${elements.join(",")}]`);
          });
          const outcome = await decode(format, pack(Buffer.from(put(texts))), { chunks });
          expect(outcome).toMatchObject({ bad: [], quality: [], skipped: {} });
          expect(outcome.flows.map((flow) => withoutPlace(plain(flow)))).toEqual(objects.flat().map(({ flow }) => flow));
          expect(outcome.flows.map(({ record }) => record)).toEqual(objects.flat().map((_, index) => index + 1));
          expect(outcome.flows.map(({ context }) => context.vnic)).toEqual(
            objects.flatMap((records, index) => records.map(() => vnics[index])),
          );
        },
      ),
      { numRuns: runs(8) },
    ));

  test("a broken flow log is set aside, and no other one changes its VNIC", async () => {
    const object = (vnic: string, numbers: readonly bigint[]) => {
      const texts = numbers.map((number) => IBM.counting(number));
      return objectOf(vnic, texts, `[${texts.join(",")}]`);
    };
    const text = put([object("a", [1n, 2n, 3n]), object("b", [4n, 5n, 6n]), object("c", [7n])]);
    for (const [broken, vnic] of [
      [1, "a"],
      [2, "a"],
      [3, "a"],
      [5, "b"],
      [6, "b"],
    ] as const) {
      const mark = new RegExp(`("bytes_from_initiator":\\s*)(${broken})\\b`);
      for (const change of ["$1$2,,", "$1{", '$1"', "$1$2}"]) {
        const { flows, bad } = await decode("ibm-vpc", text.replace(mark, change), { chunks: [200] });
        const found = flows.map(({ bytes, context }) => `${context.vnic}${bytes}`);
        const others = ["a1", "a2", "a3", "b4", "b5", "b6", "c7"].filter((name) => name !== vnic + broken);
        expectAlike([found, bad.length > 0], [others, true]);
      }
    }
  });
});

/** Where to change how many bytes to what. */
const mutations = fc.array(
  fc.record({
    at: fc.nat({ max: 100_000 }),
    remove: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 500 })),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 2 }),
      fc
        .constantFrom(
          '"',
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\\",
          "\n",
          "\0",
          "\u001e",
          "\ufeff",
          "[\n",
          "{\n",
          "null",
          "oops\n",
          '{"data":',
        )
        .map((text) => Buffer.from(text)),
    ),
  }),
  { minLength: 1, maxLength: 5 },
);

test("any damage in any frame: each record is accounted for once, whatever the chunks, and whatever was delivered before", () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...FRAMES, ...RESULT_FRAMES),
      fc.constantFrom("oci-vcn", "ibm-vpc"),
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 6 }),
      mutations,
      chunkSizes,
      fc.nat({ max: 8 }),
      fc.boolean(),
      async ({ put }, format, counts, changes, chunks, skip, isCut) => {
        const texts = counts.map((count) =>
          format === "oci-vcn"
            ? OCI.counting(BigInt(count))
            : IBM.object(Array.from({ length: count }, (_, index) => IBM.counting(BigInt(index)))),
        );
        let bytes = Buffer.from(put(texts));
        for (const { at, remove, insert } of changes) {
          const place = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
        }
        const object = isCut ? gzipSync(bytes).subarray(0, -6) : bytes;
        const outcome = await decode(format, object, { maxRecordBytes: 1500 });
        expectAccounted(outcome);
        expect(comparable(await decode(format, object, { maxRecordBytes: 1500, chunks }))).toEqual(comparable(outcome));
        const rest = await decode(format, object, { maxRecordBytes: 1500, chunks, skip });
        expect(rest.flows.map(plain)).toEqual(outcome.flows.filter(({ record }) => record > skip).map(plain));
        expect(rest.through).toBe(Math.max(skip, outcome.through));
      },
    ),
    { numRuns: runs(150) },
  ));

test.each([
  ["an empty list", "[]"],
  ["lists of nothing", "[ ] \n[[],[]]\n"],
  ["no results", '{"data":{"results":[]}}'],
  ["no results, over several lines", indented('{"data":{"fields":null,"results":[],"summary":{"result-count":0}}}', "  ")],
])("%s has no record", async (_what, text) => {
  for (const format of ["oci-vcn", "auto"] as const) {
    expect(await decode(format, text)).toMatchObject({ flows: [], bad: [], skipped: {}, through: 0 });
  }
});

test.each([
  ["an empty object", "{}"],
  ["null", "null"],
  ["a page", "<!DOCTYPE html>\n<html><style>a{color:red}</style><body>Sign in</body></html>\n"],
  ["a table", "srcaddr,dstaddr\n10.0.0.1,10.0.0.2\n"],
  ["another list", '{"data":[{"id":"a"},{"id":"b"}]}'],
  ["an error", '{"code":"NotAuthenticated","message":"The required information was not provided."}'],
  ["nothing but zeros", "\0".repeat(5000)],
])("%s is never silence", async (_what, text) => {
  for (const format of ["oci-vcn", "ibm-vpc", "auto"] as const) {
    const { flows, bad } = await decode(format, text);
    expect(flows).toEqual([]);
    expect(bad.length).toBeGreaterThan(0);
  }
});

test.each([
  ["a list that is cut between records", (records: string[]) => `[${records.join(",")},`],
  ["a list that is cut behind a record", (records: string[]) => `[\n${records.join(",\n")}`],
  ["results that are cut", (records: string[]) => `{"data":{"results":[${records.join(",")}`],
  ["results that are cut behind the list", (records: string[]) => `{"data":{"results":[${records.join(",")}]`],
])("%s says so", async (_what, put) => {
  const { flows, bad } = await decode("auto", put([OCI.counting(1n), OCI.counting(2n)]));
  expect(flows.map(({ bytes }) => bytes)).toEqual([1, 2]);
  expect(bad).toEqual([["3+", "truncated-json"]]);
});

test("a line of text before the records is one bad record", async () => {
  const records = [OCI.counting(1n), OCI.counting(2n)];
  for (const { put } of FRAMES) {
    const { flows, bad } = await decode("auto", `Exported 2024-09-06: {2 records} of "flows\n${put(records)}`);
    expect(flows.map(({ record, bytes }) => [record, bytes])).toEqual([
      [2, 1],
      [3, 2],
    ]);
    expect(bad).toEqual([["1", "bad-json"]]);
  }
});

test.each([
  ["in the first line", [2, 3], ["1"]],
  ["in a later one", [1, 3], ["2"]],
])(
  "text that stands before a record in its line is one bad record, and the record is read: %s",
  async (where, records, named) => {
    const [first, second] = [OCI.counting(1n), OCI.counting(2n)];
    const lines = where === "in the first line" ? [`a${first}`, second] : [first, `a${second}`];
    const { flows, bad } = await decode("oci-vcn", `${lines.join("\n")}\n`);
    expect([flows.map(({ record }) => record), bad]).toEqual([records, named.map((record) => [record, "bad-json"])]);
  },
);

test("records behind what a logger puts before each line", async () => {
  const text = [1n, 2n, 3n].map((bytes) => `Sep  6 14:26:08 host export[7]: ${OCI.counting(bytes)}\n`).join("");
  const { flows, bad } = await decode("auto", text);
  expect(flows.map(({ bytes }) => bytes)).toEqual([1, 2, 3]);
  expect(bad.length).toBe(3);
});

test("what is broken is looked at again a bounded number of times", async () => {
  const line = `${OCI.counting(1n)}\n`;
  const bytes = runs(500_000, 4);
  for (const broken of [
    '{"a":'.repeat(bytes * 0.4),
    '{"data":{"action":{'.repeat(bytes * 0.06),
    '{"a":\n'.repeat(bytes * 0.12),
    "[".repeat(bytes),
  ]) {
    const { flows, bad } = await decode("oci-vcn", `${broken}\n${line}`, { maxRecordBytes: bytes });
    expect(flows.map(({ bytes }) => bytes)).toEqual([1]);
    expect(bad.length).toBeGreaterThan(0);
  }
});

test("an event of another log whose data is an empty list is skipped by its type, not lost", async () => {
  const other = '{"type":"com.example.other","data":[],"id":"a"}';
  const { flows, skipped, through } = await decode("auto", `${other}\n${OCI.counting(1n)}\n${other}\n`);
  expect([flows.map(({ record }) => record), { ...skipped }, through]).toEqual([[2], { "com.example.other": 2 }, 3]);
});
