import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../../src/config/load.ts";
import { Scrubber } from "../../../src/lib/secrets/scrubber.ts";

const token = "a-token-of-some-length";
const tls = { certificate: "tls/c.pem", key: "/abs/k.pem" };
const load = (intake: object, secrets = new Scrubber()) =>
  parseConfig(
    "/etc/f.yaml",
    stringify({ source: { type: "directory", path: "flows" }, sinks: [{ type: "ndjson", path: "o" }], intake }),
    {},
    secrets,
  );

test.each<[object, string]>([
  [{ listen: "0.0.0.0:9465" }, "takes events of anybody"],
  [{ listen: "[::]:9465" }, "takes events of anybody"],
  [{ listen: "flows.example:9465", tls }, "takes events of anybody"],
  [{ listen: "0.0.0.0:9465", token }, "the token can be read"],
  [{ listen: "0.0.0.0:9465", token, signatureKey: token }, "the token can be read"],
])("an address that others reach takes no events of anybody, and no token in the open: %j", (intake, why) => {
  expect(() => load(intake)).toThrow(why);
  expect(() => load(intake)).toThrow(/^\/etc\/f\.yaml:\d+:\d+: intake\.listen: /);
});

test.each([
  { listen: "127.0.0.1:9465" },
  { listen: "localhost:9465" },
  { listen: "[::1]:9465", token },
  { listen: "0.0.0.0:9465", signatureKey: token },
  { listen: "0.0.0.0:9465", token, tls },
  { listen: "0.0.0.0:9465", token, allowInsecure: true },
])("%j", (intake) => {
  expect(load(intake).intake?.listen).toBe(intake.listen);
});

test("files are looked for where the configuration lies, and the secrets are known", () => {
  const secrets = new Scrubber();
  const { intake } = load({ listen: "0.0.0.0:9465", token, tls }, secrets);
  expect(intake?.tls).toEqual({ certificate: "/etc/tls/c.pem", key: "/abs/k.pem" });
  expect(secrets.scrub(`said ${token}`)).not.toContain(token);
});

test.each([{ listen: "9465" }, {}, { listen: "127.0.0.1:9465", token: "short" }, { listen: "127.0.0.1:9465", maxBodyBytes: 1 }])(
  "what is wrong is refused: %j",
  (intake) => {
    expect(() => load(intake)).toThrow(/intake/);
  },
);
