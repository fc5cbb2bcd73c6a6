import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { originOf } from "../../../src/flow/origin.ts";
import { generate } from "../../../src/generator/generate.ts";
import type { FormatName } from "../../../src/generator/options.ts";
import { event } from "../../unit/transcode/events.ts";
import { expectSame, newTranscoder, SCHEMAS } from "../../unit/transcode/reading.ts";

const FIXTURES = new URL("../../fixtures/decoders/", import.meta.url);
const logs = readdirSync(FIXTURES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".log"));

test.each(SCHEMAS)("objects of all formats, one after the other: %s", async (schema) => {
  const transcoder = newTranscoder({ schema });
  expect(logs.length).toBeGreaterThan(30);
  for (const log of logs)
    await expectSame(readFileSync(new URL(log, FIXTURES)), { format: "auto", key: log, schema }, transcoder);
});

test.each<FormatName>(["oci", "ibm", "text", "aws"])("what the generator writes: %s", async (format) => {
  const transcoder = newTranscoder();
  let taken = 0;
  for await (const { key, bytes } of generate({ format, flows: 2000, vnics: 8, objects: 8, quality: true })) {
    taken += await expectSame(bytes, { format: "auto", key }, transcoder);
  }
  expect(taken > 1500).toBe(format === "oci");
});

test("all protocols, and any name of theirs", async () => {
  const numbers = Array.from({ length: 256 }, (_, number) => number);
  for (const name of ["TCP", "A-b-9", "x".repeat(12), "x".repeat(13), "a b", "ü"]) {
    const events = numbers.flatMap((number) =>
      [0, 0, 7].map((port) =>
        event({ protocol: String(number), protocolName: `"${name}"`, sourcePort: String(port), destinationPort: String(port) }),
      ),
    );
    await expectSame(events.join("\n"));
  }
});

test("the uids of records are those of their objects", async () => {
  const transcoder = newTranscoder();
  const objects = ["a", "b", "a"].map((key) => ({ key, digest: originOf("test", key, "etag").digest }));
  expect(objects[0]?.digest).not.toBe(objects[1]?.digest);
  for (const { key } of objects) await expectSame(Array<string>(20).fill(event()).join("\n"), { key }, transcoder);
});
