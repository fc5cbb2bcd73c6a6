import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { memberNames } from "../../../src/formats/member-names.ts";
import { FORMATS } from "../../../src/registry.ts";
import { decode } from "./decoding.ts";
import { IBM, OCI, TEXT } from "./specimens.ts";

const OCI_LINE = OCI.counting(1n);
const UNKNOWN = [["1+", "unknown-format"]];

test.each([
  ["text", "hello\nworld\n"],
  ["JSON of something else", '{"a":{"data":1}}\n{"a":2}\n'],
  ["an empty object", "{}"],
  ["a list of empty objects", "[{},{}]"],
  ["null", "null\n"],
  ["a list that does not end", "[\n"],
  ["an answer of another service", '{"results":[{"name":"a"}],"total":1}'],
  ["a page", "<!DOCTYPE html>\n<html><head><style>a { color: red }</style></head><body>Sign in</body></html>\n"],
  ["a table", "srcaddr,dstaddr,action\n10.0.0.1,10.0.0.2,ACCEPT\n"],
  ["XML", "<data/>"],
  ["bytes", Buffer.from([0, 1, 2, 3, 255, 254])],
  ["numbers", "1 2 3\n"],
  ["nothing but zeros", Buffer.alloc(100_000)],
])("%s is of no known format: the whole object is set aside", async (_what, bytes) => {
  for (const chunks of [[65_536], [1000]]) {
    expect(await decode("auto", bytes, { chunks })).toMatchObject({ flows: [], bad: UNKNOWN, through: 0 });
  }
  expect(await decode("auto", gzipSync(bytes))).toMatchObject({ flows: [], bad: UNKNOWN });
});

test("the reason names the formats that are known", async () => {
  const { reasons } = await decode("auto", "hello");
  expect(reasons).toEqual([`the first lines are of no known format (${FORMATS.map(({ name }) => name).join(", ")})`]);
});

test.each([
  ["half a line", `${OCI_LINE.slice(0, 60)}\n`],
  ["a line that is no JSON", "oops\n"],
  ["bytes that are no text", "\u0001\u0002\u0003\n"],
])("%s at the beginning does not hide the format", async (_what, first) => {
  const { flows, bad } = await decode("auto", `${first}${OCI.object([OCI_LINE])}`);
  expect([flows.length, bad]).toEqual([1, [["1", "bad-json"]]]);
});

test("a first line longer than what is looked at is recognised by its beginning", async () => {
  const long = OCI_LINE.replace('"source":"-"', `"source":"${"x".repeat(200_000)}"`);
  const { flows, bad } = await decode("auto", OCI.object([long, OCI_LINE]), { maxRecordBytes: 100_000, chunks: [5000] });
  expect([flows.length, bad]).toEqual([1, [["1", "line-too-long"]]]);
});

test("blanks before the first record do not count, however many", async () => {
  for (const { format, object, counting } of [OCI, IBM, TEXT]) {
    const bytes = `${" \r\n\t".repeat(50_000)}${object([counting(1n)])}`;
    const { flows } = await decode("auto", bytes, { chunks: [7000] });
    expect([format, flows.length]).toEqual([format, 1]);
  }
});

test("a fault before any record is told as it is", async () => {
  const zipped = gzipSync(OCI.object([OCI_LINE]));
  expect((await decode("auto", zipped.subarray(0, 12))).bad).toEqual([["1+", "truncated-gzip"]]);
  expect((await decode("auto", Buffer.from("1f8b00", "hex"))).bad).toEqual([["1+", "truncated-gzip"]]);
  expect((await decode("auto", OCI.object([OCI_LINE]), { maxBytes: 0 })).bad).toEqual([["1+", "too-large"]]);
});

test("events of other logs, wrapped ones, indented IBM objects and text headers are recognised", async () => {
  expect((await decode("auto", '{"type":"com.oraclecloud.x","data":{}}')).skipped).toEqual({ "com.oraclecloud.x": 1 });
  expect((await decode("auto", `{"datetime":1,"logContent":${OCI_LINE},"regionId":"r"}`)).flows.length).toBe(1);
  const indented = JSON.stringify(JSON.parse(IBM.object([IBM.counting(1n)])), null, 2);
  expect((await decode("auto", indented)).flows.length).toBe(1);
  expect((await decode("auto", "version srcaddr dstaddr\n")).skipped).toEqual({ header: 1 });
});

test("a name that tells the format is found wherever it stands in the sample", async () => {
  const { ...members } = JSON.parse(IBM.object([IBM.counting(1n)])) as Record<string, unknown>;
  for (const size of [10, 2_000, 2_100, 50_000]) {
    const object = JSON.stringify({ about: "x".repeat(size), ...members });
    expect((await decode("auto", object)).flows.length, String(size)).toBe(1);
  }
});

test("memberNames finds the names of the outermost object, as far as there is JSON", () => {
  const names = (text: string) => [...memberNames(text, 0)];
  expect(names('{"a":1,"b":{"c":2,"d":[{"e":3}]},"f":"g","h":"i:j,k"}')).toEqual(["a", "b", "f", "h"]);
  expect(names('{"a\\"b":1} {"c":2}')).toEqual(['a\\"b']);
  expect(names('{ "a" :\n{"b":')).toEqual(["a"]);
  expect(names('{"a":"x\n","b":1}')).toEqual(["a"]);
  expect(names("{}")).toEqual([]);
  expect(names("{[}")).toEqual([]);
  expect(names('{"a":"\\"}","b":[{"c":"]"}],"d" x:1,"e":2}')).toEqual(["a", "b", "e"]);
  expect([...memberNames('{"a":1,"b":2}', 0, 11)]).toEqual(["a", "b"]);
  expect([...memberNames('{"a":1,"b":2}', 0, 9)]).toEqual(["a"]);
});
