import { z } from "zod";
import { ociConnectionOptions } from "../connection.ts";

/** What the service takes in one JSON, and how many of them in one ZIP. */
export const LARGEST_JSON_BYTES = 2_000_000;
export const MOST_FILES = 100;

const ocid = (kind: string) =>
  z.string().regex(/^ocid1\.[a-z0-9]+\.[a-z0-9-]*\..+$/, `expected the OCID of ${kind}, as in ocid1.….oc1.phx.…`);

/** As they may stand in a header and in the metadata of an upload. */
const property = z.string().regex(/^[\x20-\x7e]+$/, "expected printable ASCII");

/** Where uploads go. */
export const targetOptions = ociConnectionOptions.extend({
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9_.-]+$/, "expected a namespace as `oci os ns get` prints it")
    .describe("Log Analytics namespace of the tenancy, as `oci os ns get` prints it"),
  logGroupId: ocid("a log group of Log Analytics").describe(
    "OCID of the Log Analytics log group that takes the records. While it is not there, or the policy to upload to it is missing (401, 403, 404), records wait in the bucket and are tried again",
  ),
  logSet: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,128}$/, "expected up to 128 letters, digits, dots, dashes and underscores")
    .optional()
    .describe("Log set, in tenancies that have log sets enabled"),
  metadata: z
    .record(
      property.regex(/^[^:;]+$/, "a name has no colon and no semicolon"),
      property.regex(/^[^;]*$/, "a value has no semicolon"),
    )
    .default({})
    .describe("Fields and values that every record gets, as in { Environment: prod }"),
});

export type TargetOptions = z.output<typeof targetOptions>;

export const logAnalyticsOptions = targetOptions.extend({
  mode: z
    .enum(["events", "otlp"])
    .default("events")
    .describe(
      "`events` uploads records for a log source of your own (`flowferry content install` makes it); `otlp` uploads OTLP JSON, which lands in the source OpenTelemetry Logs",
    ),
  logSource: z
    .string()
    .min(1)
    .default("Flowferry VCN Flow Logs")
    .describe("Name of the log source whose parser reads the records (mode events)"),
  schema: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Names of the fields: a shipped schema or a YAML file. By default `log-analytics` in mode events, which the source's parser reads, and `otel` in mode otlp",
    ),
  serviceName: z.string().min(1).default("flowferry").describe("Resource attribute service.name of the records (mode otlp)"),
  entities: z
    .strictObject({
      by: z.enum(["vnic", "instance"]).default("vnic").describe("Which OCID of a flow finds its entity"),
      ids: z
        .record(z.string().min(1), ocid("an entity"))
        .describe("OCID of the VNIC or instance, and the OCID of its Log Analytics entity"),
      otherwise: ocid("an entity").optional().describe("Entity of the flows that `ids` does not name; by default they have none"),
    })
    .optional()
    .describe("Entities that the records are mapped to (mode events); by default none"),
  payload: z
    .enum(["zip", "gzip", "json"])
    .default("zip")
    .describe("How an upload is packed (mode events): `zip` holds up to 100 JSONs of 2 MB, `gzip` and `json` one"),
  maxJsonBytes: z
    .int()
    .min(1024)
    .max(LARGEST_JSON_BYTES)
    .default(LARGEST_JSON_BYTES)
    .describe("Largest JSON of an upload, in bytes before compression; the service takes 2 MB"),
  batch: z
    .strictObject({
      records: z
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .describe("Most records of one upload; by default 10000 as zip, and 1000 where an upload is one JSON"),
      lingerMs: z.int().min(0).default(2_000).describe("How long a record waits for its upload to fill, in ms"),
    })
    .prefault({})
    .describe("Size of the uploads"),
  inFlight: z.int().min(1).max(64).default(4).describe("How many uploads run at once"),
});

export type LogAnalyticsOptions = z.output<typeof logAnalyticsOptions>;
