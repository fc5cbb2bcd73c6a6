import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createDetector } from "../../../src/detect/evaluate.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { decoderFor } from "../../../src/formats/formats.ts";
import { generate } from "../../../src/generator/generate.ts";
import { INCIDENTS, type IncidentId } from "../../../src/generator/incidents.ts";
import { lookupFiles } from "../../../src/generator/lookup-files.ts";
import type { FormatName } from "../../../src/generator/options.ts";
import { FORMATS } from "../../../src/registry.ts";
import { runs } from "../../runs.ts";
import { openLookups } from "../enrich/lookups.ts";
import { rules } from "../shipped-rules.ts";

const folder = mkdtempSync(join(tmpdir(), "flowferry-incidents-"));
afterAll(() => rmSync(folder, { recursive: true }));

const DECODERS = { oci: "oci-vcn", ibm: "ibm-vpc", text: "vcn-text", aws: "aws-vpc" } as const;
const DECODE_OPTIONS = { skip: 0, maxBytes: 1e9, maxRecordBytes: 1e7 };

/** Level, rule and ends of every match in a generated bucket. */
async function matchesIn(format: FormatName, seed: string, incidents: readonly IncidentId[]) {
  const generation = generate({ format, seed, incidents, flows: runs(20_000, 3), spanMs: 6 * 3_600_000, vnics: runs(16, 2) });
  const tables = lookupFiles(generation);
  const pathOf = (name: string): string => join(folder, `${format}-${seed}-${name}.csv`);
  for (const name of ["servers", "subnets", "networks"]) writeFileSync(pathOf(name), tables[`${name}.csv`] ?? "");
  const paths = { servers: pathOf("servers"), subnets: pathOf("subnets"), networks: pathOf("networks") };
  const lookups = await openLookups(paths, (event) => {
    throw new Error(JSON.stringify(event));
  });
  const detector = createDetector(rules);
  const found: { level: string; rule: string; source: unknown; destination: unknown }[] = [];
  detector.onMatch(({ rule, flow }) =>
    found.push({ level: rule.level, rule: rule.name, source: flow.sourceAddress, destination: flow.destinationAddress }),
  );
  const decode = decoderFor(FORMATS, DECODERS[format]);
  for await (const object of generation) {
    async function* bytes() {
      yield object.bytes;
    }
    for await (const { flows } of decode(bytes(), originOf("test://bucket", object.key, "1"), DECODE_OPTIONS)) {
      lookups.enrich(flows);
      for (const flow of flows) detector.inspect(flow);
    }
  }
  detector.settle();
  await lookups.close();
  return { found, incidents: generation.truth().incidents };
}

/** The rules that find each incident of the generator, by its own description. */
const EXPECTED: Readonly<Record<IncidentId, readonly string[]>> = {
  "ssh-from-outside": ["ssh_accepted_from_outside"],
  // A scan from outside is told as low.
  "port-scan": [],
  "brute-force": ["brute_force_succeeded", "rdp_accepted_from_outside"],
  exfiltration: ["exfiltration_volume", "large_transfer"],
  beacon: ["beacon"],
};

test.each(["oci", "ibm", "text", "aws"] as const)(
  "%s: each incident is found, each rule fires once, nothing else is above low",

  async (format) => {
    const { found, incidents } = await matchesIn(format, "7", INCIDENTS);
    const grave = found.filter(({ level }) => level !== "low");
    const expected = incidents.flatMap(({ id, source, destination }) =>
      (EXPECTED[id as IncidentId] ?? []).map((rule) => `${rule} ${source} ${destination}`),
    );
    expect(grave.map(({ rule, source, destination }) => `${rule} ${source} ${destination}`).sort()).toEqual(expected.sort());
  },
);

test.each([
  ["oci", "8"],
  ["ibm", "9"],
] as const)("%s: normal traffic raises nothing above low", async (format, seed) => {
  const { found } = await matchesIn(format, seed, []);
  expect(found.filter(({ level }) => level !== "low")).toEqual([]);
});
