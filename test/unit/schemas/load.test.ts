import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../../src/lib/errors.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { loadSchema, parseSchema } from "../../../src/schemas/load.ts";
import { sshFlow } from "../sinks/flows.ts";

const parse = (...lines: string[]) => parseSchema("mine", "mine.yaml", ["summary: mine", ...lines].join("\n"));

test.each([
  [
    ["ndjson: flat", "attributes:", "  a: uid", "  b: sourceAdress"],
    'mine.yaml:5: attributes › b: no field of a flow is called "sourceAdress": did you mean sourceAddress?',
  ],
  [["ndjson: flat", "attributes:", "  a: { field: bytes, time: ms }"], "mine.yaml:4: attributes › a › time: bytes is no time"],
  [
    ["ndjson: flat", "attributes:", "  a: { sum: [bytes, action] }"],
    "mine.yaml:4: attributes › a: action is no counter or number",
  ],
  [
    ["ndjson: flat", "attributes:", "  a: 7"],
    "mine.yaml:4: attributes › a: expected the name of a field, or an object with one of field, constant, sum, list, duration",
  ],
  [
    ["ndjson: flat", "attributes:", "  a: sourceColumns"],
    "mine.yaml:4: attributes › a: a name for columns ends with * (flow.source.*)",
  ],
  [["ndjson: flat", "attributes:", "  a.*: bytes"], "mine.yaml:4: attributes › a.*: only a name for columns ends with *"],
  [
    ["ndjson: nested", "attributes:", "  a: bytes", "  a.b: packets"],
    "mine.yaml:5: attributes › a.b: lies within a, which is a value",
  ],
  [
    ["ndjson: record", "resource:", "  a: sourceAddress", "attributes: {}"],
    "mine.yaml:4: resource › a: a resource holds constants and fields of the context alone",
  ],
  [
    ["ndjson: record", "resource:", "  service.name: provider", "attributes: {}"],
    "mine.yaml:4: resource › service.name: service.name is the sink's option `serviceName`",
  ],
  [["ndjson: flat", "attributes:", "  a: uid", "  a: bytes"], "mine.yaml:5: "],
  [["ndjson: rows", "attributes: {}"], "mine.yaml:2: ndjson: "],
  [
    ["ndjson: flat", "attributes:", "  a: { sum: [bytes, packets] }", "without:", "  - uid", "  - packets"],
    "mine.yaml:7: without › 1: packets is not left out",
  ],
  [
    ["ndjson: flat", "attributes: {}", "without: [packet]"],
    'mine.yaml:4: without › 0: no field of a flow is called "packet": did you mean packets?',
  ],
  [["like: otel", "resource: [flow.vnic]"], "mine.yaml:3: resource › 0: flow.vnic is no attribute of schema otel's records"],
  [["like: otel", "resource:", "  - host.id", "  - cloud.region"], "mine.yaml:5: resource › 1: cloud.region is no attribute of"],
  [["like: otel", "resource: [flow.bytes]"], "mine.yaml:3: resource › flow.bytes: a resource holds constants and fields of the"],
  [["like: otl", "resource: [host.id]"], "mine.yaml:2: like: otl is no schema that another can be like"],
  [["like: otel-compact", "resource: [host.id]"], "mine.yaml:2: like: otel-compact is no schema that another can be like"],
  [["like: otel", "attributes: {}", "resource: [host.id]"], "mine.yaml:"],
])("a wrong schema is named by file and line: %j", (lines, message) => {
  expect(() => parse(...lines)).toThrow(UsageError);
  expect(() => parse(...lines)).toThrow(message);
});

test("an unknown name to be like is told before what is missing beside it", () => {
  expect(() => parseSchema("mine", "mine.yaml", "like: nosuch\n")).toThrow(
    "mine.yaml:1: like: nosuch is no schema that another can be like",
  );
});

test("a name that is no schema is answered with those there are", () => {
  expect(() => loadSchema("otell", "/")).toThrow(
    'no schema "otell": otel, otel-compact, ecs, ocsf, seed, log-analytics, or a file ending in .yaml; did you mean otel?',
  );
  expect(() => loadSchema("./none.yaml", "/nowhere")).toThrow("cannot read schema /nowhere/none.yaml");
});

test("a schema of one's own, beside the configuration, with every form of a value", () => {
  const folder = mkdtempSync(join(tmpdir(), "schema-"));
  try {
    writeFileSync(
      join(folder, "mine.yaml"),
      `summary: mine
ndjson: nested
attributes:
  when.s: { field: time, time: s }
  when.iso: { field: time, time: iso }
  verdict: { field: action, values: { accept: yes, reject: no } }
  gone: { field: action, values: { reject: no } }
  port: { field: destinationPort, as: string }
  protocol: { field: protocolName, case: lower }
  nothing: { field: bytesReverse, missing: 0 }
  who.*: destinationColumns
  fixed: { constant: [a, b] }
  total: { sum: [bytes, bytesReverse] }
  ends: { list: [sourceAddress, destinationAddress] }
  took: { duration: [start, end], unit: ms }
`,
    );
    expect(JSON.parse(linePrinter(loadSchema("./mine.yaml", folder), "x")(sshFlow(), 0))).toEqual({
      when: { s: 1_725_632_768, iso: "2024-09-06T14:26:08.000Z" },
      verdict: "yes",
      port: "22",
      protocol: "tcp",
      nothing: 0,
      who: { owner: "platform", zone: "dmz" },
      fixed: ["a", "b"],
      total: 4096,
      ends: ["203.0.113.9", "10.0.1.7"],
      took: 5000,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
