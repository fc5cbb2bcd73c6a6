import { expect, test } from "vitest";
import { checkRole } from "../../../src/cli/role.ts";
import { parseConfig } from "../../../src/config/load.ts";

const plain = "source: { type: directory, path: b }\nsinks: [{ type: ndjson, path: o }]\n";
const shared = `${plain}coordination: { kafka: { brokers: ["127.0.0.1:9092"], securityProtocol: PLAINTEXT } }\n`;
const check = (text: string, mode: Parameters<typeof checkRole>[1]) => () => checkRole(parseConfig("f.yaml", text, {}), mode);

test("a role wants workers that share, and a job wants one that does not", () => {
  expect(check(plain, { untilCaughtUp: true })).not.toThrow();
  expect(check(shared, { untilCaughtUp: false, role: "ship" })).not.toThrow();
  expect(check(plain, { untilCaughtUp: false, role: "ship" })).toThrow("--role ship: the configuration has no coordination");
  expect(check(shared, { untilCaughtUp: true })).toThrow("are for jobs of one worker");
  expect(check(shared, { untilCaughtUp: false, object: ["b/k"] })).toThrow("are for jobs of one worker");
  expect(check(shared, { untilCaughtUp: false, role: "detect" })).toThrow("the configuration has no alerts");
  const rules = `${shared}alerts: { webhook: { url: "http://127.0.0.1:1" } }\n`;
  expect(check(rules, { untilCaughtUp: false, role: "detect" })).not.toThrow();
  expect(check(`${rules}`.replace(/^coordination.*\n/m, ""), { untilCaughtUp: false, role: "detect" })).toThrow(
    "--role detect: the configuration has no coordination",
  );
});

test("a password goes over TLS alone", () => {
  const open = shared
    .replace("127.0.0.1", "kafka.example")
    .replace("PLAINTEXT", "SASL_PLAINTEXT, sasl: { username: u, password: p }");
  expect(() => parseConfig("f.yaml", open, {})).toThrow(/f\.yaml:3:\d+: .*unencrypted/);
});
