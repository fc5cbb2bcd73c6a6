import { z } from "zod";
import { UsageError } from "../errors.ts";
import { secret } from "../secrets/mark.ts";
import { isLoopback } from "../urls.ts";

const BROKER = /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/;
const PROTOCOLS = ["SASL_SSL", "SSL", "SASL_PLAINTEXT", "PLAINTEXT"] as const;
const MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] as const;

/** How brokers are reached: the options that every part of type `kafka` has. */
export const connectionShape = {
  brokers: z
    .array(z.string().regex(BROKER, "is not of the form host:port"))
    .min(1)
    .describe(
      "Brokers to begin with, each `host:port`: of OCI Streaming the stream pool's FQDN with port 9092, of IBM Event Streams the list `kafka_brokers_sasl` of its credentials",
    ),
  securityProtocol: z
    .enum(PROTOCOLS)
    .default("SASL_SSL")
    .describe(
      "SASL_SSL for the clouds' services; SSL for client certificates or none; the two without TLS for brokers of one's own",
    ),
  sasl: z
    .strictObject({
      mechanism: z.enum(MECHANISMS).default("PLAIN").describe("How the user is proved"),
      username: z
        .string()
        .min(1)
        .optional()
        .describe("User: of OCI Streaming `tenancy/user/ocid1.streampool.…`, of IBM Event Streams `token`"),
      password: secret(z.string().min(1))
        .optional()
        .describe("Password: of OCI Streaming an auth token of the user, of IBM Event Streams the API key"),
      passwordFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          "File that holds the password, read again whenever a connection is made, so that a new one needs no restart; relative to the configuration file",
        ),
      token: secret(z.string().min(1)).optional().describe("Token of mechanism OAUTHBEARER, for as long as it is good"),
      tokenFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          "File that holds the token, read again whenever a connection is made, and before the token of one that stands expires: whoever renews it writes it there; relative to the configuration file",
        ),
    })
    .optional()
    .describe("Who connects"),
  tls: z
    .strictObject({
      caFile: z.string().optional().describe("PEM file of the certificate authorities to trust instead of the system's"),
      certFile: z.string().optional().describe("PEM file of the client's certificate"),
      keyFile: z.string().optional().describe("PEM file of the client's private key"),
    })
    .prefault({})
    .describe("TLS of the connections; the brokers' certificates are always verified"),
  clientId: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/, "may hold letters, digits, dots, dashes and underscores")
    .default("flowferry")
    .describe("What the brokers' logs and quotas call this client"),
  allowInsecure: z
    .boolean()
    .default(false)
    .describe("Send credentials without TLS to another machine, where whoever is on the way can read them"),
  connectTimeoutMs: z.int().positive().default(10_000).describe("How long to wait for a connection, in ms"),
  timeoutMs: z.int().positive().default(30_000).describe("How long to wait for an answer, in ms"),
};

/** A valid way to brokers. */
export type ConnectionOptions = z.output<z.ZodObject<typeof connectionShape>>;

/** Throws UsageError for options that contradict each other, or would send a password in the open. Opens nothing. */
export function checkConnection({ securityProtocol, sasl, tls, brokers, allowInsecure }: ConnectionOptions): void {
  const wrong = (message: string) => new UsageError("bad-options", message);
  const wantsSasl = securityProtocol.startsWith("SASL");
  const wantsTls = securityProtocol.endsWith("SSL");
  if (wantsSasl && sasl === undefined) {
    throw wrong(`securityProtocol ${securityProtocol} needs sasl with a user and a password, or a token`);
  }
  if (!wantsSasl && sasl !== undefined) {
    throw wrong(`sasl is given, and securityProtocol is ${securityProtocol}: set SASL_${wantsTls ? "SSL" : "PLAINTEXT"}`);
  }
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) throw wrong("tls.certFile and tls.keyFile belong together");
  if (sasl?.mechanism === "OAUTHBEARER") {
    if ((sasl.token === undefined) === (sasl.tokenFile === undefined)) {
      throw wrong("sasl.mechanism OAUTHBEARER needs either sasl.token or sasl.tokenFile");
    }
  } else if (sasl !== undefined) {
    if (sasl.username === undefined || (sasl.password === undefined && sasl.passwordFile === undefined)) {
      throw wrong(`sasl.mechanism ${sasl.mechanism} needs sasl.username and sasl.password, or sasl.passwordFile`);
    }
    if (sasl.password !== undefined && sasl.passwordFile !== undefined) {
      throw wrong("sasl.password and sasl.passwordFile exclude each other");
    }
  }
  const remote = brokers.find((broker) => !isLoopback(broker.slice(0, broker.lastIndexOf(":"))));
  if (wantsSasl && !wantsTls && remote !== undefined && !allowInsecure) {
    throw new UsageError(
      "insecure",
      `securityProtocol: the credentials would go to ${remote} unencrypted: use SASL_SSL, or set allowInsecure: true`,
    );
  }
}
