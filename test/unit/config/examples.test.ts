import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { asset } from "../../../src/lib/assets.ts";

const FOLDER = asset("examples");
const files = globSync("{*.yaml,backends/*.yaml}", { cwd: FOLDER });
const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");

const VALUES: Readonly<Record<string, string>> = {
  SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x",
  LOG_GROUP_OCID: "ocid1.loganalyticsloggroup.oc1.phx.amaaaaaa",
  CLOUD_LOGS_GUID: "90d208cc-e1dd-4fb2-a938-358e5996f056",
  KAFKA_BROKERS: "cell-1.streaming.us-ashburn-1.oci.oraclecloud.com:9092",
  LOGS_URL: "https://logs.example.com",
};

/** A value for each variable that the text takes from the environment without a default. */
function environmentOf(text: string): NodeJS.ProcessEnv {
  const names = [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = ""]) => name);
  return Object.fromEntries(names.map((name) => [name, VALUES[name] ?? `a-${name.toLowerCase()}-1`]));
}

test.each(files)("the example %s is a valid configuration, complete as it stands", (file) => {
  const text = read(file);
  const config = parseConfig(join(FOLDER, file), text, environmentOf(text));
  expect(config.sources).toHaveLength(1);
  expect(config.sinks.length + (config.archive === undefined ? 0 : 1)).toBeGreaterThan(0);
  // Who reads it is told what it is, and what it wants.
  expect(text).toMatch(/^# \S/);
});

test("the list of examples names each, and none that is not there", () => {
  const named = [...read("README.md").matchAll(/\]\(([\w/-]+\.yaml)\)/g)].map(([, file = ""]) => file);
  expect(named.toSorted()).toEqual(files.toSorted());
});
