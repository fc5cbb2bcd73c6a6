import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { Scrubber } from "../../../src/lib/secrets/scrubber.ts";

const load = (options: string, env: NodeJS.ProcessEnv = {}, secrets = new Scrubber()) =>
  parseConfig(
    "f.yaml",
    `source: { type: directory, path: bucket }
sinks:
  - type: ndjson
    path: out.ndjson
${options}`,
    env,
    secrets,
  );

test("a sink of whatever type may get less, durations have their unit, and the key is kept secret", () => {
  const secrets = new Scrubber();
  const options = `    redact: { drop: [flowId], hash: { key: "\${HASH_KEY}" } }
    sample: { oneIn: 10 }
    aggregate: { window: 1h, by: connection }`;
  const { sinks } = load(options, { HASH_KEY: "0123456789abcdef" }, secrets);
  expect(sinks[0]?.reduction).toEqual({
    redact: { drop: ["flowId"], hash: { key: "0123456789abcdef" } },
    sample: { oneIn: 10 },
    aggregate: { windowMs: 3_600_000, by: "connection", most: 20_000 },
  });
  expect(secrets.scrub("the key 0123456789abcdef was taken")).not.toContain("0123456789abcdef");
});

test.each([
  ["    sample: { onein: 10 }", "f.yaml:5:15: unknown key sinks[0].sample.onein: did you mean oneIn?"],
  ["    sample: { oneIn: 1 }", "f.yaml:5:22: sinks[0].sample.oneIn: "],
  ["    aggregate: { window: 5 }", "f.yaml:5:26: sinks[0].aggregate.window: "],
  [
    "    redact: { drop: [sourcePrt] }",
    'f.yaml:5:22: sinks[0].redact.drop[0]: there is no field "sourcePrt": did you mean sourcePort?',
  ],
  ["    redact: {}", "f.yaml:5:13: sinks[0].redact: says nothing: drop, hash or prefix"],
  ["    agregate: {}", "f.yaml:5:5: unknown key sinks[0].agregate: did you mean aggregate?"],
])("%s is refused with its place", (options, message) => {
  expect(() => load(options)).toThrow(message);
});
