import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { asset } from "../../../src/lib/assets.ts";

const unit = readFileSync(asset("deploy/systemd/flowferry.service"), "utf8");
const readme = readFileSync(asset("deploy/systemd/README.md"), "utf8");
const setting = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];

test("a stop waits for longer than the worker may take by default", () => {
  const config = parseConfig("flowferry.yaml", "source: { type: directory, path: b }\nsinks: [{ type: ndjson, path: o }]\n", {});
  expect(Number.parseInt(setting("TimeoutStopSec") ?? "", 10) * 1000).toBeGreaterThan(config.run.shutdownMs);
});

test("the configuration of the README is valid, keeps its ledger where the unit may write, and listens where it may", () => {
  const text =
    /```yaml\n(.*?)```/s.exec(readme)?.[1]?.replaceAll(/\$\{file:[^}]+\}/g, "https://hooks.slack.com/services/T/B/x") ?? "";
  const config = parseConfig("/etc/flowferry/flowferry.yaml", text, { OTLP_ENDPOINT: "https://otlp.example.com" });
  expect(config.ledgerPath).toMatch(new RegExp(`^/var/lib/${setting("StateDirectory")}/`));
  expect(`tcp:${config.telemetry.listen?.split(":").at(-1)}`).toBe(setting("SocketBindAllow"));
});

test("the secrets that the README's configuration reads are those of the credentials", () => {
  const dropIn = readFileSync(asset("deploy/systemd/flowferry.service.d/credentials.conf"), "utf8");
  const given = [...dropIn.matchAll(/^LoadCredential=([^:]+):/gm)].map(([, name]) => name);
  const read = [...readme.matchAll(/\$\{file:\/run\/credentials\/flowferry\.service\/([\w-]+)\}/g)].map(([, name]) => name);
  expect([...new Set(read)]).toEqual(given);
});
