import type { models, requests } from "oci-objectstorage";
import { z } from "zod";
import type { Component, ObjectRef, ObjectStore, Source, SourceDependencies } from "../contracts.ts";
import { PermanentError, RetryableError, UsageError } from "../errors.ts";
import { connectOci, ociConnectionOptions } from "../oci/connection.ts";
import { type Explanation, ociError, policyStatement, refusalOf } from "../oci/errors.ts";
import type { OciIdentity, OciSurroundings } from "../oci/identity.ts";
import type { Answer } from "../oci/transport.ts";
import { type Piece, resumingRead } from "./resuming-read.ts";
import { tailOptions } from "./tail/options.ts";
import { tailing } from "./tail/source.ts";

/** The service returns no more in one page. */
const PAGE_SIZE = 1000;

export const ociObjectStorageOptions = tailOptions.extend({
  namespace: z.string().min(1).describe("Object Storage namespace of the tenancy, as `oci os ns get` prints it"),
  bucket: z.string().min(1).describe("Name of the bucket"),
  ...ociConnectionOptions.shape,
});

export type OciObjectStorageOptions = z.output<typeof ociObjectStorageOptions>;

/** The source `oci-object-storage`: a bucket of OCI Object Storage, read with the SDK's client. */
export const ociObjectStorage: Component<OciObjectStorageOptions, SourceDependencies, Source> = {
  type: "oci-object-storage",
  summary: "A bucket of OCI Object Storage, such as Connector Hub writes flow logs into",
  options: ociObjectStorageOptions,
  async create(options, dependencies) {
    return tailing(await ociObjectStore(options, dependencies), options, dependencies);
  },
};

type StoreOptions = Omit<OciObjectStorageOptions, keyof z.output<typeof tailOptions>>;

/** The bucket alone. Nothing is asked of the network before the first listing or reading. Throws UsageError. */
export async function ociObjectStore(options: StoreOptions, surroundings: OciSurroundings): Promise<ObjectStore> {
  const { namespace, bucket } = options;
  const name = `oci://${namespace}/${bucket}`;
  const [common, { ObjectStorageClient }] = await Promise.all([import("oci-common"), import("oci-objectstorage")]);
  const connection = await connectOci(options, surroundings, {
    what: `bucket ${bucket}`,
    create: (params, configuration) => new ObjectStorageClient(params, configuration),
  });
  const { client, identity } = connection;
  const place = `in bucket ${bucket} of namespace ${namespace}`;
  const failed = (failure: unknown, operation: string): Error =>
    ociError(failure, {
      operation,
      place,
      endpoint: client.endpoint,
      identity,
      explain: (refusal) => explain(refusal, bucket, identity),
    });

  /** One page. The SDK sends the values of a query as they are: they are encoded here. */
  const listPage = async (query: Partial<requests.ListObjectsRequest>, signal: AbortSignal): Promise<models.ListObjects> => {
    const request: requests.ListObjectsRequest = {
      namespaceName: namespace,
      bucketName: bucket,
      fields: "name,size,etag,timeCreated,timeModified",
      limit: query.limit ?? PAGE_SIZE,
    };
    for (const key of ["prefix", "start", "startAfter", "end", "delimiter"] as const) {
      const value = query[key];
      if (value) request[key] = encodeURIComponent(value);
    }
    try {
      const { result } = await connection.call(signal, () => client.listObjects(request));
      if (Array.isArray(result.listObjects?.objects)) return result.listObjects;
      throw new RetryableError("bad-answer", `ListObjects: ${client.endpoint} answers with something other than a listing`);
    } catch (failure) {
      throw failed(failure, "ListObjects");
    }
  };

  /** The service says ObjectNotFound also to who may not read: the object is gone only if the listing has lost it too. */
  const vanished = async (object: ObjectRef, failure: unknown, signal: AbortSignal): Promise<Error> => {
    const { objects } = await listPage({ prefix: object.key, limit: 1 }, signal);
    const listed = objects.find((one) => one.name === object.key);
    if (listed?.etag === object.etag) return failed(failure, `GetObject ${object.key}`);
    const cause = refusalOf(failure);
    if (listed !== undefined) return changed(object, cause);
    return new PermanentError("object-vanished", `${object.key} was deleted after it was listed`, { cause });
  };

  /** The object from a byte on, if it still is the version that was listed. `total` is undefined for the first read. */
  const get = async (object: ObjectRef, from: number, total: number | undefined, signal: AbortSignal): Promise<Piece> => {
    const request = { namespaceName: namespace, bucketName: bucket, objectName: object.key, ifMatch: object.etag };
    const range = total === undefined ? {} : { range: new common.Range(from, total - 1, null) };
    try {
      const { result, answer } = await connection.call(signal, () => client.getObject({ ...request, ...range }));
      const body = result.value as ReadableStream<Uint8Array>;
      try {
        return { bytes: body, total: sizeFrom(object, answer, from, total) };
      } catch (error) {
        await body.cancel();
        throw error;
      }
    } catch (failure) {
      const refusal = refusalOf(failure);
      if (refusal?.statusCode === 412 || refusal?.statusCode === 416) throw changed(object, refusal);
      if (refusal?.serviceCode === "ObjectNotFound") throw await vanished(object, failure, signal);
      throw failed(failure, `GetObject ${object.key}`);
    }
  };

  return {
    name,
    async *list({ prefix, startAfter, delimiter, before }, signal) {
      if (delimiter !== undefined && delimiter !== "/") {
        throw new UsageError("oci-delimiter", `OCI Object Storage knows no delimiter but "/": ${JSON.stringify(delimiter)}`);
      }
      const bounds = {
        prefix,
        ...(before === undefined ? {} : { end: before }),
        ...(delimiter === undefined ? {} : { delimiter }),
      };
      let from: Partial<requests.ListObjectsRequest> | undefined = startAfter === undefined ? {} : { startAfter };
      let last: string | undefined;
      while (from !== undefined) {
        const { objects, prefixes, nextStartWith } = await listPage({ ...bounds, ...from }, signal);
        // A page may end in the middle of a common prefix, which the next page then begins with again.
        yield { objects: objects.map(toRef), prefixes: (prefixes ?? []).filter((one) => one !== last) };
        last = prefixes?.at(-1) ?? last;
        if (nextStartWith && nextStartWith === from.start) {
          throw new RetryableError("bad-answer", `the listing of ${name} does not get past ${JSON.stringify(nextStartWith)}`);
        }
        from = nextStartWith ? { start: nextStartWith } : undefined;
      }
    },
    async open(object, signal) {
      const first = await get(object, 0, undefined, signal);
      return resumingRead(`GetObject ${object.key}`, first, (from, total) => get(object, from, total, signal), signal);
    },
    close: () => connection.close(),
  };
}

/**
 * What may heal is retryable, and that includes missing policies and a bucket that is not there: the service answers so for a while
 * after a policy is changed.
 */
function explain(
  { statusCode: status, serviceCode }: { statusCode: number; serviceCode: string },
  bucket: string,
  identity: OciIdentity,
): Explanation | undefined {
  const permission = "read objects in compartment <the bucket's compartment>";
  const policy = `the policy that is needed: ${policyStatement(identity, permission, [`target.bucket.name = '${bucket}'`])}`;
  const heals = (code: string, advice: string): Explanation => ({ code, advice, drawer: "person" });
  if (serviceCode === "BucketNotFound") return heals("bucket-not-found", `check the names and the region; ${policy}`);
  if (serviceCode === "NamespaceNotFound") {
    return heals("namespace-not-found", `the namespace is what \`oci os ns get\` prints; ${policy}`);
  }
  if (status === 403 || status === 404) return heals("not-authorized", policy);
  if (serviceCode !== "NotRestored") return undefined;
  const advice = "the object is in the Archive tier: restore it, then replay its dead letter";
  return { code: "object-archived", advice, drawer: "object" };
}

function changed({ key, etag }: ObjectRef, cause: unknown): PermanentError {
  return new PermanentError("object-changed", `${key} was replaced after it was listed: its entity tag is no longer ${etag}`, {
    cause,
  });
}

/** The SDK declares dates where there are strings. */
function toRef(summary: models.ObjectSummary): ObjectRef {
  const { name: key, etag, size } = summary;
  const time = Date.parse(String(summary.timeModified ?? summary.timeCreated));
  if (etag === undefined || size === undefined || Number.isNaN(time)) {
    throw new RetryableError("bad-answer", `the listing says of ${key} no etag, size or time: ${JSON.stringify(summary)}`);
  }
  return { key, etag, size, time };
}

/** The size of the whole object, if the answer holds what was asked for: this version, from this byte on. */
function sizeFrom(object: ObjectRef, { status, headers }: Answer, from: number, total: number | undefined): number {
  const etag = headers.get("etag");
  if (etag !== null && etag !== object.etag) throw changed(object, undefined);
  if (total === undefined) return Number(headers.get("content-length") ?? object.size);
  const range = headers.get("content-range");
  if (status === 206 && range === `bytes ${from}-${total - 1}/${total}`) return total;
  throw new RetryableError(
    "bad-answer",
    `GetObject ${object.key}: asked for bytes ${from} to ${total - 1}, got ${status} ${range}`,
  );
}
