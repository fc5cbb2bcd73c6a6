import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { models, requests as types } from "oci-objectstorage";
import { z } from "zod";
import type { ObjectStore } from "../../../contracts/store.ts";
import { compareKeys } from "../../../intake/keys.ts";
import { notUnderstood, pageGuard } from "../../../intake/listing.ts";
import { absentOrThrow, type ObjectRequests, openObject } from "../../../intake/object-reader.ts";
import type { Bucket } from "../../../intake/tail/source.ts";
import { UsageError } from "../../../lib/errors.ts";
import { connectOci, ociConnectionOptions } from "../connection.ts";
import { type OciCall, ociError, refusalOf } from "../errors.ts";
import type { OciSurroundings } from "../identity.ts";
import { toPiece, toRef } from "./answers.ts";
import { explanations } from "./failures.ts";

/** The service returns no more in one page. */
const PAGE_SIZE = 1000;

export const ociObjectStorageOptions = z.strictObject({
  namespace: z.string().min(1).describe("Object Storage namespace of the tenancy, as `oci os ns get` prints it"),
  bucket: z.string().min(1).describe("Name of the bucket"),
  ...ociConnectionOptions.shape,
});

export type OciObjectStorageOptions = z.output<typeof ociObjectStorageOptions>;

/** The source `oci-object-storage`: a bucket of OCI Object Storage, read with the SDK's client. */
export const ociObjectStorage = {
  type: "oci-object-storage",
  summary: "A bucket of OCI Object Storage, such as Connector Hub writes flow logs into",
  options: ociObjectStorageOptions,
  create: ociObjectStore,
} satisfies Bucket<OciObjectStorageOptions>;

/** The bucket alone. Nothing is asked of the network before the first listing or reading. Throws UsageError. */
export async function ociObjectStore(options: OciObjectStorageOptions, surroundings: OciSurroundings): Promise<ObjectStore> {
  const { namespace, bucket } = options;
  const name = `oci://${namespace}/${bucket}`;
  const [common, { ObjectStorageClient }] = await Promise.all([import("oci-common"), import("oci-objectstorage")]);
  const connection = await connectOci(options, surroundings, {
    what: `bucket ${bucket}`,
    create: (params, configuration) => new ObjectStorageClient(params, configuration),
  });
  const { client, identity } = connection;
  const place = `in bucket ${bucket} of namespace ${namespace}`;
  const { listing, reading, writing } = explanations(bucket, identity);
  const failed = (failure: unknown, operation: string, meaning: Pick<OciCall, "explain" | "drawer">): Error =>
    ociError(failure, { operation, place, endpoint: client.endpoint, identity, ...meaning });

  /** One page. The SDK sends the values of a query as they are: they are encoded here. */
  const listPage = async (query: Partial<types.ListObjectsRequest>, signal: AbortSignal): Promise<models.ListObjects> => {
    const request: types.ListObjectsRequest = {
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
      const { result } = await connection.ask(signal, () => client.listObjects(request));
      if (Array.isArray(result.listObjects?.objects)) return result.listObjects;
    } catch (failure) {
      throw failed(failure, "ListObjects", listing);
    }
    throw notUnderstood(name, "is none: it holds no list of objects");
  };

  const requests: ObjectRequests = {
    place,
    async get(object, from, total, signal) {
      const request = { namespaceName: namespace, bucketName: bucket, objectName: object.key, ifMatch: object.etag };
      const range = total === undefined ? {} : { range: new common.Range(from, total - 1, null) };
      try {
        const { result, answer } = await connection.call(signal, () => client.getObject({ ...request, ...range }));
        return await toPiece(object, result.value as ReadableStream<Uint8Array> | null, answer, from, total);
      } catch (error) {
        return absentOrThrow(failed(error, `GetObject ${object.key}`, reading), refusalOf(error)?.statusCode);
      }
    },
    async find(key, signal) {
      const { objects } = await listPage({ prefix: key, limit: 1 }, signal);
      return objects.map((summary) => toRef(summary, name)).find((object) => object.key === key);
    },
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
      const guard = pageGuard(name, prefix);
      let from: Partial<types.ListObjectsRequest> | undefined = startAfter === undefined ? {} : { startAfter };
      let last: string | undefined;
      while (from !== undefined) {
        const { objects, prefixes, nextStartWith } = await listPage({ ...bounds, ...from }, signal);
        // A page may end in the middle of a common prefix, which the next page then begins with again.
        const fresh = (prefixes ?? []).filter((one) => one !== last);
        yield guard({ objects: objects.map((summary) => toRef(summary, name)), prefixes: fresh });
        last = prefixes?.at(-1) ?? last;
        if (nextStartWith && from.start !== undefined && compareKeys(nextStartWith, from.start) <= 0) {
          throw notUnderstood(name, `does not get past ${JSON.stringify(from.start)}`);
        }
        from = nextStartWith ? { start: nextStartWith } : undefined;
      }
    },
    open: (object, signal) => openObject(requests, object, signal),
    async putFile(key, file, signal) {
      const { size } = await stat(file);
      const body = createReadStream(file);
      const request = { namespaceName: namespace, bucketName: bucket, objectName: key, contentLength: size, putObjectBody: body };
      try {
        const { result } = await connection.ask(signal, () => client.putObject(request));
        if (!result.eTag) throw notUnderstood(name, `answers to PutObject ${key} without saying that it has it`);
      } catch (failure) {
        throw failed(failure, `PutObject ${key}`, writing);
      } finally {
        body.destroy();
      }
    },
    async deleteObject(key, signal) {
      try {
        await connection.ask(signal, () =>
          client.deleteObject({ namespaceName: namespace, bucketName: bucket, objectName: key }),
        );
      } catch (failure) {
        if (refusalOf(failure)?.serviceCode === "ObjectNotFound") return;
        throw failed(failure, `DeleteObject ${key}`, writing);
      }
    },
    close: () => connection.close(),
  };
}
