import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { UsageError } from "../../../src/lib/errors.ts";
import { type OtlpOptions, otlpOptions } from "../../../src/sinks/otlp/options.ts";
import { resolveSettings } from "../../../src/sinks/otlp/settings.ts";

const TLS = fileURLToPath(new URL("../../simulators/otlp/tls", import.meta.url));
const parse = (options: object): OtlpOptions => otlpOptions.parse(options);
const settings = (options: object, env: NodeJS.ProcessEnv = {}) => resolveSettings(parse(options), TLS, env);
const urlOf = (options: object, env: NodeJS.ProcessEnv = {}) => settings(options, env).url.href;

test("endpoint is a base, url is taken as it stands, and the default is the local receiver", () => {
  expect(urlOf({})).toBe("http://localhost:4318/v1/logs");
  expect(urlOf({ endpoint: "http://h:1" })).toBe("http://h:1/v1/logs");
  expect(urlOf({ endpoint: "https://h/otlp/" })).toBe("https://h/otlp/v1/logs");
  expect(urlOf({ endpoint: "https://h/otlp?x=1" })).toBe("https://h/otlp/v1/logs?x=1");
  expect(urlOf({ url: "https://h/insert/opentelemetry/v1/logs" })).toBe("https://h/insert/opentelemetry/v1/logs");
  expect(() => settings({ url: "http://h", endpoint: "http://h" })).toThrow("exclude each other");
  expect(otlpOptions.safeParse({ url: "ftp://h" }).success).toBe(false);
});

test("variables follow the specification: the one for logs first, and as it stands; options win over both", () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://all:1", OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://logs:2/path" };
  expect(urlOf({}, env)).toBe("http://logs:2/path");
  expect(urlOf({}, { ...env, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: " " })).toBe("http://all:1/v1/logs");
  expect(urlOf({ endpoint: "http://own:3" }, env)).toBe("http://own:3/v1/logs");
  const more = {
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=all",
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: "Api-Key = a%20b%3Dc , x-scope=1,",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
    OTEL_EXPORTER_OTLP_COMPRESSION: "none",
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  };
  expect(settings({}, more)).toMatchObject({
    headers: { "api-key": "a b=c", "x-scope": "1" },
    timeoutMs: 2500,
    compression: "gzip",
    encoding: "json",
  });
  expect(settings({ encoding: "protobuf", compression: "zstd", timeoutMs: 1, headers: { A: "b" } }, more)).toMatchObject({
    headers: { a: "b" },
    timeoutMs: 1,
    compression: "zstd",
    encoding: "protobuf",
  });
  expect(settings({})).toMatchObject({ headers: {}, timeoutMs: 10_000, compression: "auto", encoding: "protobuf", tls: {} });
});

test.each([
  [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" }, "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL"],
  [
    {},
    { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    "OTEL_EXPORTER_OTLP_PROTOCOL: OTLP over gRPC is not spoken here; use http/protobuf or http/json",
  ],
  [{}, { OTEL_EXPORTER_OTLP_PROTOCOL: "http" }, '"http" is none of http/protobuf or http/json'],
  [{}, { OTEL_EXPORTER_OTLP_COMPRESSION: "br" }, '"br" is none of gzip, zstd, none'],
  [{}, { OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "1s" }, 'OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "1s" is no number of milliseconds'],
  [{}, { OTEL_EXPORTER_OTLP_HEADERS: "api-key" }, "is not of the form name=value"],
  [{}, { OTEL_EXPORTER_OTLP_HEADERS: "api-key=%zz" }, 'the value of header "api-key" is not percent-encoded'],
  [{ headers: { "Content-Type": "x" } }, {}, 'header "content-type" is set by the sink itself'],
  [{ headers: { "a b": "x" } }, {}, '"a b" is no header name'],
  [{ headers: { key: "hush\nhush" } }, {}, 'the value of header "key" has a character that headers cannot hold'],
  [{ compression: "gzip", compressionLevel: 12 }, {}, "compressionLevel 12 is too high: gzip goes to 9"],
  [
    { compressionLevel: 12, compression: "auto" },
    {},
    "compressionLevel 12 is too high: gzip goes to 9, which receivers without zstd get",
  ],
  [{ tls: { certFile: "client.pem" } }, {}, "belong together"],
  [{ tls: { caFile: "none.pem" } }, {}, `tls.caFile: cannot read ${join(TLS, "none.pem")}`],
  [{}, { OTEL_EXPORTER_OTLP_CERTIFICATE: "/nowhere/ca.pem" }, "OTEL_EXPORTER_OTLP_CERTIFICATE: cannot read /nowhere/ca.pem"],
])("wrong settings are named, their secrets are not: %j %j", (options, env, message) => {
  expect(() => settings(options, env)).toThrow(UsageError);
  expect(() => settings(options, env)).toThrow(message);
  expect(() => settings(options, env)).not.toThrow("hush");
});

test("credentials in the variable's URL become a header and leave the URL", () => {
  const { url, headers } = settings({}, { OTEL_EXPORTER_OTLP_ENDPOINT: "https://user:p%40ss@h" });
  expect(url.href).toBe("https://h/v1/logs");
  expect(headers).toEqual({ authorization: `Basic ${Buffer.from("user:p@ss").toString("base64")}` });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://user:p@h" };
  expect(settings({ headers: { Authorization: "Bearer x" } }, env).headers).toEqual({ authorization: "Bearer x" });
});

test("credentials go over plain http to this machine only, unless that is allowed", () => {
  const bearer = { headers: { authorization: "Bearer hush" } };
  const refused: [object, NodeJS.ProcessEnv, string][] = [
    [{ endpoint: "http://h:4318", ...bearer }, {}, 'endpoint: http://h:4318 would send the header "authorization" unencrypted'],
    [{ url: "http://h/x", headers: { "X-Api-Key": "hush" } }, {}, 'url: http://h would send the header "x-api-key" unencrypted'],
    [{ url: "http://h/x", headers: { "x-any": "Basic hush" } }, {}, 'url: http://h would send the header "x-any" unencrypted'],
    [{ url: "http://h/x?token=hush" }, {}, 'url: http://h would send the parameter "token" unencrypted'],
    [{ endpoint: "http://h" }, { OTEL_EXPORTER_OTLP_HEADERS: "api-key=hush" }, 'would send the header "api-key" unencrypted'],
    [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:hush@h" }, "OTEL_EXPORTER_OTLP_ENDPOINT: http://h would send the header"],
  ];
  for (const [options, env, message] of refused) {
    expect(() => settings(options, env)).toThrow(message);
    expect(() => settings(options, env)).toThrow("use https, or set allowInsecure: true");
    expect(() => settings(options, env)).not.toThrow("hush");
    expect(settings({ ...options, allowInsecure: true }, env).url.protocol).toBe("http:");
  }
  for (const endpoint of ["http://localhost:4318", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:1", "https://h"]) {
    expect(settings({ endpoint, ...bearer }).headers).toEqual({ authorization: "Bearer hush" });
  }
  expect(settings({ endpoint: "http://loki:3100", headers: { "X-Scope-OrgID": "tenant" } }).url.host).toBe("loki:3100");
});

test("certificates are read from files, relative to the configuration; variables serve where options do not", () => {
  const { tls } = settings({ tls: { caFile: "ca.pem", certFile: "client.pem", keyFile: "client.key" } });
  expect(tls.ca).toContain("BEGIN CERTIFICATE");
  expect(tls.key).toContain("PRIVATE KEY");
  const env = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: join(TLS, "ca.pem"),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: join(TLS, "client.pem"),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: join(TLS, "client.key"),
  };
  expect(settings({}, env).tls).toEqual(tls);
});
