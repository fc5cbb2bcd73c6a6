import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { z } from "zod";
import { ibmIamOptions } from "../../clouds/ibm/iam-options.ts";
import { UsageError } from "../../lib/errors.ts";
import { secret } from "../../lib/secrets/mark.ts";
import { insecure } from "../../lib/secrets/readable.ts";
import { allowInsecure, isReadable, urlWithoutUser } from "../../lib/urls.ts";
import { tailOptions } from "../tail/options.ts";

export const s3Options = tailOptions.extend({
  bucket: z.string().min(1).describe("Name of the bucket"),
  endpoint: urlWithoutUser(z.url(), "set accessKeyId and secretAccessKey")
    .optional()
    .describe("Base URL of a store other than AWS: IBM COS, Ceph, MinIO, OCI's S3 endpoint"),
  region: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Region that requests are signed for; by default AWS_REGION or that of the AWS profile, with an `endpoint` us-east-1",
    ),
  forcePathStyle: z
    .boolean()
    .optional()
    .describe("Put the bucket into the path of the URL instead of the host name; by default yes with an `endpoint`, else no"),
  accessKeyId: z
    .string()
    .min(1)
    .optional()
    .describe("Access key, together with `secretAccessKey`; by default what the AWS SDK finds"),
  secretAccessKey: secret(z.string().min(1))
    .optional()
    .describe("Secret of the access key; better as a variable of the environment than in the file"),
  sessionToken: secret(z.string().min(1)).optional().describe("Session token of temporary credentials"),
  auth: ibmIamOptions.optional().describe("Another way to authenticate than access keys"),
  allowInsecure,
  connectTimeoutMs: z.int().positive().default(10_000).describe("How long to wait for a connection, in ms"),
  timeoutMs: z.int().positive().default(60_000).describe("How long to wait for an answer or its next bytes, in ms"),
});

export type S3Options = z.output<typeof s3Options>;

/** What the bucket is, without how it is tailed. */
export type S3StoreOptions = Omit<S3Options, keyof z.output<typeof tailOptions>>;

/** Throws UsageError for options that contradict each other. */
export function credentialsOf({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  auth,
  endpoint,
  allowInsecure,
}: S3StoreOptions): Pick<S3ClientConfig, "credentials"> {
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new UsageError(
      "bad-options",
      "accessKeyId and secretAccessKey belong together: set both, or neither for what the AWS SDK finds",
    );
  }
  if (sessionToken !== undefined && accessKeyId === undefined) {
    throw new UsageError("bad-options", "sessionToken belongs to an accessKeyId and a secretAccessKey: set all three");
  }
  if (auth !== undefined && accessKeyId !== undefined) {
    throw new UsageError("bad-options", "accessKeyId and auth are two ways to authenticate: remove one");
  }
  if (auth !== undefined && endpoint === undefined) {
    throw new UsageError("bad-options", `auth: ${auth.type} needs the endpoint of the bucket's region`);
  }
  const token = auth !== undefined ? "the token" : sessionToken !== undefined ? "the session token" : undefined;
  if (token !== undefined && endpoint !== undefined && !allowInsecure && isReadable(new URL(endpoint))) {
    throw insecure("endpoint", new URL(endpoint), token);
  }
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } };
}

export function regionOf({ region, endpoint }: S3StoreOptions, env: NodeJS.ProcessEnv): Pick<S3ClientConfig, "region"> {
  const known = region ?? env.AWS_REGION ?? (endpoint === undefined ? undefined : "us-east-1");
  return known === undefined ? {} : { region: known };
}
