import { z } from "zod";
import { UsageError } from "../../../lib/errors.ts";
import { insecure } from "../../../lib/secrets/readable.ts";
import { allowInsecure, isReadable, urlWithoutUser } from "../../../lib/urls.ts";
import { ibmIamOptions } from "../iam-options.ts";

/** Limits of the ingestion API, the decimal reading of its "2 MB" and "32 K". */
const LARGEST_REQUEST_BYTES = 2_000_000;
export const LARGEST_LOG_BYTES = 32_000;
const BYTES_PER_SECOND = 3 * 1024 ** 2;

const name = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}]*$/u, "expected text without control characters");

export const ibmCloudLogsOptions = z.strictObject({
  instance: z
    .guid("expected the GUID of the instance, as in 90d208cc-e1dd-4fb2-a938-358e5996f056")
    .optional()
    .describe("GUID of the IBM Cloud Logs instance; with `region` it makes the address"),
  region: z
    .string()
    .regex(/^[a-z]+(-[a-z0-9]+)+$/, "expected a region, as in us-south")
    .optional()
    .describe("Region of the instance, as in us-south"),
  endpoint: urlWithoutUser(z.url({ protocol: /^https?$/ }), "set auth.apiKey")
    .optional()
    .describe(
      "Base URL of the ingress, which overrides `instance` and `region` (a private endpoint, for one); /logs/v1/singles is added to its path",
    ),
  auth: ibmIamOptions.describe("How to authenticate; the key's owner needs the role Sender on the instance"),
  allowInsecure,
  applicationName: name.default("flowferry").describe("Application name of the logs"),
  subsystemName: name.default("flow-logs").describe("Subsystem name of the logs"),
  schema: z
    .string()
    .min(1)
    .default("otel")
    .describe("Names of the fields in the text of a log: otel, ecs, ocsf, seed, or a YAML file"),
  serviceName: z.string().min(1).default("flowferry").describe("Value of service.name in the text, in schema otel"),
  batch: z
    .strictObject({
      records: z.int().min(1).max(10_000).default(1000).describe("Most records of a request"),
      bytes: z
        .int()
        .min(64_000)
        .max(LARGEST_REQUEST_BYTES)
        .default(LARGEST_REQUEST_BYTES)
        .describe("Most bytes of a request; the service takes 2 MB. A larger batch is halved"),
      lingerMs: z.int().min(0).default(1000).describe("How long a record waits for its request to fill, in ms"),
    })
    .prefault({})
    .describe("Size of the requests"),
  bytesPerSecond: z
    .int()
    .min(64_000)
    .default(BYTES_PER_SECOND)
    .describe(
      "Most bytes a second, on average; the service takes 3 MiB (3145728) of all senders together unless more is agreed with it",
    ),
  inFlight: z.int().min(1).max(16).default(2).describe("Most requests on the way at once"),
  connectTimeoutMs: z.int().positive().default(10_000).describe("How long to wait for a connection, in ms"),
  timeoutMs: z.int().positive().max(600_000).default(30_000).describe("How long to wait for an answer, in ms"),
});

export type IbmCloudLogsOptions = z.output<typeof ibmCloudLogsOptions>;

/** The URL that logs are posted to. Throws UsageError for options that name none, or one that would send the token in the clear. */
export function singlesUrl({ instance, region, endpoint, allowInsecure }: IbmCloudLogsOptions): URL {
  if (endpoint === undefined && (instance === undefined || region === undefined)) {
    throw new UsageError("bad-options", "instance and region, or endpoint: set both of the former or the latter");
  }
  const url = new URL(endpoint ?? `https://${instance}.ingress.${region}.logs.cloud.ibm.com`);
  if (!allowInsecure && isReadable(url)) throw insecure("endpoint", url, "the token");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/logs/v1/singles`;
  return url;
}
