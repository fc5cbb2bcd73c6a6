import { z } from "zod";
import { secretHeaders } from "../../lib/secrets/mark.ts";
import { allowInsecure, urlWithoutUser } from "../../lib/urls.ts";
import { BODIES } from "../../schemas/record.ts";

const receiver = urlWithoutUser(z.url({ protocol: /^https?$/ }), "set headers.authorization");

export const otlpOptions = z.strictObject({
  endpoint: receiver
    .optional()
    .describe(
      "Base URL of the receiver; /v1/logs is added to its path: of VictoriaLogs it ends in /insert/opentelemetry, of Loki in /otlp",
    ),
  url: receiver.optional().describe("URL of the receiver as it stands, instead of `endpoint`"),
  encoding: z
    .enum(["protobuf", "json"])
    .optional()
    .describe("Form of the requests: protobuf (the default), or json for receivers that take nothing else"),
  compression: z
    .enum(["auto", "gzip", "zstd", "none"])
    .optional()
    .describe(
      "Compression of the requests: auto (the default) is gzip, which every receiver has to take, until the receiver has shown that it reads zstd, which costs less and is half as large: when it has taken 20 requests it gets two without records, of which it has to refuse one; or gzip, zstd or none, whatever it takes",
    ),
  compressionLevel: z
    .int()
    .min(1)
    .max(19)
    .optional()
    .describe("Level of the compression: 1 (fastest) to 9 for gzip, to 19 for zstd; 1 and 3 by default"),
  headers: secretHeaders(z.record(z.string().min(1), z.string()))
    .optional()
    .describe("Further request headers, such as credentials; their values are never shown"),
  schema: z
    .string()
    .default("otel")
    .describe(
      "Names of the attributes: otel, otel-compact (the same, with what is the same for a network interface in the resource), ecs, ocsf, seed, or a YAML file",
    ),
  serviceName: z.string().min(1).default("flowferry").describe("Value of the resource attribute service.name"),
  body: z
    .enum(BODIES)
    .default("summary")
    .describe(
      "Body of a record: a line for people, which many backends want to show (summary); that line and the record's uid, for Loki, whose queries take equal lines of one instant for the same (unique); or none",
    ),
  batch: z
    .strictObject({
      records: z.int().min(1).max(100_000).default(1000).describe("Most records of a request"),
      bytes: z
        .int()
        .min(1024)
        .max(64 * 1024 * 1024)
        .default(8 * 1024 * 1024)
        .describe("Most bytes of a request before compression; a larger batch is halved"),
      lingerMs: z.int().min(0).default(1000).describe("How long a record waits for its batch to fill, in ms"),
    })
    .prefault({})
    .describe("Size of the requests"),
  inFlight: z.int().min(1).max(64).default(4).describe("Most requests on the way at once"),
  timeoutMs: z
    .int()
    .min(1)
    .optional()
    .describe("How long a request may take, from the connection to the answer's end, in ms; 10000 by default"),
  allowInsecure,
  tls: z
    .strictObject({
      caFile: z.string().optional().describe("PEM file of the certificate authorities to trust instead of the system's"),
      certFile: z.string().optional().describe("PEM file of the client's certificate"),
      keyFile: z.string().optional().describe("PEM file of the client's private key"),
    })
    .prefault({})
    .describe("TLS of the connection; the receiver's certificate is always verified"),
});

export type OtlpOptions = z.infer<typeof otlpOptions>;
