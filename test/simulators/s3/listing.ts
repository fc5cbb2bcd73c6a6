export interface Stored {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly time: number;
}

/** The answer of ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listXml(bucket: string, objects: ReadonlyMap<string, Stored>, query: URLSearchParams, pageSize: number): string {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const token = query.get("continuation-token");
  const after = token === null ? Buffer.from(query.get("start-after") ?? "") : Buffer.from(token, "base64url");
  const text = query.get("encoding-type") === "url" ? urlEncode : escapeXml;
  const entries: string[] = [];
  let last: Buffer | undefined;
  let truncated = false;

  for (const key of [...objects.keys()]
    .filter((key) => key.startsWith(prefix))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (Buffer.compare(Buffer.from(key), after) <= 0) continue;
    // A token that names a common prefix stands behind all keys in it.
    if (end >= 0 && ((token !== null && after.toString() === entry) || last?.toString() === entry)) continue;
    if (entries.length === pageSize) {
      truncated = true;
      break;
    }
    last = Buffer.from(entry);
    entries.push(
      end < 0
        ? contents(key, objects.get(key) as Stored, text)
        : `<CommonPrefixes><Prefix>${text(entry)}</Prefix></CommonPrefixes>`,
    );
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${bucket}</Name><Prefix>${text(prefix)}</Prefix><KeyCount>${entries.length}</KeyCount><MaxKeys>${pageSize}</MaxKeys>`,
    `<IsTruncated>${truncated}</IsTruncated>`,
    query.get("encoding-type") === "url" ? "<EncodingType>url</EncodingType>" : "",
    truncated ? `<NextContinuationToken>${last?.toString("base64url")}</NextContinuationToken>` : "",
    ...entries,
    "</ListBucketResult>",
  ].join("");
}

function contents(key: string, { body, etag, time }: Stored, text: (key: string) => string): string {
  const modified = new Date(time).toISOString();
  return `<Contents><Key>${text(key)}</Key><LastModified>${modified}</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

/** As AWS encodes keys: a space becomes a plus sign, slashes stay. */
const urlEncode = (key: string) => encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/");
const escapeXml = (key: string) => key.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
