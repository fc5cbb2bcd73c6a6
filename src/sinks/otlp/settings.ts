import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../../lib/errors.ts";
import { refuseReadable } from "../../lib/secrets/readable.ts";
import type { OtlpOptions } from "./options.ts";

/** Where and how requests are sent: options, then the environment variables of OpenTelemetry, then defaults. */
export interface Settings {
  readonly url: URL;
  readonly encoding: "protobuf" | "json";
  readonly compression: "auto" | "gzip" | "zstd" | "none";
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

const DEFAULT_ENDPOINT = "http://localhost:4318";
const DEFAULT_TIMEOUT_MS = 10_000;

/** Throws UsageError, which names the option or the variable and never a header's value. */
export function resolveSettings(options: OtlpOptions, baseDir: string, env: NodeJS.ProcessEnv): Settings {
  const variables = otlpVariables(env);
  const { url, headers } = destinationOf(options, variables);
  const { compressionLevel } = options;
  const compression = options.compression ?? compressionOf(variables("COMPRESSION"));
  if ((compression === "gzip" || compression === "auto") && compressionLevel !== undefined && compressionLevel > 9) {
    const advice = compression === "auto" ? ", which receivers without zstd get: set `compression: zstd`" : "";
    throw new UsageError("otlp-compression", `compressionLevel ${compressionLevel} is too high: gzip goes to 9${advice}`);
  }
  return {
    url,
    encoding: encodingOf(options, env),
    compression,
    headers,
    timeoutMs: options.timeoutMs ?? timeoutOf(variables("TIMEOUT")),
    tls: tlsOf(options, baseDir, variables),
  };
}

/** Throws UsageError for headers that cannot be sent, or would be sent in the open. */
export function checkDestination(options: OtlpOptions, env: NodeJS.ProcessEnv): void {
  destinationOf(options, otlpVariables(env));
}

function destinationOf(options: OtlpOptions, variables: Variables): { url: URL; headers: Record<string, string> } {
  const { url, authorization } = splitCredentials(urlOf(options, variables));
  const headers = { ...authorization, ...lowerCase(options.headers ?? headersOf(variables("HEADERS"))) };
  checkHeaders(headers);
  if (!options.allowInsecure) refuseReadable(optionOf(options), url, headers);
  return { url, headers };
}

/** A variable that is set, with the name it was found under. */
interface Variable {
  readonly name: string;
  readonly value: string;
}

type Variables = (name: string) => Variable | undefined;

/** The variable for logs wins over the one for all signals; an empty one counts as not set. */
function otlpVariables(env: NodeJS.ProcessEnv): Variables {
  return (name) => {
    for (const full of [`OTEL_EXPORTER_OTLP_LOGS_${name}`, `OTEL_EXPORTER_OTLP_${name}`]) {
      const value = env[full]?.trim();
      if (value !== undefined && value !== "") return { name: full, value };
    }
    return undefined;
  };
}

function urlOf({ url, endpoint }: OtlpOptions, variables: Variables): URL {
  if (url !== undefined && endpoint !== undefined) {
    throw new UsageError(
      "otlp-two-urls",
      "`endpoint` and `url` exclude each other: `endpoint` is a base to which /v1/logs is added",
    );
  }
  if (url !== undefined) return new URL(url);
  if (endpoint !== undefined) return withLogsPath(new URL(endpoint));
  const variable = variables("ENDPOINT");
  if (variable === undefined) return withLogsPath(new URL(DEFAULT_ENDPOINT));
  if (!URL.canParse(variable.value) || !/^https?:$/.test(new URL(variable.value).protocol)) {
    throw new UsageError("otlp-bad-endpoint", `${variable.name} is no http or https URL`);
  }
  const base = new URL(variable.value);
  return variable.name.includes("_LOGS_") ? base : withLogsPath(base);
}

/** What gave the URL. */
function optionOf({ url, endpoint }: OtlpOptions): string {
  return url !== undefined ? "url" : endpoint !== undefined ? "endpoint" : "OTEL_EXPORTER_OTLP_ENDPOINT";
}

function withLogsPath(base: URL): URL {
  base.pathname = `${base.pathname.replace(/\/+$/, "")}/v1/logs`;
  return base;
}

/** `https://user:password@host` is sent as Basic authorization, and never shown. */
function splitCredentials(url: URL): { url: URL; authorization: Record<string, string> } {
  if (url.username === "" && url.password === "") return { url, authorization: {} };
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  return { url, authorization: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}

/** `name=value,name=value`, values percent-encoded. */
function headersOf(variable: Variable | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of variable?.value.split(",") ?? []) {
    if (pair.trim() === "") continue;
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(at, 0)).trim();
    try {
      headers[name] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      throw new UsageError(
        "otlp-bad-header",
        `${variable?.name}: the value of header ${JSON.stringify(name)} is not percent-encoded text`,
      );
    }
    if (name === "") throw new UsageError("otlp-bad-header", `${variable?.name} is not of the form name=value,name=value`);
  }
  return headers;
}

const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const OWN_HEADERS = ["content-type", "content-encoding", "content-length", "transfer-encoding", "connection", "host"];

function checkHeaders(headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) {
    const shown = JSON.stringify(name);
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw new UsageError("otlp-bad-header", `${shown} is no header name`);
    if (OWN_HEADERS.includes(name)) throw new UsageError("otlp-bad-header", `header ${shown} is set by the sink itself`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new UsageError("otlp-bad-header", `the value of header ${shown} has a character that headers cannot hold`);
    }
  }
}

/** How requests are written: by the option, then by the environment. Throws UsageError. */
export function encodingOf({ encoding }: OtlpOptions, env: NodeJS.ProcessEnv): Settings["encoding"] {
  if (encoding !== undefined) return encoding;
  const variable = otlpVariables(env)("PROTOCOL");
  if (variable === undefined || variable.value === "http/protobuf") return "protobuf";
  if (variable.value === "http/json") return "json";
  const known =
    variable.value === "grpc" ? "OTLP over gRPC is not spoken here; use" : `${JSON.stringify(variable.value)} is none of`;
  throw new UsageError("otlp-protocol", `${variable.name}: ${known} http/protobuf or http/json`);
}

function compressionOf(variable: Variable | undefined): Settings["compression"] {
  if (variable === undefined) return "auto";
  const { name, value } = variable;
  if (value === "gzip" || value === "zstd" || value === "none") return value;
  throw new UsageError("otlp-compression", `${name}: ${JSON.stringify(value)} is none of gzip, zstd, none`);
}

function timeoutOf(variable: Variable | undefined): number {
  if (variable === undefined) return DEFAULT_TIMEOUT_MS;
  const ms = Number(variable.value);
  if (Number.isInteger(ms) && ms > 0) return ms;
  throw new UsageError("otlp-timeout", `${variable.name}: ${JSON.stringify(variable.value)} is no number of milliseconds`);
}

function tlsOf({ tls }: OtlpOptions, baseDir: string, variables: Variables): Settings["tls"] {
  const read = (option: string, file: string | undefined, name: string): string | undefined => {
    const variable = variables(name);
    if (file !== undefined) return readPem(`tls.${option}`, resolve(baseDir, file));
    return variable === undefined ? undefined : readPem(variable.name, resolve(variable.value));
  };
  const ca = read("caFile", tls.caFile, "CERTIFICATE");
  const cert = read("certFile", tls.certFile, "CLIENT_CERTIFICATE");
  const key = read("keyFile", tls.keyFile, "CLIENT_KEY");
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("otlp-tls", "a client's certificate and its key belong together: only one of the two is set");
  }
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

function readPem(what: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError("otlp-tls", `${what}: cannot read ${path}`, { cause: error });
  }
}
