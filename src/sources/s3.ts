import type { ListObjectsV2CommandOutput, S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import type { Component, ListOptions, ObjectRef, ObjectStore, Source, SourceDependencies } from "../contracts.ts";
import { Failure, type FlowferryError, UsageError } from "../errors.ts";
import { ibmIamTokens } from "../ibm/iam.ts";
import { shownUrl } from "../urls.ts";
import { absenceOf } from "./absent.ts";
import { compareKeys } from "./keys.ts";
import { notUnderstood, pageGuard } from "./listing.ts";
import { type Piece, resumingRead } from "./resuming-read.ts";
import { toPage, toPiece } from "./s3/answers.ts";
import { s3Failure, statusOf } from "./s3/failures.ts";
import { credentialsOf, regionOf, type S3Options, type S3StoreOptions, s3Options } from "./s3/options.ts";
import { s3Transport } from "./s3/transport.ts";
import { tailing } from "./tail/source.ts";

/** So many pages without a key may follow one another: a store steps over what was deleted. */
const EMPTY_PAGES = 10_000;

/** The source `s3`: AWS S3 and the stores that speak its protocol. */
export const s3: Component<S3Options, SourceDependencies, Source> = {
  type: "s3",
  summary: "A bucket of AWS S3, IBM Cloud Object Storage, Ceph, or another store that speaks the S3 protocol",
  options: s3Options,
  create: async (options, dependencies) => tailing(await s3Store(options, dependencies), options, dependencies),
};

/** The bucket alone. Nothing is asked of the store before the first listing or reading. Throws UsageError. */
export async function s3Store(
  options: S3StoreOptions,
  { env, onEvent, secrets }: Pick<SourceDependencies, "env" | "onEvent" | "secrets">,
): Promise<ObjectStore> {
  const { bucket, endpoint } = options;
  const credentials = credentialsOf(options);
  const sdk = await import("@aws-sdk/client-s3");
  const host = endpoint === undefined ? "s3.amazonaws.com" : new URL(endpoint).host;
  const name = `s3://${host}/${bucket}`;
  const transport = s3Transport({ ...options, env, secrets, name });
  const tokens = options.auth && ibmIamTokens(options.auth, { env, secrets });
  const client = new sdk.S3Client({
    ...credentials,
    ...(tokens === undefined ? {} : bearer(tokens)),
    ...regionOf(options, env),
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
    // Other stores than AWS do not know the checksums that the SDK would ask for.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 1,
    requestHandler: transport.requestHandler,
  });
  await checkRegion(client);

  const failed = (failure: unknown, operation: string, of: "object" | "bucket", signal: AbortSignal): FlowferryError => {
    signal.throwIfAborted();
    const status = statusOf(failure);
    if (status === 401 || status === 403) tokens?.refused();
    return s3Failure(failure, { operation, of, bucket, endpoint: endpoint === undefined ? "AWS" : shownUrl(endpoint) });
  };

  const listPage = async (
    { prefix, startAfter, delimiter }: ListOptions,
    { token, limit }: { readonly token?: string | undefined; readonly limit?: number },
    signal: AbortSignal,
  ): Promise<ListObjectsV2CommandOutput> => {
    const command = new sdk.ListObjectsV2Command({
      Bucket: bucket,
      EncodingType: "url",
      ...(prefix === "" ? {} : { Prefix: prefix }),
      ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(limit === undefined ? {} : { MaxKeys: limit }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    try {
      return await client.send(command, { abortSignal: signal });
    } catch (failure) {
      throw failed(failure, "ListObjectsV2", "bucket", signal);
    }
  };

  /** Why the object was not to be had: `still` if the listing has it as it was asked for. */
  const absence = async (object: ObjectRef, still: Failure, signal: AbortSignal): Promise<Failure> => {
    const { objects } = toPage(await listPage({ prefix: object.key }, { limit: 1 }, signal), name, onEvent);
    const listed = objects.find(({ key }) => key === object.key);
    return absenceOf(object, listed, still);
  };

  /** The object from a byte on, if it still is the version that was listed. `total` is undefined for the first read. */
  const get = async (object: ObjectRef, from: number, total: number | undefined, signal: AbortSignal): Promise<Piece> => {
    const operation = `GetObject ${object.key}`;
    const command = new sdk.GetObjectCommand({
      Bucket: bucket,
      Key: object.key,
      IfMatch: `"${object.etag}"`,
      ...(total === undefined ? {} : { Range: `bytes=${from}-${total - 1}` }),
    });
    const answer = await client.send(command, { abortSignal: signal }).catch(async (error: unknown) => {
      const failure = failed(error, operation, "object", signal);
      const status = statusOf(error);
      const isAbsent =
        failure instanceof Failure && failure.drawer === "object" && (status === 404 || status === 412 || status === 416);
      throw isAbsent ? await absence(object, failure, signal) : failure;
    });
    const piece = toPiece(object, answer, from, total);
    if (!("instead" in piece)) return piece;
    const version = `the version ${object.etag}`;
    const asked = total === undefined ? version : `bytes ${from} to ${total - 1} of ${version}`;
    const message = `${operation} in bucket ${bucket}: asked for ${asked}, got ${piece.instead}; check endpoint, and what stands between`;
    throw await absence(object, new Failure("not-understood", "bad-answer", message), signal);
  };

  return {
    name,
    async *list(options, signal) {
      const { prefix, before } = options;
      const guard = pageGuard(name, prefix, EMPTY_PAGES);
      const wanted = (key: string) => before === undefined || compareKeys(key, before) < 0;
      let token: string | undefined;
      do {
        const answer = await listPage(options, { token }, signal);
        const { objects, prefixes } = guard(toPage(answer, name, onEvent));
        const page = { objects: objects.filter(({ key }) => wanted(key)), prefixes: prefixes.filter(wanted) };
        yield page;
        const isLast = !answer.IsTruncated || page.objects.length + page.prefixes.length < objects.length + prefixes.length;
        const next = isLast ? undefined : answer.NextContinuationToken;
        if (!isLast && (next === undefined || next === token)) {
          throw notUnderstood(name, "is cut short, and does not say how it goes on");
        }
        token = next;
      } while (token !== undefined);
    },
    async open(object, signal) {
      const first = await get(object, 0, undefined, signal);
      return resumingRead(`GetObject ${object.key}`, first, (from, total) => get(object, from, total, signal), signal);
    },
    async close() {
      client.destroy();
      await Promise.all([transport.close(), tokens?.close()]);
    },
  };
}

async function checkRegion(client: S3Client): Promise<void> {
  try {
    await client.config.region();
  } catch (cause) {
    throw new UsageError("bad-options", "region: the bucket's region is not known: set region, or AWS_REGION", { cause });
  }
}

/** Signs by an IAM token. The SDK wants credentials all the same, and does not use them. */
function bearer({ token }: { token(): Promise<string> }): Pick<S3ClientConfig, "credentials" | "signer"> {
  return {
    credentials: { accessKeyId: "unused", secretAccessKey: "unused" },
    signer: async () => ({
      sign: async (request) => {
        request.headers.authorization = `Bearer ${await token()}`;
        return request;
      },
    }),
  };
}
