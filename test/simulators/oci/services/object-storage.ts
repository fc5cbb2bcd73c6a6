import { createHash } from "node:crypto";
import { type Bucket, compareNames, lowerBound, type StoredObject } from "../buckets.ts";
import { type Call, type Reply, type Service, ServiceError } from "../service.ts";

const LARGEST_PAGE = 1000;
/** In bytes of UTF-8. */
const LONGEST_NAME = 1024;

/** What a listing can say of an object beside its name, by the names of the `fields` parameter. */
const FIELDS: Readonly<Record<string, (object: StoredObject) => readonly [string, unknown]>> = {
  name: (object) => ["name", object.name],
  size: (object) => ["size", object.size],
  etag: (object) => ["etag", object.etag],
  md5: (object) => ["md5", object.md5],
  timecreated: (object) => ["timeCreated", new Date(object.timeCreated).toISOString()],
  timemodified: (object) => ["timeModified", new Date(object.timeModified).toISOString()],
  storagetier: (object) => ["storageTier", object.archived ? "Archive" : "Standard"],
  archivalstate: (object) => ["archivalState", object.archived ? "Archived" : undefined],
};

/** Object Storage (API 20160918): the namespace, listings, and objects. */
export function objectStorage(namespace: string, buckets: ReadonlyMap<string, Bucket>, scanLimit: () => number): Service {
  const bucketOf = ({ params }: Call): Bucket => {
    if (params.namespace !== namespace) {
      throw new ServiceError(
        404,
        "NamespaceNotFound",
        "You do not have authorization to perform this request, or the requested resource could not be found.",
      );
    }
    const bucket = buckets.get(params.bucket ?? "");
    if (bucket !== undefined) return bucket;
    throw new ServiceError(
      404,
      "BucketNotFound",
      `Either the bucket named '${params.bucket}' does not exist in the namespace '${namespace}' or you are not authorized to access it`,
    );
  };
  const objectOf = (call: Call): StoredObject => {
    const object = bucketOf(call).find(call.params.object ?? "");
    if (object !== undefined) return object;
    const { object: name, bucket } = call.params;
    throw new ServiceError(404, "ObjectNotFound", `The object '${name}' was not found in the bucket '${bucket}'`);
  };
  const objectPath = "/n/{namespace}/b/{bucket}/o/{object+}";
  return {
    routes: [
      { kind: "namespace", method: "GET", path: "/n", signed: "headers", handle: () => ({ status: 200, json: namespace }) },
      {
        kind: "list",
        method: "GET",
        path: "/n/{namespace}/b/{bucket}/o",
        signed: "headers",
        handle: (call) => ({ status: 200, json: list(bucketOf(call), call.query, scanLimit()) }),
      },
      { kind: "get", method: "GET", path: objectPath, signed: "headers", handle: (call) => read(objectOf(call), call) },
      { kind: "head", method: "HEAD", path: objectPath, signed: "headers", handle: (call) => read(objectOf(call), call) },
      // An upload need not sign its body.
      { kind: "put", method: "PUT", path: objectPath, signed: "headers", handle: (call) => upload(bucketOf(call), call) },
      {
        kind: "delete",
        method: "DELETE",
        path: objectPath,
        signed: "headers",
        handle(call) {
          checkIfMatch(objectOf(call), call);
          bucketOf(call).delete(call.params.object ?? "");
          return { status: 204 };
        },
      },
    ],
  };
}

function list(bucket: Bucket, query: URLSearchParams, scanLimit: number): object {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const limit = readLimit(query.get("limit"));
  const fields = readFields(query.get("fields"));
  if (delimiter !== "" && delimiter !== "/") {
    throw new ServiceError(400, "InvalidParameter", `The delimiter '${delimiter}' is not supported, only '/' is`);
  }

  let index = lowerBound(bucket, prefix, true);
  const start = query.get("start");
  const startAfter = query.get("startAfter");
  if (start !== null) index = lowerBound(bucket, start, true, index);
  if (startAfter !== null) index = lowerBound(bucket, startAfter, false, index);
  const end = query.get("end");

  const objects: object[] = [];
  const prefixes: string[] = [];
  let nextStartWith: string | undefined;
  let scan = scanLimit;
  while (index < bucket.count) {
    const name = bucket.nameAt(index);
    if (!name.startsWith(prefix) || (end !== null && compareNames(name, end) >= 0)) break;
    if (objects.length + prefixes.length === limit || scan === 0) {
      nextStartWith = name;
      break;
    }
    const cut = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
    let next = index + 1;
    if (cut < 0) {
      const object = bucket.objectAt(index);
      objects.push(Object.fromEntries(fields.map((field) => field(object)).filter(([, value]) => value !== undefined)));
    } else {
      prefixes.push(name.slice(0, cut + 1));
      // The delimiter's successor sorts behind everything under the common prefix.
      next = Math.min(lowerBound(bucket, `${name.slice(0, cut)}0`, true, index), index + scan);
    }
    scan -= next - index;
    index = next;
  }
  return { objects, prefixes, ...(nextStartWith === undefined ? {} : { nextStartWith }) };
}

function readLimit(value: string | null): number {
  if (value === null) return LARGEST_PAGE;
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 1) throw new ServiceError(400, "InvalidLimit", `The limit '${value}' is not valid`);
  if (limit > LARGEST_PAGE) throw new ServiceError(412, "LimitTooHigh", `The limit '${value}' is above ${LARGEST_PAGE}`);
  return limit;
}

function readFields(value: string | null): ((object: StoredObject) => readonly [string, unknown])[] {
  const names = new Set(["name", ...(value === null ? [] : value.split(",").map((name) => name.trim().toLowerCase()))]);
  return [...names].map((name) => {
    const field = FIELDS[name];
    if (field === undefined) throw new ServiceError(400, "InvalidAttributeName", `The field '${name}' is not valid`);
    return field;
  });
}

function read(object: StoredObject, call: Call): Reply {
  checkIfMatch(object, call);
  const headers: Record<string, string> = {
    etag: object.etag,
    "last-modified": new Date(object.timeModified).toUTCString(),
    "content-type": object.contentType,
    "accept-ranges": "bytes",
    "storage-tier": object.archived ? "Archive" : "Standard",
  };
  if (object.contentEncoding !== undefined) headers["content-encoding"] = object.contentEncoding;
  for (const [name, value] of Object.entries(object.meta)) headers[`opc-meta-${name}`] = value;
  if (call.headers["if-none-match"] === object.etag) return { status: 304, headers };
  if (object.archived) headers["archival-state"] = "Archived";
  if (object.archived && call.method === "GET") {
    throw new ServiceError(
      409,
      "NotRestored",
      `The object '${object.name}' is archived and must be restored before it can be read`,
    );
  }

  const body = object.body();
  const range = call.method === "GET" ? call.headers.range : undefined;
  if (range === undefined) {
    return {
      status: 200,
      headers: { ...headers, "content-md5": object.md5, "content-length": String(body.length) },
      bytes: body,
    };
  }
  const [first, last] = readRange(range, body.length);
  return {
    status: 206,
    headers: {
      ...headers,
      "content-range": `bytes ${first}-${last}/${body.length}`,
      "content-length": String(last - first + 1),
    },
    bytes: body.subarray(first, last + 1),
  };
}

/** First and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`. */
function readRange(value: string, size: number): [number, number] {
  const found = /^bytes=(\d*)-(\d*)$/.exec(value);
  const [from, to] = [found?.[1] ?? "", found?.[2] ?? ""];
  let first = Number(from);
  let last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from === "" && to !== "") [first, last] = [Math.max(0, size - Number(to)), size - 1];
  if (found === null || (from === "" && to === "") || first > last) {
    throw new ServiceError(416, "InvalidRange", `The range '${value}' cannot be satisfied`, {
      "content-range": `bytes */${size}`,
    });
  }
  return [first, last];
}

function upload(bucket: Bucket, call: Call): Reply {
  const name = call.params.object ?? "";
  if (Buffer.byteLength(name) > LONGEST_NAME || /[\0\r\n]/.test(name)) {
    throw new ServiceError(
      400,
      "InvalidObjectName",
      `The object name is longer than ${LONGEST_NAME} bytes or has a NUL, CR or LF`,
    );
  }
  const present = bucket.find(name);
  if (call.headers["if-none-match"] === "*" && present !== undefined) {
    throw new ServiceError(412, "IfNoneMatchFailed", "The If-None-Match header is '*' but the object exists");
  }
  if (call.headers["if-match"] !== undefined) checkIfMatch(present, call);
  const digest = createHash("md5").update(call.body).digest("base64");
  const expected = call.headers["content-md5"];
  if (expected !== undefined && expected !== digest) {
    throw new ServiceError(
      400,
      "UnmatchedContentMD5",
      `The computed MD5 of the body (${digest}) is not the given one (${expected})`,
    );
  }
  const meta = Object.entries(call.headers).filter(([header]) => header.startsWith("opc-meta-"));
  const encoding = call.headers["content-encoding"];
  const object = bucket.put(name, call.body, {
    meta: Object.fromEntries(meta.map(([header, value]) => [header.slice("opc-meta-".length), String(value)])),
    ...(call.headers["content-type"] === undefined ? {} : { contentType: call.headers["content-type"] }),
    ...(encoding === undefined ? {} : { contentEncoding: encoding }),
  });
  const modified = new Date(object.timeModified).toUTCString();
  return { status: 200, headers: { etag: object.etag, "opc-content-md5": object.md5, "last-modified": modified } };
}

function checkIfMatch(object: StoredObject | undefined, call: Call): void {
  const wanted = call.headers["if-match"];
  if (wanted === undefined || wanted === object?.etag || (wanted === "*" && object !== undefined)) return;
  throw new ServiceError(
    412,
    "IfMatchFailed",
    `The If-Match header is '${wanted}' but the current entity tag is '${object?.etag}'`,
  );
}
