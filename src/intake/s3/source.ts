import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ListObjectsV2CommandOutput, S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import type { SourceDependencies } from "../../contracts/source.ts";
import type { ListOptions, ObjectStore } from "../../contracts/store.ts";
import { type FlowferryError, UsageError } from "../../lib/errors.ts";
import { shownUrl } from "../../lib/urls.ts";
import { compareKeys } from "../keys.ts";
import { notUnderstood, pageGuard } from "../listing.ts";
import { absentOrThrow, type ObjectRequests, openObject } from "../object-reader.ts";
import type { Bucket } from "../tail/source.ts";
import { toPage, toPiece } from "./answers.ts";
import { s3Failure, statusOf } from "./failures.ts";
import { credentialsOf, regionOf, type S3Auth, type S3Options, s3Options, type TokenAuth, type Tokens } from "./options.ts";

/** So many pages without a key may follow one another: a store steps over what was deleted. */
const EMPTY_PAGES = 10_000;

/** A bucket of a store that speaks the protocol of AWS S3, with a way to authenticate beside access keys. */
export function s3With<Auth extends S3Auth>(auth: TokenAuth<Auth>) {
  return {
    type: "s3",
    summary: "A bucket of AWS S3, IBM Cloud Object Storage, Ceph, or another store that speaks the S3 protocol",
    options: s3Options(auth.options),
    check(options: S3Options<Auth>) {
      credentialsOf(options);
      if (options.auth !== undefined) auth.check(options.auth);
    },
    create: async (options: S3Options<Auth>, dependencies: StoreDependencies) =>
      s3Store(options, options.auth && (await auth.open(options.auth, dependencies)), dependencies),
  } satisfies Bucket<S3Options<Auth>>;
}

const nothing = () => {};
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

type StoreDependencies = Pick<SourceDependencies, "env" | "onEvent" | "secrets">;

/** Nothing is asked of the store before the first listing or reading. Throws UsageError. */
async function s3Store(
  options: S3Options<S3Auth>,
  tokens: Tokens | undefined,
  { env, onEvent, secrets }: StoreDependencies,
): Promise<ObjectStore> {
  const { bucket, endpoint } = options;
  const credentials = credentialsOf(options);
  const [sdk, { s3Transport }] = await Promise.all([import("@aws-sdk/client-s3"), import("./transport.ts")]);
  const host = endpoint === undefined ? "s3.amazonaws.com" : new URL(endpoint).host;
  const name = `s3://${host}/${bucket}`;
  const transport = s3Transport({ ...options, env, secrets, name });
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
    // The SDK would print what it also throws.
    logger: SILENT,
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
    async putFile(key, file, signal) {
      const { size } = await stat(file);
      const Body = createReadStream(file);
      const command = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentLength: size });
      try {
        const { ETag } = await client.send(command, { abortSignal: signal });
        if (ETag === undefined) throw notUnderstood(name, `answers to PutObject ${key} without saying that it has it`);
      } catch (error) {
        throw failed(error, `PutObject ${key}`, "bucket", signal);
      } finally {
        Body.destroy();
      }
    },
    async deleteObject(key, signal) {
      try {
        await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
      } catch (error) {
        throw failed(error, `DeleteObject ${key}`, "bucket", signal);
      }
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
