import { describe, expect, test } from "vitest";
import { z } from "zod";
import { secret, secretHeaders, secretUrl } from "../../../../src/lib/secrets/mark.ts";
import { addEnvironment } from "../../../../src/lib/secrets/of-environment.ts";
import { addHeader } from "../../../../src/lib/secrets/of-headers.ts";
import { addOptions } from "../../../../src/lib/secrets/of-options.ts";
import { addUrl } from "../../../../src/lib/secrets/of-url.ts";
import { Scrubber } from "../../../../src/lib/secrets/scrubber.ts";

function knowing(tell: (secrets: Scrubber) => void): (text: string) => string {
  const scrubber = new Scrubber();
  tell(scrubber);
  return scrubber.scrub;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("of a URL", () => {
  const ofUrl = (url: string, secretPath = false) => knowing((secrets) => addUrl(secrets, url, { secretPath }));

  test("user and password, raw and decoded, and the Basic authorization that is made of them", () => {
    const scrub = ofUrl("https://svc-0A9:p%40ss-w0rd@host.example/");
    expect(scrub("svc-0A9:p%40ss-w0rd p%40ss-w0rd p@ss-w0rd svc-0A9")).toBe("*** *** *** ***");
    expect(scrub(`authorization: Basic ${base64("svc-0A9:p@ss-w0rd")}`)).toMatch(/^authorization: Basic \*{3}=*$/);
    expect(scrub("https://host.example/ refused")).toBe("https://host.example/ refused");
    expect(ofUrl("https://admin:admin@h")(`Basic ${base64("admin:admin")}, admin`)).toMatch(/^Basic \*{3}=*, admin$/);
    expect(ofUrl("https://ghp-x0TOKEN@h")("user ghp-x0TOKEN")).toBe("user ***");
  });

  test("parameters that are called like a secret, and those that look like one", () => {
    const scrub = ofUrl("https://h/v1/logs?token=mellon&x=a0B1c2D3&_stream_fields=cloud.region&limit=1000#f");
    expect(scrub("GET /v1/logs?token=mellon&x=a0B1c2D3&_stream_fields=cloud.region&limit=1000")).toBe(
      "GET /v1/logs?token=***&x=***&_stream_fields=cloud.region&limit=1000",
    );
    expect(ofUrl("https://h/?a+b0C1d2")("a b0C1d2 a+b0C1d2 a%20b0C1d2")).toBe("*** *** ***");
  });

  test("of the path what looks like a secret, and the path that it is in", () => {
    const scrub = ofUrl("https://h/in/a0B1c2D3/v1/logs");
    expect(scrub("POST /in/a0B1c2D3/v1/logs: no a0B1c2D3 in /v1/logs")).toBe("POST ***: no *** in /v1/logs");
    const harmless = "POST /insert/opentelemetry/v1/logs 20160918 otlpHttp base64 ipv4 tenant42 us-east1 jsonInText";
    expect(
      ofUrl("https://h/insert/opentelemetry/v1/logs/20160918/otlpHttp/base64/ipv4/tenant42/us-east1/jsonInText")(harmless),
    ).toBe(harmless);
  });

  test("of a webhook the whole path, and its long segments", () => {
    const scrub = ofUrl("https://hooks.example/services/T00000000/B00000000/xxYYzzSECRETxxYYzz", true);
    expect(scrub("at /services/T00000000/B00000000/xxYYzzSECRETxxYYzz")).toBe("at ***");
    expect(scrub("services: T00000000, B00000000, xxYYzzSECRETxxYYzz")).toBe("services: ***, ***, ***");
    expect(ofUrl("https://h/hook/correct-horse-battery-staple/", true)("/hook/correct-horse-battery-staple")).toBe("***");
    expect(ofUrl("https://h/hook/correct-horse-battery-staple/", true)("correct-horse-battery-staple")).toBe("***");
  });

  test("of a webhook no words", () => {
    const words = "OCI Notifications: /api has no alerts, see flowferry/notifications";
    expect(ofUrl("https://h/api/notifications/alerts/flowferry", true)(words)).toBe(words);
  });

  test("also of one that is none, for it may be shown as it is", () => {
    expect(ofUrl("htps//user:pass@host")("htps//user:pass@host")).toBe("htps//user:pass@host");
    expect(ofUrl("htps://user:pa55w0rd@ho st:99999/x")("pa55w0rd")).toBe("***");
    expect(ofUrl("just text")("just text")).toBe("just text");
  });
});

test("of a header: the value, the token after the scheme, and what Basic is made of", () => {
  const scrub = knowing((secrets) => {
    addHeader(secrets, "Authorization", "Bearer a0B1c2D3");
    addHeader(secrets, "Proxy-Authorization", `Basic ${base64("me:pa55w0rd")}`);
    addHeader(secrets, "X-Scope-OrgID", "flowferry-production");
    addHeader(secrets, "Accept", "application/json");
  });
  expect(scrub("authorization: Bearer a0B1c2D3")).toBe("authorization: ***");
  expect(scrub("token a0B1c2D3 of me:pa55w0rd, pa55w0rd")).toBe("token *** of ***, ***");
  expect(scrub('{"x-scope-orgid":"flowferry-production"} in flowferry-production/2026')).toBe(
    '{"x-scope-orgid":"***"} in flowferry-production/2026',
  );
  expect(scrub("use application/json")).toBe("use application/json");
});

describe("of options", () => {
  const schema = z.strictObject({
    name: z.string(),
    key: secret(z.string().min(1)).describe("described afterwards").optional(),
    hook: secretUrl(z.url()).optional(),
    headers: secretHeaders(z.record(z.string(), z.string())).default({}),
    auth: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("a"), apiKey: secret(z.string()).refine((text) => text !== "") }),
      z.strictObject({ type: z.literal("b") }),
    ]),
    parts: z.array(z.looseObject({ pin: secret(z.string()).prefault("") })).optional(),
    options: z.record(z.string(), z.unknown()).optional(),
  });
  const ofOptions = (value: unknown) => knowing((secrets) => addOptions(secrets, schema, value));

  test("those that are marked, however they are wrapped", () => {
    const scrub = ofOptions({
      name: "n4m3-0f-1t",
      key: "k3y-0f-1t",
      hook: "https://h/h00k-0f-1t",
      headers: { "x-any": "h34d3r-0f-1t" },
      auth: { type: "a", apiKey: "4p1-k3y-0f" },
      parts: [{ pin: "p1n-0f-1t" }],
    });
    expect(scrub("n4m3-0f-1t k3y-0f-1t h00k-0f-1t h34d3r-0f-1t 4p1-k3y-0f p1n-0f-1t")).toBe("n4m3-0f-1t *** *** *** *** ***");
  });

  test("those that nobody knows, by their names", () => {
    const scrub = ofOptions({
      options: {
        url: "u0-r1-l2",
        headers: { "x-any": "h34d3r-0f-1t" },
        nested: [{ clientSecret: "s3cr3t-0f", tokens: ["t0k3n-0f"], licenseKey: "k3y-0f-1t" }],
        auth: { "some thing": "4uth-0f-1t" },
      },
    });
    expect(scrub("u0-r1-l2 h34d3r-0f-1t s3cr3t-0f t0k3n-0f k3y-0f-1t 4uth-0f-1t")).toBe("u0-r1-l2 *** *** *** *** ***");
  });

  test("what is no valid value is passed over, or hidden all the same", () => {
    for (const value of [undefined, null, 1, "text", [], { parts: {}, headers: [], auth: 1, key: null }]) ofOptions(value);
    expect(ofOptions({ key: 123456789012, auth: { type: "c", apiKey: "4p1-k3y-0f" } })("123456789012 4p1-k3y-0f")).toBe(
      "*** ***",
    );
  });
});

test("of the environment: credentials, headers of OpenTelemetry, users of proxies", () => {
  const scrub = knowing((secrets) =>
    addEnvironment(secrets, {
      HTTPS_PROXY: "http://me:pr0xy-pw@proxy.example:3128",
      http_proxy: "you:0ther-pw@proxy.example:3128",
      NO_PROXY: "localhost",
      AWS_SESSION_TOKEN: "s3ss10n-t0k3n",
      OCI_RESOURCE_PRINCIPAL_RPST: "/etc/oci/rpst.token",
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=0tlp%2Dk3y,authorization=Bearer%20b34r3r-0f",
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "https://h/v1/logs?key=qu3ry-0f",
      HOME: "/root/h0m3-0f",
    }),
  );
  expect(scrub("pr0xy-pw 0ther-pw s3ss10n-t0k3n 0tlp-k3y 0tlp%2Dk3y b34r3r-0f qu3ry-0f")).toBe("*** *** *** *** *** *** ***");
  expect(scrub(`Basic ${base64("me:pr0xy-pw")}`)).toMatch(/^Basic \*{3}=*$/);
  expect(scrub("/etc/oci/rpst.token /root/h0m3-0f localhost proxy.example")).toBe(
    "/etc/oci/rpst.token /root/h0m3-0f localhost proxy.example",
  );
});
