import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { originOf } from "../../../src/flow/origin.ts";
import { decoderFor } from "../../../src/formats/formats.ts";
import { loadMapping, parseMapping } from "../../../src/formats/mapping.ts";
import { asset } from "../../../src/lib/assets.ts";
import { FORMATS } from "../../../src/registry.ts";
import { loadSchema, parseSchema } from "../../../src/schemas/load.ts";
import { misfit } from "../../../src/transcode/layout.ts";
import { tablesOf } from "../enrich/snapshot.ts";
import { inChunks } from "../formats/decoding.ts";
import { event } from "./events.ts";
import { newTranscoder, SCHEMAS } from "./reading.ts";

const OCI = loadMapping("oci-vcn");
const wrongOf = (schema: ReturnType<typeof loadSchema>, mapping = OCI) => misfit(schema, mapping);
const text = (file: string) => readFileSync(asset(`mappings/${file}.yaml`), "utf8");
/** Schema otel with one more attribute, before that of this name. */
const otelWith = (attribute: string, before = "flow.detections") =>
  parseSchema("otel", "otel.yaml", text("schemas/otel").replace(`  ${before}:`, `  ${attribute}\n$&`).split("without:")[0] ?? "");

test.each(SCHEMAS)("the kernel writes what schema %s has", (name) => expect(wrongOf(loadSchema(name, "/"))).toBeUndefined());

test("an attribute of which nobody has said what becomes of it is none for the kernel, whatever decides it", () => {
  expect(wrongOf(otelWith("flow.new: connectionDuration"))).toBe("it is not told what becomes of flow.new");
  expect(wrongOf(otelWith("flow.new: { field: sourceZone, values: { internal: true } }"))).toContain("flow.new");
  expect(wrongOf(otelWith("flow.new: { list: [sourceServer, flowId] }"))).toContain("flow.new");
});

test("what the decoder fills, and what a context says, needs no word", () => {
  expect(wrongOf(otelWith("flow.new: rejectReason"))).toBeUndefined();
  expect(wrongOf(otelWith("flow.new: initiated"))).toBeUndefined();
  expect(wrongOf(otelWith("flow.new: logGroup"))).toBeUndefined();
});

test("attributes that the kernel writes stand in its order", () => {
  const moved = text("schemas/otel").replace(
    "  flow.bytes: bytes\n  flow.packets: packets\n",
    "  flow.packets: packets\n  flow.bytes: bytes\n",
  );
  expect(wrongOf(parseSchema("otel", "otel.yaml", moved))).toContain("flow.packets, flow.bytes");
});

test("the mapping reads nothing that the kernel passes over", () => {
  const reading = (member: string) =>
    parseMapping(
      text("formats/oci-vcn").replace("fields:", `fields:\n  ${member}: { to: rejectReason, type: string, optional: true }`),
      "oci-vcn.yaml",
    );
  for (const member of ["id", "source", "data.version"])
    expect(wrongOf(loadSchema("otel", "/"), reading(member))).toContain(member);
  for (const member of ["oracle.reason", "data.reason"])
    expect(wrongOf(loadSchema("otel", "/"), reading(member))).toBeUndefined();
});

test.each(["initiated", "tcpFlags", "logColumns"] as const)("records of a block that says %s are left", async (field) => {
  const tables = await tablesOf({});
  const said = { initiated: false, tcpFlags: 2, logColumns: { a: "b" } }[field];
  const lines = Buffer.from(Array.from({ length: 20 }, () => event()).join("\n"));
  let left = 0;
  const stages = {
    decode: ((bytes, origin, options, taker) =>
      decoderFor(FORMATS, "oci-vcn")(bytes, origin, options, {
        take: (...of) => taker?.take(...of) ?? -1,
        learn: (buffer, start, flow) => taker?.learn(buffer, start, Object.assign(flow, { [field]: said })),
      })) as Parameters<ReturnType<typeof newTranscoder>["reader"]>[0]["decode"],
    enrich: async (flows: readonly object[]) => {
      left += flows.length;
    },
    keep: () => true,
    enrichment: 0,
  };
  const read = newTranscoder().reader(stages, { tables: () => tables, needsFlows: () => false });
  const what = { origin: originOf("s", "k", "e"), options: { skip: 0, maxBytes: 1e9, maxRecordBytes: 1e6 } };
  await Array.fromAsync(read(inChunks(lines, [1000]), what, new AbortController().signal));
  expect(left).toBe(20);
});
