import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { asset } from "../../../src/lib/assets.ts";

const ENV = {
  IBMCLOUD_API_KEY: "key",
  FLOWFERRY_HASH_KEY: "a key for the hash of addresses",
  OTLP_TOKEN: "token",
  SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x",
};
const SOURCE = "source: { type: directory, path: bucket }\n";
const SINKS = "sinks:\n  - { type: ndjson, path: out.ndjson }\n";

const examples = [...readFileSync(asset("README.md"), "utf8").matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);

test.each(examples)("an example of the README is a valid configuration, or a part of one:\n%s", (example) => {
  const text = `${/^sources?:/m.test(example) ? "" : SOURCE}${/^sinks:/m.test(example) ? "" : SINKS}${example}`;
  const config = parseConfig("flowferry.yaml", text, ENV);
  expect(config.sinks.length).toBeGreaterThan(0);
});

test("the README has a complete example each for OCI, IBM, AWS and a directory", () => {
  const complete = examples.filter((text) => /^source:/m.test(text) && /^sinks:/m.test(text));
  expect(complete.map((text) => /type: ([\w-]+)/.exec(text)?.[1])).toEqual(["oci-object-storage", "s3", "s3", "directory"]);
});
