import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { type ZodType, z } from "zod";
import type { SourceDependencies } from "../../contracts/source.ts";
import { UsageError } from "../../lib/errors.ts";
import { secret } from "../../lib/secrets/mark.ts";
import { insecure } from "../../lib/secrets/readable.ts";
import { allowInsecure, isReadable, urlWithoutUser } from "../../lib/urls.ts";

/** Options of a way to authenticate. */
export interface S3Auth {
  readonly type: string;
}

/** Tokens that a cloud issues. */
export interface Tokens {
  /** A token that is good for some time. Throws a Failure. */
  token(): Promise<string>;
  /** The store refused the token: the next one is a new one. */
  refused(): void;
  close(): Promise<void>;
}

/** A way to authenticate at a store by tokens that a cloud issues. */
export interface TokenAuth<Options extends S3Auth> {
  readonly options: ZodType<Options>;
  /** Throws UsageError for options that would send a secret in the open. */
  check(options: Options): void;
  open(options: Options, surroundings: Pick<SourceDependencies, "env" | "secrets">): Promise<Tokens>;
}

export const s3Options = <Auth extends ZodType>(auth: Auth) =>
  z.strictObject({
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
    auth: auth.optional().describe("Another way to authenticate than access keys"),
    allowInsecure,
    connectTimeoutMs: z.int().positive().default(10_000).describe("How long to wait for a connection, in ms"),
    timeoutMs: z.int().positive().default(60_000).describe("How long to wait for an answer or its next bytes, in ms"),
  });

export type S3Options<Auth extends S3Auth> = z.output<ReturnType<typeof s3Options<ZodType<Auth>>>>;

/** Throws UsageError for options that contradict each other. */
export function credentialsOf({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  auth,
  endpoint,
  allowInsecure,
}: S3Options<S3Auth>): Pick<S3ClientConfig, "credentials"> {
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

export function regionOf({ region, endpoint }: S3Options<S3Auth>, env: NodeJS.ProcessEnv): Pick<S3ClientConfig, "region"> {
  const known = region ?? env.AWS_REGION ?? (endpoint === undefined ? undefined : "us-east-1");
  return known === undefined ? {} : { region: known };
}
