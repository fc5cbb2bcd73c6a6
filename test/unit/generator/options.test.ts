import { describe, expect, it } from "vitest";
import { generate } from "../../../src/generator/generate.ts";
import type { GenerateOptions } from "../../../src/generator/options.ts";
import { UsageError } from "../../../src/lib/errors.ts";

const BAD: readonly [string, Partial<GenerateOptions>, RegExp][] = [
  ["a format that there is not", { format: "gcp" as never }, /format gcp is none of oci, ibm, text, aws$/],
  ["no flows", { flows: 0 }, /flows is 0: expected a whole number from 1/],
  ["half a flow", { flows: 1.5 }, /flows is 1\.5/],
  ["fewer flows than the incidents are", { flows: 20 }, /20 flows are too few: the incidents alone are \d+/],
  ["both ways to say how many objects", { objects: 3, flowsPerObject: 3 }, /exclude each other/],
  ["more objects than flows", { flows: 500, objects: 501, incidents: [] }, /501 objects need more than 500 flows/],
  ["fewer objects than VNICs", { format: "ibm", objects: 7, vnics: 8 }, /7 objects are less than one for each of 8 VNICs/],
  ["too much at once", { format: "ibm", flows: 10_000_000, objects: 24 }, /at once are more than 500000/],
  ["too few servers", { vnics: 3 }, /vnics is 3: expected a whole number from 8 to 2000/],
  ["a span without room for incidents", { spanMs: 60_000 }, /need a span of at least 1h/],
  ["an incident that there is not", { incidents: ["flood" as never] }, /there is no incident flood/],
  ["a damage that there is not", { damage: ["rust" as never] }, /there is no damage rust: choose among truncated-gzip/],
  ["a damage of another format", { damage: ["wrong-count"] }, /wrong-count does not occur in format oci/],
  ["a level that gzip has not", { gzipLevel: 10 }, /gzip-level is 10/],
];

describe("generate refuses", () => {
  it.each(BAD)("%s", (_name, options, message) => {
    const attempt = () => generate({ format: "oci", ...options });
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(message);
  });
});
