import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { type FieldRule, loadMapping } from "../../../src/formats/mapping.ts";
import { ShapeReader } from "../../../src/formats/shape-reader.ts";
import type { Span } from "../../../src/formats/span.ts";
import { runs } from "../../runs.ts";
import { decode, plain } from "./decoding.ts";
import { IBM, OCI, type Written } from "./specimens.ts";

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null/g;

/** What may stand where a value or a name stood, valid JSON or not. */
const oddTokens = fc.oneof(
  fc.constantFrom(
    ...["0", "7", "007", "-0", "-1", "1.0", "1.5", "1e3", "1E+2", "70000", "256", "9007199254740993", "18446744073709551616"],
    ...["true", "false", "null", "[]", "{}", '{"a":1}', '""', '"\\u0041"', '"a\\"b"', '"\\ud800"', '"é"', '"}"', '"{"', '" x "'],
    ...[
      '"10.0.0.9"',
      '"10.100.xx.197"',
      '"::1"',
      '"ACCEPT"',
      '"accept"',
      '"rejected"',
      '"OK"',
      '"NODATA"',
      '"2024-09-06T14:26:08Z"',
    ],
    ...[
      '"\u0001"',
      '"\0"',
      '"',
      "",
      "x",
      ":",
      ",",
      '"a":1,"b"',
      '"type"',
      '"data"',
      '"logContent"',
      '"data.startTime"',
      '"ingestedtime"',
    ],
  ),
  fc.nat().map(String),
  fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)),
);

type Change =
  | { readonly token: number; readonly odd: string }
  | { readonly at: number; readonly odd: string; readonly drop: number };

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    fc.record({ token: fc.nat({ max: 200 }), odd: oddTokens }),
    fc.record({
      at: fc.nat({ max: 5000 }),
      odd: fc.constantFrom("", " ", "\t", ",", '"', "0", "9", "\\", "}", "{", "a", "."),
      drop: fc.nat({ max: 2 }),
    }),
  ),
  { maxLength: 3 },
);

function changed(text: string, list: readonly Change[]): string {
  let result = text;
  for (const change of list) {
    if ("token" in change) {
      const tokens = [...result.matchAll(TOKEN)];
      const token = tokens[change.token % Math.max(1, tokens.length)];
      if (token !== undefined) {
        result = result.slice(0, token.index) + change.odd + result.slice(token.index + token[0].length);
      }
    } else {
      const at = change.at % (result.length + 1);
      result = result.slice(0, at) + change.odd + result.slice(at + change.drop);
    }
  }
  return result.replaceAll("\n", " ");
}

/** Each record in a line of its own, where it ends whatever is broken in it. */
const linesOf = ({ format, object }: Written, texts: readonly string[]): string =>
  format === "ibm-vpc"
    ? `{"network_interface_id":"0717-83c0","capture_end_time":"2020-06-04T13:45:57Z","flow_logs":[\n${texts.join(",\n")}\n]}`
    : object(texts);

/** Each record by itself is the first of its object, for which nothing was learnt. */
async function alone(written: Written, texts: readonly string[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const text of texts) {
    const { flows, bad, quality, skipped } = await decode(written.format, linesOf(written, [text]));
    results.push([flows.map(plain).map(withoutNumber), codesOf(text, bad), quality, { ...skipped }]);
  }
  return results;
}

/** What is wrong with a record. In how many pieces one falls that is no JSON is told from those before it. */
function codesOf(text: string, bad: readonly (readonly [string, string])[]): unknown {
  return isJson(text) ? bad.map(([, code]) => code) : bad.length > 0;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const withoutNumber = ({ record: _, ...flow }: Record<string, unknown>) => flow;

async function together(written: Written, texts: readonly string[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (let count = 1; count <= texts.length; count++) {
    const before = await decode(written.format, linesOf(written, texts.slice(0, count - 1)));
    const { flows, bad, quality, skipped } = await decode(written.format, linesOf(written, texts.slice(0, count)));
    const newSkipped = Object.entries(skipped).filter(([type, number]) => number !== before.skipped[type]);
    results.push([
      flows.slice(before.flows.length).map(plain).map(withoutNumber),
      codesOf(texts[count - 1] as string, bad.slice(before.bad.length)),
      quality.slice(before.quality.length),
      Object.fromEntries(newSkipped.map(([type, number]) => [type, number - (before.skipped[type] ?? 0)])),
    ]);
  }
  return results;
}

describe.each([OCI, IBM].map((written) => ({ name: written.format, ...written })))("$name", (written) => {
  test("a record reads the same after others of its shape as by itself", () =>
    fc.assert(
      fc.asyncProperty(
        written.specimen,
        fc.array(fc.tuple(fc.boolean(), written.specimen, changes), { minLength: 1, maxLength: 5 }),
        async (first, others) => {
          const texts = [first.text];
          for (const [isSame, other, list] of others) texts.push(changed(isSame ? first.text : other.text, list));
          // Where a text that is not one object ends is told from those before it: what comes of it is the scanner's matter.
          const records = texts.filter((text) => text.trimStart().startsWith("{") && isOneElement(text));
          expect(await together(written, records)).toEqual(await alone(written, records));
        },
      ),
      { numRuns: runs(150) },
    ));
});

/** Whether a scanner that counts brackets outside of strings takes the text for one element. */
function isOneElement(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},"]/g)) {
    if (token === '"') return false;
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth < 0 || (token === "," && depth === 0)) return false;
  }
  return depth === 0;
}

describe("a reader", () => {
  const origin = originOf("s", "k", "e");
  const newFlow = () => new Flow(origin, 1, EMPTY_CONTEXT, 0);
  const span = (text: string): Span => ({ buffer: Buffer.from(text), start: 0, end: Buffer.byteLength(text), isAscii: true });
  /** Whether the whole text is read as one record. */
  const reads = (reader: ShapeReader, text: string, flow: Flow): boolean => {
    const { buffer, start, end } = span(text);
    return reader.read(buffer, start, end, flow) === end;
  };
  const rules = loadMapping("oci-vcn").record.fields;
  const oci = (bytes: number, ingested: string) =>
    `{"data":{"startTime":1725632768,"bytesOut":${bytes}},"oracle":{"tenantid":"t","ingestedtime":"${ingested}","vnicocid":"v"},"type":"T"}`;

  function taught(): ShapeReader {
    const reader = new ShapeReader({ rules, fixed: new Set(["type"]), block: "oracle" }, "ingestedtime");
    const flow = newFlow();
    flow.start = 1_725_632_768_000;
    flow.context = Object.freeze({ ...EMPTY_CONTEXT, vnic: "v" });
    flow.original = { tenantid: "t", ingestedtime: "before", vnicocid: "v" };
    reader.learn(span(oci(5, "before")), flow);
    return reader;
  }

  test("reads what differs in values only", () => {
    const flow = newFlow();
    expect(reads(taught(), oci(77, "later"), flow)).toBe(true);
    expect(flow).toMatchObject({ time: 1_725_632_768_000, start: 1_725_632_768_000, bytes: 77 });
    expect(flow.context.vnic).toBe("v");
    expect(flow.original).toEqual({ tenantid: "t", ingestedtime: "later", vnicocid: "v" });
  });

  test("keeps metadata apart that differs", () => {
    const reader = taught();
    const originals = ["a", "a", "b", "before"].map((ingested) => {
      const flow = newFlow();
      expect(reads(reader, oci(1, ingested), flow)).toBe(true);
      return flow.original as { ingestedtime: string };
    });
    expect(originals.map(({ ingestedtime }) => ingestedtime)).toEqual(["a", "a", "b", "before"]);
    expect(originals[0]).toBe(originals[1]);
  });

  test("sets fields that the metadata says, and leaves a record in which one is wrong or missing", () => {
    const within = (from: string, member: string, optional: boolean): FieldRule => {
      const rule = rules.find(({ name }) => name === from) as FieldRule;
      return { ...rule, name: `oracle.${member}`, parent: ["oracle"], member, optional };
    };
    const more = [within("data.flowid", "vnicocid", false), within("data.packets", "packets", true)];
    const text = (members: string) => `{"data":{"startTime":1725632768},"oracle":{${members}},"type":"T"}`;
    const reader = new ShapeReader({ rules: [...rules, ...more], fixed: new Set(["type"]), block: "oracle" });
    const reading = (members: string) => {
      const taught = newFlow();
      taught.start = 1;
      taught.original = JSON.parse(`{${members}}`);
      reader.learn(span(text(members)), taught);
      const flow = newFlow();
      return reads(reader, text(members), flow) && [flow.flowId, flow.packets];
    };
    expect(reading('"vnicocid":"v","packets":7')).toEqual(["v", 7]);
    expect(reading('"vnicocid":"w"')).toEqual(["w", undefined]);
    expect(reading('"vnicocid":"v","packets":7')).toEqual(["v", 7]);
    for (const members of [
      '"vnicocid":null',
      '"packets":7',
      '"vnicocid":"v","packets":-7',
      '"vnicocid":"v","packets":18446744073709551615',
    ]) {
      expect(reading(members)).toBe(false);
    }
  });

  test.each([
    ["another shape", '{"data":{}}'],
    ["another fixed value", oci(1, "x").replace('"T"', '"U"')],
    ["other metadata", oci(1, "x").replace('"v"', '"w"')],
    ["a wrong value", oci(1, "x").replace("1725632768", "1725632768000")],
    ["a number with a leading zero", oci(1, "x").replace(":1}", ":01}")],
    ["a fraction", oci(1, "x").replace(":1}", ":1.0}")],
    ["more digits than are exact", oci(1, "x").replace(":1}", ":1000000000000000}")],
    ["an escape", oci(1, "\\u0041")],
    ["something behind it", `${oci(1, "x")} `],
    ["less", oci(1, "x").slice(0, -1)],
  ])("leaves %s to be read in full", (_what, text) => expect(reads(taught(), text, newFlow())).toBe(false));

  test.each([
    ["a name with a dot in it", '{"data.startTime":1725632768,"data":{"startTime":1725632768},"type":"T"}'],
    ["a name twice", '{"data":{"startTime":1725632768,"bytesOut":1,"bytesOut":2},"type":"T"}'],
    ["a list", '{"data":{"startTime":1725632768},"list":[1,2],"type":"T"}'],
    ["an escape in a text", '{"data":{"startTime":1725632768,"flowid":"\\u0041"},"type":"T"}'],
    ["a number with a fraction", '{"data":{"startTime":1725632768,"bytesOut":18.0},"type":"T"}'],
    ["a number with an exponent", '{"data":{"startTime":1725632768,"bytesOut":1e3},"type":"T"}'],
    ["a number with a sign", '{"data":{"startTime":1725632768,"bytesOut":-0},"type":"T"}'],
    ["an object where a value belongs", '{"data":{"startTime":1725632768,"flowid":{}},"type":"T"}'],
    ["metadata that holds objects", '{"data":{"startTime":1725632768},"oracle":{"a":{},"b":1},"type":"T"}'],
    [
      "metadata with the changing member twice",
      '{"data":{"startTime":1},"oracle":{"ingestedtime":"a","ingestedtime":"b"},"type":"T"}',
    ],
    ["metadata with an escape", '{"data":{"startTime":1725632768},"oracle":{"a":"\\u0041"},"type":"T"}'],
  ])("does not learn from %s", (_what, text) => {
    const reader = new ShapeReader({ rules, fixed: new Set(["type"]), block: "oracle" }, "ingestedtime");
    const flow = newFlow();
    flow.start = 1;
    flow.original = {};
    reader.learn(span(text), flow);
    expect(reads(reader, text, newFlow())).toBe(false);
  });

  test.each([
    ["an object inside that has the changing member", '{"a":{"ingestedtime":"1","b":"c"},"source":"-"}'],
    ["an object inside behind the changing member", '{"ingestedtime":"1","a":{"b":"c"},"source":"-"}'],
    ["a bracket in a text, and the changing member again", '{"ingestedtime":"1","a":"}","ingestedtime":null,"source":"-"}'],
  ])("metadata with %s has its end where it ends", async (_what, metadata) => {
    const simple = OCI.counting(1n);
    const text = simple.replace(/"oracle":\{[^}]*\}/, `"oracle":${metadata}`);
    // Up to the first bracket of the metadata, and from its end on, it is a record as the first one.
    const early = text.replace('"source":"-"}', `"source":"-"${simple.slice(simple.indexOf(',"specversion"'))}`);
    const { flows, bad, through } = await decode("oci-vcn", [simple, text, early, early, simple, early, text, text].join("\n"));
    expect(flows.map(({ original }) => original)).toEqual(
      [simple, text, early, early, simple, early, text, text].map((one) => JSON.parse(one).oracle),
    );
    expect([bad, through]).toEqual([[], 8]);
  });

  test("does not learn where a member gives two fields", () => {
    const flowId = rules.find(({ name }) => name === "data.flowid") as FieldRule;
    const reader = new ShapeReader({ rules: [...rules, flowId], fixed: new Set(["type"]), block: "oracle" });
    const flow = newFlow();
    flow.start = 1;
    flow.original = { vnicocid: "v" };
    reader.learn(span(oci(1, "x")), flow);
    expect(reader.isEmpty).toBe(true);
  });

  test("empty text is never taken for a value", () => {
    const reader = new ShapeReader({ rules, fixed: new Set(["type"]) });
    const text = (id: string) => `{"data":{"startTime":1725632768,"flowid":"${id}"},"type":"T"}`;
    const flow = newFlow();
    flow.start = 1;
    reader.learn(span(text("a")), flow);
    for (let n = 0; n < 5000; n++) expect(reads(reader, text(n.toString(36)), newFlow())).toBe(true);
    expect(reads(reader, text(""), newFlow())).toBe(false);
  });

  test("knows several shapes at once, and forgets the one that was not used", () => {
    const reader = new ShapeReader({ rules, fixed: new Set(["type"]) });
    const texts = Array.from({ length: 5 }, (_, index) => `{"data":{"startTime":1725632768},"extra${index}":1,"type":"T"}`);
    for (const text of texts) {
      const flow = newFlow();
      flow.start = 1;
      reader.learn(span(text), flow);
    }
    expect(texts.map((text) => reads(reader, text, newFlow()))).toEqual([false, true, true, true, true]);
  });

  test("stops to learn where it is of no use", () => {
    const reader = new ShapeReader({ rules, fixed: new Set(["type"]) });
    const text = (index: number) => `{"data":{"startTime":1725632768},"extra${index}":1,"type":"T"}`;
    for (let index = 0; index < 1000; index++) {
      const flow = newFlow();
      flow.start = 1;
      reader.learn(span(text(index)), flow);
    }
    expect(reads(reader, text(999), newFlow())).toBe(false);
    expect(reads(reader, text(63), newFlow())).toBe(true);
  });
});
