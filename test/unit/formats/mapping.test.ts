import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { parseMapping } from "../../../src/formats/mapping.ts";
import { TARGETS } from "../../../src/formats/targets.ts";
import { asset } from "../../../src/lib/assets.ts";
import { UsageError } from "../../../src/lib/errors.ts";

const HEAD = "format: x\nsummary: y\nfields:\n";

test.each(readdirSync(asset("mappings/formats")))("%s is a mapping", (file) => {
  const mapping = parseMapping(readFileSync(asset(`mappings/formats/${file}`), "utf8"), file);
  expect(`${mapping.format}.yaml`).toBe(file);
  expect(mapping.record.fields.length).toBeGreaterThan(0);
});

describe("a wrong file is refused with its name and line", () => {
  test.each([
    [
      "unknown flow field",
      "  a: { to: bytes, type: counter, unit: By }\n  b: { to: sourceAdress, type: address }",
      5,
      "sourceAddress",
    ],
    ["unknown type", "  a: { to: bytes, type: number, unit: By }", 4, "counter"],
    ["type of another field", "  a: { to: bytes, type: port }", 4, "counter"],
    ["flow field with a context type", "  a: { to: bytes, type: crn-region }", 4, "counter"],
    ["context field with a flow type", "  a: { to: vnic, type: port }", 4, "string"],
    ["no unit", "  a: { to: start, type: time }", 4, "rfc3339"],
    ["unknown unit", "  a:\n    to: start\n    type: time\n    unit: h", 7, "rfc3339"],
    ["unit without meaning", "  a: { to: sourcePort, type: port, unit: By }", 4, "no unit"],
    ["no values", "  a: { to: action, type: action }", 4, "accept"],
    ["unknown value", "  a: { to: action, type: action, values: { YES: allow } }", 4, "allow"],
    ["values without meaning", "  a: { to: sourcePort, type: port, values: { a: b } }", 4, "no values"],
    ["unknown key", "  a:\n    to: sourcePort\n    type: port\n    kind: x", 7, "kind"],
    ["second of a list", "  a:\n    - { to: vnic, type: string }\n    - { to: nic, type: string }", 6, "vnic"],
    ["missing type", "  a: { to: sourcePort }", 4, "type"],
    ["no field at all", "  a: 5", 4, "a"],
    ["not YAML", "  a: { to: sourcePort ]", 4, "YAML"],
    ["a key twice", "  a: { to: sourcePort, type: port }\n  a: { to: sourcePort, type: port }", 5, "YAML"],
  ])("%s", (_what, fields, line, mention) => {
    const parse = () => parseMapping(`${HEAD}${fields}\n`, "my.yaml");
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(new RegExp(`^my\\.yaml:${line}: .*${mention}`));
  });

  test("unknown section", () => expect(() => parseMapping(`${HEAD}  {}\nfeilds: {}\n`, "m.yaml")).toThrow(/^m\.yaml:5: /));
  test("a field that is no column", () => {
    const text =
      "format: x\nsummary: y\ncolumns: [a]\nfields:\n  a: { to: vnic, type: string }\n  b: { to: vnic, type: string }\n";
    expect(() => parseMapping(text, "m.yaml")).toThrow(/^m\.yaml:6: .*b: is none of the columns/);
  });
  test("no format", () => expect(() => parseMapping("summary: x\nfields: {}\n", "m.yaml")).toThrow(/^m\.yaml:1: format: /));
  test("a list", () => expect(() => parseMapping("- a\n", "m.yaml")).toThrow(/^m\.yaml:1: /));
  test("nothing", () => expect(() => parseMapping("", "m.yaml")).toThrow(/^m\.yaml:1: /));
});

test("each target sets the field that it is named after, and no other", () => {
  expect(Object.keys(TARGETS).length).toBeGreaterThan(20);
  for (const [name, { set }] of Object.entries(TARGETS)) {
    const flow = new Flow(originOf("s", "k", "e"), 1, EMPTY_CONTEXT, 0);
    const before = new Map<string, unknown>(Object.entries(flow));
    set(flow, "value");
    const changed = Object.entries(flow).filter(([field, value]) => before.get(field) !== value);
    expect(changed).toEqual([[name, "value"]]);
  }
});

test("a protocol's number gives its name, unless the log has one", () => {
  const flow = new Flow(originOf("s", "k", "e"), 1, EMPTY_CONTEXT, 0);
  TARGETS.protocol?.set(flow, 6);
  expect(flow).toMatchObject({ protocol: 6, protocolName: "TCP" });
  TARGETS.protocol?.set(flow, 17);
  expect(flow).toMatchObject({ protocol: 17, protocolName: "TCP" });
});
