import type { ListObjectsV2CommandOutput, S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { checkTokenUrl } from "../../clouds/ibm/iam-options.ts";
import type { Component } from "../../contracts/component.ts";
import type { Source, SourceDependencies } from "../../contracts/source.ts";
import type { ListOptions, ObjectStore } from "../../contracts/store.ts";
import { type FlowferryError, UsageError } from "../../lib/errors.ts";
import { shownUrl } from "../../lib/urls.ts";
import { compareKeys } from "../keys.ts";
import { notUnderstood, pageGuard } from "../listing.ts";
import { absentOrThrow, type ObjectRequests, openObject } from "../object-reader.ts";
import { tailing } from "../tail/source.ts";
import { toPage, toPiece } from "./answers.ts";
import { s3Failure, statusOf } from "./failures.ts";
import { credentialsOf, regionOf, type S3Options, type S3StoreOptions, s3Options } from "./options.ts";

/** So many pages without a key may follow one another: a store steps over what was deleted. */
const EMPTY_PAGES = 10_000;

/** The source `s3`: AWS S3 and the stores that speak its protocol. */
export const s3: Component<S3Options, SourceDependencies, Source> = {
  type: "s3",
  summary: "A bucket of AWS S3, IBM Cloud Object Storage, Ceph, or another store that speaks the S3 protocol",
  options: s3Options,
  check(options) {
    credentialsOf(options);
    if (options.auth !== undefined) checkTokenUrl(options.auth);
  },
  create: async (options, dependencies) => tailing(await s3Store(options, dependencies), options, dependencies),
};

/** The bucket alone. Nothing is asked of the store before the first listing or reading. Throws UsageError. */
export async function s3Store(
  options: S3StoreOptions,
  { env, onEvent, secrets }: Pick<SourceDependencies, "env" | "onEvent" | "secrets">,
): Promise<ObjectStore> {
  const { bucket, endpoint } = options;
  const credentials = credentialsOf(options);
  const [sdk, { s3Transport }] = await Promise.all([import("@aws-sdk/client-s3"), import("./transport.ts")]);
  const host = endpoint === undefined ? "s3.amazonaws.com" : new URL(endpoint).host;
  const name = `s3://${host}/${bucket}`;
  const transport = s3Transport({ ...options, env, secrets, name });
  const tokens = options.auth && (await import("../../clouds/ibm/iam.ts")).ibmIamTokens(options.auth, { env, secrets });
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

  const requests: ObjectRequests = {
    place: `in bucket ${bucket}`,
    async get(object, from, total, signal) {
      const command = new sdk.GetObjectCommand({
        Bucket: bucket,
        Key: object.key,
        IfMatch: `"${object.etag}"`,
        ...(total === undefined ? {} : { Range: `bytes=${from}-${total - 1}` }),
      });
      try {
        return toPiece(object, await client.send(command, { abortSignal: signal }), from, total);
      } catch (error) {
        return absentOrThrow(failed(error, `GetObject ${object.key}`, "object", signal), statusOf(error));
      }
    },
    async find(key, signal) {
      const { objects } = toPage(await listPage({ prefix: key }, { limit: 1 }, signal), name, onEvent);
      return objects.find((object) => object.key === key);
    },
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
    open: (object, signal) => openObject(requests, object, signal),
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
