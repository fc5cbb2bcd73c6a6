import { resolve } from "node:path";
import { z } from "zod";
import { UsageError } from "../lib/errors.ts";
import { hostOf } from "../lib/http/listen.ts";
import { secret } from "../lib/secrets/mark.ts";
import { isLoopback } from "../lib/urls.ts";

/** `host:port` to listen at. */
export const listenAddress = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "expected host:port, as in 127.0.0.1:9464");

const strong = z.string().min(16, "expected 16 characters or more");

export const intakeOptions = z.strictObject({
  listen: listenAddress.describe(
    "Address to which buckets and their services POST object-created events, at any path, as in 127.0.0.1:9465: the worker looks at once where an object was stored. The polls go on, so that an event that is lost, doubled or forged loses, doubles and forges nothing",
  ),
  token: secret(strong)
    .optional()
    .describe(
      "What a sender presents: as a Bearer token, as the password of whatever user, or, if it can set neither, as the last segment of the URL's path or its parameter `token`",
    ),
  signatureKey: secret(strong)
    .optional()
    .describe(
      "Key with which a sender signs the body: HMAC with SHA-256, as `sha256=<hex>` in the header X-Hub-Signature-256 or X-Hub-Signature. With a token beside it both are wanted",
    ),
  tls: z
    .strictObject({
      certificate: z.string().min(1).describe("PEM file with the certificate and those that it was issued by"),
      key: z.string().min(1).describe("PEM file with its private key"),
    })
    .optional()
    .describe("Take events over https"),
  allowInsecure: z
    .boolean()
    .default(false)
    .describe("Take the token over plain http from other machines, as where TLS ends in front of the worker"),
  maxBodyBytes: z
    .int()
    .min(1024)
    .max(16 * 1024 ** 2)
    .default(1024 ** 2)
    .describe("Longest body of a request, in bytes; a longer one is refused"),
});

export type IntakeOptions = z.output<typeof intakeOptions>;

/**
 * With absolute paths. Throws UsageError for an address that other machines reach, where nothing tells a sender from anybody else, or where
 * the token would come in readable.
 */
export function intakeAt(intake: IntakeOptions, place: string, baseDir: string): IntakeOptions {
  const { listen, token, signatureKey, tls, allowInsecure } = intake;
  if (!isLoopback(hostOf(listen))) {
    if (token === undefined && signatureKey === undefined) {
      throw new UsageError(
        "insecure",
        `${place}: intake.listen: ${listen} takes events of anybody: set intake.token or intake.signatureKey, or listen at 127.0.0.1`,
      );
    }
    if (token !== undefined && tls === undefined && !allowInsecure) {
      throw new UsageError(
        "insecure",
        `${place}: intake.listen: on its way to ${listen} the token can be read: set intake.tls, or, where TLS ends in front of the worker, intake.allowInsecure: true`,
      );
    }
  }
  if (tls === undefined) return intake;
  return { ...intake, tls: { certificate: resolve(baseDir, tls.certificate), key: resolve(baseDir, tls.key) } };
}
